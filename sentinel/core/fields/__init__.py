"""Form fields in the house's manner: every refusal is a sentence that says what to do, and what was typed stays as it was typed.

`required` is the sentence shown when nothing was entered; without it a field may be left empty. `hint` stands under the label.
Rendering: templates/components/fields.html.
"""

from sentinel.core.fields.choices import ChecksField, Option, RadiosField, SelectField, TickField, YesNoField
from sentinel.core.fields.files import FileField
from sentinel.core.fields.known import EmailField, PhoneField, PostcodeField
from sentinel.core.fields.text import LINE, PROSE, SHORT, WORD, AreaField, SentenceField, TextField, clean
from sentinel.core.fields.times import DateField, MomentField

__all__ = [
    "LINE",
    "PROSE",
    "SHORT",
    "WORD",
    "AreaField",
    "ChecksField",
    "DateField",
    "EmailField",
    "FileField",
    "MomentField",
    "Option",
    "PhoneField",
    "PostcodeField",
    "RadiosField",
    "SelectField",
    "SentenceField",
    "TextField",
    "TickField",
    "YesNoField",
    "clean",
]
