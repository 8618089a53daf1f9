"""What the variations of a systematic do to a template at ±1 σ: to its total yield, and to its shape at the same total.

The two parts are taken up separately, as HistFactory has them (``normsys`` and ``histosys`` with one nuisance parameter): the
total is log-normal and stays positive however far the parameter is pulled, the shape goes linearly.

Where there is a single variation it is mirrored, part by part: the total by ``N² / N_up``, as that of a `Normalisation`, and
the shape by ``2 nominal - up``, the same straight line continued to the other side, as is common with HistFactory (cabinetry and
TRExFitter do that); it keeps the total, where ``nominal² / up`` would not, and would explode where ``up`` is almost empty.
Symmetrised, up and down are half their difference to either side: the totals ``√(N_up / N_down)`` and one over that, the shapes
``nominal ± (up - down) / 2``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import Variation
from fivesigma.inference.smoothing import NOISE_ABOVE, noise_probability, smoothed_ratios
from fivesigma.inference.systematics import ShapeSystematic
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.statistics.trial_factors import independent_trials

__all__ = ["ShapeEffect", "effects", "noise_in_shape", "shape_effect"]

_LEAST = 1e-3  # of the nominal bin: where a varied one is held that would be empty or negative


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeEffect:
    """What a systematic does to one template.

    Attributes
    ----------
    factor_up, factor_down
        What it multiplies the total by at +1 and -1 σ.
    up, down
        The template there over that factor, shape (bins,), positive wherever the nominal one is.
    raised
        Which bins, shape (bins,), would have been empty or negative at +1 or -1 σ although the nominal one is positive; they
        are held at a thousandth of it.
    groups
        Over how many groups of bins the change of the shape was averaged, 0 if it was dropped as noise; None if it is as filled.
    """

    factor_up: float
    factor_down: float
    up: Floats
    down: Floats
    raised: Bools
    groups: int | None = None


@dataclass(frozen=True, slots=True)
class _Sides:
    """The total at ±1 σ over the nominal one, and the shape there at the nominal total."""

    factors: tuple[float, float]
    shapes: tuple[Floats, Floats]


def shape_effect(channel: Channel, template: Template, systematic: ShapeSystematic) -> ShapeEffect | None:
    """Return what a systematic does to a template of a channel; None where it does nothing: another sample, or one not varied.

    Raises
    ------
    FivesigmaError
        If it is to be smoothed and nobody counted how far the varied template is known.
    """
    labels = template.labels(systematic.variation)
    if not labels or not systematic.moves(template.name, channel.name):
        return None
    nominal, groups = template.values, None
    parts = {label: _split(template.variations[Variation(systematic.variation, label)], nominal) for label in labels}
    if systematic.smooth is not None:
        parts, groups = _smoothed(channel, template, systematic, parts)
    sides = _sides(nominal, parts, systematic)
    least = np.where(nominal > 0, _LEAST * nominal, np.where(nominal == 0, 0.0, -np.inf))
    up, down = sides.shapes
    return ShapeEffect(
        factor_up=sides.factors[0],
        factor_down=sides.factors[1],
        up=np.maximum(up, least),
        down=np.maximum(down, least),
        raised=(nominal > 0) & (np.minimum(up, down) < least),
        groups=groups,
    )


def noise_in_shape(template: Template, systematic: ShapeSystematic) -> float | None:
    """Return the p-value of the shapes of a systematic being statistical noise; None if not known.

    Of several variations it is the least, corrected for there being several: `~fivesigma.statistics.trial_factors.independent_trials`.
    """
    found = []
    for label in template.labels(systematic.variation):
        variation = Variation(systematic.variation, label)
        varied = template.variations[variation]
        factor, _ = _split(varied, template.values)
        variances = template.residual_variances(variation, factor)
        if variances is None:
            return None
        found.append(noise_probability(template.values, varied, variances))
    return float(independent_trials(min(found), len(found))) if found else None


def effects(
    templates: Templates, systematic: ShapeSystematic, signal: Collection[str]
) -> Iterator[tuple[Channel, Template, ShapeEffect]]:
    """Yield what a systematic does to each template of a fit that it moves."""
    for channel in templates.channels:
        for template in channel.templates:
            if template.kind == "background" or template.name in signal:
                effect = shape_effect(channel, template, systematic)
                if effect is not None:
                    yield channel, template, effect


def _split(varied: Floats, nominal: Floats) -> tuple[float, Floats]:
    """Return by what the total is multiplied and the shape at the nominal total; all is shape where a total is not positive."""
    total, new = float(nominal.sum()), float(varied.sum())
    factor = new / total if total > 0 and new > 0 else 1.0
    return factor, varied / factor


def _sides(nominal: Floats, parts: dict[str, tuple[float, Floats]], systematic: ShapeSystematic) -> _Sides:
    if systematic.combine == "one-sided":
        ((label, (factor, shape)),) = parts.items()
        sides = _Sides((factor, 1 / factor), (shape, 2 * nominal - shape))
        return replace(sides, factors=sides.factors[::-1], shapes=sides.shapes[::-1]) if label == "down" else sides
    (factor_up, up), (factor_down, down) = parts["up"], parts["down"]
    if not systematic.symmetrise:
        return _Sides((factor_up, factor_down), (up, down))
    half, factor = (up - down) / 2, float(np.sqrt(factor_up / factor_down))
    return _Sides((factor, 1 / factor), (nominal + half, nominal - half))


def _smoothed(
    channel: Channel, template: Template, systematic: ShapeSystematic, parts: dict[str, tuple[float, Floats]]
) -> tuple[dict[str, tuple[float, Floats]], int]:
    """Return the parts with their shapes averaged, or dropped if noise explains them; totals stay."""
    probability, nominal = noise_in_shape(template, systematic), template.values
    if probability is None or systematic.smooth is None:
        raise FivesigmaError(
            f"systematic {systematic.name!r}, region {channel.name!r}, sample {template.name!r}: nothing can be smoothed"
            " without the statistics of the varied template; fill it from events"
        )
    if probability > NOISE_ABOVE or template.total <= 0:
        return {label: (factor, nominal) for label, (factor, _) in parts.items()}, 0
    variations = [Variation(systematic.variation, label) for label in parts]
    counted = [template.statistics[variation] for variation in variations]
    several = len(channel.binning.axes) > 1
    ratios, groups = smoothed_ratios(
        nominal,
        [template.variations[variation] for variation in variations],
        [(one.variances, one.shared, template.variances) for one in counted],
        channel.binning.rows if several else np.zeros(len(nominal), dtype=np.int64),
        systematic.smooth,
    )
    shapes = (_split(ratio * nominal, nominal)[1] for ratio in ratios)
    return {label: (parts[label][0], shape) for label, shape in zip(parts, shapes, strict=True)}, groups
