"""The `sentinel` command.

How to add a command
--------------------
1. Write it in a module of this package, as a click command or group whose name is that of the command:

       @click.command()
       @click.option("--dry-run", is_flag=True, help="Change nothing.")
       @on_system("worker")
       def sweep(system: System, dry_run: bool) -> int | None:
           \"\"\"Run the triggers.\"\"\"
           ...
           system.tell({"opened": 3}, "3 alerts opened.")

   `on_system(role)` adds `--data` and `--json`, finds the system (by environment or data folder), makes the application
   under that database role ("web", "worker" or "owner"), and runs the function inside it as `system:<command>`. It
   commits when the function returns and rolls back when it raises. What the function returns is the exit status.
   A `SentinelError` becomes its sentence on standard error and exit 2; any other exception where it happened and exit 1,
   without its own words: those may hold what is in the database, and a terminal's output is often kept.
2. Add a line to COMMANDS below: name, module, one line of help. The module is loaded when the command is used.
   The function is called as the command is (`import`, which Python keeps for itself: `import_`).

Standard output is for results, standard error for everything else.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
from click.exceptions import Exit

from sentinel.core.errors import SentinelError

COMMANDS = {
    "start": ("running", "Start everything on this machine, with its own database and broker."),
    "web": ("running", "Serve the pages (production: configured by SENTINEL_* variables)."),
    "worker": ("running", "Do the work that no person waits for."),
    "beat": ("running", "Tell the workers when it is time."),
    "migrate": ("running", "Bring the database to this version's schema."),
    "roles": ("running", "Make the database roles on a PostgreSQL of one's own."),
    "doctor": ("doctor", "Say in words what is wrong with this installation."),
    "demo": ("demo", "Load a synthetic partnership."),
    "user": ("accounts", "Accounts: add, list, disable."),
    "partner": ("accounts", "Partners of the partnership."),
    "import": ("imports", "Bring in files: police incidents, postcodes."),
    "sweep": ("duties", "Run the triggers."),
    "deliver": ("duties", "Send what is waiting in the outbox."),
    "audit": ("audit", "The record: check it, seal it, erase from it by law."),
    "backup": ("backup", "Everything into one file."),
    "restore": ("backup", "Everything back from that file."),
    "bench": ("bench", "Measure this installation."),
    "standards": ("standards", "The agreed standards: check them."),
}
NAMES_IN_PYTHON = {"import": "import_"}
FAILED, WRONG_USE = 1, 2
FAILURE = "The command failed ({}). What it had begun in the database is undone. Where it happened:"


class Lazy(click.Group):
    """A group that loads a command's module when the command is used, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands that are installed, in the order of COMMANDS."""
        return [name for name, (module, _) in COMMANDS.items() if find_spec(f"{__name__}.{module}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{__name__}.{COMMANDS[cmd_name][0]}")
        command = getattr(module, NAMES_IN_PYTHON.get(cmd_name, cmd_name))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of `sentinel --help`, without loading any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal is a sentence on standard error and exit 2, a failure where it happened and exit 1."""
        try:
            return super().invoke(ctx)
        except SentinelError as error:
            click.echo(str(error), err=True)
            ctx.exit(WRONG_USE)
        except (click.ClickException, click.Abort, Exit):
            raise
        except Exception as problem:
            from sentinel.core.logging import where

            click.echo("\n  ".join([FAILURE.format(type(problem).__name__), *where(problem)]), err=True)
            ctx.exit(FAILED)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sentinel-asb")
def main() -> None:
    """Sentinel: case management of anti-social behaviour for a local partnership."""
