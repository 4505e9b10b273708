"""Keys: what was written differently and is the same has one key; what is not, has not; nothing typed breaks them."""

import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.core.folding import fold
from sentinel.people.keys import KEY_LIMIT, email_key, name_key, phone_key, sound_key
from sentinel.places import keys as places

NAUGHTY = Path("/work/shared/data/hostile/blns.txt")
KEYS = (fold, name_key, sound_key, phone_key, email_key, places.postcode_compact, places.postcode_in, places.without_postcode)
anything = st.text(max_size=300)
latin_name = st.lists(st.text(alphabet="abcdefghijklmnopqrstuvwxyzéèüñçåö", min_size=2, max_size=12), min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nasreen Khan-Abdullahi", "mrs NASREEN  Khan Abdullahi"),
        ("Siobhán Ó Dálaigh", "siobhan o dalaigh"),
        ("Siobha\u0301n", "Siobh\u00e1n"),
        ("O'Neill", "O’Neill"),
        ("Łukasz Wójcik", "lukasz wojcik"),
        ("Straße", "STRASSE"),
        ("Dr. Mrs. Bjørn Æther", "bjorn aether"),
        ("Ｎasreen", "nasreen"),
        ("İlker", "ilker"),
    ],
)
def test_one_name_written_two_ways_has_one_key(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Khan", "Khani"), ("ਗੁਰਪ੍ਰੀਤ", "ਗੁਰਮੀਤ"), ("कमला", "कमल"), ("王小明", "王小红"), ("が", "か")])
def test_two_names_have_two_keys(one, other):
    assert name_key(one) != name_key(other)


def test_a_title_alone_is_a_name():
    assert name_key("Mrs") == "mrs"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohammed Khan", "Khan, Muhammad"),
        ("Nasreen Akhtar", "Nasrin Akhtar"),
        ("Stephen Phillips", "Steven Philips"),
        ("Catherine Reid", "Katherine Reed"),
    ],
)
def test_names_that_sound_alike_share_a_sound(one, other):
    assert sound_key(one) == sound_key(other)


def test_names_that_do_not_sound_alike_do_not():
    assert sound_key("Priya Raman") != sound_key("Tom Ashdown")


@given(latin_name, st.randoms())
def test_case_accents_and_order_do_not_change_the_sound(name, order: random.Random):
    words = name.upper().split()
    order.shuffle(words)
    bare = "".join(c for c in unicodedata.normalize("NFD", " ".join(words)) if not unicodedata.combining(c))
    if name_key(name).split()[0] == fold(name).split()[0] and name_key(bare).split()[0] == fold(bare).split()[0]:  # no titles
        assert sound_key(bare) == sound_key(name)


@pytest.mark.parametrize("written", ["07700 900318", "+44 7700 900 318", "(07700) 900-318", "00447700900318", "０7700 900318"])
def test_one_number_written_five_ways_has_one_key(written):
    assert phone_key(written) == "+447700900318"


@pytest.mark.parametrize("written", ["", "none", "999", "no number", "1" * 300, "07700 90031899999"])
def test_what_no_telephone_could_ring_has_no_key(written):
    assert phone_key(written) == ""


def test_a_foreign_number_keeps_its_country():
    assert phone_key("+48 512 345 678") == "+48512345678"


def test_case_of_an_address_does_not_matter():
    assert email_key(" N.Khan@Example.ORG ") == "n.khan@example.org"


@pytest.mark.parametrize(
    ("written", "compact"), [("le3 3km", "LE33KM"), ("LE33KM", "LE33KM"), ("ＬＥ3 3KM", "LE33KM"), ("12 High St LE3 3KM", "")]
)
def test_a_postcode_is_read_however_it_is_written(written, compact):
    assert places.postcode_compact(written) == compact


def test_the_postcode_of_an_address_is_its_last():
    assert places.postcode_in("care of LE1 1AA, now 12 High Street, LE3 3KM") == "LE33KM"
    assert places.without_postcode("12 High Street, Enderby, LE19 4AB") == "12 High Street, Enderby"
    assert places.postcode_in("Flat 4, Harcourt Court") == ""


@given(st.from_regex(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}", fullmatch=True))
def test_a_postcode_survives_being_shown(compact):
    assert places.postcode_compact(places.postcode_display(compact)) == compact


def test_one_address_written_two_ways_is_one_place():
    one = places.address_key("Flat 4, Harcourt Court, 118 Fennimore Way, LE3 3KM", "LE33KM")
    assert one == places.address_key("flat 4 Harcourt Ct. 118 FENNIMORE WAY le33km", "LE3 3KM")
    assert one != places.address_key("Flat 5, Harcourt Court, 118 Fennimore Way", "LE33KM")


@pytest.mark.parametrize(
    "room", ["Flat 6", "flat 12b", "Apartment 3", "Room 9", "Unit 1", "First floor flat", "Ground Floor", "Flat 2, Room 3"]
)
def test_flats_and_rooms_of_one_house_are_one_building(room):
    house = "118 Fennimore Way, Braunstone Town"
    assert places.building_key(f"{room}, {house}", "LE33KM") == places.building_key(house, "LE33KM")


def test_two_houses_are_two_buildings():
    assert places.building_key("117 Fennimore Way", "LE33KM") != places.building_key("118 Fennimore Way", "LE33KM")


def test_the_same_words_in_two_districts_are_two_places():
    assert places.address_key("the bus station", "E07000129") != places.address_key("the bus station", "E07000130")


def test_a_room_and_nothing_else_keeps_its_words():
    assert places.building_key("Flat 2", "LE33KM") == "flat 2 le33km"


def test_two_long_addresses_in_two_postcodes_stay_apart():
    assert places.address_key("x" * 600, "LE33KM") != places.address_key("x" * 600, "LE11AA")


@given(anything)
def test_a_key_is_its_own_key(text):
    assert fold(fold(text)) == fold(text)
    assert name_key(name_key(text)) == name_key(text)
    assert email_key(email_key(text)) == email_key(text)


def test_what_no_name_can_be_is_folded_by_its_beginning_and_not_all_through():
    assert fold("x" * 2_000_000) == "x" * 2_000


@given(anything, anything)
def test_keys_fit_their_columns(text, area):
    assert max(len(key(text)) for key in (name_key, sound_key, phone_key, email_key)) <= KEY_LIMIT
    assert len(places.address_key(text * 3, area[:20])) <= places.KEY_LIMIT


@pytest.mark.skipif(not NAUGHTY.exists(), reason="The list of naughty strings (shared/data/hostile) is not on this machine.")
def test_naughty_strings_have_keys_the_database_can_keep():
    for line in NAUGHTY.read_text(encoding="utf-8").splitlines():
        made = [key(line) for key in KEYS] + [places.address_key(line, "LE33KM"), places.building_key(line, "LE33KM")]
        assert not any("\x00" in key for key in made)
        assert all(key.encode("utf-8", "strict") is not None for key in made)
