"""One number of events in one region: significance and limit, exact at any count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.display import Entry, band, facts
from fivesigma.core.finding import Finding, remarks
from fivesigma.inference.counting_scan import CountingScan, Method, counting_scan
from fivesigma.statistics.bands import Band, band_of
from fivesigma.statistics.poisson_limits import expected_upper_limits

__all__ = ["CountingResult", "count"]

_FEW_EVENTS = 10.0
_TOLERATED = 0.1  # part by which asymptotic limits may miss the exact ones


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
        Significance of what was seen, from its p-value; 0 for a deficit; None while blind.
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

    def _repr_html_(self) -> str:
        values: dict[str, Entry] = {
            "signal": self.signal,
            "background": (self.background, self.background_error),
            "observed": self.observed,
            "significance expected": self.z_expected,
            "significance observed": self.z_observed,
            f"limit on μ at {self.level:.0%} expected": band(self.limit_expected),
            "limit observed": self.limit_observed,
        }
        return facts(self.region, values, notes=[f"Limits: {self.method}.", *remarks(self.findings)]).html


def count(
    signal: float,
    background: float,
    *,
    background_uncertainty: float = 0.0,
    background_events: float | None = None,
    observed: float | None = None,
    method: Method = "exact",
    level: float = 0.95,
    region: str = "",
) -> CountingResult:
    """Return significance and CLs limit of a count of ``observed`` events on an expected background.

    `fivesigma.inference.counting_scan` of one selection, with what a reader should know of it. Limits and the observed
    significance are exact unless asked otherwise: Poisson where the background is known; where it is uncertain its mean
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
    method
        How limits and the observed significance are made. Asymptotic ones that are off by more than 10 % are a finding.
    level
        Confidence level of the limits.
    region
        The region's name, for messages.

    Raises
    ------
    FivesigmaError
        If the signal is not positive, another number is negative, or ``observed`` is no whole number.
    """
    scan = counting_scan(
        signal,
        background,
        background_uncertainty=background_uncertainty,
        background_events=background_events,
        observed=observed,
        method=method,
        level=level,
        region=region,
    )
    subject = region or "count"
    return CountingResult(
        signal=float(signal),
        background=float(background),
        background_uncertainty=background_uncertainty,
        background_error=float(scan.background_error),
        observed=None if observed is None else int(observed),
        z_expected=float(scan.z_expected) if background > 0 else None,
        z_observed=_observed_significance(scan.z_exact if method == "exact" else scan.z_asymptotic),
        limit_expected=band_of(scan.limit_expected),
        limit_observed=None if scan.limit_observed is None else float(scan.limit_observed),
        level=level,
        method=scan.method,
        region=region,
        findings=(
            *_background_findings(subject, background, background_events),
            *(_low_counts(subject, scan) if method == "asymptotic" else ()),
        ),
    )


def _observed_significance(z: Floats | None) -> float | None:
    return None if z is None or np.isposinf(z) else max(float(z), 0.0)


def _low_counts(subject: str, scan: CountingScan) -> Iterator[Finding]:
    """Yield how far asymptotic limits are off, if it is more than is tolerated: the exact ones take no longer."""
    exact = expected_upper_limits(scan.background, scan.background_error, scan.level) / scan.signal
    low, median = (1 - scan.limit_expected[1:3] / exact[1:3]).tolist()
    worst = max(abs(low), abs(median))
    if worst < _TOLERATED:
        return
    yield Finding(
        code="asymptotics-at-low-counts",
        severity="warning" if worst < 2 * _TOLERATED else "serious",
        subject=subject,
        message=f"{float(scan.background):.3g} background events are expected. The asymptotic median limit is {1 - median:.2f} times the"
        f" exact one and the lower edge of its ±1σ band {1 - low:.2f} times; use the exact ones",
        evidence={
            "background_events": float(scan.background),
            "shift_of_median": median,
            "shift_of_lower_edge": low,
        },
    )


def _background_findings(subject: str, background: float, events: float | None) -> Iterator[Finding]:
    if background == 0:
        message = "no background is left: the expected significance has no bound, and only the limits mean anything"
        yield Finding(code="no-background", severity="serious", subject=subject, message=message)
    elif events is not None and events < _FEW_EVENTS:
        yield Finding(
            code="few-background-events",
            severity="warning",
            subject=subject,
            message=f"the background rests on {events:.3g} effective simulated events; its shape of error is a guess",
            evidence={"effective_events": events},
        )
