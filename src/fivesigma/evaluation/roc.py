"""How well a score separates the classes, whatever the cut: weighted ROC curve, AUC, background rejection.

The area under the curve is Σ w_s w_b [score_s > score_b] / (Σ w_s Σ w_b) over all pairs of a signal and a background event,
ties counting half (Hanley and McNeil 1982; Fawcett 2006, section 7). So written it needs no monotone curve, and negative
weights, under which libraries' curves raise or fold back, keep it unbiased; with few events it may then leave [0, 1]. It does
not depend on the yields of the classes.

Under negative weights the curve itself may run backwards. It is left as it is, `RocCurve.largest_fall` says by how much, and what
is read at a signal efficiency is read where the curve first reaches it. At each point stands how many background events made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import label, require_classes
from fivesigma.evaluation.methods import bootstrap_method
from fivesigma.statistics.bootstrap import Multiplicities, percentile_interval, poisson_bootstrap
from fivesigma.statistics.weighted import effective_events, effective_numbers, negative_fraction

__all__ = ["BackgroundRejection", "RocCurve", "RocPoints", "auc", "roc", "roc_curve", "roc_points"]

_POINTS = 500
_BLOCK = 1 << 18
"""Multiplicities measured at once: few enough for a processor's cache, and enough to make little of each call."""
_Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundRejection:
    """What is left of the background at a signal efficiency.

    Attributes
    ----------
    signal_efficiency
        The fraction of signal kept.
    background_efficiency
        The fraction of background kept.
    rejection
        One over that; None where the interval of the background efficiency reaches zero.
    """

    signal_efficiency: float
    background_efficiency: Estimate
    rejection: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RocCurve:
    """The ROC curve of a model.

    Attributes
    ----------
    model
        Its name.
    signal_efficiency, background_efficiency
        The curve from (0, 0) to (1, 1), at most 500 points; not monotone where negative weights make it so.
    background_effective
        Effective number of background events, (Σw)² / Σw², that each point of the curve is made of, shape (p,).
    auc
        The area under the whole curve.
    rejections
        At fixed signal efficiencies.
    signal_events, background_events
        Effective numbers of events, (Σw)² / Σw².
    negative_weight
        The fraction of Σ|w| with negative weights.
    largest_fall
        How far either efficiency falls back below a value that it has reached at a tighter cut, at most; 0 for a curve that
        rises everywhere, as every one does without negative weights.
    """

    model: str
    signal_efficiency: Floats
    background_efficiency: Floats
    background_effective: Floats
    auc: Estimate
    rejections: tuple[BackgroundRejection, ...]
    signal_events: float
    background_events: float
    negative_weight: float
    largest_fall: float

    @property
    def monotone(self) -> bool:
        """Whether both efficiencies rise, or stay, as the cut loosens."""
        return self.largest_fall == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RocPoints:
    """All points of a ROC curve, from (0, 0) to (1, 1): a cut at each different score, the highest first.

    Attributes
    ----------
    signal_efficiency, background_efficiency
        The fractions of the weight at and above each cut, shape (p,).
    background_effective
        Effective number of background events there, shape (p,).
    """

    signal_efficiency: Floats
    background_efficiency: Floats
    background_effective: Floats

    @property
    def largest_fall(self) -> float:
        """How far either efficiency falls back at most; 0 for a curve that rises everywhere."""
        ends = (self.signal_efficiency, self.background_efficiency)
        return float(max((np.maximum.accumulate(end) - end).max() for end in ends))

    def at(self, places: _Places) -> RocPoints:
        """Return some of the points."""
        return RocPoints(
            signal_efficiency=self.signal_efficiency[places],
            background_efficiency=self.background_efficiency[places],
            background_effective=self.background_effective[places],
        )


