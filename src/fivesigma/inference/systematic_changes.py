"""What each systematic changes in each bin: as the templates were filled, with its statistical error, and as the fit takes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import Binning
from fivesigma.inference.pruning import pruned_effect
from fivesigma.inference.systematics import ShapeSystematic, Systematic, decorrelated
from fivesigma.inference.templates import Channel, Template, Templates

__all__ = ["SystematicChange", "systematic_changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystematicChange:
    """What one systematic changes in one sample of one region, relative to the nominal template.

    Attributes
    ----------
    systematic, region, sample, binning
        What, and where.
    filled
        The change of each variation as it was filled, shape (bins,), by its label; 0 where nothing is expected nominally.
    errors
        Its statistical error, shape (bins,), by label; only where that is known.
    up, down
        What the fit takes it for at +1 and -1 σ, shape (bins,).
    """

    systematic: str
    region: str
    sample: SampleInfo
    binning: Binning
    filled: Mapping[str, Floats]
    errors: Mapping[str, Floats]
    up: Floats
    down: Floats


def systematic_changes(
    templates: Templates, systematics: Sequence[Systematic], *, signal: Collection[str] | None = None
) -> tuple[SystematicChange, ...]:
    """Return the changes by all shape systematics that are more than next to nothing, with arguments as of `fit_templates`."""
    chosen = templates.names("signal") if signal is None else signal
    return tuple(
        change
        for systematic in decorrelated(systematics, templates.regions)
        if isinstance(systematic, ShapeSystematic)
        for channel in templates.channels
        for template in channel.templates
        if (template.kind == "background" or template.name in chosen)
        and (change := _change(channel, template, systematic)) is not None
    )


def _change(channel: Channel, template: Template, systematic: ShapeSystematic) -> SystematicChange | None:
    effect = pruned_effect(channel, template, systematic)
    if effect is None:
        return None
    variations = {label: Variation(systematic.variation, label) for label in template.labels(systematic.variation)}
    variances = {label: template.residual_variances(variation, 1.0) for label, variation in variations.items()}
    nominal = template.values
    return SystematicChange(
        systematic=systematic.name,
        region=channel.name,
        sample=template.sample,
        binning=channel.binning,
        filled={label: _relative(template.variations[v] - nominal, nominal) for label, v in variations.items()},
        errors={label: _relative(np.sqrt(v), nominal) for label, v in variances.items() if v is not None},
        up=_relative(effect.factor_up * effect.up - nominal, nominal),
        down=_relative(effect.factor_down * effect.down - nominal, nominal),
    )


def _relative(change: Floats, nominal: Floats) -> Floats:
    return np.divide(change, nominal, out=np.zeros_like(change), where=nominal > 0)
