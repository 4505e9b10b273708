"""The assessment as a form, made from whichever set of questions the partnership agreed."""

from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms.validators import ValidationError

from config.agreed.risk import Question, QuestionSet
from sentinel.core.fields import LINE, PROSE, AreaField, ChecksField, Option, RadiosField, TextField, TickField
from sentinel.core.forms import Form, HiddenField
from sentinel.risk.rules import REFUSED

EXCLUDES = ("none", "nobody", REFUSED)
RATHER_NOT = Option(REFUSED, "Rather not say")
IN_THEIR_WORDS = "In their words, and who thinks so"
PROMPTS = "Needed when the risk is High, or not as suggested. What worries you most? What protects them? What would change your mind?"


class AssessmentForm(Form):
    """What is asked beside the questions: judgement, reasons, and whether the party is vulnerable whatever the level.

    `seen` is the assessment that was the latest when the page was opened.
    """

    questions: ClassVar[QuestionSet]

    seen = HiddenField()
    judged = RadiosField("What is the risk?", required="Choose the level of risk.")
    rationale = AreaField("Why?", hint=PROMPTS, max_length=PROSE, rows=5)
    vulnerable = TickField("Vulnerable or intimidated: give them the enhanced standard whatever the level")
    vulnerable_why = TextField("Why they are vulnerable or intimidated", max_length=LINE)

    def validate_vulnerable_why(self, field: TextField) -> None:
        """The decision is a person's, so it has a person's reason."""
        if self.vulnerable.data and field.is_empty():
            raise ValidationError("Say why they are vulnerable or intimidated.")

    def answers(self) -> dict[str, str | list[str]]:
        """The answers given, by question; what stands under a question that did not open it is left out."""
        given = {question.key: self[name_of(question)].data for question in self.questions.question}
        return {key: value for key, value in given.items() if value and self._is_open(self.questions.ask(key), given)}

    def words(self) -> dict[str, str]:
        """The victim's own words, by question."""
        given = self.answers()
        return {key: self[f"words-{key}"].data for key in openers(self.questions) if key in given and self[f"words-{key}"].data}

    def _is_open(self, question: Question, given: Mapping[str, Any]) -> bool:
        return not question.opens_on or given.get(question.under or "") in question.opens_on


def form_of(questions: QuestionSet) -> type[AssessmentForm]:
    """The form of a set of questions: `answers-<key>` for each, `words-<key>` where follow-ups open."""
    fields: dict[str, Any] = {"questions": questions}
    for question in questions.question:
        fields[name_of(question)] = _field(question)
    for key in openers(questions):
        fields[f"words-{key}"] = TextField(IN_THEIR_WORDS, max_length=LINE)
    return type("AssessmentForm", (AssessmentForm,), fields)


def name_of(question: Question) -> str:
    """What the question's field is called: where a refused answer is shown."""
    return f"answers-{question.key}"


def openers(questions: QuestionSet) -> list[str]:
    """Questions under which something opens."""
    return list(dict.fromkeys(question.under for question in questions.question if question.under and question.opens_on))


def _field(question: Question) -> Any:
    scored = any(option.points for option in question.option)
    options = [Option(option.value, option.text, note=str(option.points) if scored else "") for option in question.option]
    if not question.opens_on:
        options.append(RATHER_NOT)
    if question.many:
        return ChecksField(question.text, options, none_of=EXCLUDES, hint=question.hint or "")
    return RadiosField(question.text, options, hint=question.hint or "")
