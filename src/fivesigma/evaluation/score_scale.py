"""Whether the common score scale means the same in every fold, as a cut on it takes for granted.

On that scale a fraction 1 - s of the background lies above s. Events that an estimator cannot tell apart, as the plain background that a
tree does not split, share one place in the middle of the stretch that they fill; before folds are compared they are spread over
it, for another fold has its own such places, and no cut lies within one. Each fold's estimator has a scale of its own, made of finitely many
validation events, so that folds differ by chance more than their events alone would: that is part of the null distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.finding import Finding
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import label
from fivesigma.statistics.two_samples import EqualityTest, two_sample_test, uniformity_test
from fivesigma.statistics.weighted import effective_events

__all__ = ["FoldScale", "ScaleCheck", "check_score_scale", "folds_differ"]

_REPLICAS_PER_FOLD = 2000  # a p-value can then be 0.0005 after it is multiplied by the number of folds


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldScale:
    """The background scores of a fold: against those of all other folds, and against a uniform distribution."""

    fold: int
    others: EqualityTest
    uniform: EqualityTest


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleCheck:
    """The common scale of a model, fold by fold, and the effective background events each fold's scale was made from."""

    model: str
    folds: tuple[FoldScale, ...]
    validation_events: float


def check_score_scale(
    dataset: Dataset,
    scores: Scores,
    *,
    background: Sequence[str] | None = None,
    validation: float = 0.15,
    seed: int = 0,
) -> ScaleCheck:
    """Return whether background scores are alike in all folds, and uniform.

    Parameters
    ----------
    dataset, scores
        The events and what the model says of each. Scores are uniform in the events that the scale was made for, all background
        that was trained on; in a region or of other samples they need not be, while folds are alike in any of them.
    background
        Names of samples; all of that kind if None.
    validation
        The share of a fold's training events that its scale was made from. Its fluctuation, as of so many effective events, is part
        of the null distributions; the folds' are taken as independent, though they share events, which alarms too rarely if at all.
    seed
        Of the null distributions.

    Raises
    ------
    FivesigmaError
        If there are fewer than two folds, or ``validation`` is not between 0 and 1.
    DataError
        If a fold has no background, or its weights do not sum to something positive.
    """
    if scores.folds < 2 or not 0 < validation < 1:
        raise FivesigmaError(
            f"folds are compared from two on, not {scores.folds}, at a share in (0, 1), not {validation}"
        )
    chosen = label(dataset, scores, background=background)
    mask = chosen.within(~chosen.is_signal)
    value, weight, fold = scores.value[mask], dataset.weight[mask], scores.fold[mask]
    for j in range(scores.folds):
        value[fold == j] = _spread(value[fold == j], weight[fold == j])
    events = validation * (1 - 1 / scores.folds) * effective_events(weight)
    found = [_fold(j, value, weight, fold == j, scores.folds, events, seed) for j in range(scores.folds)]
    return ScaleCheck(model=scores.model, folds=tuple(found), validation_events=events)


def folds_differ(check: ScaleCheck, *, threshold: float = 0.001) -> tuple[Finding, ...]:
    """Return a warning for each fold whose background scores differ from those of the others.

    ``threshold`` is that of a fold's p-value times the number of folds (Bonferroni).
    """
    count = len(check.folds)
    return tuple(
        Finding(
            code="folds-differ",
            severity="warning",
            subject=f"{check.model}, fold {each.fold}",
            message=f"a cut on the score of {check.model} means something else in fold {each.fold}: at {each.others.at:.3g} its"
            f" background efficiency differs by {-each.others.difference:+.3f} from that of the other folds"
            f" (p = {min(1.0, count * each.others.p_value):.2g})",
            evidence={
                "fold": each.fold,
                "score": each.others.at,
                "difference": -each.others.difference,
                "p_value": min(1.0, count * each.others.p_value),
            },
        )
        for each in check.folds
        if count * each.others.p_value < threshold
    )


def _spread(value: Floats, weight: Floats) -> Floats:
    """Return scores, shape (n,), with events of one score evenly over as much of the scale as their share of the weight is."""
    order = np.argsort(value, kind="stable")
    ranked, size = value[order], np.abs(weight[order])
    starts = np.flatnonzero(np.append(True, np.diff(ranked) != 0))
    lengths = np.diff(np.append(starts, len(ranked)))
    up_to = np.cumsum(size)
    before = np.repeat(up_to[starts] - size[starts], lengths)
    tied = np.repeat(np.add.reduceat(size, starts), lengths)
    inside = np.divide(up_to - size / 2 - before, tied, out=np.full_like(tied, 0.5), where=tied > 0)
    spread = np.empty_like(value)
    spread[order] = ranked + (inside - 0.5) * tied / up_to[-1]
    return spread


def _fold(
    number: int,
    value: Floats,
    weight: Floats,
    here: np.ndarray[tuple[int], np.dtype[np.bool_]],
    folds: int,
    events: float,
    seed: int,
) -> FoldScale:
    """Return one fold's tests; a scale made from n events is known to 1/n, the mean of the others' to 1/(n (k - 1))."""
    others = two_sample_test(
        value[here],
        value[~here],
        first_weight=weight[here],
        second_weight=weight[~here],
        calibration=(1 + 1 / (folds - 1)) / events,
        replicas=_REPLICAS_PER_FOLD * folds - 1,
        seed=seed,
    )
    uniform = uniformity_test(value[here], weight[here], calibration=1 / events, seed=seed)
    return FoldScale(fold=number, others=others, uniform=uniform)
