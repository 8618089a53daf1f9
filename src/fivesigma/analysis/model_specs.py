"""Models as the configuration names them, to models as cross-fitting knows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fivesigma.analysis.schema import Configuration, Range
from fivesigma.analysis.schema import Tuning as TuningConfiguration
from fivesigma.learning.classifiers import ModelSpec, Tuning
from fivesigma.learning.classifiers import Range as ParameterRange

__all__ = ["model_spec"]


def model_spec(config: Configuration, name: str, folder: Path) -> ModelSpec:
    """Return what a model of a configuration asks for; the name of a file in its parameters is relative to ``folder``."""
    model = config.models[name]
    file = {"file": str(folder / model.parameters["file"])} if isinstance(model.parameters.get("file"), str) else {}
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


def _tuning(tuning: TuningConfiguration) -> Tuning:
    ranges = {name: _range(value) for name, value in tuning.parameters.items()}
    return Tuning(ranges=ranges, trials=tuning.trials, minutes=tuning.minutes)


def _range(value: Range | list[Any]) -> ParameterRange | tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else ParameterRange(low=value.low, high=value.high, log=value.log)
