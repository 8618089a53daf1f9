"""Exact statements about Poisson counts, many at once: intervals, p-values, the counts to be expected.

Where the background is uncertain its mean is marginalised over a Gamma density of that mean and standard deviation
(R. Cousins and V. Highland, NIM A 320 (1992) 331): the count is then negative binomial, so nothing is sampled and
nothing asymptotic. Its p-value is that of the on/off problem with a Poisson off measurement, Z_Γ = Z_Bi
(physics/0702156 sections 3 and 4). With an uncertainty of zero everything is exactly Poisson.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.estimate import ONE_SIGMA
from fivesigma.statistics.bands import BAND
from fivesigma.statistics.requirements import require
from fivesigma.statistics.significance import log_incomplete_beta

__all__ = [
    "deviance_moments",
    "expected_counts",
    "garwood_interval",
    "log_p_value",
    "require_counts",
]

_FEWEST, _MANY = 1e-9, 200.0  # between them moments of a deviance are summed


def garwood_interval(n: ArrayLike, level: float = ONE_SIGMA) -> tuple[Floats, Floats]:
    """Return the ends of the central interval for the mean of a Poisson count ``n``, any shape.

    F. Garwood, Biometrika 28 (1936) 437; PDG review of statistics, eq. 40.76. It never covers too little.
    """
    count = np.asarray(n, dtype=np.float64)
    require(np.isfinite(count) & (count >= 0), count, "counts are finite and not negative, unlike {0}")
    tail = (1 - level) / 2
    low = np.where(count > 0, special.gammaincinv(np.maximum(count, 1e-300), tail), 0.0)
    return low, np.asarray(special.gammainccinv(count + 1, tail))


def log_p_value(n: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0) -> Floats:
    """Return ``ln P(N ≥ n)``, of the broadcast shape, for a background ``b ± sigma_b`` alone.

    `fivesigma.statistics.significance.z_from_log_p` makes it a significance. For a background of zero and
    ``n > 0`` it is -∞.
    """
    count, mean, error = require_counts(n, b, sigma_b)
    out = np.empty(count.shape)
    known = error == 0
    out[known] = _log_poisson_tail(count[known], mean[known])
    k, m, variance = count[~known], mean[~known], np.square(error[~known])
    out[~known] = log_incomplete_beta(k, np.square(m) / variance, variance / (variance + m))
    return out


def _log_poisson_tail(count: Floats, mean: Floats) -> Floats:
    value = np.where(count > 0, special.gammainc(np.maximum(count, 1e-300), mean), 1.0)
    tiny = (value < 1e-280) & (mean > 0)
    with np.errstate(divide="ignore"):
        out = np.array(np.log(value))
    k, m = count[tiny], mean[tiny]
    # DLMF 8.5.1: the confluent series where the function itself underflows
    out[tiny] = k * np.log(m) - m - special.gammaln(k + 1) + np.log(special.hyp1f1(1.0, k + 1, m))
    return out


def deviance_moments(mean: ArrayLike) -> tuple[Floats, Floats]:
    """Return mean and variance of ``2 (λ - n + n ln(n/λ))`` for Poisson counts ``n`` of mean ``λ``, of the means' shape.

    They tend to 1 and 2, those of χ², only for many events: at ``λ = 2`` they are 1.14 and 2.23. The deviance is that of
    S. Baker and R. Cousins, NIM 221 (1984) 437, eq. 7. Sums over all counts that matter; beyond a mean of 200 what is left falls as 1/λ.
    """
    whole = np.maximum(np.asarray(mean, dtype=np.float64), _FEWEST)
    summed = np.minimum(whole, _MANY)
    reach = 8 * np.sqrt(summed) + 8  # Poisson tails beyond hold less than 1e-14
    n = np.floor(np.maximum(summed - reach, 0.0))[..., None] + np.arange(int(2 * np.max(reach, initial=0.0)) + 16)
    expected = summed[..., None]
    logarithm = special.xlogy(n, expected)
    probability = np.exp(logarithm - expected - special.gammaln(n + 1))
    deviance = 2 * (expected - n + special.xlogy(n, n) - logarithm)
    first = np.sum(probability * deviance, axis=-1)
    second = np.sum(probability * np.square(deviance - first[..., None]), axis=-1)
    return np.asarray(1 + (first - 1) * summed / whole), np.asarray(2 + (second - 2) * summed / whole)


def expected_counts(b: ArrayLike, sigma_b: ArrayLike = 0.0) -> Ints:
    """Return the counts at -2, -1, 0, +1, +2 σ of what a background ``b ± sigma_b`` alone gives: quantiles, as counts are.

    Shape (5, ...), before the broadcast shape of ``b`` and ``sigma_b``.
    """
    mean, error = require_counts(b, sigma_b)
    quantiles = special.ndtr(BAND).reshape(-1, *[1] * mean.ndim)
    counts = np.zeros((len(BAND), *mean.shape), dtype=np.int64)
    known, uncertain = (error == 0) & (mean > 0), error > 0
    counts[:, known] = stats.poisson.ppf(quantiles, mean)[:, known] if np.any(known) else 0
    if np.any(uncertain):
        m, variance = mean[uncertain], np.square(error[uncertain])
        counts[:, uncertain] = stats.nbinom.ppf(
            special.ndtr(BAND)[:, None], np.square(m) / variance, m / (m + variance)
        )
    return counts


def require_counts(*numbers: ArrayLike) -> list[Floats]:
    """Return counts, backgrounds and last the uncertainties of the backgrounds, broadcast.

    Raises
    ------
    FivesigmaError
        If one is negative or not finite, or a background of zero has an uncertainty.
    """
    arrays = [np.array(array) for array in np.broadcast_arrays(*(np.asarray(n, dtype=np.float64) for n in numbers))]
    for array in arrays[:-1]:
        require(
            np.isfinite(array) & (array >= 0), array, "counts and backgrounds are finite and not negative, unlike {0}"
        )
    mean, error = arrays[-2:]
    require(
        np.isfinite(error) & (error >= 0), error, "the background uncertainty is finite and not negative, unlike {0}"
    )
    require(
        (error == 0) | (mean > 0),
        error,
        "a background of zero has no Gamma density of width {0}; give it a mean above zero",
    )
    return arrays
