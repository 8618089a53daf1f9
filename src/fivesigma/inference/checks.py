"""What templates and fits are examined for before anybody believes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding
from fivesigma.inference.engine import Fit, Model
from fivesigma.inference.low_counts import asymptotic_shift
from fivesigma.inference.profile import Profile
from fivesigma.inference.templates import Channel, Templates
from fivesigma.statistics.significance import asimov_significance
from fivesigma.statistics.weighted import effective_numbers

__all__ = [
    "check_fit",
    "check_low_counts",
    "check_signal",
    "check_templates",
    "fitted_strength",
    "require_fittable",
    "require_signal",
]

_TOLERATED = 0.1  # part by which an asymptotic limit may miss that of toys
_FEW, _MANY = 10.0, 30.0  # background events: below, one is told of them anyway; above, nobody checks
_MOST = 0.99  # of the squared significance: what the other bins add does not matter here
_POOR_FIT = 0.01
_SIMULATED = 10.0


def require_fittable(templates: Templates, signal: Collection[str]) -> None:
    """Raise FivesigmaError where templates make no sense to fit, naming region, bin and sample.

    Refused: a signal that is no sample or is zero everywhere, no background at all, a bin without background (whether
    signal or data lie in it or not), expected events below zero in sum.
    """
    require_signal(templates, signal)
    if not signal:
        raise FivesigmaError("a template fit needs a sample of kind signal")
    if not templates.names("background"):
        raise FivesigmaError("a template fit needs a sample of kind background")
    for name in signal:
        if not any(t.total > 0 for channel in templates.channels for t in channel.templates if t.name == name):
            raise FivesigmaError(f"signal {name!r} has no events in any bin of any region; loosen the selection")
    for channel in templates.channels:
        _require_background(channel, signal)


def require_signal(templates: Templates, signal: Collection[str]) -> None:
    """Raise FivesigmaError where a name is that of no signal sample."""
    known = templates.names("signal")
    for name in signal:
        if name not in known:
            raise FivesigmaError(f"signal: no signal sample {name!r}{suggestion(name, known)}")


def check_signal(templates: Templates, signal: Collection[str], subject: str) -> Iterator[Finding]:
    """Yield a finding where signal samples are part of neither signal nor background, as they were not asked for."""
    if left := [name for name in templates.names("signal") if name not in signal]:
        yield Finding(
            code="signal-left-out",
            severity="info",
            subject=subject,
            message=f"{', '.join(left)}: of kind signal and not part of this fit, not as background either; what is"
            " there whether or not the signal is belongs to the background",
            evidence={"samples": left},
        )


def check_templates(templates: Templates, signal: Collection[str]) -> Iterator[Finding]:
    """Yield what is odd about templates that can be fitted: negative bins, and backgrounds that few events make up."""
    for channel in templates.channels:
        for template in channel.templates:
            if template.kind == "signal" and template.name not in signal:
                continue
            for number in map(int, np.flatnonzero(template.values < 0)):
                yield Finding(
                    code="negative-bin",
                    severity="warning",
                    subject=f"{channel.name}/{template.name}",
                    message=f"bin {number + 1} ({channel.binning.interval(number)}) expects {template.values[number]:.3g} events",
                    evidence={"bin": number + 1, "expected": float(template.values[number])},
                )
        background, variance = channel.sum_of("background"), channel.variance_of("background")
        # without variance the background is not simulated, and rests on as many events as one likes
        effective = np.where(variance > 0, effective_numbers(background, variance), np.inf)
        if (least := float(effective.min())) < _SIMULATED:
            number = int(effective.argmin())
            yield Finding(
                code="few-background-events",
                severity="warning",
                subject=channel.name,
                message=f"the background in bin {number + 1} ({channel.binning.interval(number)}) rests on"
                f" {least:.3g} effective simulated events; merge bins or simulate more",
                evidence={"bin": number + 1, "effective_events": least},
            )


def check_low_counts(
    templates: Templates, signal: Collection[str], subject: str, level: float, *, seed: int
) -> Iterator[Finding]:
    """Yield a finding where so few background events decide that asymptotic limits may be off, and by how much they are.

    The bins that decide are those of highest s/b that carry half of the squared Asimov significance. Where they hold
    few background events, toys of the counts, drawn with ``seed``, say how far the asymptotic median limit and the lower edge of its ±1 σ
    band are off: `fivesigma.inference.low_counts`.
    """
    background = np.concatenate([channel.sum_of("background") for channel in templates.channels])
    strength = np.maximum(np.concatenate([_signal_of(channel, signal) for channel in templates.channels]), 0.0)
    order = np.argsort(-strength / background)
    power = np.cumsum(np.square(asimov_significance(strength, background))[order])
    half, most = np.searchsorted(power, [0.5 * power[-1], _MOST * power[-1]]) + 1
    leading = float(background[order[:half]].sum())
    if leading > _MANY:
        return
    few = strength[order[:most]], background[order[:most]]
    median, low = (asymptotic_shift(*few, seed=seed, sigmas=sigmas, level=level) for sigmas in (0.0, -1.0))
    worst = max(abs(median), abs(low))
    if worst < _TOLERATED and leading > _FEW:
        return
    yield Finding(
        code="asymptotics-at-low-counts",
        severity="info" if worst < _TOLERATED else "warning" if worst < 2 * _TOLERATED else "serious",
        subject=subject,
        message=f"{leading:.2g} background events decide here. By toys of the counts the asymptotic median limit is"
        f" {_off(median)} and the lower edge of its ±1σ band {_off(low)}; an observed limit from a lack of events is off as"
        " much. Limits from toys (limits: toys) are right at such numbers, and counting is exact",
        evidence={"background_events": leading, "shift_of_median": median, "shift_of_lower_edge": low},
    )


def check_fit(model: Model, fit: Fit, goodness: float | None, subject: str) -> Iterator[Finding]:
    """Yield what is odd about a fit: parameters at their bounds, and data that the model does not describe."""
    for name in fit.at_bound:
        yield Finding(
            code="parameter-at-bound",
            severity="warning",
            subject=f"{subject}/{name}",
            message="the fit ended with this parameter at its bound; its interval stops there",
            evidence={"value": float(fit.values[[p.name for p in model.parameters].index(name)])},
        )
    if goodness is not None and goodness < _POOR_FIT:
        yield Finding(
            code="poor-fit",
            severity="serious",
            subject=subject,
            message=f"the fitted model describes the data with a p-value of {goodness:.2g}: something is missing in it",
            evidence={"p_value": goodness},
        )


def fitted_strength(profile: Profile, name: str) -> tuple[Estimate, tuple[Finding, ...]]:
    """Return the best strength with its interval, and a finding where that ends at a bound."""
    low, high = profile.interval()
    estimate = Estimate(value=profile.strength, low=low, high=high, method="profile likelihood")
    least = profile.model.parameters[profile.model.poi].low
    if low > least:
        return estimate, ()
    message = f"the interval of the strength ends where expected yields would turn negative, at {least:.3g}"
    finding = Finding(
        code="interval-at-bound", severity="info", subject=name, message=message, evidence={"bound": least}
    )
    return estimate, (finding,)


def _require_background(channel: Channel, signal: Collection[str]) -> None:
    background, wanted = channel.sum_of("background"), _signal_of(channel, signal)
    for number in map(int, np.flatnonzero(background <= 0)):
        where = f"region {channel.name!r}, bin {number + 1} ({channel.binning.interval(number)})"
        samples = ", ".join(t.name for t in channel.templates if t.kind == "background")
        seen = "" if channel.observed is None else f" and {channel.observed[number]:g} observed"
        raise FivesigmaError(
            f"{where}: the background ({samples}) expects {background[number]:.3g} events under {wanted[number]:.3g} of"
            f" signal{seen}; merge bins (a floor on background events does it), or leave the bin out of the region"
        )
    for number in map(int, np.flatnonzero(background + wanted <= 0)):
        raise FivesigmaError(
            f"region {channel.name!r}, bin {number + 1}: signal and background together are not positive"
        )


def _signal_of(channel: Channel, signal: Collection[str]) -> Floats:
    kept = [t.values for t in channel.templates if t.name in signal]
    return np.asarray(np.sum(kept, axis=0)) if kept else np.zeros(channel.binning.count)


def _off(shift: float) -> str:
    percent = round(100 * abs(shift))
    return f"{percent} % too {'strong' if shift > 0 else 'weak'}" if percent else "right to a per cent"
