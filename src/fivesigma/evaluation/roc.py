"""How well a score separates the classes, whatever the cut: weighted ROC curve, AUC, background rejection.

The area under the curve is Σ w_s w_b [score_s > score_b] / (Σ w_s Σ w_b) over all pairs of a signal and a background event,
ties counting half (Hanley and McNeil 1982; Fawcett 2006, section 7). So written it needs no monotone curve, and negative
weights, under which libraries' curves raise or fold back, keep it unbiased; with few events it may then leave [0, 1]. It does
not depend on the yields of the classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import label, require_classes
from fivesigma.statistics.bootstrap import Multiplicities, percentile_interval, poisson_bootstrap
from fivesigma.statistics.weighted import effective_events

__all__ = ["BackgroundRejection", "RocCurve", "auc", "roc", "roc_curve"]

_METHOD = "Poisson bootstrap of the events, {} replicas; the randomness of retraining is left out"
_POINTS = 500
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
    auc
        The area under the whole curve.
    rejections
        At fixed signal efficiencies.
    signal_events, background_events
        Effective numbers of events, (Σw)² / Σw².
    negative_weight
        The fraction of Σ|w| with negative weights.
    """

    model: str
    signal_efficiency: Floats
    background_efficiency: Floats
    auc: Estimate
    rejections: tuple[BackgroundRejection, ...]
    signal_events: float
    background_events: float
    negative_weight: float


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
    method = _METHOD.format(replicas)
    estimates = [percentile_interval(float(central[i]), values[:, i], method=method) for i in range(len(central))]
    curve = _thinned(*_curve(score, is_signal, weight))
    return RocCurve(
        model=model,
        signal_efficiency=curve[0],
        background_efficiency=curve[1],
        auc=estimates[0],
        rejections=tuple(map(_rejection, efficiencies, estimates[1:])),
        signal_events=effective_events(weight[is_signal]),
        background_events=effective_events(weight[~is_signal]),
        negative_weight=float(-weight[weight < 0].sum() / np.abs(weight).sum()),
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
        groups = np.add.reduceat(counts[:, self.signal] * self.signal_weight, self.start, axis=1)
        sums = np.cumsum(counts[:, self.background] * self.background_weight, axis=1)
        sums = np.concatenate([np.zeros((len(sums), 1)), sums], axis=1)
        below, up_to = sums[:, self.below], sums[:, self.up_to]
        signal, background = groups.sum(axis=1), sums[:, -1]
        whole = (signal > 0) & (background > 0)
        area = np.einsum("ij,ij->i", groups, below + up_to) / 2
        measured = np.full((len(counts), 1 + len(efficiencies)), np.nan)
        measured[whole, 0] = area[whole] / (signal * background)[whole]
        for row in np.flatnonzero(whole) if len(efficiencies) else ():
            measured[row, 1:] = _at(groups[row], below[row], up_to[row], background[row], efficiencies)
        return measured


def _rank(score: Floats, is_signal: Bools, weight: Floats) -> _Ranking:
    require_classes(is_signal, weight, score=score)
    if not np.isfinite(score).all():
        raise DataError(f"{np.count_nonzero(~np.isfinite(score))} of {len(score)} scores are not finite")
    signal, background = np.flatnonzero(is_signal), np.flatnonzero(~is_signal)
    signal = signal[np.argsort(score[signal], kind="stable")]
    background = background[np.argsort(score[background], kind="stable")]
    values, start = np.unique(score[signal], return_index=True)
    return _Ranking(
        signal=signal,
        background=background,
        signal_weight=weight[signal],
        background_weight=weight[background],
        start=start,
        below=np.searchsorted(score[background], values, side="left"),
        up_to=np.searchsorted(score[background], values, side="right"),
    )


def _at(groups: Floats, below: Floats, up_to: Floats, background: float, efficiencies: Floats) -> Floats:
    """Return the background efficiency where the curve reaches each signal efficiency, linear inside a group of ties."""
    kept = np.maximum.accumulate(np.cumsum(groups[::-1]))
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


def _curve(score: Floats, is_signal: Bools, weight: Floats) -> tuple[Floats, Floats]:
    """Return signal and background efficiency above each different score, from (0, 0) to (1, 1)."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    ends = []
    for mask in (is_signal, ~is_signal):
        sums = np.cumsum(np.where(mask, weight, 0.0)[order])[last]
        ends.append(np.concatenate([[0.0], sums / sums[-1]]))
    return ends[0], ends[1]


def _thinned(signal: Floats, background: Floats) -> tuple[Floats, Floats]:
    """Return at most 500 points of a curve: half evenly along it, half evenly in the logarithm of the background."""
    if len(signal) <= _POINTS:
        return signal, background
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
    keep = np.unique(np.minimum(keep, len(signal) - 1))
    return signal[keep], background[keep]
