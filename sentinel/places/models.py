"""Places, postcodes and the small areas they lie in."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from sentinel.core.db import Key, Line, Model, Short, Word, ref


class District(Model):
    """A district or unitary authority, by its ONS code."""

    __tablename__ = "district"

    code: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[Short]
    in_area: Mapped[bool] = mapped_column(default=True)


class Lsoa(Model):
    """A lower layer super output area (2011 or 2021 code) and its district."""

    __tablename__ = "lsoa"

    code: Mapped[Word] = mapped_column(primary_key=True)
    district_code: Mapped[Word] = mapped_column(ref("district.code"), index=True)


class Postcode(Model):
    """A live postcode with where it lies. `compact` is upper case without spaces."""

    __tablename__ = "postcode"

    compact: Mapped[Word] = mapped_column(primary_key=True)
    display: Mapped[Word]
    latitude: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    longitude: Mapped[Decimal] = mapped_column(Numeric(9, 6))
    lsoa_code: Mapped[Word | None]
    ward_code: Mapped[Word | None]
    district_code: Mapped[Word] = mapped_column(ref("district.code"), index=True)


class Place(Model):
    """Somewhere things happen: an address, or words for a place. `building_key` is shared by the flats of a building."""

    __tablename__ = "place"
    __table_args__ = (
        Index("ix_place_address_key", "address_key", unique=True),
        Index("ix_place_building_key", "building_key"),
        Index("ix_place_address_trgm", "address_key", postgresql_using="gin", postgresql_ops={"address_key": "gin_trgm_ops"}),
    )

    id: Mapped[Key]
    address: Mapped[Line]
    postcode: Mapped[Word | None]
    address_key: Mapped[Line]
    building_key: Mapped[Line]
    district_code: Mapped[Word | None] = mapped_column(ref("district.code"), index=True)
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    landlord_id: Mapped[UUID | None] = mapped_column(ref("partner.id"), index=True)
