"""What a model must not be asked for, told before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from fivesigma.core.errors import FivesigmaError, first_line, suggestion
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import ModelSpec, Range, Tuning
from fivesigma.learning.preparation import STEPS
from fivesigma.learning.ready_made import ReadyMade, check_ready_made
from fivesigma.learning.tuning_ranges import ends

__all__ = ["check_spec"]

_MOST_SEEDS, _MOST_TRIALS = 1000, 10_000
_LARGEST = 2**63
"""Whole numbers as large or larger are none to libraries written in C."""


def check_spec(spec: ModelSpec) -> None:
    """Raise FivesigmaError if the classifier has no such parameter or refuses a value, or a step of preparation is unknown."""
    adapter = classifier(spec.use)
    _check_parameters(spec)
    for step in spec.prepare or ():
        if step not in STEPS:
            raise FivesigmaError(f"no preparation {step!r}{suggestion(step, STEPS)}")
    if spec.negative_weights == "keep" and not adapter.takes_negative_weights:
        raise FivesigmaError(f"{spec.use} cannot train with negative weights; negative_weights is absolute or drop")
    if not 1 <= spec.seeds <= _MOST_SEEDS:
        raise FivesigmaError(f"seeds must be 1 to {_MOST_SEEDS}, not {spec.seeds}")
    try:
        untrained = make_classifier(spec.use, spec.parameters)
    except (TypeError, ValueError, OverflowError) as error:
        raise FivesigmaError(f"{spec.use}: {error}") from error
    if isinstance(untrained, ReadyMade):
        check_ready_made(spec, untrained)
    if spec.tune is not None:
        import_module("fivesigma.learning.tuning")  # whether Optuna is there
        _check_tuning(spec, spec.tune)


def _check_parameters(spec: ModelSpec) -> None:
    known = classifier(spec.use).parameters()
    for name, value in spec.parameters.items():
        if name not in known:
            raise FivesigmaError(f"{spec.use} has no parameter {name!r}{suggestion(name, known)}")
        _require_usable(name, value)


def _require_usable(name: str, value: Any) -> None:
    """Raise FivesigmaError if a number of a parameter is infinite, none at all, or beyond what libraries hold."""
    for number in _numbers(value):
        if isinstance(number, int) and abs(number) >= _LARGEST:
            raise FivesigmaError(f"{name}: a whole number has at most 19 digits, unlike one of {len(str(abs(number)))}")
        if not math.isfinite(number):
            raise FivesigmaError(f"{name} must be finite, not {number}")


def _numbers(value: Any) -> Iterator[int | float]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float):
        yield value


def _check_tuning(spec: ModelSpec, tuning: Tuning) -> None:
    """Raise FivesigmaError if a parameter that is sought is unknown, its range is none, or the classifier refuses its values."""
    if classifier(spec.use).trains_on != "both":
        raise FivesigmaError(f"tune: {spec.use} does not learn from both classes, by which parameters are judged")
    if not 1 <= tuning.trials <= _MOST_TRIALS or (tuning.minutes is not None and not tuning.minutes > 0):
        raise FivesigmaError(
            f"tune: trials must be 1 to {_MOST_TRIALS:,} and minutes above 0, not {tuning.trials} and {tuning.minutes}"
        )
    if not tuning.ranges:
        raise FivesigmaError("tune: no parameters to seek")
    for name, range_ in tuning.ranges.items():
        _check_range(spec, name, range_)


def _check_range(spec: ModelSpec, name: str, range_: Range | tuple[Any, ...]) -> None:
    known = classifier(spec.use).parameters()
    if name not in known:
        raise FivesigmaError(f"tune: {spec.use} has no parameter {name!r}{suggestion(name, known)}")
    if name in spec.parameters:
        raise FivesigmaError(f"tune: {name} is both given and sought")
    for value in ends(name, range_):
        _require_usable(f"tune: {name}", value)
        try:
            make_classifier(spec.use, {**spec.parameters, name: value})
        except (TypeError, ValueError, OverflowError) as error:
            raise FivesigmaError(f"tune: {spec.use}: {first_line(error)}") from error