def roc(
    dataset: Dataset,
    scores: Scores,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    efficiencies: Sequence[float] = (0.3, 0.5, 0.7, 0.9),
    replicas: int = 200,
    seed: int = 0,
) -> RocCurve:
    """Return the ROC curve of a model on the common score scale.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each.
    signal, background
        Names of samples; all of that kind if None.
    efficiencies
        Signal efficiencies at which the background rejection is quoted.
    replicas, seed
        Of the bootstrap; models judged with the same seed share their replicas.

    Raises
    ------
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    chosen = label(dataset, scores, signal=signal, background=background)
    return roc_curve(
        scores.value[chosen.chosen],
        chosen.is_signal,
        chosen.weight,
        model=scores.model,
        efficiencies=efficiencies,
        replicas=replicas,
        seed=seed,
    )


def roc_curve(
    score: Floats,
    is_signal: Bools,
    weight: Floats | None = None,
    *,
    model: str = "model",
    efficiencies: Sequence[float] = (0.3, 0.5, 0.7, 0.9),
    replicas: int = 200,
    seed: int = 0,
) -> RocCurve:
    """Return the ROC curve of scores, shape (n,), of events that are signal or background, shape (n,).

    Parameters are those of `roc`; ``weight`` is one for each event if None.

    Raises
    ------
    DataError
        If a class has no events, its weights do not sum to something positive, or a score is not finite.
    """
    weight = np.ones(len(score)) if weight is None else weight
    ranking = _rank(score, is_signal, weight)
    wanted = np.asarray(efficiencies, dtype=np.float64)
    central = ranking.measure(np.ones((1, len(score)), dtype=np.uint8), wanted)[0]
    values = poisson_bootstrap(lambda counts: ranking.measure(counts, wanted), len(score), replicas=replicas, seed=seed)
    method = bootstrap_method(replicas)
    estimates = [percentile_interval(float(central[i]), values[:, i], method=method) for i in range(len(central))]
    points = roc_points(score, is_signal, weight)
    drawn = points.at(_thinned(points.signal_efficiency, points.background_efficiency))
    return RocCurve(
        model=model,
        signal_efficiency=drawn.signal_efficiency,
        background_efficiency=drawn.background_efficiency,
        background_effective=drawn.background_effective,
        auc=estimates[0],
        rejections=tuple(map(_rejection, efficiencies, estimates[1:])),
        signal_events=effective_events(weight[is_signal]),
        background_events=effective_events(weight[~is_signal]),
        negative_weight=negative_fraction(weight),
        largest_fall=points.largest_fall,
    )


def roc_points(score: Floats, is_signal: Bools, weight: Floats | None = None) -> RocPoints:
    """Return the curve alone, all of its points and no intervals; parameters and errors as for `roc_curve`."""
    weight = np.ones(len(score)) if weight is None else weight
    require_classes(is_signal, weight, score)
    order = np.argsort(-score, kind="stable")
    ranked, kind, weight = score[order], is_signal[order], weight[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(order) - 1)
    signal, background, squares = (
        np.concatenate([[0.0], np.cumsum(part)[last]])
        for part in (np.where(kind, weight, 0.0), np.where(kind, 0.0, weight), np.where(kind, 0.0, np.square(weight)))
    )
    return RocPoints(
        signal_efficiency=signal / signal[-1],
        background_efficiency=background / background[-1],
        background_effective=effective_numbers(background, squares),
    )


def auc(score: Floats, is_signal: Bools, weight: Floats | None = None) -> float:
    """Return the weighted area under the ROC curve alone.

    Raises
    ------
    DataError
        If a class has no events, its weights do not sum to something positive, or a score is not finite.
    """
    ranking = _rank(score, is_signal, np.ones(len(score)) if weight is None else weight)
    return float(ranking.measure(np.ones((1, len(score)), dtype=np.uint8), np.empty(0))[0, 0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranking:
    """Events sorted once: signal grouped by equal scores, ascending, and the background below and up to each group."""

    signal: _Places
    background: _Places
    signal_weight: Floats
    background_weight: Floats
    start: _Places
    below: _Places
    up_to: _Places

    def measure(self, counts: Multiplicities, efficiencies: Floats) -> Floats:
        """Return the AUC and the background efficiencies at the signal efficiencies, shape (r, 1 + m), of r replicas."""
        rows = max(1, _BLOCK // counts.shape[1])
        blocks = [self._measure(counts[row : row + rows], efficiencies) for row in range(0, len(counts), rows)]
        return np.concatenate(blocks)

    def _measure(self, counts: Multiplicities, efficiencies: Floats) -> Floats:
        groups = np.take(counts, self.signal, axis=1, mode="clip") * self.signal_weight
        if len(self.start) < len(self.signal):
            groups = np.add.reduceat(groups, self.start, axis=1)
        sums = np.zeros((len(counts), len(self.background) + 1))
        weighted = np.take(counts, self.background, axis=1, mode="clip") * self.background_weight
        np.cumsum(weighted, axis=1, out=sums[:, 1:])
        below = np.take(sums, self.below, axis=1, mode="clip")
        up_to = below if self.up_to is self.below else np.take(sums, self.up_to, axis=1, mode="clip")
        signal, background = groups.sum(axis=1), sums[:, -1]
        whole = (signal > 0) & (background > 0)
        area = (np.einsum("ij,ij->i", groups, below) + np.einsum("ij,ij->i", groups, up_to)) / 2
        measured = np.full((len(counts), 1 + len(efficiencies)), np.nan)
        measured[whole, 0] = area[whole] / (signal * background)[whole]
        for row in np.flatnonzero(whole) if len(efficiencies) else ():
            measured[row, 1:] = _at(groups[row], below[row], up_to[row], background[row], efficiencies)
        return measured


def _rank(score: Floats, is_signal: Bools, weight: Floats) -> _Ranking:
    require_classes(is_signal, weight, score)
    signal, background = np.flatnonzero(is_signal), np.flatnonzero(~is_signal)
    signal = signal[np.argsort(score[signal], kind="stable")]
    background = background[np.argsort(score[background], kind="stable")]
    ranked, others = score[signal], score[background]
    start = np.append(0, np.flatnonzero(ranked[1:] != ranked[:-1]) + 1)
    below = np.searchsorted(others, ranked[start], side="left")
    up_to = np.searchsorted(others, ranked[start], side="right")
    return _Ranking(
        signal=signal,
        background=background,
        signal_weight=weight[signal],
        background_weight=weight[background],
        start=start,
        below=below,
        # the very same array where no signal event is tied with background: half of the work is then done
        up_to=below if np.array_equal(below, up_to) else up_to,
    )


def _at(groups: Floats, below: Floats, up_to: Floats, background: float, efficiencies: Floats) -> Floats:
    """Return the background efficiency where the curve reaches each signal efficiency, linear inside a group of ties."""
    kept = np.cumsum(groups[::-1])
    if (groups < 0).any():
        kept = np.maximum.accumulate(kept)
    wanted = efficiencies * kept[-1]
    place = np.minimum(np.searchsorted(kept, wanted, side="left"), len(kept) - 1)
    before = np.where(place > 0, kept[place - 1], 0.0)
    step = kept[place] - before
    inside = np.divide(wanted - before, step, out=np.ones_like(step), where=step > 0)
    group = len(groups) - 1 - place
    above: Floats = background - up_to[group] + inside * (up_to[group] - below[group])
    return above / background


def _rejection(efficiency: float, background: Estimate) -> BackgroundRejection:
    rejection = None
    if background.low > 0 and background.value > 0:
        rejection = Estimate(
            value=1 / background.value, low=1 / background.high, high=1 / background.low, method=background.method
        )
    return BackgroundRejection(
        signal_efficiency=float(efficiency), background_efficiency=background, rejection=rejection
    )


def _thinned(signal: Floats, background: Floats) -> _Places:
    """Return at most 500 points of a curve: half evenly along it, half evenly in the logarithm of the background."""
    if len(signal) <= _POINTS:
        return np.arange(len(signal))
    half = _POINTS // 2
    length = np.cumsum(np.abs(np.diff(signal, prepend=0.0)) + np.abs(np.diff(background, prepend=0.0)))
    rising = np.maximum.accumulate(background)
    first = rising[rising > 0][0]
    keep = np.concatenate(
        [
            np.searchsorted(length, np.linspace(0, length[-1], half)),
            np.searchsorted(rising, np.geomspace(first, 1, half - 1)),
            [len(signal) - 1],
        ]
    )
    return np.unique(np.minimum(keep, len(signal) - 1))
