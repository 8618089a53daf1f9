"""Parts of systematics that do next to nothing, which are left out: the total and the shape of each sample in each region.

Below 0.1 % neither a total nor the shape of any bin is worth a term in a fit. A systematic of which nothing is left has no nuisance
parameter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from fivesigma.inference.shapes import ShapeEffect, effects, shape_effect
from fivesigma.inference.systematics import ShapeSystematic, Systematic, decorrelated
from fivesigma.inference.templates import Channel, Template, Templates

__all__ = ["NEGLIGIBLE", "kept_systematics", "pruned_effect", "pruned_parts"]

NEGLIGIBLE = 1e-3
"""Relative change of a total, or of a bin at the same total, that is left out."""
_ROUNDING = 1e-9


def pruned_effect(channel: Channel, template: Template, systematic: ShapeSystematic) -> ShapeEffect | None:
    """Return what a systematic does to a template of a channel without what is negligible; None where that is nothing."""
    effect = shape_effect(channel, template, systematic)
    return effect and _without(template, effect, *_negligible(template, effect, NEGLIGIBLE))


def pruned_parts(
    templates: Templates, systematic: ShapeSystematic, signal: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return ``region/sample`` of the totals and of the shapes that are left out, though they do something."""
    totals, shapes = [], []
    for channel, template, effect in effects(templates, systematic, signal):
        little, nothing = (_negligible(template, effect, by) for by in (NEGLIGIBLE, _ROUNDING))
        totals += [f"{channel.name}/{template.name}"] * (little[0] and not nothing[0])
        shapes += [f"{channel.name}/{template.name}"] * (little[1] and not nothing[1])
    return tuple(totals), tuple(shapes)


def kept_systematics(
    templates: Templates, systematics: Sequence[Systematic], signal: Collection[str]
) -> tuple[Systematic, ...]:
    """Return the systematics, each once for every region where they are not correlated, without those that do next to nothing."""
    return tuple(
        systematic
        for systematic in decorrelated(systematics, templates.regions)
        if not isinstance(systematic, ShapeSystematic)
        or any(
            not all(_negligible(template, effect, NEGLIGIBLE))
            for _, template, effect in effects(templates, systematic, signal)
        )
    )


def _negligible(template: Template, effect: ShapeEffect, by: float) -> tuple[bool, bool]:
    """Return whether the total, and whether the shape of every bin, changes by no more than a part ``by``."""
    total = max(abs(effect.factor_up - 1), abs(effect.factor_down - 1)) <= by
    change = np.abs(np.stack([effect.up, effect.down]) - template.values)
    return total, bool(np.all(change <= by * np.abs(template.values)))


def _without(template: Template, effect: ShapeEffect, total: bool, shape: bool) -> ShapeEffect | None:
    if total and shape:
        return None
    if total:
        effect = replace(effect, factor_up=1.0, factor_down=1.0)
    return replace(effect, up=template.values, down=template.values) if shape else effect
