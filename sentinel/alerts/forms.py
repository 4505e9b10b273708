"""Answering an alert: as the one it was sent to, and as a supervisor."""

from datetime import UTC, datetime

from sentinel.core import clock
from sentinel.core.fields import LINE, AreaField, DateField, RadiosField, SelectField
from sentinel.core.forms import Form
from sentinel.core.worktime import OPENS

ASK, DO, GIVE = "ask", "do", "give"
SAY = "Say in a sentence what you said or decided: it goes on the case."


class SnoozeForm(Form):
    """Put an alert off, for oneself, until the morning of a day."""

    until = DateField("Until the morning of", required="Enter the day you will look at it again.", when="future")
    reason = AreaField("Why?", required="Say why you put it off.", max_length=LINE, rows=2)

    @property
    def at(self) -> datetime | None:
        """Nine in the morning, London, of the day entered."""
        return datetime.combine(self.until.data, OPENS, clock.LONDON).astimezone(UTC) if self.until.data else None


class AnswerForm(Form):
    """A supervisor's answer, in its row."""

    kind = RadiosField("Your answer", required="Choose what you will do.")
    officer = SelectField("Give it to", empty="Choose an officer")
    reason = AreaField("What you said (goes on the case)", required=SAY, max_length=LINE, rows=3)
