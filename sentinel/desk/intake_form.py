"""The call taker's form. Its order is the call's; only what is marked with a star is needed to save."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from wtforms import Field
from wtforms.validators import ValidationError

from config import agreed
from config.agreed.risk import Question
from sentinel.core.fields import (
    LINE,
    AreaField,
    ChecksField,
    EmailField,
    MomentField,
    PhoneField,
    RadiosField,
    SelectField,
    TextField,
    TickField,
    YesNoField,
)
from sentinel.core.forms import Form, HiddenField
from sentinel.people.keys import mobile_key
from sentinel.post.channels import not_set_up
from sentinel.risk.rules import SKIP

PEOPLE_KEPT = ("person", "victim", "alleged")
SAVE, GONE, DANGER = "save", "gone", "danger"
ANSWER = "answers-"
OLDEST = 120
CHANNELS = [
    ("phone", "Phone call"),
    ("visit", "In person"),
    ("email", "E-mail"),
    ("letter", "Letter"),
    ("online", "Online form"),
]
WHO = [("them", "Happening to them"), ("other", "For someone else"), ("witness", "Witness"), ("unnamed", "No name given")]
RELATIONS = [
    ("neighbour", "Neighbour"),
    ("partner_or_family", "Partner, former partner or family"),
    ("somebody_else", "Somebody else"),
    ("not_known", "Not known"),
]
HIDDEN_FROM = [("other_party", "The other side"), ("public", "The public"), ("agencies", "Other agencies")]
CONSENT = [("given", "Yes"), ("refused", "No"), ("unsafe_to_ask", "Not safe to ask")]
SEND = [("text", "Text"), ("email", "E-mail"), ("letter", "Letter"), ("none", "No")]
NEEDED = {
    "danger": "danger",
    "who": "who is calling",
    "name": "name",
    "place": "where",
    "what": "what happened",
    "domestic_to": "whom it was handed to",
}
# A way to send: the field that says it is safe, the field with the number or address, what to ask for
WAYS = {
    "text": ("text", "phone", "a text", "number"),
    "email": ("email", "email_address", "an e-mail", "e-mail address"),
    "letter": ("post", "address", "a letter", "address"),
}


class KeysField(Field):
    """What was attached or put away, as `person:<id>`. Whether it may be is the viewer's right, asked again when it is used."""

    def process_data(self, value: Any) -> None:
        """Nothing yet."""
        self.data: list[str] = list(value or [])

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Those that have the form of a key; the rest is ignored."""
        self.data = list(dict.fromkeys(str(value) for value in valuelist if _key_of(str(value))))

    def id_of(self, kind: str) -> UUID | None:
        """The last one of a kind."""
        return next((UUID(key.partition(":")[2]) for key in reversed(self.data) if key.startswith(f"{kind}:")), None)


def _key_of(text: str) -> bool:
    kind, _, rest = text.partition(":")
    try:
        UUID(rest)
    except ValueError:
        return False
    return kind in (*PEOPLE_KEPT, "place")


class CallForm(Form):
    """Everything asked on the call but the risk screen's questions, which `call_form` adds from the standards."""

    started = HiddenField("When the call started")
    attached = KeysField("Attached")
    put_away = KeysField("Not them")
    channel = SelectField("How it reached us", CHANNELS, empty="Choose")
    danger = RadiosField("Is anyone in danger now?", [("no", "No, not now"), ("yes", "Yes, or not sure")])

    name = TextField("Name")
    phone = PhoneField("Phone")
    email_address = EmailField("E-mail address")
    age = TextField("Age", max_length=3, too_long="Enter it in years, such as 67.")
    who = RadiosField("Who the caller is", WHO)
    for_name = TextField("Their name, if known")
    for_phone = PhoneField("Their phone, if known")
    for_knows = YesNoField("Do they know you are ringing us?")
    for_safe = YesNoField("Is it safe for us to contact them?")
    for_home = TickField("It is happening at their home")
    ring = YesNoField("Ring")
    voicemail = YesNoField("Voicemail")
    text = YesNoField("Text")
    email = YesNoField("E-mail")
    post = YesNoField("Post")
    safe_times = TextField("Safe times", max_length=LINE)
    language = TextField("Interpreter")
    never = TextField("Never", max_length=LINE)
    hidden_from = ChecksField("Keep their name from", HIDDEN_FROM, default=["other_party", "public"])

    place = TextField("Address, place or postcode", max_length=LINE)
    spot = TextField("Where exactly, if not there", max_length=LINE)
    home = TickField("This is the caller’s home")
    address = TextField("Their own address, for letters", max_length=LINE)
    landlord = SelectField("Rented from", empty="Not asked")

    what = AreaField("What happened, in their words")
    when = MomentField("When")
    category = SelectField("Kind of behaviour", empty="As the words suggest")
    relation = RadiosField("Who is doing it", RELATIONS)
    alleged_name = TextField("Their name, if known")
    alleged_description = TextField("What they look like, where they live", max_length=LINE)
    domestic_to = TextField("Handed over to")
    domestic_reference = TextField("Their reference")
    others_told = TextField("Who else was told", max_length=LINE)
    others_reference = TextField("Their reference")

    vulnerability = TextField("In their words", max_length=2_000)
    at_risk = YesNoField("A child, or an adult who cannot protect themselves, is at risk")
    safeguarding_by = TextField("Safeguarding referral made by")
    raised_to = RadiosField("Raise the level", [("medium", "Medium"), ("high", "High")])
    consent = RadiosField("Victim First", CONSENT)
    send = ChecksField("What to send", SEND, none_of=("none",))

    ending = SAVE

    def validate_age(self, field: TextField) -> None:
        """A number of years."""
        if field.data and self.age_years is None:
            raise ValidationError("Enter their age in years, such as 67, or leave it empty.")

    def validate_send(self, field: ChecksField) -> None:
        """Only by ways said to be safe, and only where there is something to send to."""
        for way in field.data:
            if way not in WAYS:
                continue
            safe, where, words, what = WAYS[way]
            if self[safe].data != "yes":
                raise ValidationError(f"They did not say that {words} is safe. Ask them, or untick it.")
            if not (self[where].data or (way == "letter" and self.home.data)):
                raise ValidationError(f"Enter the {what} to send {words} to, or untick it.")
            if way == "text" and not mobile_key(self[where].data):
                raise ValidationError("Enter a mobile number: a landline takes no text. Or untick it.")

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field by itself; then, unless the call ended early, whether everything needed is there."""
        good = super().validate(extra_validators)
        missing = list(self.missing())
        for name, sentence in missing:
            if not self[name].errors:
                self[name].errors = [sentence]
        return bool(good and not missing)

    def missing(self) -> Iterator[tuple[str, str]]:
        """What is still needed to save, with what to do about it. A call that ended needs one thing to go on."""
        if self.ending != SAVE:
            if not any(self[name].data for name in ("name", "phone", "place", "what", "for_name")):
                yield "what", "Enter anything the caller said: a name, a number, a place or what happened."
            return
        if not self.danger.data:
            yield "danger", "Ask first whether anyone is in danger now: choose No or Yes."
        if not self.who.data:
            yield "who", "Choose whether it is happening to them, to someone else, or they saw it."
        if not self.name.data and self.who.data != "unnamed":
            yield "name", "Enter their name, or choose “No name given”."
        if not self.place.data and not self.attached.id_of("place"):
            yield "place", "Enter where it is happening, or a place nearby."
        if not self.what.data:
            yield "what", "Enter what happened, in their words."
        if self.relation.data == "partner_or_family" and not self.domestic_to.data:
            yield (
                "domestic_to",
                "Hand it over by the force’s domestic abuse route and enter to whom. It is not taken as anti-social behaviour.",
            )

    @property
    def age_years(self) -> int | None:
        """Their age; None where none was typed, or what was typed is no age (the page is shown again, and the screen goes on)."""
        typed = self.age.data or ""
        return int(typed) if typed.isdecimal() and len(typed) <= 3 and int(typed) <= OLDEST else None

    @property
    def needed(self) -> str:
        """What the bar over the call says is still needed."""
        return ", ".join(NEEDED[name] for name, _ in self.missing()) or "all there"

    def answers(self) -> dict[str, Any]:
        """The screen's answers by question key; what was left untouched is left out."""
        fields = [field for field in self if field.short_name.startswith(ANSWER)]
        return {field.short_name.removeprefix(ANSWER): field.data for field in fields if field.data}

    def ticked(self, question: str) -> list[str]:
        """What was really chosen in answer to a question of the screen."""
        answer = self.answers().get(question) or []
        return [value for value in ([answer] if isinstance(answer, str) else answer) if value not in (SKIP, "none")]

    @property
    def needs_safeguarding(self) -> bool:
        """Was anything said by which a child or an adult may be at risk?"""
        said = "child_at_risk" in self.ticked("happened") or "yes" in self.ticked("self_harm")
        return said or self.at_risk.data == "yes"


def call_form() -> type[CallForm]:
    """The form with the questions and lists the partnership agreed."""
    standards, unset = agreed.current(), not_set_up()
    questions = {f"{ANSWER}{question.key}": _question(question) for question in standards.risk.screen.question}
    categories = [(category.key, category.name) for category in standards.categories.category]
    agreed_fields = {
        **questions,
        "category": SelectField("Kind of behaviour", categories, empty="As the words suggest"),
        "consent": RadiosField(_said("victim_first"), CONSENT),
        "send": ChecksField(_said("send"), [way for way in SEND if way[0] not in unset], none_of=("none",)),
    }
    return type("CallFormAsAgreed", (CallForm,), agreed_fields)


def _said(line: str) -> str:
    return f"“{agreed.current().scripts.line_for(line).say}”"


def _question(question: Question) -> Field:
    options = [(option.value, option.text) for option in question.option] + [(SKIP, "Skip")]
    if question.many:
        return ChecksField(question.text, options, none_of=("none", SKIP))
    return RadiosField(question.text, options)
