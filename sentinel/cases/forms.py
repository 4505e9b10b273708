"""The forms of triage and of a case, in the field's words."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from config.agreed.catalogue import Choice
from sentinel.access.models import Absence, Team, User
from sentinel.cases.models import GATEWAYS
from sentinel.core.fields import LINE, AreaField, ChecksField, DateField, MomentField, Option, RadiosField, SelectField, TextField
from sentinel.core.forms import EditForm, Form, HiddenField
from sentinel.core.words import day

NOTE = 10_000


def people(users: Iterable[User], away: Mapping[UUID, Absence] | None = None) -> list[Option]:
    """Officers as answers; beside the name of whoever is `away`, until when."""
    until = {key: f" (away to {day(absence.ends_on)})" for key, absence in (away or {}).items()}
    return [Option(str(user.id), f"{user.name}{until.get(user.id, '')}") for user in users]


def teams(found: Iterable[Team]) -> list[Option]:
    """Teams as answers, each with its partner."""
    return [Option(str(team.id), f"{team.name}, {team.partner.name}") for team in found]


def choices(agreed: Iterable[Choice]) -> list[Option]:
    """What the partnership agreed, as answers."""
    return [Option(choice.key, choice.text) for choice in agreed]


def key(field: RadiosField) -> UUID | None:
    """The key chosen, None when nothing was."""
    return UUID(field.data) if field.data else None


class DecideForm(EditForm):
    """What becomes of a report."""

    outcome = RadiosField("What should happen with this report?", required="Choose what should happen with this report.")
    officer = SelectField("Officer", empty="Choose an officer")
    title = TextField("Name of the case", hint="What and where, no names: many people see it")
    case = RadiosField("Which case?")
    reference = TextField("Its reference", hint="Ten digits, like 26-004217-85", max_length=40)
    closed_case = RadiosField("Which closed case?")
    where_to = TextField("Who will deal with it?", hint="Such as Leicestershire Police, 101")
    reason_opened = SelectField("Why?", empty="Choose a reason")
    reason_joined = SelectField("Why?", empty="Choose a reason")
    reason_reopened = SelectField("Why?", empty="Choose a reason")
    reason_signposted = SelectField("Why?", empty="Choose a reason")
    reason_no_further_action = SelectField("Why?", empty="Choose a reason")
    reason_withdrawn = SelectField("Why?", empty="Choose a reason")
    words = AreaField("In your own words", hint="Needed for “Something else”. Whoever takes this over reads it.", max_length=4_000, rows=3)

    @property
    def reason(self) -> SelectField:
        """The reason that goes with the outcome chosen."""
        return self[f"reason_{self.outcome.data}"]

    def at(self, field: str | None) -> str | None:
        """The name here of a field that a verb refused."""
        return f"reason_{self.outcome.data}" if field == "reason" else field


class NoteForm(Form):
    """A note on the case."""

    note = AreaField("Add a note", required="Write the note in a sentence.", max_length=NOTE, rows=2)


class DisclosureForm(Form):
    """Something of the case that was disclosed."""

    to_whom = TextField("To whom", required="Enter to whom it was disclosed.", hint="The person and their organisation")
    what = AreaField("What", required="Enter what was disclosed.", hint="Which facts or papers, not the facts themselves")
    gateway = RadiosField("Under which gateway", GATEWAYS.items(), required="Choose the gateway it was disclosed under.")
    gateway_words = TextField("Which one")
    why = AreaField("Why", required="Say why it was disclosed.", rows=2)
    disclosed_at = MomentField("When", required="Enter when it was disclosed, such as today 10am.", hint="Such as today 10am")


class ActionForm(Form):
    """An action for somebody."""

    what = TextField("What is to be done", required="Say what is to be done.", max_length=LINE)
    owner = SelectField("Who will do it", required="Choose who will do it.", empty="Choose somebody")
    due_on = DateField("By when", required="Enter the day it is to be done by.", when="future", hint="By 5pm on that day")


class FinishForm(EditForm):
    """What came of an action."""

    outcome = AreaField("What came of it", required="Say in a sentence what came of it.", max_length=NOTE, rows=2)


class MoveForm(EditForm):
    """Another officer for the case."""

    officer = SelectField("Officer", required="Choose who takes the case.", empty="Choose an officer")
    reason = AreaField("Why", required="Say why the case moves: the next officer reads it first.", max_length=4_000, rows=3)


class GiveForm(Form):
    """Several cases to another officer."""

    cases = ChecksField("Cases", required="Tick the cases to give.")
    officer = SelectField("Give them to", required="Choose who takes them.", empty="Choose an officer")
    reason = AreaField("Why", required="Say why they move: the next officer reads it first.", max_length=4_000, rows=3)


class OfferForm(EditForm):
    """A report or case offered to another team."""

    team = SelectField("Team", required="Choose the team it is for.", empty="Choose a team")
    reason = AreaField("Why it is theirs", required="Say why it is theirs: they decide by it.", max_length=4_000, rows=3)


class AcceptForm(Form):
    """Accepting what was offered."""

    officer = SelectField("Officer", required="Choose who takes it.", empty="Choose an officer")


class DeclineForm(Form):
    """Declining what was offered."""

    reason = RadiosField("Why not?", required="Choose why not.")
    words = AreaField("In your own words", hint="Needed for “Something else”. The team that offered it reads it.", max_length=4_000, rows=2)


class ShareForm(Form):
    """Showing the case to another team."""

    team = SelectField("Team", required="Choose the team that should see it.", empty="Choose a team")
    reason = TextField("Why", required="Say why they need to see it.", max_length=LINE)


class AskForm(Form):
    """Opening the full view of another partner's case."""

    team = SelectField("For your team", required="Choose the team that needs it.", empty="Choose a team")
    reason = TextField("Why you need it", required="Say why: the owner of the case reads it.", max_length=LINE)


