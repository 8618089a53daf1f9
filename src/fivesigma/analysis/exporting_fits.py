"""The template fits of a run as other programs read them: workspaces of pyhf, datacards of Combine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from fivesigma.analysis.datacard_files import write_datacard
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inference_schema import TemplateFit
from fivesigma.analysis.inferring import fit_inputs
from fivesigma.analysis.stages import Stages
from fivesigma.analysis.stored_models import StoredRun, stored_run
from fivesigma.core.errors import DataError
from fivesigma.inference.datacard import combine_datacard

__all__ = ["export_datacards", "export_workspaces"]


def export_workspaces(
    root: Path, output: Path | None = None, *, tell: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write the workspace of each template fit as plain pyhf JSON, and return the files.

    Parameters
    ----------
    root
        The run directory.
    output
        Where to; ``pyhf`` in the run directory if None.
    tell
        Told of each fit as it begins.

    Raises
    ------
    DataError
        If there is no such run, or it has no template fit.
    """
    run, written = stored_run(root), []
    for name, _ in _fits(run):
        tell(f"Writing the workspace of {name}")
        path = (output or root / "pyhf") / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(json.dumps(run.directory.read_json(f"inference/{name}-workspace.json"), indent=1))
        partial.replace(path)
        written.append(path)
    return written


def export_datacards(
    root: Path, output: Path | None = None, *, tell: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write each template fit as a datacard of Combine with its histograms, and return the datacards.

    Templates are filled anew from the events and scores of the run; where its fit saw no data the card holds none.

    Parameters
    ----------
    root
        The run directory.
    output
        Gets a folder for each fit; ``combine`` in the run directory if None.
    tell
        Told of each fit as it begins.

    Raises
    ------
    DataError
        As for `export_workspaces`.
    """
    run, written = stored_run(root), []
    events = Stages(directory=run.directory).recorded("events")
    for name, fit in _fits(run):
        tell(f"Writing the datacard of {name}")
        seen = run.directory.read_results()["inference"][name]["limit_observed"] is not None
        inputs = fit_inputs(InferenceItem(name, run.directory, events, run.config, blind=not seen), fit)
        card = combine_datacard(inputs.templates, inputs.systematics, signal=fit.signal)
        text, _ = write_datacard((output or root / "combine") / name / "datacard.txt", card)
        written.append(text)
    return written


def _fits(run: StoredRun) -> Iterator[tuple[str, TemplateFit]]:
    """Yield the template fits of a run."""
    fits = [(name, fit) for name, fit in run.config.inference.items() if isinstance(fit, TemplateFit)]
    if not fits:
        raise DataError(f"{run.directory.root}: has no template fit, which workspaces and datacards are made of")
    yield from fits
