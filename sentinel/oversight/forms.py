"""Asking the record, reviewing a look, declaring an interest."""

from sentinel.core.fields import LINE, AreaField, PostcodeField, SelectField, TextField
from sentinel.core.forms import Form

WHY = "Say why you need to know: it is recorded with every page you open."


class ByReferenceForm(Form):
    """Who looked at the people of a report or case."""

    reference = TextField("Reference number of a report or case", required="Enter the reference number, like 26-004217-85.")
    reason = AreaField("Why do you need to know?", required=WHY, max_length=LINE, rows=2)


class ByStaffForm(Form):
    """What a member of staff looked at."""

    staff = SelectField("Member of staff", required="Choose whose looks you need to see.", empty="Choose a person")
    reason = AreaField("Why do you need to know?", required=WHY, max_length=LINE, rows=2)


class ReviewForm(Form):
    """What came of asking about a look."""

    note = AreaField(
        "What you asked, and what came of it", required="Say whom you asked and what came of it: this closes the alert.", max_length=LINE
    )


class PersonForm(Form):
    """A person one must not look up."""

    name = TextField("Their name, first and last", required="Enter the name of the person, first and last.")
    note = TextField("Who they are to you", max_length=LINE)


class AddressForm(Form):
    """An address one must not look up."""

    address = TextField("House and street", required="Enter the house and street, like 12 High Street.", max_length=LINE)
    postcode = PostcodeField("Postcode", required="Enter the postcode, like LE3 3KM.")
    note = TextField("What it is to you", max_length=LINE)
