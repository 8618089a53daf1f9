"""Events that templates are made of: the nominal ones, and others as a systematic makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.sample import Variation
from fivesigma.inference.region_bins import Values, arrays_of

__all__ = ["BinnedEvents", "VariedEvents", "require_alike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariedEvents:
    """Events as a systematic makes them, shifted or from another generator: what is binned was computed anew for them.

    Attributes
    ----------
    variation
        Which systematic, and which way.
    dataset
        Events of the samples that are varied, under the names of the nominal ones; other samples are not listed.
    values
        What is binned, as for `templates`.
    regions
        Masks of shape (n,) by region, as for `templates`.
    independent
        Whether these are other events, as of an alternative sample, though their identifiers may be those of nominal ones by
        chance. If not, an event that bears the identifier of a nominal one of its sample is that event, shifted.
    """

    variation: Variation
    dataset: Dataset
    values: Values | Sequence[Values]
    regions: Mapping[str, Bools] | None = None
    independent: bool = False


@dataclass(frozen=True, slots=True)
class BinnedEvents:
    """Events, what of them is binned, and in which regions they are."""

    dataset: Dataset
    arrays: list[Floats]
    masks: dict[str, Bools]

    @classmethod
    def of(
        cls, dataset: Dataset, values: Values | Sequence[Values], regions: Mapping[str, Bools] | None
    ) -> BinnedEvents:
        """Return events in the regions given; in one, "all", if there are none."""
        masks = dict(regions) if regions is not None else {"all": np.ones(len(dataset), dtype=np.bool_)}
        require_length(len(dataset), **masks)
        return cls(dataset, arrays_of(values, len(dataset)), masks)

    def simulated(self) -> list[str]:
        """Return the names of the samples that are not data."""
        return [sample.name for sample in self.dataset.samples if sample.kind != "data"]


def require_alike(
    nominal: BinnedEvents, weights: Mapping[Variation, Floats], varied: Sequence[tuple[Variation, BinnedEvents]]
) -> None:
    """Raise FivesigmaError unless varied events have regions and samples of the nominal ones, each variation once."""
    seen = {(variation, name) for variation in weights for name in nominal.simulated()}
    for variation, events in varied:
        what = f"variation {variation.systematic} {variation.label}"
        if set(events.masks) != set(nominal.masks):
            raise FivesigmaError(f"{what} has regions {', '.join(events.masks)}, not {', '.join(nominal.masks)}")
        if len(events.arrays) != len(nominal.arrays):
            raise FivesigmaError(f"{what} has {len(events.arrays)} quantities to bin, not {len(nominal.arrays)}")
        for name in events.simulated():
            if name not in nominal.simulated():
                raise FivesigmaError(f"{what}: no sample {name!r}{suggestion(name, nominal.simulated())}")
            if (variation, name) in seen:
                raise FivesigmaError(f"{what} of sample {name!r} is given twice")
            seen.add((variation, name))
