"""Making a place, or finding the one there is."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from sentinel.core.db import db, new_id
from sentinel.places import keys
from sentinel.places.models import Place
from sentinel.places.queries import Located


def find_or_make_place(located: Located, *, said_in: str, landlord_id: UUID | None = None) -> Place:
    """The place with this address, made if it is new; two at once make one.

    `said_in` keeps "the bus station" of one district apart from another's where no postcode was given. A landlord, where one
    is named, becomes the place's landlord.
    """
    area = keys.postcode_compact(located.postcode or "") or located.district_code or said_in
    key = keys.address_key(located.address, area)
    db.session.execute(
        insert(Place)
        .values(
            id=new_id(),
            address=located.address,
            postcode=located.postcode,
            address_key=key,
            building_key=keys.building_key(located.address, area),
            district_code=located.district_code,
            latitude=located.latitude,
            longitude=located.longitude,
        )
        .on_conflict_do_nothing(index_elements=[Place.address_key])
    )
    found = db.session.scalars(select(Place).where(Place.address_key == key)).one()
    if landlord_id and found.landlord_id != landlord_id:
        found.landlord_id = landlord_id
        db.session.flush()
    return found
