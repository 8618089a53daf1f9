"""Bins of a model's score chosen for expected sensitivity on other folds, region by region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fivesigma.core.arrays import Bools
from fivesigma.core.dataset import Dataset
from fivesigma.core.scores import Scores
from fivesigma.inference.binning import Binning
from fivesigma.inference.honest_bins import HonestBins, honest_bins

__all__ = ["SensitiveBins"]


@dataclass(frozen=True, slots=True)
class SensitiveBins:
    """The bins of each fold in each region."""

    by_region: Mapping[str, HonestBins]

    @classmethod
    def chosen(
        cls,
        dataset: Dataset,
        scores: Scores,
        masks: Mapping[str, Bools],
        *,
        bins: int,
        floor: float,
        background_uncertainty: float,
        seed: int,
    ) -> SensitiveBins:
        """Return bins chosen in each region on simulated events; ``masks`` leave out signals that are not looked for."""
        return cls(
            {
                region: honest_bins(
                    dataset,
                    scores,
                    mask,
                    bins=bins,
                    floor=floor,
                    background_uncertainty=background_uncertainty,
                    name=scores.model,
                    seed=seed,
                )
                for region, mask in masks.items()
            }
        )

    @property
    def binnings(self) -> dict[str, Binning]:
        """The bins of each region, for scores that are aligned."""
        return {region: bins.binning for region, bins in self.by_region.items()}

    def aligned(self, scores: Scores, masks: Mapping[str, Bools]) -> Scores:
        """Return scores, nominal or varied, with those of each region and fold mapped onto the region's common edges."""
        value = np.array(scores.value)
        for region, bins in self.by_region.items():
            value[masks[region]] = bins.aligned(scores).value[masks[region]]
        return replace(scores, value=value)
