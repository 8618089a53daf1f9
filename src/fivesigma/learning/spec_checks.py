"""What a model must not be asked for, told before anything is trained."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fivesigma.core.errors import FivesigmaError, first_line, suggestion
from fivesigma.learning.catalogue import classifier, make_classifier
from fivesigma.learning.classifiers import ModelSpec, Range, Tuning
from fivesigma.learning.preparation import STEPS
from fivesigma.learning.ready_made import ReadyMade, check_ready_made
from fivesigma.learning.tuning_ranges import ends

__all__ = ["check_spec"]


def check_spec(spec: ModelSpec) -> None:
    """Raise FivesigmaError if the classifier has no such parameter or refuses a value, or a step of preparation is unknown."""
    adapter = classifier(spec.use)
    known = adapter.parameters()
    for name in spec.parameters:
        if name not in known:
            raise FivesigmaError(f"{spec.use} has no parameter {name!r}{suggestion(name, known)}")
    for step in spec.prepare or ():
        if step not in STEPS:
            raise FivesigmaError(f"no preparation {step!r}{suggestion(step, STEPS)}")
    if spec.negative_weights == "keep" and not adapter.takes_negative_weights:
        raise FivesigmaError(f"{spec.use} cannot train with negative weights; negative_weights is absolute or drop")
    if spec.seeds < 1:
        raise FivesigmaError(f"seeds must be at least 1, not {spec.seeds}")
    try:
        untrained = make_classifier(spec.use, spec.parameters)
    except (TypeError, ValueError) as error:
        raise FivesigmaError(f"{spec.use}: {error}") from error
    if isinstance(untrained, ReadyMade):
        check_ready_made(spec, untrained)
    if spec.tune is not None:
        import_module("fivesigma.learning.tuning")  # whether Optuna is there
        _check_tuning(spec, spec.tune)


def _check_tuning(spec: ModelSpec, tuning: Tuning) -> None:
    """Raise FivesigmaError if a parameter that is sought is unknown, its range is none, or the classifier refuses its values."""
    if classifier(spec.use).trains_on != "both":
        raise FivesigmaError(f"tune: {spec.use} does not learn from both classes, by which parameters are judged")
    if tuning.trials < 1 or (tuning.minutes is not None and not tuning.minutes > 0):
        raise FivesigmaError(
            f"tune: trials must be at least 1 and minutes above 0, not {tuning.trials} and {tuning.minutes}"
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
        try:
            make_classifier(spec.use, {**spec.parameters, name: value})
        except (TypeError, ValueError) as error:
            raise FivesigmaError(f"tune: {spec.use}: {first_line(error)}") from error
