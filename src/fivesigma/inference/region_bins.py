"""The bins of a region: as given, or put where its background lies, and none with too little background in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, cast

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.scores import Scores
from fivesigma.inference.bin_merging import merged
from fivesigma.inference.binning import Axis, Binning, equal_background_bins, score_bins, trimmed

__all__ = ["AxisBins", "Bins", "Values", "arrays_of", "region_bins", "sturdy_bins", "summation", "sums_in_bins"]

Values: TypeAlias = Floats | Scores
AxisBins: TypeAlias = int | Sequence[float] | Floats
Bins: TypeAlias = AxisBins | Sequence[AxisBins] | Binning


def region_bins(
    dataset: Dataset,
    values: Values | Sequence[Values],
    bins: Bins | Mapping[str, Binning],
    names: Sequence[str],
    titles: Mapping[str, str],
    background: Bools,
    region: str,
) -> Binning:
    """Return a region's binning: as given, or from what is said of each axis and the background there."""
    if isinstance(bins, Mapping):
        if region not in bins:
            raise FivesigmaError(f"no binning for region {region!r}; there are: {', '.join(bins)}")
        return bins[region]
    if isinstance(bins, Binning):
        return bins
    parts = _listed(values)
    each = _per_axis(bins, len(parts))
    if not len(each) == len(names) == len(parts):
        raise FivesigmaError(
            f"{len(parts)} quantities, {len(names)} names and bins for {len(each)}: one of each, please"
        )
    return Binning(
        axes=tuple(
            _axis(value, how, dataset.weight, background, name, titles.get(name, ""))
            for value, how, name in zip(parts, each, names, strict=True)
        )
    )


def sturdy_bins(
    dataset: Dataset,
    values: Values | Sequence[Values],
    binning: Binning,
    *,
    mask: Bools | None = None,
    minimum: float = 10.0,
) -> Binning:
    """Return the binning with bins merged until each holds ``minimum`` effective background events of those in ``mask``.

    See `fivesigma.inference.bin_merging.merged`. Bins of the first axis beyond all background are cut off at either end; the
    events there are kept, in the bin at that end. Only background is looked at, neither signal nor data.

    It is the background of all folds, the one that the templates then hold: a bin stops growing where that background has
    fluctuated up, so the merged bin expects too much by a part of its own statistical error; a greater ``minimum`` makes
    it less.
    """
    keep = dataset.background if mask is None else dataset.background & mask
    arrays = [array[keep] for array in arrays_of(values, len(dataset))]
    inside = trimmed(binning, sums_in_bins(binning.index(*arrays), dataset.weight[keep], binning.count)[0])
    return merged(inside, *sums_in_bins(inside.index(*arrays), dataset.weight[keep], inside.count), minimum=minimum)


def sums_in_bins(index: Ints, weight: Floats, bins: int) -> tuple[Floats, Floats]:
    """Return Σw and Σw² per bin, from the bin and weight of each event, both of shape (n,)."""
    summed = summation(index, bins)
    return summed(weight), summed(np.square(weight))


def summation(index: Ints, bins: int) -> Callable[[Floats], Floats]:
    """Return what sums weights, shape (n,), per bin, shape (bins,), of events that lie in bins ``index``, shape (n,).

    Each bin is summed pairwise, so that rounding does not grow with the number of events.
    """
    order = np.argsort(index, kind="stable")
    ends = np.cumsum(np.bincount(index, minlength=bins))[:-1]
    return lambda weight: np.asarray([part.sum() for part in np.split(weight[order], ends)])


def arrays_of(values: Values | Sequence[Values], length: int) -> list[Floats]:
    """Return what is binned as arrays of shape (n,): scores on the common scale."""
    parts = _listed(values)
    arrays = [part.value if isinstance(part, Scores) else np.asarray(part, dtype=np.float64) for part in parts]
    require_length(length, **{f"values {number}": array for number, array in enumerate(arrays)})
    return arrays


def _per_axis(bins: AxisBins | Sequence[AxisBins], count: int) -> Sequence[AxisBins]:
    """Return what is said of each axis: a number holds for all, edges for the only one."""
    if isinstance(bins, int):
        return [bins] * count
    plain = not any(isinstance(entry, Sequence | np.ndarray) for entry in bins)
    if plain and count == 1 and len(bins) > 1:  # one number alone is no edges
        return [cast("Sequence[float]", bins)]
    return cast("Sequence[AxisBins]", bins)


def _axis(values: Values, bins: AxisBins, weight: Floats, background: Bools, name: str, label: str) -> Axis:
    if not isinstance(bins, int):
        return Axis(name=name, edges=tuple(float(edge) for edge in bins), label=label or _score_label(values))
    if isinstance(values, Scores):
        return score_bins(bins, name=name, label=label or _score_label(values)).axes[0]
    return equal_background_bins(values[background], weight[background], bins, name=name, label=label)


def _score_label(values: Values) -> str:
    return f"{values.model} score" if isinstance(values, Scores) else ""


def _listed(values: Values | Sequence[Values]) -> list[Values]:
    return [values] if isinstance(values, Scores | np.ndarray) else list(values)
