"""One file."""

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField as UploadedFile
from wtforms.validators import StopValidation, ValidationError

MEGABYTE = 1024 * 1024


class FileField(UploadedFile):
    """One file. `kinds` are endings without a dot; `max_mb` its largest size. `data` is the upload, or None."""

    def __init__(self, label: str, *, kinds: Sequence[str], max_mb: int = 20, required: str = "", hint: str = "", **options: Any) -> None:
        super().__init__(label, description=hint, **options)
        self.required = required
        self.kinds = tuple(kind.lower() for kind in kinds)
        self.max_mb = max_mb

    def pre_validate(self, form: Any) -> None:
        """One of the kinds, not empty, not too large."""
        if not self.data:
            raise StopValidation(self.required or None)
        size = self.data.stream.seek(0, 2)
        self.data.stream.seek(0)
        if not self.data.filename.lower().endswith(tuple(f".{kind}" for kind in self.kinds)):
            raise ValidationError(f"Choose a file that ends in {' or '.join('.' + kind for kind in self.kinds)}.")
        if not size:
            raise ValidationError("That file is empty. Choose another.")
        if size > self.max_mb * MEGABYTE:
            raise ValidationError(f"That file is {size / MEGABYTE:.1f} MB. Choose one of {self.max_mb} MB or less.")
