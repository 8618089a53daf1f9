"""What an inference names: models, observables, regions."""

from __future__ import annotations

from fivesigma.analysis.inference_schema import (
    Counting,
    CwolaScan,
    Inference,
    LimitPlane,
    MassFit,
    StrengthUncertainty,
    TemplateFit,
)
from fivesigma.analysis.schema import Configuration

__all__ = ["axes_of", "fitted_in", "models_of", "needs_classes"]


def needs_classes(config: Configuration) -> bool:
    """Return whether an analysis needs simulated signal and background: all do but scans of data without labels."""
    scans = [isinstance(inference, CwolaScan) for inference in config.inference.values()]
    return bool(config.models) or not scans or not all(scans)


def axes_of(observable: str) -> tuple[str, ...]:
    """Return the one or two names that an ``observable`` such as "m4l × trees" multiplies."""
    return tuple(part.strip() for part in observable.replace("×", "*").split("*"))


def models_of(config: Configuration, inference: Inference) -> set[str]:
    """Return the models that an inference uses."""
    if isinstance(inference, Counting | MassFit | CwolaScan):
        return {inference.model} if inference.model is not None else set()
    if isinstance(inference, StrengthUncertainty):
        return set(inference.models)
    return {axis for axis in axes_of(inference.observable) if axis in config.models}


def fitted_in(inference: Inference) -> set[str]:
    """Return the observables and models whose distribution an inference goes by."""
    match inference:
        case TemplateFit() | LimitPlane():
            return {*axes_of(inference.observable)}
        case MassFit() | CwolaScan():
            return {inference.observable}
        case StrengthUncertainty():
            return {*inference.models}
        case Counting():
            return set()