class EndShareForm(Form):
    """Ending a share."""

    reason = TextField("Why it ends", required="Say why they no longer need to see the case.", max_length=LINE)


class ProposeForm(EditForm):
    """Proposing to close."""

    outcome = SelectField("How it ended", required="Choose how it ended.", empty="Choose an outcome")
    teller = SelectField(
        "Who tells the victims",
        required="Choose who tells the victims.",
        hint="Before it closes, and asks each of them what they think",
        empty="Choose somebody",
    )
    note = AreaField("What was done, and why it can close", required="Say in a sentence what was done and why it can close.", rows=4)


class TellerForm(EditForm):
    """Naming somebody else to tell the victims."""

    teller = SelectField(
        "Somebody else tells the victims",
        required="Choose who tells the victims.",
        hint="They are alerted from now on, and see it in My work. No date moves",
        empty="Choose somebody",
    )


class TakeBackForm(Form):
    """Taking an offer back: nothing more to say."""


class KeepOpenForm(EditForm):
    """Taking a proposal to close back."""

    reason = AreaField("Why it stays open", required="Say why it stays open.", max_length=4_000, rows=2)


class ReopenForm(EditForm):
    """Opening a closed case again."""

    reason = AreaField("Why it opens again", required="Say why it opens again.", max_length=4_000, rows=2)


class SignForm(EditForm):
    """A supervisor's signature under a closing."""

    note = TextField("Anything to add (optional)", max_length=LINE)


class CloseForm(EditForm):
    """Closing: nothing more to say."""


class IncidentForm(Form):
    """Reports of one incident."""

    reports = ChecksField("Reports of the same incident", required="Tick at least two reports of the same incident.")


class SafeguardingForm(Form):
    """The safeguarding referral that a report asked for."""

    done_by = TextField("Who made the referral, and to whom", required="Say who made the referral, and to whom.", max_length=200)


class RestrictForm(EditForm):
    """Restricting a case to the people named."""

    reason = RadiosField("Why", required="Choose why the case is restricted.")
    words = AreaField("In your own words", hint="Needed for “Another reason”. Only the people named read it.", max_length=LINE, rows=2)
    named = ChecksField("Who keeps seeing it", hint="You always do. At least one more, so that the case never hangs on one person.")
    other = TextField(
        "Somebody of another partner", hint="Their e-mail address in Sentinel: a practitioner or supervisor who may sign in", max_length=200
    )
    officer = SelectField("Officer", hint="One of the people named, of the team that has the case", empty="As now")


class NamesForm(EditForm):
    """Who is named on a restricted case."""

    named = ChecksField("Who sees it", hint="At least two people, and one supervisor of the owner.")
    other = TextField(
        "Somebody of another partner", hint="Their e-mail address in Sentinel: a practitioner or supervisor who may sign in", max_length=200
    )
    reason = AreaField("Why the list changes", required="Say why the list changes.", max_length=LINE, rows=2)


class LiftForm(EditForm):
    """Taking a restriction off."""

    reason = AreaField("Why it need no longer be restricted", required="Say why it need no longer be restricted.", max_length=LINE, rows=3)


class BreakGlassForm(Form):
    """Opening a restricted case in an emergency."""

    reference = TextField(
        "Reference of the case", required="Enter the reference of the case.", hint="Ten digits, like 26-004217-85", max_length=40
    )
    reason = AreaField(
        "What the emergency is",
        required="Say in a sentence what the emergency is.",
        hint="The people named on the case read it at once, and it stands beside every page you open",
        max_length=480,
        rows=3,
    )


class ReviewOpeningForm(Form):
    """Was it right to open the case?"""

    found = RadiosField(
        "Was it right to open it?", [("right", "Right"), ("not_right", "Not right")], required="Choose whether it was right."
    )
    note = AreaField("Why", required="Say in a sentence why.", max_length=4_000, rows=3)


class TouchForm(Form):
    """What was done about a report that names somebody on the case."""

    answer = TextField("What you did about it", required="Say in a sentence what you did about it.", max_length=LINE)


class ExportForm(Form):
    """Taking a list of cases away; which list travels unseen."""

    whose = HiddenField()
    state = HiddenField()
    risk = HiddenField()
    reason = TextField("Why you need it", required="Say why you need the list: it goes on the record.", max_length=LINE)
    kind = RadiosField("Kind of file", (("xlsx", "Excel workbook"), ("csv", "CSV")), required="Choose the kind of file.")
