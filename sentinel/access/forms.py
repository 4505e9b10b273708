"""Signing in, and one's own account."""

from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from sentinel.core.forms import Form

TOO_LONG = 500


def _password(label: str, missing: str) -> PasswordField:
    return PasswordField(label, validators=[InputRequired(missing), Length(max=TOO_LONG, message="Enter a shorter password")])


class SignInForm(Form):
    """E-mail address and password."""

    email = EmailField(
        "E-mail address", validators=[InputRequired("Enter your e-mail address"), Length(max=200, message="Enter a shorter address")]
    )
    password = _password("Password", "Enter your password")


class CodeForm(Form):
    """A code of the second factor."""

    code = StringField("Code", validators=[InputRequired("Enter the code"), Length(max=60, message="Enter a shorter code")])


class NewPasswordForm(Form):
    """A password, chosen by following a link."""

    password = _password("New password", "Enter a new password")
    again = PasswordField("The same again", validators=[EqualTo("password", "The two are not the same. Enter the same password twice")])


class ChangePasswordForm(NewPasswordForm):
    """A password, chosen by somebody who is signed in."""

    present = _password("Present password", "Enter your present password")
