"""What the variations of a systematic do to a template at ±1 σ: to its total yield, and to its shape at the same total.

The two parts are taken up separately, as HistFactory has them (``normsys`` and ``histosys`` with one nuisance parameter): the
total is log-normal and stays positive however far the parameter is pulled, the shape goes linearly.

Where there is a single variation it is mirrored, part by part: the total by ``N² / N_up``, as that of a `Normalisation`, and
the shape by ``2 nominal - up``, the same straight line continued to the other side, as is common with HistFactory (cabinetry and
TRExFitter do that); it keeps the total, where ``nominal² / up`` would not, and would explode where ``up`` is almost empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.finding import Finding
from fivesigma.core.sample import Variation
from fivesigma.inference.systematics import ShapeSystematic, Systematic
from fivesigma.inference.templates import Channel, Template, Templates

__all__ = ["ShapeEffect", "check_variations", "kept_systematics", "require_variations", "shape_effect"]

_NEGLIGIBLE = 1e-3  # relative change of a bin below which a systematic does nothing there
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
    """

    factor_up: float
    factor_down: float
    up: Floats
    down: Floats
    raised: Bools

    def changes(self, nominal: Floats, by: float) -> bool:
        """Return whether a bin at +1 or -1 σ differs from the nominal one, shape (bins,), by more than a part ``by`` of it."""
        both = np.stack([self.factor_up * self.up, self.factor_down * self.down])
        return bool(np.any(np.abs(both - nominal) > by * np.abs(nominal)))


def shape_effect(template: Template, systematic: ShapeSystematic) -> ShapeEffect | None:
    """Return what a systematic does to a template; None where it does nothing: another sample, or one that was not varied."""
    labels = template.labels(systematic.name)
    if not labels or not systematic.moves(template.name):
        return None
    nominal = template.values
    parts = {label: _split(template.variations[Variation(systematic.name, label)], nominal) for label in labels}
    if systematic.combine == "one-sided":
        ((label, (factor, shape)),) = parts.items()
        given, mirrored = (factor, shape), (1 / factor, 2 * nominal - shape)
        up, down = (mirrored, given) if label == "down" else (given, mirrored)
    else:
        up, down = parts["up"], parts["down"]
    least = np.where(nominal > 0, _LEAST * nominal, np.where(nominal == 0, 0.0, -np.inf))
    return ShapeEffect(
        factor_up=up[0],
        factor_down=down[0],
        up=np.maximum(up[1], least),
        down=np.maximum(down[1], least),
        raised=(nominal > 0) & (np.minimum(up[1], down[1]) < least),
    )


def require_variations(templates: Templates, systematics: Sequence[Systematic]) -> None:
    """Raise FivesigmaError where templates lack a variation that a systematic combines, or have one more."""
    there = sorted({v.systematic for channel in templates.channels for t in channel.templates for v in t.variations})
    for systematic in systematics:
        if isinstance(systematic, ShapeSystematic):
            if systematic.name not in there:
                raise FivesigmaError(
                    f"systematic {systematic.name!r}: the templates hold no variation of it{suggestion(systematic.name, there)}"
                )
            for channel in templates.channels:
                for template in channel.templates:
                    _require_labels(template, systematic, channel.name)


def kept_systematics(
    templates: Templates, systematics: Sequence[Systematic], signal: Collection[str]
) -> tuple[Systematic, ...]:
    """Return the systematics without those that change no bin of any sample in the fit by 0.1 %."""
    return tuple(
        systematic
        for systematic in systematics
        if not isinstance(systematic, ShapeSystematic)
        or any(effect.changes(t.values, _NEGLIGIBLE) for _, t, effect in _effects(templates, systematic, signal))
    )


def check_variations(
    templates: Templates, systematics: Sequence[Systematic], signal: Collection[str], subject: str
) -> Iterator[Finding]:
    """Yield what is odd about varied templates: bins that vanish, systematics that do nothing, variations nobody asked for."""
    kept = kept_systematics(templates, systematics, signal)
    for systematic in systematics:
        if not isinstance(systematic, ShapeSystematic):
            continue
        if systematic not in kept:
            yield Finding(
                code="systematic-pruned",
                severity="info",
                subject=f"{subject}/{systematic.name}",
                message=f"it changes no bin of any sample in the fit by {100 * _NEGLIGIBLE:g} % and is left out",
            )
            continue
        for channel, template, effect in _effects(templates, systematic, signal):
            if effect.raised.any():
                yield _vanishing(channel, template, systematic, effect)
    if unused := sorted(_unused(templates, systematics, signal)):
        yield Finding(
            code="variation-not-used",
            severity="warning",
            subject=subject,
            message=f"the templates were varied for {', '.join(unused)}, and no systematic of the fit takes that up",
            evidence={"systematics": unused},
        )


def _effects(
    templates: Templates, systematic: ShapeSystematic, signal: Collection[str]
) -> Iterator[tuple[Channel, Template, ShapeEffect]]:
    for channel in templates.channels:
        for template in channel.templates:
            effect = shape_effect(template, systematic)
            if effect is not None and (template.kind == "background" or template.name in signal):
                yield channel, template, effect


def _split(varied: Floats, nominal: Floats) -> tuple[float, Floats]:
    """Return by what the total is multiplied and the shape at the nominal total; all is shape where a total is not positive."""
    total, new = float(nominal.sum()), float(varied.sum())
    factor = new / total if total > 0 and new > 0 else 1.0
    return factor, varied / factor


def _require_labels(template: Template, systematic: ShapeSystematic, region: str) -> None:
    labels, named = set(template.labels(systematic.name)), systematic.samples is not None
    if not systematic.moves(template.name) or (not labels and not named):
        return
    where = f"systematic {systematic.name!r}, region {region!r}, sample {template.name!r}"
    there = ", ".join(sorted(labels)) or "none"
    if systematic.combine == "one-sided" and len(labels) != 1:
        raise FivesigmaError(f"{where}: a one-sided systematic has one variation; there are: {there}")
    if systematic.combine == "two-sided" and labels != {"up", "down"}:
        hint = "; combine='one-sided' mirrors a single one" if len(labels) == 1 else ""
        raise FivesigmaError(f"{where}: a two-sided systematic has variations up and down; there are: {there}{hint}")


def _vanishing(channel: Channel, template: Template, systematic: ShapeSystematic, effect: ShapeEffect) -> Finding:
    bins = np.flatnonzero(effect.raised)
    first = int(bins[0])
    return Finding(
        code="variation-not-positive",
        severity="warning",
        subject=f"{channel.name}/{template.name}",
        message=f"{systematic.name} leaves nothing at one of ±1σ in {len(bins)} of {len(template.values)} bins, the first"
        f" {first + 1} ({channel.binning.interval(first)}) with {template.values[first]:.3g} expected nominally; they are held"
        " above zero. Merge bins, or simulate more",
        evidence={"systematic": systematic.name, "bins": len(bins), "first": first + 1},
    )


def _unused(templates: Templates, systematics: Sequence[Systematic], signal: Collection[str]) -> set[str]:
    taken = {systematic.name for systematic in systematics if isinstance(systematic, ShapeSystematic)}
    return {
        variation.systematic
        for channel in templates.channels
        for template in channel.templates
        if template.kind == "background" or template.name in signal
        for variation, values in template.variations.items()
        if variation.systematic not in taken
        and np.any(np.abs(values - template.values) > _NEGLIGIBLE * np.abs(template.values))
    }
