"""The models of a run, read back: those that are there, and that still give the scores that the run recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fivesigma.analysis.configuration import read_configuration
from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.score_files import load_scores
from fivesigma.analysis.stages import Stages
from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, suggestion
from fivesigma.core.identity import digest
from fivesigma.learning.fitted_model import FittedModel
from fivesigma.learning.storage import load_model, other_versions

__all__ = ["StoredRun", "open_run", "spread_out", "stored_run"]

_SPOT_CHECKED = 2000
_SAME = 1e-5
"""Of the standard deviation of raw scores: what another processor, or a batch of another size, may change in the last bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run directory with its resolved configuration, and the names of the models that were trained."""

    directory: RunDirectory
    config: Configuration
    models: tuple[str, ...]

    def events(self) -> Dataset:
        """Return the events of the run."""
        return load_dataset(self.directory, Stages(directory=self.directory).recorded("events"))

    def require(self, name: str) -> str:
        """Return the name of a model; DataError if there is none of that name, with the nearest."""
        if name not in self.models:
            raise DataError(f"{self.directory.root}: no model {name!r}{suggestion(name, self.models)}")
        return name

    def model(self, name: str, events: Dataset) -> FittedModel:
        """Return a model, of which it is certain that it scores the events of the run as it did when it was trained.

        Raises
        ------
        DataError
            If there is no such model, it cannot be read, or it scores otherwise.
        """
        folder = self.directory.root / "models" / self.require(name)
        model = load_model(folder)
        if model.name != name:
            raise DataError(f"{folder}: holds the model {model.name!r}, not {name!r}")
        for point in model.points:
            self._require_same(model, events, point)
        return model

    def _require_same(self, model: FittedModel, events: Dataset, point: tuple[float, ...]) -> None:
        recorded = load_scores(self.directory, model.name, model.folds, point=point)
        some = spread_out(len(events), _SPOT_CHECKED)
        before, now = recorded.where(some), model.score(events.where(some), point)
        largest = float(np.abs(now.raw - before.raw).max(initial=0.0)) / (float(before.raw.std()) or 1.0)
        if not largest <= _SAME or (now.fold != before.fold).any():
            folder = self.directory.root / "models" / model.name
            why = "; ".join(other_versions(folder)) or "its files were changed since"
            raise DataError(
                f"{folder}: does not give the scores that the run recorded, off by {largest:.2g} of their spread: {why};"
                f" `fivesigma run` with --fresh trains it again"
            )


def spread_out(total: int, most: int) -> Bools:
    """Return a mask, shape (total,), of at most so many events, evenly spread."""
    some = np.zeros(total, dtype=np.bool_)
    some[np.linspace(0, total - 1, min(most, total)).astype(np.int64)] = True
    return some


def open_run(root: Path) -> StoredRun:
    """Return a run that has trained models.

    Raises
    ------
    DataError
        As for `stored_run`, or if no model was trained there.
    """
    run = stored_run(root)
    if not run.models:
        raise DataError(
            f"{root}: no model was trained there" + ("" if run.config.models else "; its analysis names none")
        )
    return run


def stored_run(root: Path) -> StoredRun:
    """Return a run, whether it has trained models or not.

    Raises
    ------
    DataError
        If the folder is no run directory, or its configuration was changed since it ended.
    """
    if not (root / "config.yaml").is_file() or not (root / "stages").is_dir():
        what = "there is no such folder" if not root.is_dir() else "no run directory"
        raise DataError(f"{root}: {what}; `fivesigma run` makes one")
    config, stages = read_configuration(root / "config.yaml"), root / "stages"
    if (root / "provenance.json").is_file():
        here, origin = digest(config.model_dump()), RunDirectory(root).read_json("provenance.json")
        if not isinstance(origin, dict) or origin.get("configuration", here) != here:
            raise DataError(f"{root}/config.yaml: is not the configuration of this run; `fivesigma run` makes it again")
    trained = tuple(name for name in config.models if (stages / f"model-{name}.json").is_file())
    return StoredRun(directory=RunDirectory(root), config=config, models=trained)
