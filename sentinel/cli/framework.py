"""What the commands share: finding the system, working under a role, telling the result."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from config.settings import settings
from sentinel.core.errors import Refused
from sentinel.core.instance import checks, locate
from sentinel.core.instance.environment import Role

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the embedded system (else SENTINEL_DATA_DIR, else var/).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@dataclass(frozen=True)
class System:
    """The system a command works on, and how it tells what it did."""

    found: locate.Found
    as_json: bool

    def tell(self, facts: Mapping[str, Any], *sentences: str) -> None:
        """Print the result: `facts` as one JSON object where that was asked for, else the sentences."""
        tell(self.as_json, facts, *sentences)


def tell(as_json: bool, facts: Mapping[str, Any], *sentences: str) -> None:
    """Print `facts` as one JSON object, or the sentences."""
    for line in [json.dumps(facts, default=str, ensure_ascii=False)] if as_json else sentences:
        click.echo(line)


def on_system(role: Role) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """The function runs inside the application of the system found, under `role`; see the package's docstring."""

    def decorate(function: Callable[..., int | None]) -> Callable[..., None]:
        @data_option
        @json_option
        @click.pass_context
        @wraps(function)
        def command(context: click.Context, /, *, data: Path | None, as_json: bool, **options: Any) -> None:
            with locate.system(data, role) as found:
                checks.require(settings(), "redis_url")
                status = inside(role, _name(context), lambda: function(System(found, as_json), **options))
            context.exit(status or 0)

        return command

    return decorate


def _name(context: click.Context) -> str:
    return context.command_path.partition(" ")[2]


def inside(role: Role, name: str, work: Callable[[], int | None]) -> int | None:
    """Do the work in one transaction of the application under `role`, recorded as `system:<name>`."""
    from sentinel import create_app
    from sentinel.core import viewer
    from sentinel.core.db import db

    for problem in checks.schema(locate.url_of(role)):
        raise Refused(problem)
    app = create_app(database_url=locate.url_of(role))
    with app.app_context(), viewer.acting_as(viewer.system(name)):
        try:
            status = work()
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        finally:
            db.session.remove()
            db.engine.dispose()
    return status
