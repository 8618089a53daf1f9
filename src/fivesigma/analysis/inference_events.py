"""The events of an inference: those of its signal, all background and data, and what a model says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.analysis.dataset_files import load_dataset
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.model_specs import point_of
from fivesigma.analysis.regions import region_mask
from fivesigma.analysis.score_files import load_scores
from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.sample import NOMINAL, Variation
from fivesigma.core.scores import Scores

__all__ = ["InferenceEvents"]


@dataclass(frozen=True, slots=True)
class InferenceEvents:
    """Nominal or varied events without those of other signals."""

    item: InferenceItem
    signal: Sequence[str] | None
    dataset: Dataset
    stays: Bools

    @classmethod
    def of(cls, item: InferenceItem, signal: Sequence[str] | None, variation: Variation = NOMINAL) -> InferenceEvents:
        """Return the events of some signals, of all if None; other signals are no part of them, not as background either."""
        whole = load_dataset(item.directory, item.events, variation)
        others = [] if signal is None else [name for name in whole.names("signal") if name not in signal]
        return cls(item, signal, whole.without(*others), ~whole.of(*others))

    def mask(self, region: str | None) -> Bools:
        """Return which of them, shape (n,), are in a region; all if None."""
        if region is None:
            return np.ones(len(self.dataset), dtype=np.bool_)
        return region_mask(self.item.config, self.dataset, region)

    def scores(self, model: str) -> Scores:
        """Return what a model says of them; a parametrised one at the point of the signal."""
        config = self.item.config
        scores = load_scores(
            self.item.directory,
            model,
            config.training.folds,
            variation=self.dataset.variation,
            point=point_of(config, model, self.signal),
        )
        return scores.where(self.stays)
