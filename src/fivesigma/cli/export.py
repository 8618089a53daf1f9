"""``fivesigma export``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fivesigma.analysis.exporting import Exported

__all__ = ["export"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--onnx", is_flag=True, help="The models as ONNX, a file for each fold.")
@click.option("--pyhf", is_flag=True, help="The template fits as workspaces of pyhf.")
@click.option("--datacard", is_flag=True, help="The template fits as datacards of Combine, with their histograms.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model (repeatable).")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where files go [RUN/onnx, RUN/pyhf, RUN/combine].",
)
def export(run: Path, onnx: bool, pyhf: bool, datacard: bool, models: tuple[str, ...], output: Path | None) -> None:
    """Write what other programs use of RUN, one kind at a time.

    An ONNX file holds the preparation of the inputs, the estimators and the common scale; before it is written, its scores are
    compared with the model's on events of the run. Beside the files of a model, export.json says which inputs they take and
    which file an event is for. Prints the folders, or the files of the fits.
    """
    # imported here so that --help stays light
    from fivesigma.analysis.stored_models import open_run
    from fivesigma.cli.progress import Display

    if onnx + pyhf + datacard != 1:
        there = ", ".join(open_run(run).models)
        raise click.UsageError(
            f"say what to export of {run}: --onnx for its models, which are {there}; or --pyhf or --datacard for its template fits;"
            " one of them at a time"
        )
    if not onnx:
        _export_fits(run, output, datacards=datacard)
        return
    from fivesigma.analysis.exporting import export_onnx

    with Display() as display:
        exported = export_onnx(run, output, models=models, tell=display.tell)
    _say(exported)
    if not exported.folders:
        sys.exit(1)


def _export_fits(run: Path, output: Path | None, *, datacards: bool) -> None:
    from fivesigma.analysis.exporting_fits import export_datacards, export_workspaces
    from fivesigma.cli.progress import Display

    with Display() as display:
        written = (export_datacards if datacards else export_workspaces)(run, output, tell=display.tell)
    for path in written:
        click.echo(path)


def _say(exported: Exported) -> None:
    for name, folder in exported.folders.items():
        found = exported.parity[name]
        click.echo(
            f"{name}: {len(found)} folds; on {max(each.events for each in found):,} events raw scores within"
            f" {max(each.raw for each in found):.1g} of their spread, on the common scale within"
            f" {max(each.score for each in found):.1g}",
            err=True,
        )
        click.echo(folder)
    for name, why in exported.left_out.items():
        click.echo(f"{name} is not exported: {why}", err=True)
