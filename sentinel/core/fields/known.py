"""Text of a known form: postcodes, telephone numbers, e-mail addresses."""

import re
import unicodedata
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from wtforms.validators import ValidationError

from sentinel.core.fields.text import WORD, TextField

_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


class PostcodeField(TextField):
    """A whole UK postcode, kept as LE3 3KM however it was typed. Whether it exists is the gazetteer's question."""

    def __init__(self, label: str = "Postcode", **options: Any) -> None:
        super().__init__(label, max_length=WORD, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Upper case with one space; what is no postcode stays as typed."""
        super().process_formdata(valuelist)
        compact = re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", self.data or "").upper())
        if found := _POSTCODE.fullmatch(compact):
            self.data = f"{found[1]} {found[2]}"

    def check(self) -> None:
        """The shape of a postcode."""
        super().check()
        if not _POSTCODE.fullmatch(self.data.replace(" ", "")):
            raise ValidationError(f"“{self.data}” is not a whole postcode. Enter one like LE3 3KM, or leave it empty.")


class PhoneField(TextField):
    """A telephone number. `data` is what was typed; `e164` is what equal numbers share, "" when there is none."""

    def __init__(self, label: str = "Phone", **options: Any) -> None:
        super().__init__(label, max_length=WORD, **options)

    @property
    def e164(self) -> str:
        """+447700900318 for "07700 900 318"; UK numbers may be written without their country."""
        number = self._parsed()
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if number else ""

    def _parsed(self) -> phonenumbers.PhoneNumber | None:
        try:
            number = phonenumbers.parse(self.data, "GB")
        except phonenumbers.NumberParseException:
            return None
        whole = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
        return number if whole else None

    def check(self) -> None:
        """A number that a telephone could ring."""
        super().check()
        if self._parsed() is None:
            raise ValidationError(f"“{self.data}” is not a telephone number. Check it: it has 10 or 11 digits, like 0116 496 0142.")


class EmailField(TextField):
    """An e-mail address by its form; nothing is looked up."""

    def __init__(self, label: str = "E-mail address", **options: Any) -> None:
        super().__init__(label, **options)

    def check(self) -> None:
        """The form of an address."""
        super().check()
        try:
            validate_email(self.data, check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError(f"“{self.data}” is not an e-mail address. Enter it like name@example.org.") from None
