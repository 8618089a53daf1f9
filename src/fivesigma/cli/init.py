"""``fivesigma init``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

__all__ = ["init"]

_KINDS = ("--signal", "--background", "--data")


class _Greedy(click.Command):
    """A command whose options for files take all that follows, up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_spread(args)))


def _spread(args: list[str]) -> Iterator[str]:
    """Yield ``--signal A B`` as ``--signal A --signal B``."""
    option, used = "", True
    for arg in args:
        if arg.startswith("-") and arg != "-":
            if not used:
                yield option  # without a value: click says so
            option, used = (arg, False) if arg in _KINDS else ("", True)
            if not option:
                yield arg
        elif option:
            yield from (option, arg)
            used = True
        else:
            yield arg
    if not used:
        yield option


_FILE = click.Path(path_type=Path)


@click.command(cls=_Greedy)
@click.option("--signal", multiple=True, type=_FILE, metavar="FILE...", help="Files of signal, a sample each.")
@click.option("--background", multiple=True, type=_FILE, metavar="FILE...", help="Files of background, a sample each.")
@click.option("--data", multiple=True, type=_FILE, metavar="FILE...", help="Files of data, one sample together.")
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]...")
def init(
    signal: tuple[Path, ...], background: tuple[Path, ...], data: tuple[Path, ...], files: tuple[Path, ...]
) -> None:
    """Write a first YAML for event files to stdout.

    It is valid and runs; what it guesses (weights, inputs, units, where the signal lies) is marked. Files without a flag before them
    are signal, background or data as their names tell. A file that is signal and background at once is split by a column called
    isSignal, label or type.
    """
    # imported here so that --help stays light
    from fivesigma.analysis.starter import starter

    if not (signal or background or data or files):
        raise click.UsageError("give event files: --signal FILE... --background FILE... [--data FILE...], or FILE...")
    made = starter({"signal": signal, "background": background, "data": data}, files)
    for remark in made.remarks:
        click.echo(f"note: {remark}", err=True)
    click.echo(made.text, nl=False)
