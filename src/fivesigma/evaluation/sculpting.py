"""Whether a cut on the score shapes the background in an observable: histograms before and after, and how far they are apart.

A fit of the observable takes the background for what it was without the cut, or for something smooth. What a cut of a given
strength does to it is drawn here; what a fit would make of that is in ``spurious_signal``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.estimate import ONE_SIGMA, Estimate
from fivesigma.core.identity import derive_seed
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import Labelled, label, require_scores
from fivesigma.evaluation.distributions import binning
from fivesigma.statistics.bootstrap import poisson_bootstrap
from fivesigma.statistics.weighted import effective_events, effective_numbers

__all__ = [
    "LEAST_EVENTS",
    "CutHistograms",
    "CutShape",
    "Sculpting",
    "cut_histograms",
    "jensen_shannon",
    "merged_bins",
    "observed_events",
    "sculpting",
]

LEAST_EVENTS = 10.0
"""Effective events that a cut which shapes nothing leaves in each bin."""
_RANDOM_CUTS = 400
_ALPHA = 0.05
_METHOD = "Poisson bootstrap of the events, {} replicas, mirrored at the value to take off what chance adds; retraining is left out"
_Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutShape:
    """The background in an observable after a cut on the score, beside what it was before, each scaled to a sum of one.

    Attributes
    ----------
    efficiency
        The fraction of background that the cut is made to keep: the cut is at 1 - efficiency on the common scale.
    kept
        The fraction that it keeps.
    events
        The effective number of background events, (Σw)² / Σw², after the cut.
    edges
        Of m bins, shape (m + 1,), each with at least 10 effective events after a cut that shapes nothing.
    before, after
        Fractions in the bins, shape (m,).
    before_error, after_error
        Their standard deviations.
    ratio, ratio_error
        ``after`` over ``before``, which share events, and its standard deviation.
    divergence
        Jensen and Shannon's, in bits, between the two; None where fewer than two bins are left.
    by_chance
        What 95 % of random cuts that leave as many effective events stay below; None as above.
    """

    efficiency: float
    kept: float
    events: float
    edges: Floats
    before: Floats
    after: Floats
    before_error: Floats
    after_error: Floats
    ratio: Floats
    ratio_error: Floats
    divergence: Estimate | None
    by_chance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sculpting:
    """What cuts on a model's score do to the background in an observable.

    Attributes
    ----------
    model, observable
        Their names.
    edges
        Of m bins, shape (m + 1,).
    before, before_error
        The background without a cut, scaled to a sum of one, and its standard deviation, shape (m,).
    signal
        The signal without a cut, scaled likewise: where a bump would be taken for it.
    outside
        The fraction of the background's weight that the edges leave out.
    cuts
        From loose to tight.
    """

    model: str
    observable: str
    edges: Floats
    before: Floats
    before_error: Floats
    signal: Floats
    outside: float
    cuts: tuple[CutShape, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutHistograms:
    """Histograms of g groups of events in m bins, before any of c cuts and after each.

    Attributes
    ----------
    total, squares
        Σw and Σw², shape (g, 1 + c, m).
    replicas
        Σw of each bootstrap replica, shape (r, g, 1 + c, m).
    """

    total: Floats
    squares: Floats
    replicas: Floats


def sculpting(
    dataset: Dataset,
    scores: Scores,
    observable: str,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    efficiencies: Sequence[float] = (0.5, 0.1, 0.02),
    bins: int = 30,
    replicas: int = 200,
    seed: int = 0,
) -> Sculpting:
    """Return the shape of the background in an observable before and after cuts on the score.

    Bins are even over the bulk of the background (without the outermost per cent at either end, if it has tails), or one for
    each whole value, merged where a cut that shapes nothing would leave fewer than 10 effective events or, under negative
    weights, nothing positive: they are the same for all models. Events without a value (NaN)
    do not count. Fractions that negative weights make negative count as zero in the divergence.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each.
    observable
        Its name.
    signal, background
        Names of samples; all of that kind if None.
    efficiencies
        Fractions of background that cuts keep, on the common scale the same in every fold.
    bins
        How many there are before any is merged.
    replicas, seed
        Of the bootstrap.

    Raises
    ------
    FivesigmaError
        If there is no such observable or sample, or an efficiency is not between 0 and 1.
    DataError
        If a class has no events with the observable, or its weights do not sum to something positive.
    """
    chosen, values, score = observed_events(dataset, scores, observable, signal, background)
    edges, wanted = binning(values[~chosen.is_signal], bins), tuple(sorted(efficiencies, reverse=True))
    of_signal, _ = np.histogram(values[chosen.is_signal], edges, weights=chosen.weight[chosen.is_signal])
    values, score, weight = values[~chosen.is_signal], score[~chosen.is_signal], chosen.weight[~chosen.is_signal]
    group = np.zeros(len(values), dtype=np.int64)
    filled = cut_histograms(values, score, weight, group, edges, wanted, replicas=replicas, seed=seed)
    generator = np.random.default_rng(derive_seed(seed, "random cuts", observable))
    return Sculpting(
        model=scores.model,
        observable=observable,
        edges=edges,
        before=_shape(filled.total[0, 0]),
        before_error=_shape(filled.replicas[:, 0, 0]).std(axis=0),
        signal=_shape(of_signal),
        outside=1 - float(filled.total[0, 0].sum() / weight.sum()),
        cuts=tuple(
            _cut(efficiency, score >= 1 - efficiency, weight, edges, filled, place, generator)
            for place, efficiency in enumerate(wanted, start=1)
        ),
    )


def observed_events(
    dataset: Dataset,
    scores: Scores,
    observable: str,
    signal: Sequence[str] | None,
    background: Sequence[str] | None,
) -> tuple[Labelled, Floats, Floats]:
    """Return the simulated events that have an observable, its values and their scores on the common scale, shape (n,).

    Raises
    ------
    FivesigmaError
        If there is no such observable or sample.
    DataError
        If a class has no events with the observable, or its weights do not sum to something positive.
    """
    if observable not in dataset.observables:
        raise FivesigmaError(f"no observable {observable!r}{suggestion(observable, dataset.observables)}")
    require_scores(scores, len(dataset))
    there = np.isfinite(dataset.observables[observable])
    part = dataset if there.all() else dataset.where(there)
    chosen = label(part, signal=signal, background=background)
    values, score = part.observables[observable][chosen.chosen], scores.value[there][chosen.chosen]
    return chosen, values, score


def cut_histograms(
    values: Floats,
    score: Floats,
    weight: Floats,
    group: _Codes,
    edges: Floats,
    efficiencies: Sequence[float],
    *,
    replicas: int,
    seed: int,
) -> CutHistograms:
    """Return the weighted histograms of groups of events before and after cuts at 1 - efficiency on the common scale.

    Parameters
    ----------
    values, score, weight, group
        Of the events, shape (n,); ``group`` counts from 0.
    edges
        Of the bins, shape (m + 1,); what lies outside is left out, the last bin holds its upper edge too.
    efficiencies
        Descending, each between 0 and 1.
    replicas, seed
        Of the bootstrap, whose multiplicities are the same before and after a cut.

    Raises
    ------
    FivesigmaError
        If an efficiency is not between 0 and 1.
    """
    if wrong := [efficiency for efficiency in efficiencies if not 0 < efficiency < 1]:
        raise FivesigmaError(f"a cut keeps a fraction between 0 and 1 of the background, not {wrong[0]:g}")
    bins, levels = len(edges) - 1, len(efficiencies) + 1
    place = np.searchsorted(edges, values, side="right") - 1
    place[values == edges[-1]] = bins - 1
    inside = np.flatnonzero((place >= 0) & (place < bins))
    passed = np.searchsorted(1 - np.asarray(efficiencies), score, side="right")
    cells = ((group * levels + passed) * bins + place)[inside]
    shape = (int(group.max()) + 1, levels, bins)
    count = int(np.prod(shape))
    cell_of = sparse.csr_matrix((weight[inside], (inside, cells)), shape=(len(values), count))
    sample = poisson_bootstrap(lambda counts: counts @ cell_of, len(values), replicas=replicas, seed=seed)
    total, squares = (
        np.bincount(cells, weight[inside] ** power, minlength=count).astype(np.float64).reshape(shape)
        for power in (1, 2)
    )
    return CutHistograms(
        total=_passing(total),
        squares=_passing(squares),
        replicas=_passing(sample.reshape(-1, *shape)),
    )


def merged_bins(total: Floats, squares: Floats, *, floor: float) -> _Codes:
    """Return where merged bins start, ascending from 0, so that each holds ``floor`` effective events and a positive Σw.

    Bins are gathered from the first to the last; what is left over in the end joins the last that is full. One bin holds all if
    there are not enough events for more.

    Parameters
    ----------
    total, squares
        Σw and Σw² of the bins, shape (m,).
    floor
        The least (Σw)² / Σw².
    """
    starts, first = [], 0
    for last in range(len(total)):
        gathered, error = total[first : last + 1].sum(), squares[first : last + 1].sum()
        if gathered > 0 and gathered**2 >= floor * error:
            starts.append(first)
            first = last + 1
    return np.array(starts or [0], dtype=np.int64)


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """Return the Jensen–Shannon divergence, in bits, of distributions over m bins, shape (..., m): 0 if equal, at most 1.

    It is the mean of the Kullback–Leibler divergences of both from their mean (Lin, IEEE Trans. Inf. Theory 37 (1991) 145). Its
    inverse is the measure of decorrelation of arXiv:2001.05310. Distributions are scaled to a sum of one, negative entries
    count as zero, and where nothing is left the divergence is NaN.
    """
    first, second = (_shape(np.maximum(shape, 0)) for shape in (first, second))
    mean = (first + second) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [np.where(one > 0, one * np.log2(one / mean), one) for one in (first, second)]
    divergence: Floats = (terms[0] + terms[1]).sum(axis=-1) / 2
    return np.maximum(divergence, 0)


def _cut(
    efficiency: float,
    passing: Bools,
    weight: Floats,
    edges: Floats,
    filled: CutHistograms,
    place: int,
    generator: np.random.Generator,
) -> CutShape:
    """Return the shapes before and after one cut, which these of the background's events pass, in merged bins."""
    starts = merged_bins(filled.total[0, 0], filled.squares[0, 0], floor=LEAST_EVENTS / efficiency)
    parts = (filled.total[0], filled.squares[0], filled.replicas[:, 0])
    total, squares, sample = (np.add.reduceat(part, starts, axis=-1) for part in parts)
    before, after = _shape(total[0]), _shape(total[place])
    befores, afters = _shape(sample[:, 0]), _shape(sample[:, place])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, ratios = after / before, afters / befores
    divergence, by_chance = None, None
    if len(starts) > 1 and total[place].sum() > 0:
        value = float(jensen_shannon(before, after))
        divergence = _mirrored(value, jensen_shannon(befores, afters))
        by_chance = _by_chance(total[[0, place]], squares[[0, place]], generator)
    return CutShape(
        efficiency=efficiency,
        kept=float(weight[passing].sum() / weight.sum()),
        events=effective_events(weight[passing]),
        edges=edges[np.append(starts, len(edges) - 1)],
        before=before,
        after=after,
        before_error=befores.std(axis=0),
        after_error=afters.std(axis=0),
        ratio=ratio,
        ratio_error=ratios.std(axis=0),
        divergence=divergence,
        by_chance=by_chance,
    )


