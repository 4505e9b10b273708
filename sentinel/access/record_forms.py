"""What is recorded of partners, teams and people, in the field's words."""

from sentinel.access.models import REGIMES, VETTING_LEVELS
from sentinel.core.fields import LINE, WORD, ChecksField, DateField, EmailField, PhoneField, RadiosField, SelectField, TextField
from sentinel.core.forms import EditForm, Form


class AgreementForm(Form):
    """An information sharing agreement as it was signed."""

    version = TextField("Version", required="Enter the version that was signed, such as 3.1.", max_length=WORD)
    signed_by = TextField("Signed by", required="Enter who signed it.", hint="Name and post")
    signed_on = DateField("Signed on", required="Enter the day it was signed.")
    review_on = DateField("Review date", required="Enter the day it has to be reviewed by.", hint="The last day its people can sign in")


class StandingForm(EditForm):
    """The law a partner works under, the powers it holds, and who came after it."""

    regime = RadiosField("Data protection", REGIMES.items(), required="Choose the law this partner works under.")
    powers = ChecksField("Powers it holds")
    successor = SelectField("Partner that came after it", hint="Only where this one was abolished or merged", empty="None")
    succeeded_on = DateField("Since", hint="The first day of the partner that came after it")


class TeamForm(EditForm):
    """A team's name and telephone."""

    name = TextField("Name", required="Enter what the team is called.")
    phone = PhoneField("Telephone", hint="The team's own number, for other partners")


class PersonForm(Form):
    """What somebody is called, how to ring them, and what they hold: each answer of `roles` is a role and a team."""

    name = TextField("Name", required="Enter their name.")
    phone = PhoneField("Work telephone")
    roles = ChecksField("Roles", required="Choose at least one role.", hint="What they may open, in which team")


class ChangePersonForm(PersonForm, EditForm):
    """The same of somebody who is here already."""


class NewPersonForm(PersonForm):
    """Somebody new: with an e-mail address to sign in with, and how far they are vetted."""

    email = EmailField("Work e-mail address", required="Enter their work e-mail address.")
    level = SelectField("Vetting", VETTING_LEVELS.items(), hint="Without it they cannot sign in", empty="Not vetted yet")
    until = DateField("Last day of the vetting")


class VettingForm(EditForm):
    """How far somebody is vetted, and until when."""

    level = RadiosField("Vetting", VETTING_LEVELS.items(), required="Choose how far they are vetted.")
    until = DateField("Last day of the vetting", required="Enter the last day.", hint="They cannot sign in after it")


class CloseAccountForm(Form):
    """Why an account is closed."""

    reason = TextField("Why", required="Say why the account is closed.", max_length=LINE, hint="Such as: left on 27 November")


class ResetForm(Form):
    """Why a second factor is reset."""

    reason = TextField("Why", required="Say why it is reset.", max_length=LINE, hint="Such as: telephone lost, asked for it in person")
