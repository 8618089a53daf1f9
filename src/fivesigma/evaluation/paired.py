"""What each event adds to a number, so that two models' numbers can be compared on the events that they share.

The influence of event i on a number is its derivative by the event's multiplicity. When multiplicities fluctuate as Poisson
numbers of mean one, as in `fivesigma.statistics.bootstrap`, the variance of the number is to first order the sum of the squared
influences (infinitesimal jackknife: Jaeckel 1972; Efron, "The jackknife, the bootstrap and other resampling plans", 1982, chapter 6;
for the AUC DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837): what the bootstrap comes to with replicas without end.
That of a difference takes the differences of the influences, in which cancels what the models share. Weights of either sign do.

A number that is read at a cut which the events themselves choose has no derivative; there replicas of the bootstrap stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.scores import Scores
from fivesigma.evaluation.choice import chosen_value
from fivesigma.evaluation.classes import Labelled, class_totals, require_classes, require_scores
from fivesigma.evaluation.merits import Merit
from fivesigma.evaluation.yields import replicated_yields, yields_by_fold
from fivesigma.statistics.differences import seed_variance

__all__ = [
    "Contender",
    "Influenced",
    "Measured",
    "influenced_auc",
    "measured_at_choice",
    "measured_auc",
]


@dataclass(frozen=True, slots=True)
class Influenced:
    """A number and the influence of each event on it, shape (n,)."""

    value: float
    influence: Floats

    @property
    def variance(self) -> float:
        """The variance of the number: the sum of the squared influences."""
        return float(np.square(self.influence).sum())


def influenced_auc(score: Floats, is_signal: Bools, weight: Floats) -> Influenced:
    """Return the AUC of scores, shape (n,), of events that are signal or background, and each event's influence on it.

    With A the AUC, it is w_s (V_s - A) / Σw_s for a signal event above the fraction V_s of the background, and w_b (U_b - A) / Σw_b
    for a background event below the fraction U_b of the signal; ties count half.

    Raises
    ------
    DataError
        If a class has no events, its weights do not sum to something positive, or a score is not finite.
    """
    require_classes(is_signal, weight, score)
    values, place = np.unique(score, return_inverse=True)
    beaten = np.empty(len(score))
    for mine in (is_signal, ~is_signal):
        others = np.bincount(place[~mine], weight[~mine], minlength=len(values))
        beaten[mine] = ((np.cumsum(others) - others / 2) / others.sum())[place[mine]]
    beaten[~is_signal] = 1 - beaten[~is_signal]
    value = float(weight[is_signal] @ beaten[is_signal] / weight[is_signal].sum())
    value = value if (weight < 0).any() else min(max(value, 0.0), 1.0)  # but for rounding it lies there
    return Influenced(value, weight / class_totals(is_signal, weight) * (beaten - value))


@dataclass(frozen=True, slots=True)
class Contender:
    """A model and the n events that it is judged by.

    Attributes
    ----------
    name
        The model's name.
    value, members
        Its scores on the common scale, shape (n,), and those of each of its seeds alone, if there are several.
    fold, folds
        Fold of each event, shape (n,), and how many there are.
    events
        Their classes and weights.
    """

    name: str
    value: Floats
    members: tuple[Floats, ...]
    fold: NDArray[np.integer]
    folds: int
    events: Labelled

    @classmethod
    def of(cls, scores: Scores, members: Sequence[Scores], events: Labelled) -> Contender:
        """Return the model of the scores of all events of a dataset; DataError if there are more or fewer."""
        for one in (scores, *members):
            require_scores(one, len(events.chosen))
        alone = tuple(member.value[events.chosen] for member in members)
        return cls(scores.model, scores.value[events.chosen], alone, scores.fold[events.chosen], scores.folds, events)


@dataclass(frozen=True, slots=True)
class Measured:
    """A number of a model, None where it has none, and the variance that the luck of its seeds gives it."""

    name: str
    number: Influenced | None
    seeds: float

    @classmethod
    def by(cls, one: Contender, measure: Callable[[Floats], Influenced | None]) -> Measured:
        """Return what ``measure`` makes of the scores of a model, and of those of each of its seeds."""
        alone = [measure(value) for value in one.members]
        return cls(one.name, measure(one.value), seed_variance([m.value for m in alone if m is not None]))


def measured_auc(one: Contender) -> Measured:
    """Return the AUC of a model; errors as for `influenced_auc`."""
    return Measured.by(one, lambda value: influenced_auc(value, one.events.is_signal, one.events.weight))


def measured_at_choice(
    one: Contender,
    merit: Merit,
    floor: float,
    cuts: Floats,
    *,
    halves: NDArray[np.integer] | None = None,
    replicas: int = 200,
    seed: int = 0,
) -> Measured:
    """Return a figure of merit of a model where it is best on the other folds, or on the other half if ``halves`` are given.

    The cut is chosen again in each bootstrap replica of the events: where many cuts are nearly as good, which of them is chosen is
    much of the luck. ``floor`` is the least effective number of background events where a cut is chosen, ``cuts`` are those tried.
    What stands for the influence of the events are the deviations of the replicas, over the root of their number less one: their
    squares sum to the variance, and those of two models to that of the difference.
    """
    events, (part, parts) = one.events, (one.fold, one.folds) if halves is None else (halves, 2)

    def value(score: Floats) -> float | None:
        yields = yields_by_fold(score, events.is_signal, events.weight, part, folds=parts, cuts=cuts)
        return chosen_value(yields, merit, floor)

    found = value(one.value)
    if found is None:
        return Measured(one.name, None, 0.0)
    drawn = replicated_yields(
        one.value, events.is_signal, events.weight, part, folds=parts, cuts=cuts, replicas=replicas, seed=seed
    )
    # a replica in which no cut leaves enough background says nothing of the fluctuation
    values = np.array([np.nan if (v := chosen_value(yields, merit, floor)) is None else v for yields in drawn])
    deviations = np.nan_to_num(values - np.nanmean(values)) / np.sqrt(max(1, np.isfinite(values).sum() - 1))
    alone = [value(score) for score in one.members]
    return Measured(one.name, Influenced(found, deviations), seed_variance([v for v in alone if v is not None]))
