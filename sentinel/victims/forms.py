"""The forms of contacts, plans and promises, in the field's words."""

from sentinel.core.fields import (
    LINE,
    AreaField,
    ChecksField,
    DateField,
    EmailField,
    MomentField,
    PhoneField,
    RadiosField,
    SelectField,
    TextField,
    TickField,
    YesNoField,
)
from sentinel.core.forms import EditForm, Form, HiddenField
from sentinel.victims import sentences

NOTE = 10_000
NOT_SAID, NO_CONTACT = "", "none"
SOONER = [("1", "Every working day"), ("2", "Every 2 working days"), ("5", "Every week (5 working days)")]
INTERVALS = [
    ("10", "Every 2 weeks (10 working days)"),
    ("20", "Every 4 weeks (20 working days)"),
    ("30", "Every 6 weeks (30 working days)"),
    ("40", "Every 8 weeks (40 working days)"),
    ("60", "Every 12 weeks (60 working days)"),
]
REACHED, TRIED, CAME_IN, SENT = "reached", "attempt", "came_in", "one_way_sent"


class ContactForm(Form):
    """A contact or an attempt: three clicks and a sentence."""

    channel = RadiosField(
        "How",
        [("phone", "Phone"), ("visit", "Visit"), ("text", "Text"), ("email", "E-mail"), ("letter", "Letter")],
        required="Choose how.",
    )
    outcome = RadiosField(
        "Did you reach them?",
        [(REACHED, "Yes, we spoke"), (TRIED, "No, I tried"), (CAME_IN, "They contacted me"), (SENT, "Sent, no answer yet")],
        required="Choose whether you reached them.",
    )
    spoke_to = RadiosField("Who was it?")
    when = MomentField("When", required="Enter when it was, such as today 2:15pm.")
    note = AreaField("What was said, in a sentence", required="Say in a sentence what was said.", max_length=NOTE, rows=3)
    covers = ChecksField("What you told them about")
    closing_view = RadiosField("What do they think of closing?")
    next_by = DateField("Promise the next contact sooner", when="future")
    seen = HiddenField()
    next = HiddenField()

    @property
    def direction(self) -> str:
        """Who contacted whom."""
        return "in" if self.outcome.data == CAME_IN else "out"

    @property
    def came_of_it(self) -> str:
        """The outcome as it is kept."""
        return REACHED if self.outcome.data == CAME_IN else self.outcome.data or ""


class PlanForm(EditForm):
    """How somebody can be reached safely."""

    phone = PhoneField("Phone")
    email_address = EmailField("E-mail address")
    address = TextField("Address", max_length=LINE)
    ring = YesNoField("Ring")
    voicemail = YesNoField("Voicemail")
    text = YesNoField("Text")
    email = YesNoField("E-mail")
    post = YesNoField("Post")
    safe_times = TextField("Safe times", hint="Such as after 3pm, not Fridays", max_length=LINE)
    language = TextField("Language, if an interpreter is needed", hint="Such as Urdu, or British Sign Language")
    never = TextField("Never", hint="Such as: never leave a message with anybody else", max_length=LINE)
    preferred = SelectField("They prefer", [(key, words.capitalize()) for key, words in sentences.CHANNEL.items()], empty="No preference")
    accessible_format = SelectField("Format they can use", list(sentences.FORMATS.items()), empty="As usual, or not asked")
    needs = TextField("What helps", hint="Such as: hard of hearing, speak slowly; cannot manage stairs", max_length=LINE)
    every = SelectField("How often they want to hear from us", [*SOONER, *INTERVALS], empty="As agreed for everybody")
    wishes = AreaField("What they want to happen", hint="In their words", max_length=NOTE, rows=3)
    representative_person_id = SelectField("Who may speak for them", empty="Nobody")
    representative_consent = TextField("How they agreed to that", hint="Such as: told me so on 3 December, in writing", max_length=LINE)
    no_way = TickField("There is no safe way to reach them")


class CodeForm(Form):
    """Whether what happened is a crime."""

    applies = RadiosField(
        "Is the conduct criminal?",
        [("yes", "Yes: the Victims’ Code applies"), ("no", "No: our own standards alone")],
        required="Choose whether it is criminal.",
    )
    reason = AreaField("Why", hint="Such as the crime number, and who recorded it", max_length=LINE, rows=2)


class HoldForm(EditForm):
    """Until when nothing is told."""

    until = DateField("Until 5pm on which day?", when="future")
    reason = AreaField("Why", hint="The police operation, and who asked", max_length=LINE, rows=2)


class SummaryForm(Form):
    """How somebody hears what we said we would do."""

    channel = RadiosField("How shall it go?", required="Choose how to send it.")


class ReasonForm(Form):
    """Why something was decided."""

    reason = AreaField("Why", max_length=LINE, rows=2)


class WaiveForm(Form):
    """What the victim asked for."""

    reason = RadiosField("What did they ask for?", required="Choose what they asked for.")
    every = SelectField("How often, then?", INTERVALS, empty="Choose how often")
    note = AreaField("What they said, in a sentence", required="Say in a sentence what they asked for.", max_length=400, rows=2)
