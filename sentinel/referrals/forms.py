"""What an agency fills in about a referral, and what a supervisor or officer does."""

from config import agreed
from sentinel.core import clock
from sentinel.core.fields import LINE, AreaField, MomentField, RadiosField, SelectField
from sentinel.core.forms import Form

CHANNELS = [("phone", "Phone"), ("visit", "Visit"), ("text", "Text"), ("email", "E-mail"), ("letter", "Letter")]
NOTE = 2_000
OTHER = "other"


class ContactForm(Form):
    """An attempt, or the contact itself."""

    reached = RadiosField("Did you reach them?", [("yes", "Yes"), ("no", "No")], required="Say whether you reached them.")
    channel = RadiosField("How", CHANNELS, required="Choose how.")
    when = MomentField("When", required="Enter when, such as today 2pm.", hint="Such as now, today 2pm or yesterday evening")
    note = AreaField(
        "What came of it, in a sentence",
        required="Say in a sentence what came of it.",
        max_length=NOTE,
        rows=3,
        hint="The officer who holds the case reads this",
    )


class UpdateForm(Form):
    """What is new."""

    note = AreaField(
        "What is new",
        required="Write what is new in a sentence.",
        max_length=NOTE,
        rows=3,
        hint="The officer who holds the case reads this",
    )


class DeclineForm(Form):
    """Why an agency does not take somebody on."""

    reason = SelectField("Why", required="Choose why you decline.", empty="Choose why")
    words = AreaField("In your words", max_length=NOTE, rows=3, hint="The officer looks for other support: say what would help")

    def because(self) -> str:
        """The reason as it is kept."""
        chosen = {choice.key: choice.text for choice in agreed.current().outcomes.referral_declined}[self.reason.data or ""]
        return ". ".join(part for part in ("" if self.reason.data == OTHER else chosen, self.words.data) if part)


class CloseForm(Form):
    """What came of the whole."""

    note = AreaField(
        "What came of it",
        required="Say in a sentence what came of it.",
        max_length=NOTE,
        rows=3,
        hint="The officer who holds the case reads this",
    )


class WithdrawForm(Form):
    """Why we take a referral back."""

    reason = AreaField("Why it is taken back", required="Say why: the agency reads it.", max_length=LINE, rows=2)


def decline_form() -> DeclineForm:
    """With the reasons the partnership agreed."""
    form = DeclineForm()
    form.reason.options = [(choice.key, choice.text) for choice in agreed.current().outcomes.referral_declined]
    return form


def contact_form() -> ContactForm:
    """Begins at the present moment."""
    return ContactForm(when=clock.now())
