"""Attaching a file to a case, and withdrawing one."""

from flask_wtf.file import FileField

from sentinel.core.fields import LINE, RadiosField, TextField
from sentinel.core.forms import Form
from sentinel.documents.models import KINDS


class AttachForm(Form):
    """A file, what it is, and what it shows. What the file may be is asked of the file itself."""

    file = FileField("File", description="JPG, PNG, HEIC, PDF, DOCX, XLSX, TXT, MP3, M4A, WAV or MP4, up to 10 MB")
    kind = RadiosField("What it is", tuple(KINDS.items()), required="Choose what it is.")
    description = TextField(
        "What it shows", required="Say in a line what it shows.", hint="Whoever opens the case reads it", max_length=LINE
    )


class WithdrawForm(Form):
    """Taking a file off a case."""

    reason = TextField("Why", required="Say why the file is withdrawn: it is kept on the case.", max_length=LINE)
