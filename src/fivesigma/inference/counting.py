"""One number of events in one region: significance and limit, exact at any count."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.finding import Finding
from fivesigma.statistics.poisson import expected_upper_limits, log_p_value, upper_limit
from fivesigma.statistics.significance import asimov_significance, z_from_log_p

__all__ = ["Band", "CountingResult", "count"]

Band = tuple[float, float, float, float, float]
_FEW_EVENTS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingResult:
    """What a count in one region says of the signal strength μ.

    Attributes
    ----------
    region, model, cuts
        What was counted: the region, the model cut on, and the cut of each fold; ``cut`` is their median.
    signal, background
        Expected events.
    background_uncertainty
        Relative, as given.
    background_error
        Absolute: what was given and the simulation's own, in quadrature.
    observed
        Events seen; None while blind.
    z_expected
        Median significance if μ = 1, by the Asimov formula; None without any background, where it has no bound.
    z_observed
        Significance of what was seen, from the exact p-value; 0 for a deficit; None while blind.
    limit_expected
        Upper limits on μ at -2, -1, 0, +1, +2 σ of what background alone gives.
    limit_observed
        Upper limit on μ; None while blind.
    level
        Confidence level of the limits.
    method
        How the limits and the observed significance were made.
    findings
        What a reader should know before believing them.
    """

    signal: float
    background: float
    background_uncertainty: float
    background_error: float
    observed: int | None
    z_expected: float | None
    z_observed: float | None
    limit_expected: Band
    limit_observed: float | None
    level: float
    method: str
    region: str = ""
    model: str | None = None
    cut: float | None = None
    cuts: tuple[float, ...] = ()
    findings: tuple[Finding, ...] = ()


def count(
    signal: float,
    background: float,
    *,
    background_uncertainty: float = 0.0,
    background_events: float | None = None,
    observed: float | None = None,
    level: float = 0.95,
    region: str = "",
) -> CountingResult:
    """Return significance and CLs limit of a count of ``observed`` events on an expected background.

    Limits and the observed significance are exact: Poisson where the background is known; where it is uncertain its mean
    is marginalised over a Gamma density (Cousins and Highland 1992, see `fivesigma.statistics.poisson`). The expected
    significance is the Asimov formula (arXiv:1007.1727 eq. 97; Cowan 2012 eq. 20). All expected numbers are at the
    nominal background, whatever was observed.

    Parameters
    ----------
    signal, background
        Expected events, after the selection, at the luminosity.
    background_uncertainty
        Relative uncertainty of the background, from theory, control regions, ...
    background_events
        Effective simulated background events, ``(Σw)² / Σw²``; their statistical error is added in quadrature.
    observed
        Events seen; None while blind.
    level
        Confidence level of the limits.
    region
        The region's name, for messages.

    Raises
    ------
    FivesigmaError
        If the signal is not positive, another number is negative, or ``observed`` is no whole number.
    """
    where = f"region {region!r}: " if region else ""
    signal, background = float(signal), float(background)
    seen = _checked(where, signal, background, background_uncertainty, background_events, observed)
    simulation = 1 / math.sqrt(background_events) if background_events else 0.0
    error = background * math.hypot(background_uncertainty, simulation)
    low2, low1, median, high1, high2 = (limit / signal for limit in expected_upper_limits(background, error, level))
    return CountingResult(
        signal=signal,
        background=background,
        background_uncertainty=background_uncertainty,
        background_error=error,
        observed=seen,
        z_expected=float(asimov_significance(signal, background, error)) if background > 0 else None,
        z_observed=None if seen is None else _observed_significance(seen, background, error),
        limit_expected=(low2, low1, median, high1, high2),
        limit_observed=None if seen is None else upper_limit(seen, background, error, level) / signal,
        level=level,
        method="CLs, exact Poisson" if error == 0 else "CLs, Poisson with a Gamma-marginalised background",
        region=region,
        findings=_findings(region or "count", background, background_events),
    )


def _observed_significance(observed: int, background: float, error: float) -> float | None:
    z = float(z_from_log_p(log_p_value(observed, background, error)))
    return max(z, 0.0) if math.isfinite(z) or z < 0 else None


def _checked(
    where: str, signal: float, background: float, relative: float, events: float | None, observed: float | None
) -> int | None:
    if not (math.isfinite(signal) and signal > 0):
        raise FivesigmaError(f"{where}the expected signal is {signal:g}; no limit on its strength follows from it")
    if not (math.isfinite(background) and background >= 0):
        raise FivesigmaError(f"{where}the expected background is {background:g}; it cannot be negative")
    if not (math.isfinite(relative) and relative >= 0):
        raise FivesigmaError(f"{where}the relative background uncertainty is {relative:g}; it cannot be negative")
    if events is not None and not (math.isfinite(events) and events >= 0):
        raise FivesigmaError(f"{where}the number of effective background events is {events:g}; it cannot be negative")
    if observed is None:
        return None
    if not (math.isfinite(observed) and observed >= 0 and observed == int(observed)):
        raise FivesigmaError(f"{where}observed {observed:g} events; a count is a whole number, not negative")
    return int(observed)


def _findings(subject: str, background: float, events: float | None) -> tuple[Finding, ...]:
    if background == 0:
        message = "no background is left: the expected significance has no bound, and only the limits mean anything"
        return (Finding(code="no-background", severity="serious", subject=subject, message=message),)
    if events is not None and events < _FEW_EVENTS:
        return (
            Finding(
                code="few-background-events",
                severity="warning",
                subject=subject,
                message=f"the background rests on {events:.3g} effective simulated events; its shape of error is a guess",
                evidence={"effective_events": events},
            ),
        )
    return ()
