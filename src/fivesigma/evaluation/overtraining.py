"""Training events against out-of-fold events: the distributions of their scores, and the difference in AUC.

A model that has learned its training events by heart separates them better than events it never saw. Some difference is no
harm by itself: what is quoted and fitted comes from out-of-fold scores only. Forests and boosted trees always show one, with
p-values as small as can be told; a small p-value is a fact about the estimator and no verdict on the numbers quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.estimator_gap import EstimatorGap, ScoredEvents, estimator_gap
from fivesigma.evaluation.histograms import Histogram, histogram, score_edges
from fivesigma.statistics.two_samples import LEAST_P_VALUE

__all__ = ["ClassOverlay", "Overtraining", "Reading", "overtraining"]

Reading: TypeAlias = Literal["no difference seen", "training events look different"]
"""What the tests of equality say of training and unseen events."""

_ALPHA = 0.05

_MEAN = "mean over the estimators; interval as wide as theirs on average, for they share events"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOverlay:
    """The score of signal or background: of training events and of out-of-fold events, each scaled to an area of one.

    ``p_value`` is that of the same distribution in both: the smallest of any estimator's test, times their number (Bonferroni),
    for estimators share training events and their tests are not independent.
    """

    name: str
    train: Histogram
    out_of_fold: Histogram
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtraining:
    """Training against out-of-fold events of a model.

    Attributes
    ----------
    model
        Its name.
    edges
        Of the histograms, shape (m + 1,).
    classes
        Signal, then background.
    estimators
        Each estimator's AUCs.
    auc_train, auc_out_of_fold, difference
        Their means.
    """

    model: str
    edges: Floats
    classes: tuple[ClassOverlay, ...]
    estimators: tuple[EstimatorGap, ...]
    auc_train: Estimate
    auc_out_of_fold: Estimate
    difference: Estimate

    @property
    def p_value(self) -> float:
        """Of training and unseen events alike in both classes: the smaller of theirs, times two."""
        return min(1.0, len(self.classes) * min(overlay.p_value for overlay in self.classes))

    @property
    def least_p_value(self) -> float:
        """What a class has at least, however different: the least of one estimator's test, times their number."""
        return min(1.0, len(self.estimators) * LEAST_P_VALUE)

    @property
    def reading(self) -> Reading:
        """What that says at 5 %."""
        return "no difference seen" if self.p_value > _ALPHA else "training events look different"

    @property
    def meaning(self) -> str:
        """A sentence on what that means, and what it does not."""
        gap = f"the AUC is {self.difference.value:.3f} higher in training than out of fold"
        if self.reading == "no difference seen":
            sign = "≤" if self.p_value <= len(self.classes) * self.least_p_value < 1 else "="
            return (
                f"No difference seen between scores of training and unseen events (p {sign} {self.p_value:.2g}); {gap}."
            )
        return (
            f"Scores of training events differ from those of unseen ones (p ≤ {self.p_value:.2g}): {gap}. Trees always show such a gap;"
            " what is quoted and fitted is out of fold and not flattered by it."
        )


def overtraining(
    model: str, train: ScoredEvents, out_of_fold: ScoredEvents, *, bins: int = 20, seed: int = 0
) -> Overtraining:
    """Return how a model does on its training events and on events it never saw.

    Parameters
    ----------
    model
        Its name.
    train
        Each estimator's training events, scored by it.
    out_of_fold
        Each event scored by the estimator that never saw it.
    bins
        Of the histograms.
    seed
        Of the null distributions of the tests.

    Raises
    ------
    DataError
        If an estimator has no signal or no background events in either block.
    """
    estimators = [int(number) for number in np.unique(out_of_fold.estimator)]
    gaps = tuple(estimator_gap(number, train.of(number), out_of_fold.of(number), seed) for number in estimators)
    edges = _edges(train, out_of_fold, bins)
    return Overtraining(
        model=model,
        edges=edges,
        classes=tuple(
            ClassOverlay(
                name=name,
                train=_shape(train, kind, edges),
                out_of_fold=_shape(out_of_fold, kind, edges),
                p_value=min(1.0, len(gaps) * min((gap.signal if kind else gap.background).p_value for gap in gaps)),
            )
            for name, kind in (("signal", True), ("background", False))
        ),
        estimators=gaps,
        auc_train=_mean([gap.auc_train for gap in gaps]),
        auc_out_of_fold=_mean([gap.auc_out_of_fold for gap in gaps]),
        difference=_mean([gap.difference for gap in gaps]),
    )


def _mean(estimates: list[Estimate]) -> Estimate:
    value, low, high = (
        float(np.mean([getattr(estimate, end) for estimate in estimates])) for end in ("value", "low", "high")
    )
    return Estimate(value=value, low=low, high=high, method=_MEAN)


def _edges(train: ScoredEvents, out_of_fold: ScoredEvents, bins: int) -> Floats:
    scores = np.concatenate([train.score, out_of_fold.score])
    low, high = float(scores.min()), float(scores.max())
    if low >= 0 and high <= 1:
        return score_edges(out_of_fold.weight[~out_of_fold.is_signal], bins)
    return np.linspace(low, high, bins + 1)


def _shape(events: ScoredEvents, kind: bool, edges: Floats) -> Histogram:
    mask = events.is_signal == kind
    weight = events.weight[mask] / events.weight[mask].sum()
    return histogram(events.score[mask], weight, edges)
