"""The forms of interventions, in the field's words."""

from collections.abc import Iterable

from config import agreed
from config.agreed.powers import Power
from sentinel.cases.models import Party
from sentinel.core.fields import LINE, AreaField, DateField, MomentField, Option, RadiosField, SelectField, TextField
from sentinel.core.forms import EditForm, Form

NOTE = 4_000
NOBODY = "nobody"
PARENT = (("yes", "Yes"), ("not_safe", "No: it would not be safe"), ("not_yet", "Not yet"))
YOUTH_JUSTICE = (("yes", "Yes"), ("not_yet", "Not yet"))


class ToldForm(EditForm):
    """For somebody under 18: who has been told."""

    parent_told = RadiosField("Has a parent or guardian been told?", PARENT)
    youth_justice = RadiosField("Has youth justice been told?", YOUTH_JUSTICE)

    @property
    def told(self) -> dict[str, str]:
        """What was answered."""
        answers = {"parent": self.parent_told.data, "youth_justice": self.youth_justice.data}
        return {who: answer for who, answer in answers.items() if answer}


class UseForm(ToldForm):
    """Using a power. Which of its dates are asked for is the power's to say."""

    party = RadiosField("Who is it for?", required="Choose who it is for.")
    note = AreaField("What it is about, and what is to change", required="Say in a sentence what it is about.", max_length=NOTE, rows=3)
    starts_on = DateField("When was it done?")
    ends_on = DateField("Until when?")
    explanation = TextField("Why court comes now", hint="Nothing between advice and court was tried on this case", max_length=LINE)


class StartForm(ToldForm):
    """Carrying out what was authorised."""

    starts_on = DateField("When was it served, signed or begun?")
    ends_on = DateField("Until when?")
    note = AreaField("How it was done", hint="By hand, at a meeting, who was there", max_length=NOTE, rows=2)


class BreachForm(EditForm):
    """It was not kept."""

    happened_on = DateField("When was it not kept?", required="Enter the day it was not kept.")
    note = AreaField("What happened", required="Say in a sentence what happened.", max_length=NOTE, rows=2)


class GoOnForm(EditForm):
    """It goes on after a breach."""

    note = AreaField("What was decided", required="Say in a sentence what was decided.", max_length=NOTE, rows=2)


class EndForm(EditForm):
    """It is over."""

    outcome = AreaField("What came of it", required="Say in a sentence what came of it.", max_length=NOTE, rows=2)
    ended_on = DateField("When did it end?", hint="Left empty: today")


class TakeBackForm(EditForm):
    """It is not carried out after all."""

    outcome = AreaField("Why it is not carried out", required="Say in a sentence why it is not carried out.", max_length=NOTE, rows=2)


class HearingForm(EditForm):
    """A court will hear it, or will hear it at another time."""

    about = TextField("What is it about?", hint="Such as the injunction, or the case the police bring", max_length=LINE)
    court = TextField("Which court", hint="Such as Leicester County Court", required="Enter which court.", max_length=LINE)
    at = MomentField("When is the hearing?", future=True, required="Enter the day and time, such as 14 December 10am.")
    note = AreaField("What victims need to know", hint="Who must come, how they are kept safe there", max_length=NOTE, rows=2)


class ResultForm(EditForm):
    """What the court decided."""

    at = MomentField("When was it decided?", required="Enter when it was, such as today 2:15pm.")
    result = AreaField("What the court decided", required="Say in a sentence what the court decided.", max_length=NOTE, rows=2)


class CancelForm(EditForm):
    """It will not be heard."""

    reason = AreaField("Why it will not be heard", required="Say in a sentence why it will not be heard.", max_length=NOTE, rows=2)


class HandOnForm(EditForm):
    """Who looks after it when the case has closed."""

    carer = SelectField("Who looks after it?", required="Choose who looks after it.", empty="Choose somebody")
    until = DateField("Until when?", when="future")
    note = AreaField("What they should know", hint="What to watch for, and when to reopen the case", max_length=NOTE, rows=2)


class AnswerForm(EditForm):
    """Whether somebody else's proposal is authorised."""

    answer = RadiosField("Your answer", required="Choose your answer.")
    note = AreaField("Why", hint="Needed where it is not authorised. Whoever proposed it reads it.", max_length=NOTE, rows=2)


class NotNowForm(Form):
    """A power considered and not used."""

    reason = RadiosField("Not now, because", required="Choose why it is not used.")
    words = TextField("In your own words", hint="Needed for “Something else”", max_length=LINE)


ANSWERS = (("authorise", "Authorise it"), ("refuse", "Do not authorise it"))


def whom(alleged: Iterable[Party]) -> list[Option]:
    """Those alleged to be responsible, and nobody in particular, as answers."""
    return [*(Option(str(one.id), f"{one.person.name} (alleged)") for one in alleged), Option(NOBODY, "Nobody in particular")]


def reasons() -> list[Option]:
    """Why a power is not used, as the partnership agreed."""
    return [Option(choice.key, choice.text) for choice in agreed.current().outcomes.power_not_used]


def usually(power: Power) -> str:
    """ "Usually 6 months"."""
    return f"Usually {power.usual_months} months" if power.usual_months else ""
