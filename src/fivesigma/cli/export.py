"""``fivesigma export``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

if TYPE_CHECKING:
    from fivesigma.analysis.exporting import Exported
    from fivesigma.analysis.exporting_figures import FigureFormat

__all__ = ["export"]

_Writer: TypeAlias = Callable[[Callable[[str], None]], list[Path]]
"""Writes one kind, telling what begins, and returns what it wrote."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--figures", is_flag=True, help="The figures of the page, as PNG or as --format says.")
@click.option("--tables", is_flag=True, help="The tables of the page, each as CSV with unrounded numbers and as LaTeX.")
@click.option("--hepdata", is_flag=True, help="Yields, limits and spectra as a submission to HEPData.")
@click.option("--onnx", is_flag=True, help="The models as ONNX, a file for each fold.")
@click.option("--pyhf", is_flag=True, help="The template fits as workspaces of pyhf.")
@click.option("--datacard", is_flag=True, help="The template fits as datacards of Combine, with their histograms.")
@click.option("--all", "everything", is_flag=True, help="All of these that the run has.")
@click.option("--format", "form", type=click.Choice(["png", "pdf", "svg"]), help="Of figures [png].")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model, of --onnx (repeatable).")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the files of one kind go [RUN/png, RUN/tables, RUN/hepdata, RUN/onnx, RUN/pyhf, RUN/combine].",
)
def export(
    run: Path, everything: bool, form: FigureFormat | None, models: tuple[str, ...], output: Path | None, **kinds: bool
) -> None:
    """Write what papers, talks and other programs use of RUN.

    An ONNX file holds the preparation of the inputs, the estimators and the common scale; before it is written, its scores are
    compared with the model's on events of the run. Beside the files of a model, export.json says which inputs they take and
    which file an event is for. Prints the folders, or the files.
    """
    # imported here so that --help stays light
    from fivesigma.cli.progress import Display
    from fivesigma.core.errors import FivesigmaError

    asked = [kind for kind, wanted in kinds.items() if wanted or everything]
    _require_sense(run, asked, form=form, models=models, output=output)
    written, failed = 0, False
    with Display() as display:
        for kind, write in _writers(run, output, form or "png", models).items():
            if kind not in asked:
                continue
            try:
                paths = write(display.tell)
            except FivesigmaError as error:
                if not everything:
                    raise
                click.echo(f"--{kind}: {error}", err=True)
                continue
            written += len(paths)
            failed |= not paths
            for path in paths:
                click.echo(path)
    if failed or not written:
        sys.exit(1)


def _require_sense(
    run: Path, asked: list[str], *, form: str | None, models: tuple[str, ...], output: Path | None
) -> None:
    from fivesigma.analysis.inference_schema import TemplateFit
    from fivesigma.analysis.stored_models import stored_run

    stored = stored_run(run)
    if not asked:
        fits = [name for name, fit in stored.config.inference.items() if isinstance(fit, TemplateFit)]
        there = ["--figures, --tables or --hepdata for what its page shows"]
        there += [f"--onnx for its models, which are {', '.join(stored.models)}"] if stored.models else []
        there += [f"--pyhf or --datacard for its template fits, which are {', '.join(fits)}"] if fits else []
        raise click.UsageError(f"say what to export of {run}: {'; '.join(there)}; or --all")
    if output is not None and len(asked) > 1:
        raise click.UsageError("--output is the folder of one kind; leave it out, or export one at a time")
    if form is not None and "figures" not in asked:
        raise click.UsageError("--format is of --figures")
    if models and "onnx" not in asked:
        raise click.UsageError("--model is of --onnx")


def _writers(run: Path, output: Path | None, form: FigureFormat, models: tuple[str, ...]) -> Mapping[str, _Writer]:
    """Return what writes each kind."""

    def figures(_tell: Callable[[str], None]) -> list[Path]:
        from fivesigma.analysis.exporting_figures import export_figures

        return export_figures(run, output, form=form)

    def tables(_tell: Callable[[str], None]) -> list[Path]:
        from fivesigma.analysis.exporting_tables import export_tables

        return export_tables(run, output)

    def hepdata(_tell: Callable[[str], None]) -> list[Path]:
        from fivesigma.analysis.exporting_hepdata import export_hepdata

        return [export_hepdata(run, output)]

    def onnx(tell: Callable[[str], None]) -> list[Path]:
        from fivesigma.analysis.exporting import export_onnx

        exported = export_onnx(run, output, models=models, tell=tell)
        _say(exported)
        return list(exported.folders.values())

    def fits(tell: Callable[[str], None], *, datacards: bool) -> list[Path]:
        from fivesigma.analysis.exporting_fits import export_datacards, export_workspaces

        return (export_datacards if datacards else export_workspaces)(run, output, tell=tell)

    return {
        "figures": figures,
        "tables": tables,
        "hepdata": hepdata,
        "onnx": onnx,
        "pyhf": partial(fits, datacards=False),
        "datacard": partial(fits, datacards=True),
    }


def _say(exported: Exported) -> None:
    for name in exported.folders:
        found = exported.parity[name]
        click.echo(
            f"{name}: {len(found)} folds; on {max(each.events for each in found):,} events raw scores within"
            f" {max(each.raw for each in found):.1g} of their spread, on the common scale within"
            f" {max(each.score for each in found):.1g}",
            err=True,
        )
    for name, why in exported.left_out.items():
        click.echo(f"{name} is not exported: {why}", err=True)