def _mirrored(value: float, replicas: Floats) -> Estimate:
    """Return the basic bootstrap interval, cut at zero: replicas are further apart than their sample, as that is than the truth."""
    low, high = 2 * value - np.nanquantile(replicas, [(1 + ONE_SIGMA) / 2, (1 - ONE_SIGMA) / 2])
    return Estimate(
        value=value, low=max(float(low), 0.0), high=max(float(high), 0.0), method=_METHOD.format(len(replicas))
    )


def _by_chance(total: Floats, squares: Floats, generator: np.random.Generator) -> float:
    """Return what 95 % of random cuts stay below that leave as many effective events; Σw and Σw² before and after, (2, m)."""
    before, kept = total[0], total[1].sum() / total[0].sum()
    effective = effective_numbers(before, squares[0])
    # weights may differ between what passes and what does not
    scale = min(1.0, kept * squares[0].sum() / squares[1].sum()) if squares[1].sum() > 0 else 1.0
    tries = np.maximum(np.rint(effective * scale), 1).astype(np.int64)
    passing = generator.binomial(tries, np.clip(kept, 0, 1), size=(_RANDOM_CUTS, len(tries))) / tries
    return float(np.nanquantile(jensen_shannon(before, passing * before), 1 - _ALPHA))


def _passing(exclusive: Floats) -> Floats:
    """Return sums over all events that pass at least so many cuts, along the axis before the last."""
    return np.flip(np.cumsum(np.flip(exclusive, axis=-2), axis=-2), axis=-2)


def _shape(total: Floats) -> Floats:
    """Return histograms, shape (..., m), scaled to a sum of one; NaN where that is not positive."""
    area = total.sum(axis=-1, keepdims=True)
    shape: Floats = total / np.where(area > 0, area, np.nan)
    return shape
