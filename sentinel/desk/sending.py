"""Sending a form: once, its refusals at their fields, what two people did at once side by side, nothing typed lost."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import redirect
from flask.typing import ResponseReturnValue

from sentinel.core import submissions
from sentinel.core.errors import Refused, Stale
from sentinel.core.forms import EditForm, Form, HiddenField, SubmissionField, VersionField

Pairs = list[tuple[str, str]]
UNSEEN = (HiddenField, SubmissionField, VersionField)


@dataclass(frozen=True)
class Sent:
    """What came of sending a form: where to go, or the status of the same page again, with both versions after a conflict."""

    onwards: ResponseReturnValue | None = None
    status: int = 200
    conflict: tuple[str, Pairs, Pairs] | None = None


def send(form: Form, verb: Callable[[], str], at: Callable[[str | None], str | None] = lambda field: field) -> Sent:
    """Run `verb`, which returns the address to go to, if the form was sent and is filled in; the same filling-in twice does it once.

    `at` names the form's field for a field that the verb refused. Looking at the form answers 200, a refusal 422, a conflict 409;
    after a conflict the form has the version that stands now, so that sending it again saves it on top of that.
    """
    if not form.validate_on_submit():
        return Sent(status=422 if form.errors else 200)
    before = submissions.claim(form.submission_id.data)
    if before is not None:
        return Sent(redirect(before))
    try:
        address = verb()
    except Stale as stale:
        if isinstance(form, EditForm):
            form.version.data = stale.version
        return Sent(status=409, conflict=_both(form, stale))
    except Refused as refused:
        form.refuse(Refused(refused.sentence, field=at(refused.field)))
        return Sent(status=422)
    submissions.receipt(form.submission_id.data, address)
    return Sent(redirect(address))


def _both(form: Form, stale: Stale) -> tuple[str, Pairs, Pairs]:
    """What was typed beside what stands now, label by label; a dash where only one side has it."""
    fields = [field for field in form if not isinstance(field, UNSEEN) and hasattr(field, "spoken")]
    yours = dict(stale.yours or [(field.label.text, field.spoken()) for field in fields if field.spoken()])
    theirs = dict(stale.theirs)
    labels = [*yours, *(label for label in theirs if label not in yours)]
    return stale.sentence, [(label, yours.get(label, "-")) for label in labels], [(label, theirs.get(label, "-")) for label in labels]
