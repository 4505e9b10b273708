"""What makes a contact plan usable: at least one way that is not forbidden, and nothing in it that contradicts itself."""

from collections.abc import Mapping
from typing import Any

from sentinel.core.errors import Refused
from sentinel.victims import sentences
from sentinel.victims.models import ContactPlan

NO_WAY = (
    "Nothing is left by which to reach them. Give a number, an address or an e-mail address that is safe; or tick that there is "
    "no safe way: then nothing more is promised to them until there is one, and the case is still reviewed."
)


def has_a_way(plan: ContactPlan | Mapping[str, Any]) -> bool:
    """Is there a number, address or door that the plan does not forbid?"""
    said = plan.__getitem__ if isinstance(plan, Mapping) else lambda column: getattr(plan, column)
    by_phone = said("phone") and (said("ring") != "no" or said("text") != "no")
    by_email = said("email_address") and said("email") != "no"
    return bool(by_phone or by_email or said("address"))


def refuse_unfit(plan: ContactPlan, changed: Mapping[str, Any], *, no_way: bool) -> None:
    """Refuse a plan that could not be followed, with the field to mend. `changed` is what would be different."""
    after = {column: changed.get(column, getattr(plan, column)) for column in sentences.LABELS}
    preferred = after["preferred"]
    if preferred and after.get(sentences.ASKED.get(preferred, "")) == "no":
        words = sentences.CHANNEL[preferred]
        raise Refused(f"They prefer {words}, and {words} is marked as not safe. Change one of the two.", field="preferred")
    if after["accessible_format"] == "other" and not after["needs"]:
        raise Refused("Say what format helps them.", field="needs")
    if after["representative_person_id"] and not after["representative_consent"]:
        raise Refused("Say how and when they agreed that somebody may speak for them.", field="representative_consent")
    if not no_way and has_a_way(plan) and not has_a_way(after):
        raise Refused(NO_WAY, field="no_way")
