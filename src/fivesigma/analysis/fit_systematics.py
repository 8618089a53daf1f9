"""The systematics of a configuration as fits know them."""

from __future__ import annotations

from typing import Any

from fivesigma.analysis.inference_schema import AlternativeSample
from fivesigma.analysis.inference_schema import Normalisation as NormalisationConfiguration
from fivesigma.analysis.schema import Configuration
from fivesigma.inference.systematics import Normalisation, ShapeSystematic, Systematic

__all__ = ["systematics_of"]


def systematics_of(config: Configuration) -> tuple[Systematic, ...]:
    """Return the systematics as fits know them."""
    return tuple(_systematic(name, systematic) for name, systematic in config.systematics.items())


def _systematic(name: str, systematic: Any) -> Systematic:
    group = systematic.group or ""
    if isinstance(systematic, AlternativeSample):
        return ShapeSystematic(name=name, samples=(systematic.sample,), group=group, combine="one-sided")
    samples = tuple(systematic.samples) if systematic.samples is not None else None
    if isinstance(systematic, NormalisationConfiguration) and systematic.periods is None:
        return Normalisation(name=name, size=systematic.size, samples=samples, group=group)
    mirrored = not isinstance(systematic, NormalisationConfiguration) and systematic.down is None
    return ShapeSystematic(name=name, samples=samples, group=group, combine="one-sided" if mirrored else "two-sided")
