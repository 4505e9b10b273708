"""`sentinel standards`: what the partnership agreed, checked before it is used."""

import json
from pathlib import Path

import click

from config import agreed
from config.settings import settings


@click.group(name="standards")
def standards() -> None:
    """The agreed standards of the partnership."""


@standards.command(name="check")
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(context: click.Context, directory: Path | None, as_json: bool) -> None:
    """Check the standards in DIRECTORY (default: those of this installation). Changes nothing.

    Prints each problem as `file: key: what to do` and exits 1 when there is one.
    """
    problems = agreed.check(directory or settings().standards_dir)
    if as_json:
        click.echo(json.dumps({"ok": not problems, "problems": [problem._asdict() for problem in problems]}))
    else:
        click.echo("\n".join(map(str, problems)) or "The agreed standards are sound.")
    context.exit(1 if problems else 0)
