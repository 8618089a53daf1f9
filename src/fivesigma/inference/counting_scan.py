"""Counts in many selections at once, one of 1,000 cuts each, say: significances, p-values and limits as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from fivesigma.core.arrays import Floats
from fivesigma.core.display import Entry, band, table
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.inference.event_numbers import not_negative, signal_events
from fivesigma.statistics import asymptotic_limits, poisson_limits
from fivesigma.statistics.bands import band_of
from fivesigma.statistics.on_off_likelihood import signal_interval
from fivesigma.statistics.poisson import log_p_value
from fivesigma.statistics.quadrature import quadrature
from fivesigma.statistics.requirements import require
from fivesigma.statistics.significance import (
    approximate_median_significance,
    asimov_significance,
    log_p_from_z,
    z_from_log_p,
)

__all__ = ["METHODS", "CountingScan", "Method", "counting_scan"]

Method: TypeAlias = Literal["exact", "asymptotic"]
"""How limits are made."""
METHODS: tuple[Method, ...] = ("exact", "asymptotic")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingScan:
    """What counts in many selections say of the signal strength μ; arrays of one shape (...) unless said.

    Attributes
    ----------
    signal, background
        Expected events.
    background_error
        Absolute: the given uncertainty and the simulation's own, in quadrature.
    observed
        Events seen; None while blind, as is all that follows from them.
    z_expected
        Median significance if μ = 1, by the Asimov formula; infinite without any background.
    ams
        Approximate median significance of the HiggsML challenge, with a regulator of 10 events.
    limit_expected
        Upper limits on μ at -2, -1, 0, +1, +2 σ of what background alone gives, shape (5, ...).
    limit_observed
        Upper limits on μ.
    log_p_exact
        ``ln P(N ≥ n)``; with an uncertain background that of the binomial on/off test, Z_Γ = Z_Bi.
    log_p_asymptotic
        ``ln p`` of the profile likelihood ratio (arXiv:1007.1727 eqs. 12 and 52): the on/off test of Li and Ma.
        A deficit has p = 1/2, as its statistic q_0 is 0.
    strength
        The fitted μ = (n - b)/s, negative for a deficit.
    strength_interval
        The ends of its 68 % interval, by the profile likelihood, shape (2, ...).
    level
        Confidence level of the limits.
    method
        How the limits were made, in words.
    """

    signal: Floats
    background: Floats
    background_error: Floats
    observed: Floats | None
    z_expected: Floats
    ams: Floats
    limit_expected: Floats
    limit_observed: Floats | None
    log_p_exact: Floats | None
    log_p_asymptotic: Floats | None
    strength: Floats | None
    strength_interval: Floats | None
    level: float
    method: str

    @property
    def z_exact(self) -> Floats | None:
        """Significance of what was seen from the exact p-value; negative for a deficit."""
        return None if self.log_p_exact is None else z_from_log_p(self.log_p_exact)

    @property
    def z_asymptotic(self) -> Floats | None:
        """Significance of what was seen from the asymptotic p-value; 0 for a deficit."""
        return None if self.log_p_asymptotic is None else z_from_log_p(self.log_p_asymptotic)

    def _repr_html_(self) -> str:
        shape, seen = self.z_expected.shape, self.observed
        rows: dict[str, dict[str, Entry]] = {}
        for number, place in enumerate(np.ndindex(shape), start=1):
            rows[str(number)] = {
                "signal": float(np.broadcast_to(self.signal, shape)[place]),
                "background": float(np.broadcast_to(self.background, shape)[place]),
                "significance expected": float(self.z_expected[place]),
                "limit expected": band(band_of(self.limit_expected[(slice(None), *place)])),
                "observed": None if seen is None else float(seen[place]),
                "limit observed": None if self.limit_observed is None else float(self.limit_observed[place]),
            }
        return table(rows, f"Limits on μ at {self.level:.0%}", notes=[f"Limits: {self.method}."]).html


def counting_scan(
    signal: ArrayLike,
    background: ArrayLike,
    *,
    background_uncertainty: ArrayLike = 0.0,
    background_events: ArrayLike | None = None,
    observed: ArrayLike | None = None,
    method: Method = "exact",
    level: float = 0.95,
    region: str = "",
) -> CountingScan:
    """Return significances, p-values and CLs limits of counts in many selections.

    Exact limits are Poisson where the background is known; where it is uncertain its mean is marginalised over a Gamma density
    (Cousins and Highland 1992, `fivesigma.statistics.poisson_limits`). Asymptotic ones profile a background that a Poisson
    measurement of (b/σ)² events off the signal knows (arXiv:1007.1727, `fivesigma.statistics.asymptotic_limits`). Where
    few events are seen or expected only the exact ones are right. All expected numbers are at the nominal background.

    Parameters
    ----------
    signal, background
        Expected events, after the selection, at the luminosity; shapes that broadcast, with all others.
    background_uncertainty
        Relative uncertainty of the background, from theory, control regions, ...
    background_events
        Effective simulated background events, ``(Σw)² / Σw²``; their statistical error is added in quadrature.
    observed
        Events seen; None while blind.
    method
        How limits are made.
    level
        Confidence level of the limits.
    region
        The region's name, for messages.

    Raises
    ------
    FivesigmaError
        If a signal is not positive, another number is negative or not finite, an observed one is not whole, or the method is not known.
    """
    if method not in METHODS:
        raise FivesigmaError(f"counting method {method!r} is not known{suggestion(method, METHODS)}")
    where = f"region {region!r}: " if region else ""
    s = signal_events(signal, "no limit on its strength follows from it", where)
    b = not_negative("the expected background", background, where)
    error = _background_error(b, background_uncertainty, background_events, where)
    seen = None if observed is None else _whole(observed, where)
    s, b, error, *others = (np.array(a) for a in np.broadcast_arrays(s, b, error, *([] if seen is None else [seen])))
    seen = others[0] if others else None
    limits = (
        (poisson_limits.expected_upper_limits, poisson_limits.upper_limit)
        if method == "exact"
        else (asymptotic_limits.asymptotic_expected_upper_limits, asymptotic_limits.asymptotic_upper_limit)
    )
    return CountingScan(
        signal=s,
        background=b,
        background_error=error,
        observed=seen,
        z_expected=asimov_significance(s, b, error),
        ams=approximate_median_significance(s, b),
        limit_expected=limits[0](b, error, level) / s,
        limit_observed=None if seen is None else limits[1](seen, b, error, level) / s,
        log_p_exact=None if seen is None else log_p_value(seen, b, error),
        log_p_asymptotic=None if seen is None else log_p_from_z(np.maximum(asimov_significance(seen - b, b, error), 0)),
        strength=None if seen is None else (seen - b) / s,
        strength_interval=None if seen is None else np.stack(signal_interval(seen, b, error)) / s,
        level=level,
        method=_construction(method, bool(np.any(error > 0))),
    )


def _background_error(background: Floats, relative: ArrayLike, events: ArrayLike | None, where: str) -> Floats:
    """Return the absolute uncertainty of the background: what was given and that of its finite simulation."""
    given = not_negative("the relative background uncertainty", relative, where)
    if events is None:
        return background * given
    effective = not_negative("the number of effective background events", events, where)
    simulation = np.divide(1.0, np.sqrt(effective), out=np.zeros_like(effective), where=effective > 0)
    return background * quadrature(given, simulation)


def _whole(observed: ArrayLike, where: str) -> Floats:
    seen = np.asarray(observed, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(seen) & (seen >= 0) & (seen == np.floor(seen))
    require(whole, seen, "observed {0} events; a count is a whole number, not negative", where)
    return seen


def _construction(method: Method, uncertain: bool) -> str:
    if method == "asymptotic":
        return "CLs, asymptotic q̃_μ (arXiv:1007.1727), nominal " + ("nuisances" if uncertain else "background")
    return "CLs, Poisson with a Gamma-marginalised background" if uncertain else "CLs, exact Poisson"
