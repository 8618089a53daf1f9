"""Whether a cut on the score shapes the background in an observable: histograms before and after, and how far they are apart.

A fit of the observable takes the background for what it was without the cut, or for something smooth. What a cut of a given
strength does to it is drawn here; what a fit would make of that is in ``spurious_signal``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.estimate import ONE_SIGMA, Estimate
from fivesigma.core.identity import derive_seed
from fivesigma.core.scores import Scores
from fivesigma.evaluation.cut_histograms import CutHistograms, cut_histograms, observed_events
from fivesigma.evaluation.histograms import binning
from fivesigma.evaluation.methods import bootstrap_method
from fivesigma.statistics.bootstrap import holding_value
from fivesigma.statistics.histograms import jensen_shannon, unit_sum
from fivesigma.statistics.weighted import effective_events, effective_numbers

__all__ = ["CutShape", "Sculpting", "sculpting"]

_RANDOM_CUTS = 400
_ALPHA = 0.05
_MIRRORED = "mirrored at the plain value and widened to hold the value; what chance adds is taken off both"


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
        Jensen and Shannon's, in bits, between the two, less what chance adds: the mean of random cuts that leave as many effective
        events. A cut that shapes nothing scatters about 0, where it is cut off. None where fewer than two bins are left.
    by_chance
        What 95 % of those random cuts stay below, their mean taken off likewise; None as above.
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
        before=unit_sum(filled.total[0, 0]),
        before_error=unit_sum(filled.replicas[:, 0, 0]).std(axis=0),
        signal=unit_sum(of_signal),
        outside=1 - float(filled.total[0, 0].sum() / weight.sum()),
        cuts=tuple(
            _cut(efficiency, score >= 1 - efficiency, weight, edges, filled, place, generator)
            for place, efficiency in enumerate(wanted, start=1)
        ),
    )


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
    starts = filled.bins_for(efficiency)
    parts = (filled.total[0], filled.squares[0], filled.replicas[:, 0])
    total, squares, sample = (np.add.reduceat(part, starts, axis=-1) for part in parts)
    before, after = unit_sum(total[0]), unit_sum(total[place])
    befores, afters = unit_sum(sample[:, 0]), unit_sum(sample[:, place])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, ratios = after / before, afters / befores
    divergence, by_chance = None, None
    if len(starts) > 1 and total[place].sum() > 0:
        random = _random_divergences(total[[0, place]], squares[[0, place]], generator)
        chance = float(np.nanmean(random))
        divergence = _unbiased(float(jensen_shannon(before, after)), chance, jensen_shannon(befores, afters))
        by_chance = float(np.nanquantile(random, 1 - _ALPHA)) - chance
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


def _unbiased(plain: float, chance: float, replicas: Floats) -> Estimate:
    """Return a divergence less what chance adds, with the basic bootstrap interval, both cut at zero.

    That interval, which mirrors the replicas at the plain value, has it taken off by itself: replicas are further apart than their
    sample, as that is than the truth. Where it does not hold the value it is widened to.
    """
    low, high = 2 * plain - np.nanquantile(replicas, [(1 + ONE_SIGMA) / 2, (1 - ONE_SIGMA) / 2])
    return holding_value(
        Estimate(
            value=max(plain - chance, 0.0),
            low=max(float(low), 0.0),
            high=max(float(high), 0.0),
            method=bootstrap_method(len(replicas), _MIRRORED),
        )
    )


def _random_divergences(total: Floats, squares: Floats, generator: np.random.Generator) -> Floats:
    """Return divergences after random cuts that leave as many effective events; Σw and Σw² before and after, shape (2, m)."""
    before, kept = total[0], total[1].sum() / total[0].sum()
    effective = effective_numbers(before, squares[0])
    # weights may differ between what passes and what does not
    scale = min(1.0, kept * squares[0].sum() / squares[1].sum()) if squares[1].sum() > 0 else 1.0
    tries = np.maximum(np.rint(effective * scale), 1).astype(np.int64)
    passing = generator.binomial(tries, np.clip(kept, 0, 1), size=(_RANDOM_CUTS, len(tries))) / tries
    return jensen_shannon(before, passing * before)
