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

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import facts
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import label
from fivesigma.evaluation.methods import bootstrap_method
from fivesigma.evaluation.ranking import rank
from fivesigma.evaluation.roc_points import roc_points
from fivesigma.statistics.bootstrap import percentile_interval, poisson_bootstrap
from fivesigma.statistics.weighted import effective_events, negative_fraction

__all__ = ["BackgroundRejection", "RocCurve", "auc", "roc", "roc_curve"]


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

    def _repr_html_(self) -> str:
        rows = {
            f"background at {point.signal_efficiency:.0%} signal": point.background_efficiency
            for point in self.rejections
        }
        return facts(self.model, {"AUC": self.auc, **rows}).html


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
    ranking = rank(score, is_signal, weight)
    wanted = np.asarray(efficiencies, dtype=np.float64)
    central = ranking.measure(np.ones((1, len(score)), dtype=np.uint8), wanted)[0]
    values = poisson_bootstrap(lambda counts: ranking.measure(counts, wanted), len(score), replicas=replicas, seed=seed)
    method = bootstrap_method(replicas)
    estimates = [percentile_interval(float(central[i]), values[:, i], method=method) for i in range(len(central))]
    points = roc_points(score, is_signal, weight)
    drawn = points.thinned()
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


def auc(score: Floats, is_signal: Bools, weight: Floats | None = None) -> float:
    """Return the weighted area under the ROC curve alone.

    Raises
    ------
    DataError
        If a class has no events, its weights do not sum to something positive, or a score is not finite.
    """
    ranking = rank(score, is_signal, np.ones(len(score)) if weight is None else weight)
    return float(ranking.measure(np.ones((1, len(score)), dtype=np.uint8), np.empty(0))[0, 0])


def _rejection(efficiency: float, background: Estimate) -> BackgroundRejection:
    rejection = None
    if background.low > 0 and background.value > 0:
        rejection = Estimate(
            value=1 / background.value, low=1 / background.high, high=1 / background.low, method=background.method
        )
    return BackgroundRejection(
        signal_efficiency=float(efficiency), background_efficiency=background, rejection=rejection
    )
