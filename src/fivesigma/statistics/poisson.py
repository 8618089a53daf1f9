"""Exact statements about one Poisson count: intervals, p-values, CLs limits, their expected bands.

Where the background is uncertain its mean is marginalised over a Gamma density of that mean and standard deviation
(R. Cousins and V. Highland, NIM A 320 (1992) 331): the count is then negative binomial, so nothing is sampled and
nothing asymptotic. Its p-value is that of the on/off problem with a Poisson off measurement, Z_Γ = Z_Bi
(physics/0702156 sections 3 and 4). With an uncertainty of zero everything is exactly Poisson.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import ONE_SIGMA
from fivesigma.statistics.significance import log_incomplete_beta

__all__ = [
    "BAND",
    "deviance_moments",
    "expected_counts",
    "expected_upper_limits",
    "garwood_interval",
    "log_p_value",
    "upper_limit",
]

BAND = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Where an expected band is quoted, in σ."""
_MEANS = (1e-9, 1e4)  # beyond, a deviance's moments no longer change by what matters
_SMALLEST_TAIL = 1e-280  # below, incomplete Gamma functions lose digits before they underflow


def garwood_interval(n: ArrayLike, level: float = ONE_SIGMA) -> tuple[Floats, Floats]:
    """Return the ends of the central interval for the mean of a Poisson count ``n``, any shape.

    F. Garwood, Biometrika 28 (1936) 437; PDG review of statistics, eq. 40.76. It never covers too little.
    """
    count = np.asarray(n, dtype=np.float64)
    _check(count)
    tail = (1 - level) / 2
    low = np.where(count > 0, special.gammaincinv(np.maximum(count, 1e-300), tail), 0.0)
    return low, np.asarray(special.gammainccinv(count + 1, tail))


def log_p_value(n: ArrayLike, b: ArrayLike, sigma_b: float = 0.0) -> Floats:
    """Return ``ln P(N ≥ n)``, of the broadcast shape, for a background ``b ± sigma_b`` alone.

    `fivesigma.statistics.significance.z_from_log_p` makes it a significance. For a background of zero and
    ``n > 0`` it is -∞.
    """
    count, mean = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(b, dtype=np.float64))
    _check(count)
    _check(mean, sigma_b)
    if sigma_b > 0:
        return log_incomplete_beta(count, np.square(mean / sigma_b), sigma_b**2 / (sigma_b**2 + mean))
    value = np.where(count > 0, special.gammainc(np.maximum(count, 1e-300), mean), 1.0)
    tiny = (value < 1e-280) & (mean > 0)
    with np.errstate(divide="ignore"):
        out = np.array(np.log(value))
    k, m = count[tiny], mean[tiny]
    # DLMF 8.5.1: the confluent series where the function itself underflows
    out[tiny] = k * np.log(m) - m - special.gammaln(k + 1) + np.log(special.hyp1f1(1.0, k + 1, m))
    return out


def upper_limit(n: float, b: float, sigma_b: float = 0.0, level: float = 0.95) -> float:
    """Return the exact CLs upper limit on the signal ``s`` in a count ``n`` with background ``b ± sigma_b``.

    The ``s`` at which ``P(N ≤ n | s + b) = (1 - level) P(N ≤ n | b)`` (A. Read, J. Phys. G 28 (2002) 2693), which
    for a known background is also the Bayesian limit with a flat prior. An incomplete Gamma function inverts it there;
    an uncertain background, or a lack of events too deep for that function, takes a root of exact sums.

    Raises
    ------
    FivesigmaError
        If a number is negative or not finite, or ``n`` is no whole number where sums are needed.
    """
    _check(np.asarray(b), sigma_b)
    _check(np.asarray(n))
    if sigma_b == 0 and (at_zero := special.gammaincc(n + 1, b)) > _SMALLEST_TAIL:
        return float(special.gammainccinv(n + 1, (1 - level) * at_zero) - b)
    if n != int(n):
        raise FivesigmaError(f"a count must be a whole number, not {n}")
    log_cdf = _log_relative_cdf(int(n), b, sigma_b)

    def log_ratio(s: float) -> float:
        """Return ln CLs, where ``P(N ≤ n | s + b) = Σ_j Poisson(j | s) P(N ≤ n - j | b)``: what j is beyond 10 σ is left out."""
        reach = 10 * math.sqrt(s) + 40
        j = np.arange(min(n, max(0, math.floor(s - reach))), min(n, math.ceil(s + reach)) + 1)
        terms = stats.poisson.logpmf(j, s) + log_cdf[j.astype(np.int64)]
        return float(special.logsumexp(terms) - math.log1p(-level))

    high = 3.0
    while log_ratio(high) > 0:
        high *= 2
    return float(optimize.brentq(log_ratio, 0.0, high, xtol=1e-10, rtol=1e-12))


