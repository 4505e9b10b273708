"""What a supervisor answers, and in which words."""

from sentinel.core.fields import AreaField, RadiosField
from sentinel.core.forms import Form

NOTE = 2_000


class SignForm(Form):
    """One answer and its reason. Which reason is needed for which answer is the verb's to say."""

    answer = RadiosField("Your answer", required="Choose your answer.")
    note = AreaField("Why", max_length=NOTE, rows=3)


class ReviewForm(Form):
    """A supervision review."""

    note = AreaField(
        "What you looked at, and what you decided",
        required="Say what you looked at and what you decided.",
        max_length=NOTE,
        rows=3,
    )
