"""Giving out the numbers that callers are told."""

from sqlalchemy.dialects.postgresql import insert

from sentinel.core import clock, reference
from sentinel.core.db import db
from sentinel.core.models import ReferenceCounter


def next_reference() -> str:
    """The next number of this London year, given to nobody else. One that is reserved and never used leaves a gap."""
    first = insert(ReferenceCounter).values(year=clock.today().year, last=1)
    following = first.on_conflict_do_update(index_elements=[ReferenceCounter.year], set_={"last": ReferenceCounter.last + 1})
    sequence = db.session.execute(following.returning(ReferenceCounter.last)).scalar_one()
    return reference.make(clock.today().year, sequence)
