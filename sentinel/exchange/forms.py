"""Looking at a quarantined row."""

from wtforms import SelectField

from sentinel.core.forms import Form

RESOLUTIONS = {
    "sender": "Told the sender, who will send it again",
    "ignored": "Looked at: it cannot be mended and changes no figure that matters",
    "entered": "Entered by hand elsewhere",
}


class ResolveForm(Form):
    """What was done about a row."""

    resolution = SelectField("What was done", choices=RESOLUTIONS)
