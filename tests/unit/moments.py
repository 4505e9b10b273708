"""Moments worth trying: any minute of 2024 to 2028, and above all those where the rules turn."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from tests.unit.reckoner import BANK_HOLIDAYS, LONDON

FIRST, LAST = datetime(2024, 1, 1), datetime(2028, 9, 1)
CLOCKS_CHANGE = [date(2024, 3, 31), date(2024, 10, 27), date(2026, 3, 29), date(2026, 10, 25), date(2028, 3, 26)]
LEAP_DAYS = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2028, 2, 29)]
EDGES = [time(0), time(0, 1), time(1, 30), time(8, 59), time(9), time(9, 1), time(16, 59), time(17), time(17, 1), time(23, 59)]

turning_days = st.sampled_from(
    sorted({day + timedelta(days=n) for day in {*BANK_HOLIDAYS, *CLOCKS_CHANGE, *LEAP_DAYS} for n in range(-4, 3)})
).filter(lambda day: FIRST.date() <= day <= LAST.date())
turns = st.builds(datetime.combine, turning_days, st.sampled_from(EDGES))
minutes = st.datetimes(FIRST, LAST).map(lambda t: t.replace(second=0, microsecond=0))
moments = st.one_of(turns, minutes).map(lambda t: t.replace(tzinfo=LONDON).astimezone(UTC))
