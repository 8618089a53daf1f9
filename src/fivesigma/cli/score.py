"""``fivesigma score``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fivesigma.cli.completing import models_of_the_run

if TYPE_CHECKING:
    from fivesigma.analysis.scoring import Scored

__all__ = ["score"]


def _parameters(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> dict[str, float] | None:
    """Return the numbers that ``gap=30,mass=5`` names."""
    found = {}
    for text in (part for given in texts for part in given.split(",")):
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as error:
            raise click.BadParameter(f"takes name=number, as in gap=30, not {text!r}") from error
    return found or None


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("model", shell_complete=models_of_the_run)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="OUT.root|OUT.parquet"
)
@click.option("--name", metavar="NAME", help="What the columns are called [as the model].")
@click.option(
    "--at",
    metavar="PARAMETER=NUMBER",
    multiple=True,
    callback=_parameters,
    help="The point of the signal grid to score at, of a model that is parametrised [each].",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="What the names of friends are relative to [the folder of each FILE].",
)
def score(
    run: Path,
    model: str,
    files: tuple[str, ...],
    output: Path,
    name: str | None,
    at: dict[str, float] | None,
    data: Path | None,
) -> None:
    """Add the score of MODEL, a model of RUN, to the events of FILEs.

    All their events are written, in their order, with their own columns and MODEL (on the common scale), MODEL_raw and MODEL_fold.
    Each is scored by the estimators of its own fold, which were not trained on it here. Files are read as the run read its own.
    """
    # imported here so that --help stays light
    from fivesigma.analysis.scoring import score_files
    from fivesigma.cli.progress import Display

    with Display() as display:
        scored = score_files(run, model, files, output, name=name, at=at, friends_in=data, tell=display.tell)
    _say(scored)
    click.echo(output)


def _say(scored: Scored) -> None:
    if scored.without:
        of_inputs = ", ".join(f"{name} in {count:,}" for name, count in scored.lacking.items())
        click.echo(
            f"{scored.without:,} of {scored.events:,} events have no score (NaN): what cannot be computed is {of_inputs}",
            err=True,
        )
    if scored.left_out:
        click.echo(
            f"not written, for the file cannot hold them or not all files have them: {', '.join(scored.left_out)}",
            err=True,
        )
    for file in scored.by_entry:
        click.echo(
            f"{file}: no columns identify its events; are they part of a file of the run, some may be scored by estimators that"
            " saw them",
            err=True,
        )
