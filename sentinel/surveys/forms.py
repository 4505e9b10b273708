"""The survey as a form, made from the questions the partnership agreed."""

from typing import Any, ClassVar

from config.agreed.survey import Survey
from sentinel.core.errors import Refused
from sentinel.core.fields import AreaField, RadiosField, TickField
from sentinel.core.forms import Form
from sentinel.surveys.models import MOST_WORDS

NOTHING = "Answer at least one question, or close this page."


class SurveyForm(Form):
    """Every question may be left out; one has to be answered."""

    asked: ClassVar[Survey]

    @property
    def questions(self) -> list[RadiosField]:
        """The questions, as fields."""
        return [self[question.key] for question in self.asked.question]

    def answers(self) -> dict[str, str]:
        """What was answered, by question."""
        return {field.short_name: field.data for field in self.questions if field.data}

    def validate(self, extra_validators: Any = None) -> bool:
        """Something was answered."""
        fine = super().validate(extra_validators)
        if fine and not self.answers() and not self["expected"].data:
            self.refuse(Refused(NOTHING, field=self.questions[0].short_name))
            return False
        return fine


def form_of(asked: Survey) -> type[SurveyForm]:
    """The form of the survey as it is agreed now."""
    fields: dict[str, Any] = {"asked": asked}
    for question in asked.question:
        fields[question.key] = RadiosField(question.text, [(answer.key, answer.text) for answer in question.answer])
    fields["expected"] = AreaField(asked.expected, hint=asked.expected_hint, max_length=MOST_WORDS, rows=4)
    fields["shown"] = TickField(asked.may_read)
    return type("SurveyForm", (SurveyForm,), fields)
