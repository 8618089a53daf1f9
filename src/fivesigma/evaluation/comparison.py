"""Is one model better than another? Differences of their numbers on the same events, and a verdict where there is one.

Each pair of models is compared in AUC, in the significance improvement ε_S / √ε_B at a cut chosen on the other half of the events,
and in the Asimov Z at the working point chosen on the other folds. When the events fluctuate, the cuts are chosen again: with a
cut that was held, one of two equal models would be called better in SIC up to four times too often. What two models share
(an unlucky sample hurts both) cancels from the difference, so that its interval is mostly far shorter than those of the two numbers.

There are two intervals. The first holds the trained estimators as they are. The second asks whether the same would be found by
training on other events, as it must be for one *kind* of model to be called better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Literal, TypeAlias

from fivesigma.core.arrays import Bytes
from fivesigma.core.dataset import Dataset
from fivesigma.core.display import Entry, table
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.estimate import Estimate
from fivesigma.core.scores import Scores
from fivesigma.evaluation.choice import halves, score_cuts
from fivesigma.evaluation.classes import label
from fivesigma.evaluation.merits import asimov_merit, asimov_title, improvement
from fivesigma.evaluation.paired import Contender, Influenced, Measured, measured_at_choice, measured_auc
from fivesigma.evaluation.significance_improvement import LEAST_BACKGROUND, improvement_cuts
from fivesigma.statistics.differences import RETRAINING, familywise_level, normal_interval

__all__ = ["ComparedQuantity", "Comparison", "PairedDifference", "Quantity", "Verdict", "compare"]

Quantity: TypeAlias = Literal["auc", "significance_improvement", "asimov_z"]
Verdict: TypeAlias = Literal["better", "better as trained"]
_ROUNDING = 1e-12
_AS_TRAINED = (
    "Poisson multiplicities of the events, the same for both models, cuts chosen again; normal; retraining is left out"
)
_RETRAINED = "as without retraining, with twice the variance, for another training sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """How far one model is ahead of another in one quantity.

    Attributes
    ----------
    first, second
        Names of the models.
    estimate
        First minus second, with the interval of these estimators on other events.
    retrained
        The same with the interval of estimators trained on other events, and with other seeds where there are several.
    verdict
        "better" if ``retrained`` excludes zero, "better as trained" if only ``estimate`` does; None if neither.
    better
        The model of which the verdict speaks; None without one.
    """

    first: str
    second: str
    estimate: Estimate
    retrained: Estimate
    verdict: Verdict | None
    better: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedQuantity:
    """One quantity of all models.

    Attributes
    ----------
    name, title
        Its identifier, and what axes call it.
    values
        Of each model; None where no cut leaves enough background.
    differences
        Of each pair of models that have a value, in the order of the models.
    """

    name: Quantity
    title: str
    values: tuple[float | None, ...]
    differences: tuple[PairedDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All pairs of models, compared.

    Attributes
    ----------
    models
        Their names.
    quantities
        What they are compared in.
    error_rate
        The probability, for each quantity, that one or more of its verdicts are wrong, if no model is better than any.
    level
        Of each interval, so that this is so: 1 - error_rate / number of pairs.
    """

    models: tuple[str, ...]
    quantities: tuple[ComparedQuantity, ...]
    error_rate: float
    level: float

    def of(self, quantity: Quantity) -> ComparedQuantity:
        """Return one quantity."""
        return next(compared for compared in self.quantities if compared.name == quantity)

    def _repr_html_(self) -> str:
        rows: dict[str, dict[str, Entry]] = {
            f"{quantity.title}: {pair.first} − {pair.second}": {
                "difference": pair.retrained,
                "verdict": f"{pair.better} is {pair.verdict}" if pair.verdict else "none",
            }
            for quantity in self.quantities
            for pair in quantity.differences
        }
        return table(rows, notes=[f"In each quantity, the chance of any wrong verdict is {self.error_rate:.0%}."]).html


