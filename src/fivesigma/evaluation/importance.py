"""What a classifier looks at: how much of its AUC is lost when it sees an input, or a group of them, of other events.

Permutation importance (Breiman, "Random forests", Machine Learning 45 (2001) 5; as "model reliance" of one fixed model
Fisher, Rudin and Dominici, arXiv:1801.01489), by the drop of the AUC, out of fold: every event is scored by the
estimator that never saw it, and gets the inputs of an event of its own fold. It says what this model uses, not what there is to
know: of two inputs that say the same, each alone may be dispensable, which is why correlated inputs are permuted together as well
(`fivesigma.evaluation.input_groups`). Permuted events can lie where no real ones do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, facts
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.identity import derive_seed
from fivesigma.core.scores import Scores
from fivesigma.evaluation.classes import class_totals, label
from fivesigma.evaluation.drawing import drawn_evenly
from fivesigma.evaluation.methods import RETRAINING_LEFT_OUT
from fivesigma.evaluation.paired import Influenced, influenced_auc
from fivesigma.statistics.differences import normal_interval

__all__ = ["Importance", "Importances", "ScoreOf", "permutation_importance", "require_score_of"]

ScoreOf: TypeAlias = Callable[[Dataset], Scores]
"""Scores events, each by the estimator of its fold, whatever their inputs were replaced by: as ``FittedModel.score`` does."""

_Places: TypeAlias = NDArray[np.intp]
_METHOD = f"{{}} events of {{}}, {{}} draws; differences of their influences, normal; {RETRAINING_LEFT_OUT}"
_METHOD_AUC = f"{{}} events of {{}}; propagated from their influences, normal; {RETRAINING_LEFT_OUT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """How much the AUC drops when an input, or several together, are those of other events; below 0 by chance."""

    inputs: tuple[str, ...]
    drop: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Importances:
    """What a model looks at.

    Attributes
    ----------
    model
        Its name.
    auc
        With all inputs as they are, of the events that were drawn.
    inputs
        The importance of each input of the model.
    groups
        That of each group of several inputs.
    events, all_events
        How many events were drawn, and of how many.
    repeats
        How often other events' inputs were drawn for each.
    """

    model: str
    auc: Estimate
    inputs: tuple[Importance, ...]
    groups: tuple[Importance, ...]
    events: int
    all_events: int
    repeats: int

    def of(self, *inputs: str) -> Estimate | None:
        """Return the drop of an input or of a group; None for what the model does not take."""
        return next((found.drop for found in (*self.inputs, *self.groups) if found.inputs == inputs), None)

    def _repr_html_(self) -> str:
        ranked = sorted(self.inputs, key=lambda one: -one.drop.value)
        drops: dict[str, Entry] = {", ".join(one.inputs): one.drop for one in ranked}
        return facts(f"AUC that {self.model} loses without", drops).html


def permutation_importance(
    dataset: Dataset,
    score_of: ScoreOf,
    *,
    inputs: Sequence[str] | None = None,
    groups: Sequence[Sequence[str]] = (),
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    repeats: int = 2,
    events: int = 10_000,
    seed: int = 0,
) -> Importances:
    """Return the importance of each input of a model, and of groups of them.

    Parameters
    ----------
    dataset
        The events.
    score_of
        Scores events of this dataset whose inputs were replaced: ``model.score`` of a fitted model.
    inputs
        The names of those that the model takes; all if None.
    groups
        Inputs that are permuted together besides, as `fivesigma.evaluation.input_groups` finds them; what the model does not take
        is left out, and groups of which it takes one alone.
    signal, background
        Names of samples; all of that kind if None.
    repeats
        How often other events' inputs are drawn.
    events
        At most so many events are scored each time: see `fivesigma.evaluation.drawing.drawn_evenly`.
    seed
        Of the draws, which are the same for all models of the same folds.

    Raises
    ------
    FivesigmaError
        If there is no such input or sample, nothing is to be drawn, or ``score_of`` is no function.
    DataError
        If a class has no events or its weights do not sum to something positive.

    Notes
    -----
    The other event is drawn in the fold with a probability that goes by the size of its weight, both classes alike, evenly: for
    equal weights and classes of equal size that is a permutation. Negative weights count as they are in the AUC, and by their size in
    the draw. The interval is that of the paired bootstrap of the events with replicas without end, from the influence of each event
    on the difference (`fivesigma.evaluation.paired`), in which the draw has its part.
    """
    require_score_of(score_of)
    if repeats < 1:
        raise FivesigmaError(f"inputs are permuted once or more often, not {repeats} times")
    names = dataset.inputs if inputs is None else tuple(inputs)
    dataset.positions(names)
    drawn, is_signal = drawn_evenly(dataset, events=events, signal=signal, background=background, seed=seed)
    scores = score_of(drawn)
    whole = influenced_auc(scores.value, is_signal, drawn.weight)
    all_events = int(label(dataset, signal=signal, background=background).chosen.sum())
    method = _METHOD.format(len(drawn), all_events, repeats)

    def importance(group: tuple[str, ...]) -> Importance:
        others = _drawn_others(scores.fold, is_signal, drawn.weight, repeats, derive_seed(seed, "importance", *group))
        permuted = [
            influenced_auc(score_of(_permuted(drawn, group, other)).value, is_signal, drawn.weight) for other in others
        ]
        return Importance(inputs=group, drop=_drop(whole, permuted, others, method))

    return Importances(
        model=scores.model,
        auc=normal_interval(whole.value, whole.variance, method=_METHOD_AUC.format(len(drawn), all_events)),
        inputs=tuple(importance((name,)) for name in names),
        groups=tuple(importance(group) for group in _several(groups, names)),
        events=len(drawn),
        all_events=all_events,
        repeats=repeats,
    )


def require_score_of(score_of: ScoreOf) -> None:
    """Raise FivesigmaError unless that is a function, of which a model itself is none."""
    if not callable(score_of):
        raise FivesigmaError(
            f"events are scored by a function, as the method `model.score` of a fitted model is, not by a {type(score_of).__name__}"
        )


def _several(groups: Sequence[Sequence[str]], names: Sequence[str]) -> list[tuple[str, ...]]:
    taken = [tuple(name for name in group if name in names) for group in groups]
    return [group for group in taken if len(group) > 1]


def _permuted(drawn: Dataset, group: tuple[str, ...], other: _Places) -> Dataset:
    """Return the events with the inputs of a group those of other events."""
    X, places = drawn.X.copy(), list(drawn.positions(group))
    X[:, places] = drawn.X[other][:, places]
    return replace(drawn, X=X)


def _drawn_others(fold: NDArray[np.int8], is_signal: Bools, weight: Floats, repeats: int, seed: int) -> list[_Places]:
    size = np.abs(weight)
    size = size / class_totals(is_signal, size)
    generator = np.random.default_rng(seed)
    return [_others(fold, size, generator) for _ in range(repeats)]


def _others(fold: NDArray[np.int8], size: Floats, generator: np.random.Generator) -> _Places:
    """Return another event, shape (n,), for each, of the same fold, drawn by size; evenly, so that equal sizes are permuted."""
    others = np.empty(len(fold), dtype=np.intp)
    for number in np.unique(fold):
        mine = np.flatnonzero(fold == number)
        shares = np.cumsum(size[mine])
        steps = (np.arange(len(mine)) + generator.random()) / len(mine) * shares[-1]
        found = np.minimum(np.searchsorted(shares, steps, side="right"), len(mine) - 1)
        others[mine] = generator.permutation(mine[found])
    return others


def _drop(whole: Influenced, permuted: Sequence[Influenced], others: Sequence[_Places], method: str) -> Estimate:
    """Return the mean drop and its interval, each event's share in it being that as itself and that as the other event of others.

    What an event adds is the sum of a part a of its own, a part b of the other event's, and a rest c of the pair, whose sums of squares
    over the events are A, B and C. The drop has the variance Σ (a + b)² + C / r with r draws. The means over the draws of what an event
    adds as itself and of what is added where it is the other have squares that sum to Σ (a + b)² + (A + B + 2 C) / r on average, which
    is more by A + B + C over r: the sum of squares in one draw.
    """
    draws = len(permuted)
    values = [whole.value - other.value for other in permuted]
    itself = [whole.influence - other.influence for other in permuted]
    as_other = [np.bincount(place, own, minlength=len(own)) for place, own in zip(others, itself, strict=True)]
    both = np.mean(itself, axis=0) + np.mean(as_other, axis=0)
    one = float(np.mean([np.square(own).sum() for own in itself]))
    variance = float(max(np.square(both).sum() - one / draws, one / draws**2))
    return normal_interval(float(np.mean(values)), variance, method=method)
