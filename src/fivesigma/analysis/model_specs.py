"""Models as the configuration names them, to models as cross-fitting knows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fivesigma.analysis.model_schema import Range
from fivesigma.analysis.model_schema import Tuning as TuningConfiguration
from fivesigma.analysis.schema import Configuration
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.learning.classifiers import ModelSpec, Tuning
from fivesigma.learning.classifiers import Range as ParameterRange
from fivesigma.learning.fitted_model import Point

__all__ = ["model_spec", "point_of"]


def model_spec(config: Configuration, name: str, folder: Path) -> ModelSpec:
    """Return what a model of a configuration asks for; the name of a file in its parameters is relative to ``folder``."""
    model = config.models[name]
    given = model.parameters.get("file")
    file = {"file": str(folder / given)} if isinstance(given, str) and given else {}
    return ModelSpec(
        name=name,
        use=model.use,
        inputs=tuple(config.features.inputs if model.inputs is None else model.inputs),
        parameters={**model.parameters, **file},
        prepare=None if model.prepare is None else tuple(model.prepare),
        seeds=model.seeds,
        negative_weights=model.negative_weights,
        parametrised=tuple(model.parametrised),
        tune=None if model.tune is None else _tuning(model.tune),
    )


def point_of(config: Configuration, model: str, signal: Sequence[str] | None) -> Point:
    """Return the point of the signal grid to score at where signals of these names are looked for; empty without a grid.

    Raises
    ------
    FivesigmaError
        If the signals are not of one point, or lack a parameter.
    """
    names = config.models[model].parametrised
    if not names:
        return ()
    wanted = signal or [name for name, sample in config.samples.items() if sample.kind == "signal"]
    for sample in wanted:
        for name in names:
            if name not in (known := config.samples[sample].parameters):
                raise FivesigmaError(f"{sample!r}, a signal, has no parameter {name!r}{suggestion(name, known)}")
    points = {tuple(config.samples[sample].parameters[name] for name in names) for sample in wanted}
    if len(points) != 1:
        raise FivesigmaError(
            f"model {model!r} is parametrised in {', '.join(names)} and scores at one point of the grid, not at"
            f" {len(points)} ({', '.join(wanted)}); `signal` names it"
        )
    return points.pop()


def _tuning(tuning: TuningConfiguration) -> Tuning:
    ranges = {name: _range(value) for name, value in tuning.parameters.items()}
    return Tuning(ranges=ranges, trials=tuning.trials, minutes=tuning.minutes)


def _range(value: Range | list[Any]) -> ParameterRange | tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else ParameterRange(low=value.low, high=value.high, log=value.log)
