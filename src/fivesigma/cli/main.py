"""``fivesigma``: the commands, and what happens when one fails."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from importlib import import_module

import click

from fivesigma.core.errors import ConfigurationError, FivesigmaError, suggestion
from fivesigma.core.version import __version__

__all__ = ["cli", "main"]

_COMMANDS: Mapping[str, str] = {
    "compare": "Say what differs between runs, and what that did to each number.",
    "doctor": "Say what is installed, and what is missing for what.",
    "explain": "Say what a finding means and what to do about it.",
    "explore": "Look at the events of an analysis, before any model, on one page.",
    "export": "Write figures, tables, models and fits of a run for papers and other programs.",
    "init": "Write a first YAML for event files to stdout.",
    "inspect": "Say what event files hold.",
    "recipes": "List the analyses that come with the package.",
    "report": "Write the page of a run again, from its results.",
    "run": "Run an analysis: a recipe by name, or a YAML.",
    "schema": "Print what a YAML may say as JSON schema, for editors.",
    "score": "Add the score of a model of a run to event files.",
    "show": "Print the results of a run.",
    "simulate": "Make the events of a recipe with Pythia 8.",
    "validate": "Check a YAML without reading any events.",
}


class _Lazy(click.Group):
    """A group whose commands are imported when they are called, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"fivesigma.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no command {args[0]!r}{suggestion(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fivesigma")
def cli() -> None:
    """Machine-learning searches for new physics, from event files to an honest significance, a limit and a page."""


def main() -> None:
    """Run the command line; a mistake of the user's ends in a message and an exit code, never in a traceback.

    Exit codes: 0 fine, 1 failed, 2 wrong configuration or usage, 3 finished with serious findings under ``--strict``.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show σ still gets its numbers
    try:
        cli.main(prog_name="fivesigma", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("interrupted; started again, the run goes on where it stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except FivesigmaError as error:
        click.echo(f"error: {error}" if "\n" not in str(error) else f"errors:\n{error}", err=True)
        sys.exit(2 if isinstance(error, ConfigurationError) else 1)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        click.echo(f"error: {error.filename or 'fivesigma'}: {error.strerror or error}", err=True)
        sys.exit(1)
