"""Signing in."""

from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from sentinel.core.forms import Form


class SignInForm(Form):
    """E-mail address and password."""

    email = EmailField(
        "E-mail address", validators=[InputRequired("Enter your e-mail address"), Length(max=200, message="Enter a shorter address")]
    )
    password = PasswordField(
        "Password", validators=[InputRequired("Enter your password"), Length(max=500, message="Enter a shorter password")]
    )
