"""How pages are made: where templates lie, the words they may call on, and addresses that change when a file does."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, send_from_directory
from flask.typing import ResponseReturnValue
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader, Template, Undefined
from markupsafe import Markup

from config.settings import settings
from sentinel.core import clock, words

FROM_FILES = ("static", "assets")
SOON = timedelta(days=3)
A_YEAR = 365 * 24 * 3600
NO_ASSETS = "Sentinel's styles have not been fetched. Run `sentinel doctor`: it says how to fetch them."


class LenientLoader(PackageLoader):
    """Templates that ask after names they never set, as GOV.UK's macros do: for them, and only them, nothing is an error."""

    _lenient: Environment | None = None

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """Compile with lenient names, whoever asks."""
        self._lenient = self._lenient or environment.overlay(undefined=ChainableUndefined)
        return super().load(self._lenient, name, globals)


class CarefulUndefined(ChainableUndefined):
    """A missing key of a dict is nothing, so that components may be given few; a misspelt name or attribute is an error."""

    def _fail_if_misspelt(self) -> None:
        is_ours = self._undefined_name != "caller" and not isinstance(self._undefined_obj, Mapping | Undefined | None)
        if is_ours:
            self._fail_with_undefined_error()

    def __str__(self) -> str:
        self._fail_if_misspelt()
        return super().__str__()

    def __iter__(self) -> Iterator[Any]:
        self._fail_if_misspelt()
        return super().__iter__()

    def __bool__(self) -> bool:
        self._fail_if_misspelt()
        return super().__bool__()

    def __len__(self) -> int:
        self._fail_if_misspelt()
        return super().__len__()


def init_app(app: Flask) -> None:
    """Teach the application its templates, their filters and globals, and its files."""
    environment = app.jinja_env
    govuk = PrefixLoader({"govuk_frontend_jinja": LenientLoader("govuk_frontend_jinja")})
    # Not app.jinja_loader: Flask asks that for source only, and would compile GOV.UK's macros as strictly as ours.
    environment.loader = ChoiceLoader([FileSystemLoader(settings().templates_dir), govuk])
    environment.undefined = CarefulUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(FILTERS)
    environment.globals["now"] = clock.now
    app.add_url_rule("/assets/<path:filename>", "assets", asset)
    app.url_defaults(_fingerprint)
    app.after_request(_keep_for_a_year)


def asset(filename: str) -> ResponseReturnValue:
    """GOV.UK's stylesheet and script, fetched at set-up."""
    folder = settings().assets_dir
    if not (folder / filename).is_file():
        return Response(NO_ASSETS, 404, mimetype="text/plain")
    return send_from_directory(folder, filename)


def due_state(due: datetime | date) -> str:
    """How a date stands to now: "over", "today", "soon" (within three days) or "" for later. Days end with their last minute."""
    now = clock.now()
    if not isinstance(due, datetime):
        due = datetime.combine(due + timedelta(days=1), datetime.min.time(), clock.LONDON)
    if due <= now:
        return "over"
    if clock.london(due - timedelta(microseconds=1)).date() == clock.london(now).date():
        return "today"
    return "soon" if due - now <= SOON else ""


def days_away(when: date) -> str:
    """How far a whole day is: "In 28 days", "Tomorrow", "Today", "Overdue by 1 day"."""
    days = (when - clock.today()).days
    near = {0: "Today", 1: "Tomorrow"}.get(days)
    return near or (f"In {days} days" if days > 0 else f"Overdue by {counted(-days, 'day')}")


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 promise", "3 promises", "2 people": `many` where an s is not enough."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def reference(number: str) -> Markup:
    """A reference in its three groups, never broken across lines."""
    digits = "".join(c for c in number if c.isdigit())
    grouped = f"{digits[:2]}-{digits[2:8]}-{digits[8:]}" if len(digits) == 10 else number
    return Markup('<span class="s-ref">{}</span>').format(grouped)


def by_day(entries: Iterable[Any], field: str = "happened_at") -> list[tuple[str, list[Any]]]:
    """Timeline entries, already in order, under the words of their London day."""
    days = groupby(entries, key=lambda entry: clock.london(_read(entry, field)).date())
    return [(_today_or_day(day), list(group)) for day, group in days]


def time_of(moment: datetime) -> str:
    """ "2:05pm" in London."""
    return words.clock_time(clock.london(moment).time())


def day(value: datetime | date) -> str:
    """ "Tuesday 1 December" in London."""
    return words.day(clock.london(value).date() if isinstance(value, datetime) else value)


def _today_or_day(value: date) -> str:
    return "Today" if value == clock.today() else words.day(value)


def _read(entry: Any, field: str) -> datetime:
    found: datetime = entry[field] if isinstance(entry, Mapping) else getattr(entry, field)
    return found


FILTERS = {
    "by": words.by,
    "by_day": by_day,
    "counted": counted,
    "day": day,
    "days_away": days_away,
    "due_state": due_state,
    "lateness": words.lateness,
    "moment": words.moment,
    "moment_within": words.moment_within,
    "reference": reference,
    "time_of": time_of,
    "until": words.until,
}


def _fingerprint(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint in FROM_FILES and "v" not in values:
        folder = settings().assets_dir if endpoint == "assets" else Path(__file__).parents[1] / "static"
        path = folder / values["filename"]
        if path.is_file():
            values["v"] = _digest(path, path.stat().st_mtime_ns)


@cache
def _digest(path: Path, changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def _keep_for_a_year(response: Response) -> Response:
    # Without its fingerprint (a module that another imports) a file is asked for again each time, and answered 304.
    if request.endpoint in FROM_FILES and response.status_code == 200 and "v" in request.args:
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = A_YEAR
        response.cache_control.immutable = True
    return response