def deviance_moments(mean: float) -> tuple[float, float]:
    """Return mean and variance of ``2 (λ - n + n ln(n/λ))`` for a Poisson count ``n`` of mean ``λ``, summed over its counts.

    They tend to 1 and 2, those of χ², only for many events: at ``λ = 2`` they are 1.14 and 2.23. The deviance is that of
    S. Baker and R. Cousins, NIM 221 (1984) 437, eq. 7.
    """
    mean = min(max(mean, _MEANS[0]), _MEANS[1])
    low, high = stats.poisson.ppf(1e-12, mean), stats.poisson.isf(1e-12, mean)
    n = np.arange(low, high + 1)
    probability, deviance = stats.poisson.pmf(n, mean), 2 * (mean - n + special.xlogy(n, n / mean))
    first = float(probability @ deviance)
    return first, float(probability @ np.square(deviance - first))


def expected_counts(b: float, sigma_b: float = 0.0) -> tuple[int, ...]:
    """Return the counts at -2, -1, 0, +1, +2 σ of what a background ``b ± sigma_b`` alone gives: quantiles, as counts are."""
    _check(np.asarray(b), sigma_b)
    quantiles = special.ndtr(BAND)
    if sigma_b == 0:
        return tuple(int(n) for n in stats.poisson.ppf(quantiles, b)) if b > 0 else (0,) * len(BAND)
    return tuple(int(n) for n in stats.nbinom.ppf(quantiles, (b / sigma_b) ** 2, b / (b + sigma_b**2)))


def expected_upper_limits(
    b: float, sigma_b: float = 0.0, level: float = 0.95
) -> tuple[float, float, float, float, float]:
    """Return the exact CLs limits on ``s`` at -2, -1, 0, +1, +2 σ of the counts that the background alone gives."""
    limits = [upper_limit(n, b, sigma_b, level) for n in expected_counts(b, sigma_b)]
    return limits[0], limits[1], limits[2], limits[3], limits[4]


def _log_relative_cdf(n: int, b: float, sigma_b: float) -> Floats:
    """Return ``ln P(N ≤ n - j) / P(N ≤ n)`` for j = 0 ... n, from ratios of neighbouring probabilities: none underflows."""
    k, scale = np.arange(n, 0, -1), sigma_b**2 / b
    steps = np.log(k * (1 + scale) / (b + scale * (k - 1)))  # P(k - 1) / P(k)
    log_probability = np.concatenate([[0.0], np.cumsum(steps)])
    log_sum = np.logaddexp.accumulate(log_probability[::-1])[::-1]
    return np.asarray(log_sum - log_sum[0])


def _check(numbers: Floats, sigma_b: float = 0.0) -> None:
    if np.any(numbers < 0) or not np.all(np.isfinite(numbers)):
        raise FivesigmaError(f"counts and backgrounds are finite and not negative, unlike {np.min(numbers):g}")
    if not (math.isfinite(sigma_b) and sigma_b >= 0):
        raise FivesigmaError(f"the background uncertainty is finite and not negative, unlike {sigma_b:g}")
    if sigma_b > 0 and not np.all(numbers > 0):
        raise FivesigmaError(
            f"a background of zero has no Gamma density of width {sigma_b:g}; give it a mean above zero"
        )