def compare(
    dataset: Dataset,
    scores: Sequence[Scores],
    *,
    members: Mapping[str, Sequence[Scores]] | None = None,
    signal: Sequence[str] | None = None,
    background: Sequence[str] | None = None,
    background_uncertainty: float = 0.1,
    floor: float = 10.0,
    replicas: int = 200,
    seed: int = 0,
    error_rate: float = 0.05,
) -> Comparison | None:
    """Return the differences between models on the same events; None if there are fewer than two models.

    Parameters
    ----------
    dataset, scores
        The events and what each model says of them.
    members
        For models that average several seeds, by name: what each seed's estimators say alone.
    signal, background
        Names of samples; all of that kind if None.
    background_uncertainty
        Relative, in the Asimov Z.
    floor
        The least effective number of background events where the working point is chosen; 25 for the significance improvement.
    replicas, seed
        Of the bootstrap, in which cuts are chosen again; the seed also parts the events into the halves that the cut of the significance
        improvement is chosen and read on.
    error_rate
        The probability of a wrong verdict among all pairs.

    Raises
    ------
    FivesigmaError
        If two models have one name, members belong to none, or the error rate is not between 0 and 1.
    DataError
        If a class has no events or its weights do not sum to something positive, or a score is not finite.
    """
    members = members or {}
    names = tuple(score.model for score in scores)
    _check(names, members)
    if len(scores) < 2:
        return None
    labels = [label(dataset, score, signal=signal, background=background) for score in scores]
    half = halves(dataset.id[labels[0].chosen], seed=seed)
    level = familywise_level(error_rate, len(names) * (len(names) - 1) // 2)
    contenders = [Contender.of(score, members.get(score.model, ()), labels[0]) for score in scores]
    return Comparison(
        models=names,
        quantities=tuple(
            _compared(name, title, [measure(one) for one in contenders], level)
            for name, title, measure in _quantities(half, background_uncertainty, floor, replicas=replicas, seed=seed)
        ),
        error_rate=error_rate,
        level=level,
    )


def _quantities(
    half: Bytes, background_uncertainty: float, floor: float, *, replicas: int, seed: int
) -> list[tuple[Quantity, str, Callable[[Contender], Measured]]]:
    """Return the identifier and title of each quantity, and what it is of a model."""
    asimov = partial(
        measured_at_choice,
        merit=asimov_merit(background_uncertainty),
        floor=floor,
        cuts=score_cuts(),
        replicas=replicas,
        seed=seed,
    )

    def significance_improvement(one: Contender) -> Measured:
        cuts = improvement_cuts(one.value, one.events.is_signal, one.events.weight, LEAST_BACKGROUND)
        return measured_at_choice(one, improvement, LEAST_BACKGROUND, cuts, halves=half, replicas=replicas, seed=seed)

    return [
        ("auc", "AUC", measured_auc),
        ("significance_improvement", "ε(S) / √ε(B)", significance_improvement),
        ("asimov_z", asimov_title(background_uncertainty), asimov),
    ]


def _check(names: Sequence[str], members: Mapping[str, Sequence[Scores]]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise FivesigmaError(f"two models to compare are called {twice[0]!r}")
    for name in members:
        if name not in names:
            raise FivesigmaError(f"no model {name!r} to compare{suggestion(name, names)}")


def _compared(name: Quantity, title: str, measured: Sequence[Measured], level: float) -> ComparedQuantity:
    return ComparedQuantity(
        name=name,
        title=title,
        values=tuple(None if one.number is None else one.number.value for one in measured),
        differences=tuple(_differences(measured, level)),
    )


def _differences(measured: Sequence[Measured], level: float) -> Iterator[PairedDifference]:
    for first, second in combinations(measured, 2):
        if first.number is None or second.number is None:
            continue
        value = first.number.value - second.number.value
        rounding = (_ROUNDING * (abs(first.number.value) + abs(second.number.value))) ** 2
        variance = Influenced(value, first.number.influence - second.number.influence).variance + rounding
        seeds = first.seeds + second.seeds
        estimate = normal_interval(value, variance, level=level, method=_AS_TRAINED)
        method = f"{_RETRAINED}, with the spread over seeds" if seeds > 0 else _RETRAINED
        retrained = normal_interval(value, RETRAINING * variance + seeds, level=level, method=method)
        verdict: Verdict | None = None
        if _excludes_zero(estimate):
            verdict = "better" if _excludes_zero(retrained) else "better as trained"
        better = None if verdict is None else first.name if value > 0 else second.name
        yield PairedDifference(
            first=first.name, second=second.name, estimate=estimate, retrained=retrained, verdict=verdict, better=better
        )


def _excludes_zero(estimate: Estimate) -> bool:
    return estimate.low > 0 or estimate.high < 0
