"""One estimator's training events against those of its fold: both AUCs, and whether its scores of the two are alike.

An estimator's training events and its out-of-fold events are disjoint, as the test of their equality needs: the latter are those
of its fold, none of which it trained on. (All its training events against all out-of-fold events would not be.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.methods import RETRAINING_LEFT_OUT
from fivesigma.evaluation.paired import influenced_auc
from fivesigma.statistics.differences import normal_interval
from fivesigma.statistics.two_samples import EqualityTest, two_sample_test

__all__ = ["EstimatorGap", "ScoredEvents", "estimator_gap"]

_AUC = f"propagated from the events (DeLong), normal; {RETRAINING_LEFT_OUT}"
_GAP = f"of two disjoint sets of events, in quadrature; {RETRAINING_LEFT_OUT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredEvents:
    """Events scored by the estimators of a model.

    Attributes
    ----------
    score
        On the common scale, shape (n,).
    is_signal
        Shape (n,).
    weight
        Expected events, shape (n,).
    estimator
        Which fold's estimator made the score, shape (n,). A training event of several estimators is there once for each.
    """

    score: Floats
    is_signal: Bools
    weight: Floats
    estimator: NDArray[np.integer]

    def __post_init__(self) -> None:
        require_length(len(self.score), is_signal=self.is_signal, weight=self.weight, estimator=self.estimator)

    def of(self, estimator: int) -> ScoredEvents:
        """Return the events that one estimator scored."""
        mask = self.estimator == estimator
        return ScoredEvents(
            score=self.score[mask],
            is_signal=self.is_signal[mask],
            weight=self.weight[mask],
            estimator=self.estimator[mask],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatorGap:
    """One estimator's AUC on the events it trained on, on those it never saw, and the difference.

    ``signal`` and ``background`` tell whether the scores of the two, in that class, are of one distribution.
    """

    estimator: int
    auc_train: Estimate
    auc_out_of_fold: Estimate
    difference: Estimate
    signal: EqualityTest
    background: EqualityTest


def estimator_gap(number: int, train: ScoredEvents, out_of_fold: ScoredEvents, seed: int) -> EstimatorGap:
    """Return how one estimator does on its training events and on those of its fold.

    Parameters
    ----------
    number
        Of the estimator.
    train, out_of_fold
        The events, disjoint, all scored by it.
    seed
        Of the null distributions of the tests.

    Raises
    ------
    DataError
        If either has no signal or no background events.
    """
    first, second = (influenced_auc(events.score, events.is_signal, events.weight) for events in (train, out_of_fold))
    return EstimatorGap(
        estimator=number,
        auc_train=normal_interval(first.value, first.variance, method=_AUC),
        auc_out_of_fold=normal_interval(second.value, second.variance, method=_AUC),
        difference=normal_interval(first.value - second.value, first.variance + second.variance, method=_GAP),
        signal=_equality(train, out_of_fold, True, seed),
        background=_equality(train, out_of_fold, False, seed),
    )


def _equality(train: ScoredEvents, out_of_fold: ScoredEvents, kind: bool, seed: int) -> EqualityTest:
    ours, others = train.is_signal == kind, out_of_fold.is_signal == kind
    return two_sample_test(
        train.score[ours],
        out_of_fold.score[others],
        first_weight=train.weight[ours],
        second_weight=out_of_fold.weight[others],
        seed=seed,
    )
