"""How well each input alone tells signal from background: the separation ⟨S²⟩ and the AUC of the input.

The separation is ½ ∫ (s - b)² / (s + b) of the two densities (TMVA Users Guide, arXiv:physics/0703039, section 3.1.10, eq. 1): 0 for
the same shapes, 1 where the classes share nothing. From a finite number of events it comes out too large, for chance makes any two
histograms differ: what that adds to second order is taken off, so that inputs of no use scatter around 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import facts
from fivesigma.core.estimate import Estimate
from fivesigma.core.identity import derive_seed
from fivesigma.evaluation.classes import class_totals, label
from fivesigma.evaluation.paired import influenced_auc
from fivesigma.statistics.bootstrap import percentile_interval, scaled_poisson
from fivesigma.statistics.histograms import merged_bins, places_with_ties
from fivesigma.statistics.weighted import weighted_quantile

__all__ = ["Separation", "separation"]

_METHOD = "scaled Poisson sums in {} bins, {} replicas; bias of finite numbers of events taken off to second order"
_METHOD_AUC = "propagated from the events, normal; an event without the value is told from no other"
_LEAST_EVENTS = 10.0
_UNKNOWN = Estimate(value=0.0, low=0.0, high=1.0, method="too few effective events for two bins: it may be anything")


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """How well one input alone tells signal from background.

    Attributes
    ----------
    feature
        The input's name.
    value
        The separation ⟨S²⟩ from 0 (the same shapes) to 1 (nothing shared); by chance below 0 for an input of no use.
    bias
        What finite numbers of events added to it, already taken off.
    auc
        The area under the ROC curve of the input itself, cut on from the side that gives more than ½.
    rises
        Whether signal lies at larger values; else the input is cut from above.
    missing_signal, missing_background
        The fraction of either class that lacks the value: a bin of its own.
    bins
        How many bins the values fill; of one alone nothing can be told, and ``value`` is 0.
    """

    feature: str
    value: Estimate
    bias: float
    auc: Estimate
    rises: bool
    missing_signal: float
    missing_background: float
    bins: int

    def _repr_html_(self) -> str:
        return facts(self.feature, {"separation": self.value, "AUC by itself": self.auc}).html


def separation(
    dataset: Dataset,
    *,
    features: Sequence[str] | None = None,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    bins: int = 50,
    replicas: int = 500,
    seed: int = 0,
) -> tuple[Separation, ...]:
    """Return the separation and the AUC of each input alone, in the order of the inputs.

    Parameters
    ----------
    dataset
        The events.
    features
        Names of inputs; all if None.
    signal, background
        Names of samples; all of that kind if None.
    bins
        At most so many, each with a like share of both classes together; a value that repeats until it fills one has one of its own.
    replicas, seed
        Of the intervals.

    Raises
    ------
    FivesigmaError
        If there is no such input or sample.
    DataError
        If a class has no events or its weights do not sum to something positive.

    Notes
    -----
    Weights of either sign count as they are. Neighbouring bins with negative ones are merged until the classes together have a
    positive sum of 10 effective events, (Σw)² / Σw², with what is missing after the last of them: a sum that could as well be nothing
    would be divided by. A bin in which those of a class sum to less than nothing counts as empty of it in the separation, while the
    AUC keeps it.
    """
    chosen = label(dataset, signal=signal, background=background)
    names = dataset.inputs if features is None else tuple(features)
    columns = dataset.matrix(names)[chosen.chosen].astype(np.float64)
    return tuple(
        _separation(
            name,
            columns[:, place],
            chosen.is_signal,
            chosen.weight,
            bins=bins,
            replicas=replicas,
            generator=np.random.default_rng(derive_seed(seed, "separation", name)),
        )
        for place, name in enumerate(names)
    )


def _separation(
    name: str,
    values: Floats,
    is_signal: Bools,
    weight: Floats,
    *,
    bins: int,
    replicas: int,
    generator: np.random.Generator,
) -> Separation:
    place, filled = _places(values, is_signal, weight, bins)
    count, classes = filled + 1, (is_signal, ~is_signal)
    sums: Floats = np.stack([np.bincount(place[mask], weight[mask], count) for mask in classes])
    squares: Floats = np.stack([np.bincount(place[mask], weight[mask] ** 2, count) for mask in classes])
    missing = sums[:, -1] / sums.sum(axis=1)
    different = int(np.count_nonzero(squares.sum(axis=0)))
    starts = _starts(sums, squares, np.bincount(place[weight < 0], minlength=count) > 0)
    sums, squares = (np.add.reduceat(contents, starts, axis=1) for contents in (sums, squares))
    used = int(np.count_nonzero(starts < filled))
    drawn = np.array(
        [
            [scaled_poisson(float(s), float(q), replicas, generator) for s, q in zip(*contents, strict=True)]
            for contents in zip(sums, squares, strict=True)
        ]
    )
    drawn = np.moveaxis(drawn, 2, 1)
    area, influence = _area(values, is_signal, weight, missing)
    rises, area, error = area >= 0.5, max(area, 1 - area), float(np.sqrt(np.square(influence).sum()))
    return Separation(
        feature=name,
        value=_UNKNOWN
        if len(starts) < min(2, different)
        else _value(sums, squares, drawn, _METHOD.format(used, replicas)),
        bias=_bias(sums, squares),
        auc=Estimate(value=area, low=area - error, high=area + error, method=_METHOD_AUC),
        rises=rises,
        missing_signal=float(missing[0]),
        missing_background=float(missing[1]),
        bins=used,
    )


def _places(values: Floats, is_signal: Bools, weight: Floats, bins: int) -> tuple[NDArray[np.intp], int]:
    """Return the bin of each value, shape (n,), the last for those that are missing, and how many others are filled."""
    there = ~np.isnan(values)
    size = np.abs(weight)
    size = size / class_totals(is_signal, size)
    if not size[there].sum() > 0:
        return np.zeros(len(values), dtype=np.intp), 0
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.unique(weighted_quantile(values[there], inner, size[there]))
    # up to an edge, unless so much lies on the edge itself that it was one several times over: then it stands alone
    place = places_with_ties(values[there], edges)
    alone = np.bincount(place, size[there], 2 * len(edges) + 1)[1::2] >= size[there].sum() / bins
    merged = np.arange(2 * len(edges) + 1)
    merged[1::2][~alone] -= 1
    filled, place = np.unique(merged[place], return_inverse=True)
    everywhere = np.full(len(values), len(filled), dtype=np.intp)
    everywhere[there] = place
    return everywhere, len(filled)


def _starts(sums: Floats, squares: Floats, signed: Bools) -> NDArray[np.int64]:
    """Return where merged bins start, given the contents of both classes, shape (2, m), and which bins have negative weights.

    Without any, a bin stands for itself however few events it has.
    """
    scale = sums.sum(axis=1, keepdims=True)
    both, error = (sums / scale).sum(axis=0), (squares / scale**2).sum(axis=0)
    starts = merged_bins(both, np.where(signed, error, 0.0), least_effective=_LEAST_EVENTS)
    return starts if len(starts) else np.zeros(1, dtype=np.int64)


def _value(sums: Floats, squares: Floats, drawn: Floats, method: str) -> Estimate:
    """Return the separation with its bias taken off, and its interval.

    Replicas scatter around contents that already scatter, so they are biased twice, and too wide: were the classes the same, the
    separation would be a χ² of k degrees of freedom in units of bias / k, of variance 2k, where its replicas have 2k + 4k on average. With
    a true separation beyond chance of λ in these units it is 2k + 4λ for 2k + 4 (k + λ).
    """
    plain, bias = float(_squared(sums)), _bias(sums, squares)
    value = plain - bias
    width = (2 * bias + 4 * max(value, 0.0)) / (2 * bias + 4 * plain) if plain > 0 else 1.0
    replicas = value + np.sqrt(width) * (_squared(drawn) - plain - bias)
    return percentile_interval(value, replicas, method=method)


def _squared(sums: Floats) -> Floats:
    """Return ½ Σ (s - b)² / (s + b) of contents of shape (2, ..., m): signal, then background."""
    sums = np.maximum(sums, 0)
    total = sums.sum(axis=-1, keepdims=True)
    signal, background = np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)
    both = signal + background
    squared: Floats = np.divide((signal - background) ** 2, both, out=np.zeros_like(both), where=both != 0)
    return np.asarray(squared.sum(axis=-1) / 2)


def _bias(sums: Floats, squares: Floats) -> float:
    """Return what the variance of the contents, shape (2, m), adds: half of Σ ∂²⟨S²⟩/∂s² V(s) and the same for b.

    The second derivative is 4 b² / (s + b)³, and a share s of Σw has the variance ((1 - 2s) Σw² of its bin + s² Σw² of all) / (Σw)².
    """
    sums = np.maximum(sums, 0)
    total = sums.sum(axis=1, keepdims=True)
    shares = sums / total
    variance = ((1 - 2 * shares) * squares + shares**2 * squares.sum(axis=1, keepdims=True)) / total**2
    both = shares.sum(axis=0)
    bent = 4 * np.divide(shares[::-1] ** 2, both**3, out=np.zeros_like(shares), where=both > 0)
    return float((bent * variance).sum() / 2)


def _area(values: Floats, is_signal: Bools, weight: Floats, missing: Floats) -> tuple[float, Floats]:
    """Return the AUC, ½ + (A - ½) p_s p_b with p the fractions that have the value and A their AUC, and the influences on it."""
    there, influence = ~np.isnan(values), np.zeros(len(values))
    if not all(weight[there & mask].sum() > 0 for mask in (is_signal, ~is_signal)):
        return 0.5, influence
    known, own = 1 - missing, np.where(is_signal, *(1 - missing))
    alone = influenced_auc(values[there], is_signal[there], weight[there])
    influence[there] = known.prod() * alone.influence
    influence += (alone.value - 0.5) * known.prod() / own * weight / class_totals(is_signal, weight) * (there - own)
    return 0.5 + (alone.value - 0.5) * float(known.prod()), influence
