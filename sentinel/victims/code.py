"""The Victims' Code, where the conduct is criminal: a second clock beside ours, switched on for one victim by a practitioner.

The Code covers crime only; our own standards hold for everybody (domain.md 4). Which promises and by when: contact.toml.
"""

from config import agreed
from sentinel.access.models import User
from sentinel.cases.models import Party
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import Refused
from sentinel.victims import promises


def decide_code(*, actor: User, party: Party, applies: bool, why: str) -> None:
    """Say whether what happened to this victim is a crime, so that the Code's dates hold too. What is open is due no later than it says.

    Refuses anybody but a victim, no reason, and what is so already. Taking it back lengthens nothing. Recorded.
    """
    if party.role != "victim":
        raise Refused("The Code is for victims.")
    if applies == (party.detail.code_decided_by is not None):
        raise Refused("That is how it stands already.", field="applies")
    if not why.strip():
        raise Refused("Say why, such as the crime number.", field="why")
    party.detail.code_decided_by = actor.id if applies else None
    party.detail.code_reason = why.strip()[:500]
    db.session.flush()
    title = "The Victims’ Code applies to" if applies else "The Victims’ Code no longer applies to"
    tell(kind="plan", title=f"{title} {party.person.name}", body=why.strip(), party=party, actor=actor)
    if applies:
        kinds = agreed.current().contact.victims_code.kinds
        later = [one for one in promises.open_of(party) if one.kind in kinds]
        promises.announce(party, promises.twins(party, later, cause_id=new_id(), since=clock.now()), actor)
