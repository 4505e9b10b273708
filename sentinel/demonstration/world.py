"""People and places, invented: names as mixed as the area's, postcodes with letters that no real one ends in."""

import random
from typing import Any, NamedTuple
from uuid import UUID

from faker import Faker

from sentinel.demonstration.rows import Rows
from sentinel.people import keys as person_keys
from sentinel.places import keys as place_keys

# Share of names by community, after the mix of languages spoken in the area.
LOCALES = (("en_GB", 58), ("en_IN", 22), ("pl_PL", 6), ("ga_IE", 3), ("yo_NG", 4), ("ro_RO", 3), ("pt_PT", 2), ("tr_TR", 2))
LONG_NAMES = (
    "Venkatanarasimharajuvaripeta Subramaniam",
    "Oluwaseun Adebayo-Fitzgerald",
    "Nasreen Khan-Abdullahi",
    "Ffion Llewellyn-Price",
    "Siân O’Connell-Whyte",
    "Kwabena Owusu",
    "Ijeoma Nwachukwu-Sinclair",
    "Thandiwe Mokoena-Hughes",
    "Li Xiuying",
    "Yitzhak Rosenfeld",
    "Gurpreet Kaur Sandhu",
    "Abdirahman Warsame",
)
# The inward part of a real postcode never ends in these.
NEVER_REAL = "CIKMOV"

VILLAGES = {
    "E07000129": (("Braunstone Town", "Enderby", "Narborough", "Countesthorpe", "Whetstone", "Glen Parva"), 52.58, -1.20),
    "E07000130": (("Loughborough", "Shepshed", "Syston", "Birstall", "Mountsorrel"), 52.75, -1.17),
    "E07000131": (("Market Harborough", "Lutterworth", "Kibworth"), 52.48, -0.95),
    "E07000132": (("Hinckley", "Barwell", "Earl Shilton", "Burbage"), 52.55, -1.38),
    "E07000133": (("Melton Mowbray", "Asfordby"), 52.77, -0.88),
    "E07000134": (("Coalville", "Ashby-de-la-Zouch", "Castle Donington"), 52.74, -1.40),
    "E07000135": (("Wigston", "Oadby", "South Wigston"), 52.59, -1.09),
    "E06000016": (("Beaumont Leys", "Evington", "Highfields", "New Parks"), 52.64, -1.13),
    "E06000017": (("Oakham", "Uppingham"), 52.66, -0.68),
}


class Home(NamedTuple):
    """An address on record."""

    id: UUID
    address: str
    district: str


class World:
    """Makes people and homes; the same seed makes the same world, keys apart. Addresses already `taken` are not used again."""

    def __init__(self, seed: int, rows: Rows, taken: set[str]) -> None:
        self.random = random.Random(seed)  # noqa: S311  invented people, not secrets
        self.rows = rows
        self.fakers = {locale: Faker(locale) for locale, _ in LOCALES}
        for faker in self.fakers.values():
            faker.seed_instance(seed)
        self.addresses = taken

    def name(self) -> str:
        """A full name."""
        if self.random.random() < 0.06:
            return self.random.choice(LONG_NAMES)
        locale = self.random.choices([name for name, _ in LOCALES], [weight for _, weight in LOCALES])[0]
        faker = self.fakers[locale]
        return f"{faker.first_name()} {faker.last_name()}"[:80]

    def person(self, moment: Any, *, name: str | None = None, adult: bool = True) -> dict[str, Any]:
        """A person's row."""
        chosen = name or self.name()
        age = self.random.choice([*range(18, 90)]) if adult else self.random.randint(12, 17)
        made = self.rows.add(
            "person",
            name=chosen,
            name_key=person_keys.name_key(chosen),
            sound_key=person_keys.sound_key(chosen),
            age_years=age,
            created_at=moment,
        )
        made["canonical_id"] = made["id"]
        return made

    def phone(self) -> str:
        """A mobile number from the range kept free for drama."""
        return f"07700 900{self.random.randint(0, 999):03d}"

    def home(self, district: str) -> Home:
        """A home in a district, at an invented address."""
        villages, latitude, longitude = VILLAGES[district]
        while True:
            address, postcode = self._address(self.random.choice(villages)), self._postcode()
            area = place_keys.postcode_compact(postcode)
            key = place_keys.address_key(address, area)
            if key not in self.addresses:
                break
        self.addresses.add(key)
        at = (round(latitude + self.random.uniform(-0.05, 0.05), 6), round(longitude + self.random.uniform(-0.08, 0.08), 6))
        place = self.rows.add(
            "place",
            address=address,
            postcode=postcode,
            address_key=key,
            building_key=place_keys.building_key(address, area),
            district_code=district,
            latitude=at[0],
            longitude=at[1],
        )
        return Home(place["id"], f"{address}, {postcode}", district)

    def _address(self, village: str) -> str:
        faker = self.fakers["en_GB"]
        street = f"{self.random.randint(1, 180)} {faker.street_name()}"
        if self.random.random() < 0.25:
            street = f"Flat {self.random.randint(1, 24)}, {faker.last_name()} Court, {street}"
        return f"{street}, {village}"

    def _postcode(self) -> str:
        tail = "".join(self.random.choice(NEVER_REAL) for _ in range(2))
        return f"LE{self.random.randint(1, 19)} {self.random.randint(0, 9)}{tail}"
