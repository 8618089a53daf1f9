"""What varied templates are examined for before a fit believes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.finding import Finding
from fivesigma.core.format import few
from fivesigma.core.sample import Variation
from fivesigma.inference.pruning import NEGLIGIBLE, kept_systematics, pruned_parts
from fivesigma.inference.shapes import ShapeEffect, effects, noise_in_shape
from fivesigma.inference.smoothing import NOISE_ABOVE
from fivesigma.inference.systematics import ShapeSystematic, Systematic, decorrelated
from fivesigma.inference.templates import Channel, Template, Templates

__all__ = ["check_variations", "require_variations"]

_NOTABLE = 0.01  # part by which shapes of noise alone would narrow a parameter, from which one is told
_MUCH = 0.1  # and from which it is a warning
_SIGMAS = 2.0  # by which both variations lie on one side
_LISTED = 4


def require_variations(templates: Templates, systematics: Sequence[Systematic]) -> None:
    """Raise FivesigmaError where templates lack a variation that a systematic combines, or have one more."""
    there = sorted({v.systematic for channel in templates.channels for t in channel.templates for v in t.variations})
    for systematic in systematics:
        if isinstance(systematic, ShapeSystematic):
            if systematic.variation not in there:
                raise FivesigmaError(
                    f"systematic {systematic.name!r}: the templates hold no variation of it"
                    f"{suggestion(systematic.variation, there)}"
                )
            for channel in templates.channels:
                for template in channel.templates:
                    _require_labels(template, systematic, channel.name)


def check_variations(
    templates: Templates, systematics: Sequence[Systematic], signal: Collection[str], subject: str
) -> Iterator[Finding]:
    """Yield what is odd about varied templates.

    Systematics and parts of them that do nothing, variations that both lie on one side, bins that vanish, shapes that are noise, shapes
    that were smoothed, and variations that nobody asked for.
    """
    kept = kept_systematics(templates, systematics, signal)
    for systematic in decorrelated(systematics, templates.regions):
        if not isinstance(systematic, ShapeSystematic):
            continue
        where = f"{subject}/{systematic.name}"
        if systematic not in kept:
            message = f"it changes no bin of any sample in the fit by {100 * NEGLIGIBLE:g} % and is left out"
            yield Finding(code="systematic-pruned", severity="info", subject=where, message=message)
            continue
        yield from _pruned(templates, systematic, signal, where)
        parts = list(effects(templates, systematic, signal))
        for channel, template, effect in parts:
            if effect.raised.any():
                yield _vanishing(channel, template, systematic, effect)
            if systematic.combine == "two-sided":
                yield from _one_side(channel, template, systematic)
        yield from _smoothed(parts, where) if systematic.smooth is not None else _noise(parts, systematic, where)
    if unused := sorted(_unused(templates, systematics, signal)):
        yield Finding(
            code="variation-not-used",
            severity="warning",
            subject=subject,
            message=f"the templates were varied for {', '.join(unused)}, and no systematic of the fit takes that up",
            evidence={"systematics": unused},
        )


def _require_labels(template: Template, systematic: ShapeSystematic, region: str) -> None:
    labels, named = set(template.labels(systematic.variation)), systematic.samples is not None
    if not systematic.moves(template.name, region) or (not labels and not named):
        return
    where = f"systematic {systematic.name!r}, region {region!r}, sample {template.name!r}"
    there = ", ".join(sorted(labels)) or "none"
    if systematic.combine == "one-sided" and len(labels) != 1:
        raise FivesigmaError(f"{where}: a one-sided systematic has one variation; there are: {there}")
    if systematic.combine == "two-sided" and labels != {"up", "down"}:
        hint = "; combine='one-sided' mirrors a single one" if len(labels) == 1 else ""
        raise FivesigmaError(f"{where}: a two-sided systematic has variations up and down; there are: {there}{hint}")


def _pruned(
    templates: Templates, systematic: ShapeSystematic, signal: Collection[str], subject: str
) -> Iterator[Finding]:
    totals, shapes = pruned_parts(templates, systematic, signal)
    parts = [f"the total of {name}" for name in totals] + [f"the shape of {name}" for name in shapes]
    if parts:
        yield Finding(
            code="systematic-pruned",
            severity="info",
            subject=subject,
            message=f"{few(parts, _LISTED)} changes by less than {100 * NEGLIGIBLE:g} %, which is left out",
            evidence={"totals": list(totals), "shapes": list(shapes)},
        )


def _vanishing(channel: Channel, template: Template, systematic: ShapeSystematic, effect: ShapeEffect) -> Finding:
    bins = np.flatnonzero(effect.raised)
    first = int(bins[0])
    return Finding(
        code="variation-not-positive",
        severity="warning",
        subject=f"{channel.name}/{template.name}",
        message=f"{systematic.name} leaves nothing at one of ±1σ in {len(bins)} of {len(template.values)} bins, first in bin"
        f" {first + 1} ({channel.binning.interval(first)}) with {template.values[first]:.3g} expected nominally; they are held"
        " above zero. Merge bins, or simulate more",
        evidence={"systematic": systematic.name, "bins": len(bins), "first": first + 1},
    )


def _one_side(channel: Channel, template: Template, systematic: ShapeSystematic) -> Iterator[Finding]:
    both = [Variation(systematic.variation, label) for label in ("up", "down")]
    changes = np.stack([template.variations[variation] - template.values for variation in both])
    known = [template.residual_variances(variation, 1.0) for variation in both]
    variances = np.stack([np.zeros_like(template.values) if one is None else one for one in known])
    bins = np.flatnonzero(_agree(changes, variances, template.values))
    totals = changes.sum(axis=1)
    in_total = bool(_agree(totals, variances.sum(axis=1), np.asarray(template.total)))
    if not in_total and not len(bins):
        return
    place, (up, down) = "the total", 100 * totals / template.total if template.total > 0 else totals
    if not in_total:
        first = int(bins[0])
        up, down = 100 * changes[:, first] / template.values[first]
        place = f"{len(bins)} of {len(template.values)} bins, first bin {first + 1} ({channel.binning.interval(first)})"
    advice = (
        "half their difference is taken, less than either does"
        if systematic.symmetrise
        else "a fit then bends instead of moving it. See what makes it, or take the larger of them as one-sided"
    )
    yield Finding(
        code="variations-on-one-side",
        severity="info" if systematic.symmetrise else "warning",
        subject=f"{channel.name}/{template.name}",
        message=f"up and down of {systematic.name} move {place} to the same side, by {up:+.2g} % and {down:+.2g} %; {advice}",
        evidence={"systematic": systematic.name, "bins": len(bins), "up": float(up) / 100, "down": float(down) / 100},
    )


def _agree(changes: Floats, variances: Floats, nominal: Floats) -> Bools:
    """Return where both changes, the first axis, go the same way by more than is negligible and than their errors explain."""
    least = np.maximum(NEGLIGIBLE * np.abs(nominal), _SIGMAS * np.sqrt(variances))
    return np.asarray(np.all(changes > least, axis=0) | np.all(changes < -least, axis=0))


def _noise(
    parts: Sequence[tuple[Channel, Template, ShapeEffect]], systematic: ShapeSystematic, subject: str
) -> Iterator[Finding]:
    """Yield a finding where shapes that their statistical errors explain would constrain the parameter.

    The samples of a region move together with it, so a fit sees the sum of their changes.
    """
    names: list[str] = []
    moved: dict[str, Floats] = {}
    channels = {channel.name: channel for channel, _, _ in parts}
    for channel, template, effect in parts:
        probability = noise_in_shape(template, systematic)
        if probability is None or probability <= NOISE_ABOVE:
            continue
        moved[channel.name] = moved.get(channel.name, 0.0) + (effect.up - effect.down) / 2
        names.append(f"{channel.name}/{template.name}")
    knowledge = sum(_knowledge(channels[name], half) for name, half in moved.items())
    width = float((1 + knowledge) ** -0.5)
    if 1 - width > _NOTABLE:
        yield Finding(
            code="shape-is-noise",
            severity="warning" if 1 - width > _MUCH else "info",
            subject=subject,
            message=f"the statistical error of the variation explains the shape of {few(names, _LISTED)}; as it stands, the fit may take"
            f" that noise for knowledge and narrow the parameter to {width:.2f} of its uncertainty. Set smooth, simulate more, or merge bins",
            evidence={"parts": names, "width": width},
        )


def _knowledge(channel: Channel, half: Floats) -> float:
    """Return what counts of the background know of a parameter that moves it by ``half`` at 1 σ: one over its variance."""
    background = channel.sum_of("background")
    error = background + channel.variance_of("background")
    has = background > 0
    return float(np.sum(half[has] ** 2 / error[has]))


def _smoothed(parts: Sequence[tuple[Channel, Template, ShapeEffect]], subject: str) -> Iterator[Finding]:
    said = [
        f"{channel.name}/{template.name} {f'to {effect.groups} of {len(template.values)} bins' if effect.groups else 'dropped as noise'}"
        for channel, template, effect in parts
        if effect.groups is not None and effect.groups < len(template.values)
    ]
    if said:
        message = f"the change of the shape was averaged: {few(said, _LISTED)}"
        yield Finding(
            code="shape-smoothed", severity="info", subject=subject, message=message, evidence={"parts": said}
        )


def _unused(templates: Templates, systematics: Sequence[Systematic], signal: Collection[str]) -> set[str]:
    taken = {systematic.variation for systematic in systematics if isinstance(systematic, ShapeSystematic)}
    return {
        variation.systematic
        for channel in templates.channels
        for template in channel.templates
        if template.kind == "background" or template.name in signal
        for variation, values in template.variations.items()
        if variation.systematic not in taken
        and np.any(np.abs(values - template.values) > NEGLIGIBLE * np.abs(template.values))
    }
