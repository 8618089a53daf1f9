"""Templates and systematics as a plain pyhf (HistFactory) workspace."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from fivesigma.inference.shapes import shape_effect
from fivesigma.inference.systematics import MC_STATISTICS, Normalisation, ShapeSystematic, Systematic
from fivesigma.inference.templates import Channel, Template, Templates

__all__ = ["STRENGTH", "build_workspace", "parameter_groups"]

STRENGTH = "mu"
"""What the signal strength is called."""
_ROUNDING = 1e-9


def build_workspace(templates: Templates, systematics: Sequence[Systematic], signal: Collection[str]) -> dict[str, Any]:
    """Return the workspace, ready for ``json.dump`` and for pyhf.

    The statistics of the simulation have the light Barlow-Beeston treatment (J. Conway, 1103.0354 section 5;
    ``staterror``): one parameter a bin and region for all background, another for all signal. With one for both, what
    the background's error weighs would depend on what the signal is normalised to, as pyhf takes it relative to their
    sum at μ = 1. Normalisations are ``normsys``; shapes are ``normsys`` for the total and ``histosys`` for the rest, with one
    parameter for both (`fivesigma.inference.shapes`). Samples of kind signal that ``signal`` does not name are left out.
    Observations of a blind region are what background alone leads to expect.
    """
    channels = [_channel(channel, systematics, signal) for channel in templates.channels]
    observations = [
        {"name": c.name, "data": (c.sum_of("background") if c.observed is None else c.observed).tolist()}
        for c in templates.channels
    ]
    measurement = {"name": "fivesigma", "config": {"poi": STRENGTH, "parameters": []}}
    return {"version": "1.0.0", "channels": channels, "observations": observations, "measurements": [measurement]}


def parameter_groups(templates: Templates, systematics: Sequence[Systematic]) -> Mapping[str, str]:
    """Return the group under which each parameter's cost on the signal strength is counted, by its name."""
    groups = {systematic.name: systematic.of_group for systematic in systematics}
    names = [_statistics_name(c, is_signal) for c in templates.channels for is_signal in (False, True)]
    return groups | dict.fromkeys(names, MC_STATISTICS)


def _channel(channel: Channel, systematics: Sequence[Systematic], signal: Collection[str]) -> dict[str, Any]:
    kept = [t for t in channel.templates if t.kind == "background" or t.name in signal]
    return {"name": channel.name, "samples": [_sample(channel, t, systematics, t.name in signal) for t in kept]}


def _sample(channel: Channel, template: Template, systematics: Sequence[Systematic], is_signal: bool) -> dict[str, Any]:
    modifiers: list[dict[str, Any]] = []
    if is_signal:
        modifiers.append({"name": STRENGTH, "type": "normfactor", "data": None})
    for systematic in systematics:
        if isinstance(systematic, ShapeSystematic):
            modifiers += _shape_modifiers(template, systematic)
        elif isinstance(systematic, Normalisation) and systematic.moves(template.name):
            modifiers.append(_factor(systematic.name, 1 + systematic.size, 1 / (1 + systematic.size)))
    errors = np.sqrt(template.variances).tolist()
    modifiers.append({"name": _statistics_name(channel, is_signal), "type": "staterror", "data": errors})
    return {"name": template.name, "data": template.values.tolist(), "modifiers": modifiers}


def _shape_modifiers(template: Template, systematic: ShapeSystematic) -> list[dict[str, Any]]:
    """Return what a systematic does to a sample; nothing for a part of it that does nothing but for rounding."""
    effect = shape_effect(template, systematic)
    if effect is None:
        return []
    modifiers = []
    if max(abs(effect.factor_up - 1), abs(effect.factor_down - 1)) > _ROUNDING:
        modifiers.append(_factor(systematic.name, effect.factor_up, effect.factor_down))
    change = np.abs(np.stack([effect.up, effect.down]) - template.values)
    if np.any(change > _ROUNDING * np.abs(template.values).max()):
        shapes = {"hi_data": effect.up.tolist(), "lo_data": effect.down.tolist()}
        modifiers.append({"name": systematic.name, "type": "histosys", "data": shapes})
    return modifiers


def _factor(name: str, up: float, down: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"hi": up, "lo": down}}


def _statistics_name(channel: Channel, is_signal: bool) -> str:
    return f"{MC_STATISTICS}_{channel.name}{'_signal' if is_signal else ''}"
