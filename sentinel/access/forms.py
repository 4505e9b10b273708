"""Signing in, and one's own account."""

from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired, Length

from sentinel.core.fields import TextField
from sentinel.core.forms import Form

TOO_LONG = 500


def _password(label: str, missing: str) -> PasswordField:
    return PasswordField(label, validators=[InputRequired(missing), Length(max=TOO_LONG, message="Enter a shorter password")])


class SignInForm(Form):
    """E-mail address and password."""

    email = TextField("E-mail address", required="Enter your e-mail address")
    password = _password("Password", "Enter your password")


class CodeForm(Form):
    """A code of the second factor."""

    code = TextField("Code", required="Enter the code", max_length=60)


class NewPasswordForm(Form):
    """A password, chosen by following a link."""

    password = _password("New password", "Enter a new password")
    again = PasswordField("The same again", validators=[EqualTo("password", "The two are not the same. Enter the same password twice")])


class ChangePasswordForm(NewPasswordForm):
    """A password, chosen by somebody who is signed in."""

    present = _password("Present password", "Enter your present password")
