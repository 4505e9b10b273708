"""The form every page is filled in on: sent once, never lost, its refusals gathered in one summary.

    class NoteForm(Form):
        note = AreaField("Note", required="Enter the note.", max_length=2_000)

A page renders it with templates/components/fields.html; a view reads `form.validate_on_submit()`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self
from uuid import UUID, uuid4

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field

from sentinel.core.errors import Refused

OPEN_TOO_LONG = "This page had been open too long to be accepted. Nothing was saved, and what you typed is still here: save it again."


class Problem(NamedTuple):
    """A sentence of the error summary and where it leads; "" when it belongs to no one field."""

    sentence: str
    href: str


class SubmissionField(Field):
    """Names one filling-in of a form, so that sending it twice does its work once. Made at the first look, kept after that."""

    def process_data(self, value: UUID | None) -> None:
        """A new name."""
        self.data = value or uuid4()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The name that was sent; what is none is ignored."""
        try:
            self.data = UUID(str(valuelist[0]))
        except (IndexError, ValueError):
            return


class VersionField(Field):
    """The version of the record this form was filled from. `data` is a number; 0, which no record has, when it was spoilt."""

    def process_data(self, value: int | None) -> None:
        """The record's version."""
        self.data = value or 0

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The version that was sent."""
        sent = str(valuelist[0]) if valuelist else ""
        self.data = int(sent) if sent.isdecimal() and len(sent) < 10 else 0


class HiddenField(Field):
    """Text that goes with the form unseen: which row, which tab. `data` is text. Never trust it further than the viewer's rights."""

    def process_data(self, value: object) -> None:
        """What to send along."""
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """What came back."""
        self.data = str(valuelist[0]).replace("\x00", "")[:200] if valuelist else ""


class Form(FlaskForm):
    """A form with its submission id and its summary of problems."""

    class Meta(FlaskForm.Meta):
        """How what was sent is read."""

        def wrap_formdata(self, form: "Form", formdata: Any) -> Any:
            """A file goes to a field for files, and never as words to any other."""
            found = super().wrap_formdata(form, formdata)
            if not isinstance(found, CombinedMultiDict):
                return found
            takes = [name for name, field in form._fields.items() if isinstance(field, FileField)]
            return CombinedMultiDict([MultiDict({name: request.files.getlist(name) for name in takes}), request.form])

    submission_id = SubmissionField()

    @classmethod
    def restored(cls, fields: Mapping[str, Sequence[str]], **options: Any) -> Self:
        """The form as somebody left it (a draft: names of inputs to the values typed)."""
        return cls(formdata=MultiDict({name: list(values) for name, values in fields.items()}), **options)

    @property
    def hidden_inputs(self) -> list[tuple[str, str]]:
        """Name and value of everything that travels unseen, the CSRF token first."""
        unseen = [(field.name, str(field.data)) for field in self if isinstance(field, SubmissionField | VersionField | HiddenField)]
        token = [(self.csrf_token.name, self.csrf_token.current_token)] if "csrf_token" in self else []
        return token + unseen

    @property
    def problems(self) -> list[Problem]:
        """The error summary: each field's first sentence in the order of the page, then those of the form as a whole."""
        at_fields = [self._problem(field) for field in self if field.errors]
        return at_fields + [Problem(sentence, "") for sentence in self.form_errors]

    def _problem(self, field: Field) -> Problem:
        if field.type == "CSRFTokenField":
            return Problem(OPEN_TOO_LONG, "")
        return Problem(field.errors[0], f"#{getattr(field, 'focus_id', field.id)}")

    @property
    def first_error_id(self) -> str | None:
        """The id of the first input to mend, for a form that opens inside a list."""
        return next((problem.href.removeprefix("#") for problem in self.problems if problem.href), None)

    def refuse(self, refused: Refused) -> None:
        """Show what a verb refused, at the field it names or over the form."""
        if refused.field and refused.field in self:
            field = self[refused.field]
            field.errors = [*field.errors, refused.sentence]
        else:
            self.form_errors.append(refused.sentence)


class EditForm(Form):
    """A form that changes something others may change too: it carries the version it was filled from."""

    version = VersionField()
