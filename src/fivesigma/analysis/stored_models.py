"""The models of a run, read back: are they there, and do they still give the scores that the run recorded?"""

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
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, suggestion
from fivesigma.learning.fitted_model import FittedModel
from fivesigma.learning.storage import load_model, other_versions

__all__ = ["StoredRun", "open_run"]

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

    def model(self, name: str, events: Dataset) -> FittedModel:
        """Return a model, of which it is certain that it scores as it did when it was trained.

        Raises
        ------
        DataError
            If there is no such model (the nearest is named), it cannot be read, or it scores otherwise.
        """
        if name not in self.models:
            raise DataError(f"{self.directory.root}: no model {name!r}{suggestion(name, self.models)}")
        model = load_model(self.directory.root / "models" / name)
        for point in model.points:
            self._require_same(model, events, point)
        return model

    def _require_same(self, model: FittedModel, events: Dataset, point: tuple[float, ...]) -> None:
        recorded = load_scores(self.directory, model.name, model.folds, point=point)
        some = np.zeros(len(events), dtype=np.bool_)
        some[spread_out(len(events), _SPOT_CHECKED)] = True
        before, now = recorded.where(some), model.score(events.where(some), point)
        largest = float(np.abs(now.raw - before.raw).max(initial=0.0)) / (float(before.raw.std()) or 1.0)
        if not largest <= _SAME or (now.fold != before.fold).any():
            folder = self.directory.root / "models" / model.name
            changed = [f"{library} was {was}, here is {here}" for library, was, here in other_versions(folder)]
            why = "; ".join(changed) if changed else "its files were changed since"
            raise DataError(
                f"{folder}: does not give the scores that the run recorded, off by {largest:.2g} of their spread: {why};"
                f" `fivesigma run` with --fresh trains it again"
            )


def spread_out(total: int, most: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the numbers of at most so many of ``total`` events, evenly spread."""
    return np.unique(np.linspace(0, max(total - 1, 0), min(most, total)).astype(np.int64))


def open_run(root: Path) -> StoredRun:
    """Return a run that has trained models.

    Raises
    ------
    DataError
        If the folder is no run directory, or no model was trained there.
    """
    if not (root / "config.yaml").is_file() or not (root / "stages").is_dir():
        what = "there is no such folder" if not root.is_dir() else "no run directory"
        raise DataError(f"{root}: {what}; `fivesigma run` makes one")
    config, stages = read_configuration(root / "config.yaml"), root / "stages"
    trained = tuple(name for name in config.models if (stages / f"model-{name}.json").is_file())
    if not trained:
        raise DataError(f"{root}: no model was trained there" + ("" if config.models else "; its analysis names none"))
    return StoredRun(directory=RunDirectory(root), config=config, models=trained)
