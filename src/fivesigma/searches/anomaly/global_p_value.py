"""How likely chance does as well anywhere in a scan."""

from __future__ import annotations

import numpy as np
from scipy import integrate, special, stats

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import ONE_SIGMA, Estimate
from fivesigma.statistics.trial_factors import gross_vitells

__all__ = ["bonferroni", "expected_largest", "experiment_p_value", "gross_vitells_p"]

_LEAST = float(np.finfo(np.float64).tiny)  # of a bound from above: where numbers end it is still one, and zero is none


def bonferroni(log_p: float, trials: int) -> Estimate:
    """Return ``min(1, trials × p)``, an upper bound of the global p-value whatever is correlated with what.

    The interval is from the local p-value, which the global one cannot be below, to the bound.

    Parameters
    ----------
    log_p
        ``ln p`` of the smallest local p-value.
    trials
        How many there were.

    Raises
    ------
    FivesigmaError
        If there was no trial, or the local p-value is above one.
    """
    if trials < 1 or not log_p <= 0:
        raise FivesigmaError(f"ln p = {log_p:g} of {trials} trials is no p-value of a scan")
    bound = max(float(np.exp(min(0.0, log_p + np.log(trials)))), _LEAST)
    return Estimate(value=bound, low=float(np.exp(log_p)), high=bound, method=f"Bonferroni, {trials} trials")


def gross_vitells_p(z: Floats) -> Estimate:
    """Return the global p-value of a scan with one fixed selection, from the upcrossings in the scan itself.

    E. Gross and O. Vitells, arXiv:1005.1891 eq. 3, with the mean number of times that Z rises through zero taken from this scan; the
    interval is that of the number's Poisson error. A scan that begins above zero counts as a rise more, so that none is left without:
    on average half a rise too many, which errs on the safe side.

    Parameters
    ----------
    z
        Signed local significances in the order of the mass, shape (m,).

    Raises
    ------
    FivesigmaError
        If none is above zero.
    """
    best = float(np.max(z, initial=-np.inf))
    if not best > 0:
        raise FivesigmaError("a scan without an excess has no global p-value by upcrossings")
    count = int(np.count_nonzero((z[:-1] < 0) & (z[1:] >= 0)) + (z[0] >= 0))
    low, high = (max(count + side * np.sqrt(count), 0.0) for side in (-1, 1))
    values = [max(float(gross_vitells(best, number)), _LEAST) for number in (count, low, high)]
    return Estimate(
        value=values[0], low=values[1], high=values[2], method=f"Gross and Vitells, {count} upcrossings of zero"
    )


def experiment_p_value(largest: Floats, observed: float) -> Estimate:
    """Return how often pseudo-experiments reach what is observed: ``(k + 1)/(N + 1)`` where k of N do.

    Never zero, and valid for any N: B. Phipson and G. Smyth, arXiv:1603.05766. The interval is that of C. Clopper and E. Pearson,
    Biometrika 26 (1934) 404, for k/N, widened to hold the value.

    Parameters
    ----------
    largest
        The largest significance of each pseudo-experiment, shape (N,).
    observed
        That of the data.

    Raises
    ------
    FivesigmaError
        If there is no pseudo-experiment.
    """
    number = len(largest)
    if not number:
        raise FivesigmaError("without a pseudo-experiment there is no p-value")
    reached = int(np.count_nonzero(largest >= observed))
    value = (reached + 1) / (number + 1)
    tail = (1 - ONE_SIGMA) / 2
    low = float(stats.beta.ppf(tail, reached, number - reached + 1)) if reached else 0.0
    high = float(stats.beta.ppf(1 - tail, reached + 1, number - reached)) if reached < number else 1.0
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        method=f"{reached} of {number} pseudo-experiments reach it; Clopper and Pearson",
    )


def expected_largest(trials: int) -> float:
    """Return the mean of the largest absolute value of so many independent normal numbers, ``∫ (1 - erf(x/√2)^N) dx``.

    Raises
    ------
    FivesigmaError
        If there is none.
    """
    if trials < 1:
        raise FivesigmaError("there is one trial or more")
    value, _ = integrate.quad(
        lambda x: -np.expm1(trials * np.log(special.erf(x / np.sqrt(2)))) if x > 0 else 1.0, 0, 40
    )
    return float(value)
