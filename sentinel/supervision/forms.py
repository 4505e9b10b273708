"""What a supervisor answers, and in which words."""

from typing import Any

from config.agreed.supervision import Question
from sentinel.core.fields import LINE, AreaField, DateField, RadiosField, TextField
from sentinel.core.forms import Form
from sentinel.supervision.dip import ANSWERS

NOTE = 2_000


class SignForm(Form):
    """One answer and its reason. Which reason is needed for which answer is the verb's to say."""

    answer = RadiosField("Your answer", required="Choose your answer.")
    note = AreaField("Why", max_length=NOTE, rows=3)


class AskForm(Form):
    """Asking the service manager to sign where no supervisor can."""

    why = TextField(
        "What they are to sign, and why it cannot wait",
        required="Say in a sentence what they are to sign, and why it cannot wait.",
        hint="One sentence. It goes on the case, and they read it",
    )


class ReviewForm(Form):
    """A supervision review."""

    note = AreaField(
        "What you looked at, and what you decided",
        required="Say what you looked at and what you decided.",
        max_length=NOTE,
        rows=3,
    )


class DrawForm(Form):
    """Drawing this week's cases: in which way. The view says how many the whole team's are."""

    way = RadiosField("Which cases to draw", required="Choose how the cases are drawn.")


class CheckForm(Form):
    """What is said beside the questions of a check."""

    note = AreaField("What you found", hint="Needed where an answer is no. The officer reads it.", max_length=NOTE, rows=4)
    action = TextField("What the officer is to put right", hint="Leave empty if nothing", max_length=LINE)
    due_on = DateField("By when", when="future", hint="By 5pm on that day")


def check_form(questions: tuple[Question, ...]) -> type[CheckForm]:
    """The form of a checklist: a field for each question, called by its key with `answers-` before it."""
    fields: dict[str, Any] = {name_of(one.key): RadiosField(one.ask, ANSWERS.items(), required=f"Answer: {one.ask}") for one in questions}
    return type("CheckForm", (CheckForm,), fields)


def name_of(key: str) -> str:
    """What a question's field is called: where a refused answer is shown."""
    return f"answers-{key}"
