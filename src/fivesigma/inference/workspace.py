"""Templates and systematics as a plain pyhf (HistFactory) workspace."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from fivesigma.inference.normalisations import FreeNormalisation, require_not_signal, require_told_apart
from fivesigma.inference.pruning import pruned_effect
from fivesigma.inference.systematics import (
    MC_STATISTICS,
    Normalisation,
    ShapeSystematic,
    Systematic,
    decorrelated,
)
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.transfer_factors import TransferFactors, shape_variances, with_transfer_factors

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
    parameter for both (`fivesigma.inference.shapes`), each left out where it does next to nothing
    (`fivesigma.inference.pruning`); free normalisations and transfer factors are ``normfactor``. Samples of kind signal that
    ``signal`` does not name are left out. Observations of a blind region are what background alone leads to expect.
    """
    require_not_signal(systematics, signal)
    templates = with_transfer_factors(templates, systematics)
    parts = decorrelated(systematics, templates.regions)
    channels = [_channel(channel, parts, signal) for channel in templates.channels]
    observations = [
        {"name": c.name, "data": (c.sum_of("background") if c.observed is None else c.observed).tolist()}
        for c in templates.channels
    ]
    require_told_apart(channels)
    config = {"poi": STRENGTH, "parameters": _free_parameters(parts, channels)}
    measurement = {"name": "fivesigma", "config": config}
    return {"version": "1.0.0", "channels": channels, "observations": observations, "measurements": [measurement]}


def parameter_groups(templates: Templates, systematics: Sequence[Systematic]) -> Mapping[str, str]:
    """Return the group under which each parameter's cost on the signal strength is counted, by its name."""
    groups: dict[str, str] = {}
    for systematic in decorrelated(systematics, templates.regions):
        groups |= systematic.parameters
    names = [_statistics_name(c, is_signal) for c in templates.channels for is_signal in (False, True)]
    return groups | dict.fromkeys(names, MC_STATISTICS)


def _free_parameters(systematics: Sequence[Systematic], channels: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return where the free factors of the workspace start, and their bounds."""
    there = {m["name"] for channel in channels for sample in channel["samples"] for m in sample["modifiers"]}
    highest: dict[str, float] = {}
    for systematic in systematics:
        if isinstance(systematic, FreeNormalisation):
            highest[systematic.name] = systematic.highest
        elif isinstance(systematic, TransferFactors):
            highest |= dict.fromkeys(systematic.factors, systematic.highest)
    return [{"name": n, "inits": [1.0], "bounds": [[0.0, high]]} for n, high in highest.items() if n in there]


def _channel(channel: Channel, systematics: Sequence[Systematic], signal: Collection[str]) -> dict[str, Any]:
    kept = [t for t in channel.templates if t.kind == "background" or t.name in signal]
    return {"name": channel.name, "samples": [_sample(channel, t, systematics, t.name in signal) for t in kept]}


def _sample(channel: Channel, template: Template, systematics: Sequence[Systematic], is_signal: bool) -> dict[str, Any]:
    moving = [systematic for systematic in systematics if systematic.moves(template.name, channel.name)]
    modifiers = [_free(STRENGTH)] if is_signal else []
    for systematic in moving:
        modifiers += _modifiers(channel, template, systematic)
    free = any(isinstance(systematic, TransferFactors) and systematic.kappa == "one" for systematic in moving)
    errors = np.sqrt(shape_variances(template) if free else template.variances).tolist()
    modifiers.append({"name": _statistics_name(channel, is_signal), "type": "staterror", "data": errors})
    return {"name": template.name, "data": template.values.tolist(), "modifiers": modifiers}


def _modifiers(channel: Channel, template: Template, systematic: Systematic) -> list[dict[str, Any]]:
    """Return what a systematic that moves a sample does to it."""
    match systematic:
        case ShapeSystematic():
            return _shape_modifiers(channel, template, systematic)
        case Normalisation():
            return [_factor(systematic.name, 1 + systematic.size, 1 / (1 + systematic.size))]
        case FreeNormalisation():
            return [_free(systematic.name)]
        case TransferFactors():
            return _transfer_modifiers(channel, systematic)
        case _:
            raise TypeError(f"{type(systematic).__name__} {systematic.name!r} is nothing that a workspace knows")


def _shape_modifiers(channel: Channel, template: Template, systematic: ShapeSystematic) -> list[dict[str, Any]]:
    """Return what a shape does to a sample; nothing for a part of it that does nothing but for rounding."""
    effect = pruned_effect(channel, template, systematic)
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


def _transfer_modifiers(channel: Channel, systematic: TransferFactors) -> list[dict[str, Any]]:
    modifiers = [_free(name) for name, regions in systematic.factors.items() if channel.name in regions]
    if systematic.closure is not None and channel.name == (systematic.regions or ("",))[0]:
        modifiers.append(_factor(systematic.closure_name, 1 + systematic.closure, 1 / (1 + systematic.closure)))
    return modifiers


def _free(name: str) -> dict[str, Any]:
    return {"name": name, "type": "normfactor", "data": None}


def _factor(name: str, up: float, down: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"hi": up, "lo": down}}


def _statistics_name(channel: Channel, is_signal: bool) -> str:
    return f"{MC_STATISTICS}_{channel.name}{'_signal' if is_signal else ''}"
