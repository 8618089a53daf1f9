"""By how much a cut on the score would raise S/√B: the significance improvement characteristic (SIC).

It is ε_S / √ε_B against the signal efficiency ε_S (Gallicchio et al., "Multivariate discrimination and the Higgs + W/Z search",
arXiv:1010.3698), which no cross section or luminosity enters: 1 without a cut, and what S/√B is multiplied by with one. At tight
cuts it hangs on a handful of background events, so it has no value below a floor of them; and its maximum is where the fluctuation
of the events at hand was kindest, so that the cut is chosen on one half of the events and read on the other, both ways round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, facts
from fivesigma.core.scores import Scores
from fivesigma.evaluation.choice import HonestMaximum, halves, honest_maximum
from fivesigma.evaluation.classes import label, require_classes
from fivesigma.evaluation.merits import improvement, merit_values
from fivesigma.evaluation.methods import bootstrap_method
from fivesigma.evaluation.yields import yields_by_fold
from fivesigma.statistics.bootstrap import Multiplicities, percentile_interval, poisson_bootstrap
from fivesigma.statistics.weighted import effective_events, weighted_quantile

__all__ = [
    "LEAST_BACKGROUND",
    "SignificanceImprovement",
    "improvement_cuts",
    "significance_improvement",
    "significance_improvement_curve",
]

_CHOICE = "chosen on one half of the events, read on the other"
_STEPS = 100
LEAST_BACKGROUND = 25.0
"""Effective background events that a cut must leave for a value to be quoted: √ε_B is then known to a tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignificanceImprovement:
    """The significance improvement of a model against the cut on its score.

    Attributes
    ----------
    model
        Its name.
    cuts
        Events at and above each are kept, ascending, shape (m,).
    signal_efficiency, background_efficiency
        The fractions kept, shape (m,).
    background_effective
        Effective number of background events, (Σw)² / Σw², kept, shape (m,).
    floor
        The least of them that a value is quoted for, and that a cut must leave in the half where it is chosen.
    values
        ε_S / √ε_B at each cut; None where it leaves too little background.
    best
        The maximum, each half's cut chosen on the other half, and the naive one; None where no cut leaves enough background.
    best_signal_efficiency, best_background_efficiency
        What is kept by the two cuts of ``best``.
    naive_signal_efficiency
        What is kept by the naive cut.
    """

    model: str
    cuts: Floats
    signal_efficiency: Floats
    background_efficiency: Floats
    background_effective: Floats
    floor: float
    values: tuple[float | None, ...]
    best: HonestMaximum | None
    best_signal_efficiency: float | None
    best_background_efficiency: float | None
    naive_signal_efficiency: float | None

    def _repr_html_(self) -> str:
        best = self.best
        if best is None:
            return facts(self.model, {"largest improvement": None}).html
        values: dict[str, Entry] = {"largest improvement": best.value, "at the cut": best.cut}
        return facts(self.model, values | {"read where it was chosen": best.naive_value}).html


def significance_improvement(
    dataset: Dataset,
    scores: Scores,
    *,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    floor: float = LEAST_BACKGROUND,
    replicas: int = 200,
    seed: int = 0,
) -> SignificanceImprovement:
    """Return ε_S / √ε_B of a model against the cut on its common score scale.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each.
    signal, background
        Names of samples; all of that kind if None.
    floor
        The least effective number of background events that a cut must leave.
    replicas, seed
        Of the bootstrap, which models judged with the same seed share; the seed also parts the events into halves, by a hash of
        their identifiers, so that an event is in the same half for every model.

    Raises
    ------
    DataError
        If a class has no events or its weights do not sum to something positive.
    """
    chosen = label(dataset, scores, signal=signal, background=background)
    return significance_improvement_curve(
        scores.value[chosen.chosen],
        chosen.is_signal,
        chosen.weight,
        half=halves(dataset.id[chosen.chosen], seed=seed),
        model=scores.model,
        floor=floor,
        replicas=replicas,
        seed=seed,
    )


def significance_improvement_curve(
    score: Floats,
    is_signal: Bools,
    weight: Floats | None = None,
    *,
    half: NDArray[np.integer] | None = None,
    model: str = "model",
    floor: float = LEAST_BACKGROUND,
    replicas: int = 200,
    seed: int = 0,
) -> SignificanceImprovement:
    """Return ε_S / √ε_B of scores, shape (n,), of events that are signal or background, shape (n,).

    Parameters are those of `significance_improvement`; ``weight`` is one for each event if None, and ``half``, 0 or 1 for each
    event, a hash of its place in the arrays.

    Raises
    ------
    DataError
        If a class has no events, its weights do not sum to something positive, or a score is not finite.
    """
    weight = np.ones(len(score)) if weight is None else weight
    require_classes(is_signal, weight, score)
    if half is None:
        half = halves(np.arange(len(score), dtype=np.uint64), seed=seed)
    cuts = improvement_cuts(score, is_signal, weight, floor)
    by_half = yields_by_fold(score, is_signal, weight, half, folds=2, cuts=cuts)
    yields, best = by_half.all(), honest_maximum(by_half, improvement, floor=floor, naive_floor=floor, seed=seed)
    efficiency = yields.signal / yields.all_signal
    if best is not None:
        passes = score >= np.asarray(best.cuts)[half]
        values = _replicas(passes, is_signal, weight, replicas=replicas, seed=seed)
        method = f"{_CHOICE}; {bootstrap_method(replicas, 'with the cuts held')}"
        best = replace(best, value=percentile_interval(best.value.value, values, method=method))
    return SignificanceImprovement(
        model=model,
        cuts=cuts,
        signal_efficiency=efficiency,
        background_efficiency=yields.background / yields.all_background,
        background_effective=yields.background_effective,
        floor=floor,
        values=merit_values(yields, improvement, floor),
        best=best,
        best_signal_efficiency=None if best is None else best.signal / yields.all_signal,
        best_background_efficiency=None if best is None else best.background / yields.all_background,
        naive_signal_efficiency=None if best is None else float(efficiency[np.searchsorted(cuts, best.naive_cut)]),
    )


def improvement_cuts(score: Floats, is_signal: Bools, weight: Floats, floor: float) -> Floats:
    """Return the cuts to try, ascending: they keep even shares of the signal, and shares of the background even in the logarithm."""
    events = max(effective_events(weight[~is_signal]), 2.0)
    kept = np.geomspace(min(max(floor, 1.0) / events, 0.5), 1.0, _STEPS)
    return np.unique(
        np.concatenate(
            [
                [score.min()],
                weighted_quantile(score[is_signal], np.linspace(0, 1, _STEPS + 1), weight[is_signal]),
                weighted_quantile(score[~is_signal], 1 - kept, weight[~is_signal]),
            ]
        )
    )


def _replicas(passes: Bools, is_signal: Bools, weight: Floats, *, replicas: int, seed: int) -> Floats:
    """Return the improvement in each replica of the events, shape (replicas,); NaN where no background is left."""
    kinds = (passes & is_signal, is_signal, passes & ~is_signal, ~is_signal)
    columns = np.stack([np.where(kind, weight, 0.0) for kind in kinds], axis=1)

    def statistic(counts: Multiplicities) -> Floats:
        signal, all_signal, background, all_background = (counts @ columns).T
        whole = (all_signal > 0) & (background > 0) & (all_background > 0)
        share = np.divide(background, all_background, out=np.ones_like(background), where=whole)
        values: Floats = np.divide(signal, all_signal * np.sqrt(share), out=np.full(len(counts), np.nan), where=whole)
        return values

    return poisson_bootstrap(statistic, len(weight), replicas=replicas, seed=seed)
