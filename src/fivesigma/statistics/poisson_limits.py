"""Exact CLs upper limits on the signal in Poisson counts, and their expected bands, many at once.

An uncertain background is marginalised over a Gamma density, as in `fivesigma.statistics.poisson`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fivesigma.core.arrays import Floats, Ints
from fivesigma.core.errors import FivesigmaError
from fivesigma.statistics.poisson import expected_counts, require_counts

__all__ = ["expected_upper_limits", "upper_limit"]

_SMALLEST_TAIL = 1e-280  # below, incomplete Gamma functions lose digits before they underflow
_MOST_TERMS = 1_000_000
_MOST_STEPS = 100
_PRECISION = 1e-12


def upper_limit(n: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0, level: float = 0.95) -> Floats:
    """Return the exact CLs upper limit on the signal ``s`` in a count ``n`` with background ``b ± sigma_b``.

    The ``s`` at which ``P(N ≤ n | s + b) = (1 - level) P(N ≤ n | b)`` (A. Read, J. Phys. G 28 (2002) 2693), which
    for a known background is also the Bayesian limit with a flat prior. An incomplete Gamma function inverts it there;
    an uncertain background, or a lack of events too deep for that function, takes a root of exact sums, whose cost is
    proportional to the count.

    Parameters
    ----------
    n, b, sigma_b
        Counts, backgrounds and their absolute uncertainties; shapes that broadcast.
    level
        Confidence level.

    Returns
    -------
    Floats
        Limits in events, of the broadcast shape.

    Raises
    ------
    FivesigmaError
        If a number is negative or not finite, or ``n`` is no whole number where sums are needed.
    """
    count, mean, error = require_counts(n, b, sigma_b)
    require_level(level)
    at_zero = special.gammaincc(count + 1, mean)
    direct = (error == 0) & (at_zero > _SMALLEST_TAIL)
    limit = np.empty(count.shape)
    limit[direct] = special.gammainccinv(count[direct] + 1, (1 - level) * at_zero[direct]) - mean[direct]
    if not np.all(direct):
        limit[~direct] = _by_sums(count[~direct], mean[~direct], error[~direct], np.log1p(-level))
    return limit


def expected_upper_limits(b: ArrayLike, sigma_b: ArrayLike = 0.0, level: float = 0.95) -> Floats:
    """Return the exact CLs limits on ``s`` at -2, -1, 0, +1, +2 σ of the counts that the background alone gives.

    Shape (5, ...), before the broadcast shape of ``b`` and ``sigma_b``.
    """
    return upper_limit(expected_counts(b, sigma_b), b, sigma_b, level)


def require_level(level: float) -> None:
    """Raise FivesigmaError unless a confidence level lies between 0 and 1."""
    if not 0 < level < 1:
        raise FivesigmaError(f"a confidence level lies between 0 and 1, unlike {level:g}; give 0.95 for 95 %")


def _by_sums(count: Floats, mean: Floats, error: Floats, log_cls: float) -> Floats:
    if np.any(count != np.floor(count)):
        raise FivesigmaError(f"a count must be a whole number, not {count[count != np.floor(count)][0]:g}")
    limit = np.empty(count.shape)
    for part in _parts(count.astype(np.int64)):
        limit[part] = _newton(count[part].astype(np.int64), mean[part], np.square(error[part]) / mean[part], log_cls)
    return limit


def _parts(count: Ints) -> Iterator[Ints]:
    """Yield the places of counts, neighbours in size together, so many that their tables stay small."""
    order = np.argsort(count, kind="stable")[::-1]
    while len(order):
        size = max(1, _MOST_TERMS // (int(count[order[0]]) + 1))
        yield order[:size]
        order = order[size:]


def _newton(n: Ints, b: Floats, scale: Floats, log_cls: float) -> Floats:
    """Return where ln CLs, of ``Σ_j Poisson(j | s) P(N ≤ n - j | b)``, is ``log_cls``; all shapes (m,).

    The sum is log-concave in s, so Newton's method comes down to its root from above without ever passing it, from the second step on.
    """
    log_cdf, ratio = _tables(n, b, scale)
    log_factorial = special.gammaln(np.arange(log_cdf.shape[1]) + 1.0)
    s = np.maximum(n - b, 0) + np.sqrt(n + scale * b) + 3
    for _ in range(_MOST_STEPS):
        j = _window(n, s)
        place = np.minimum(j, log_cdf.shape[1] - 1)
        terms = j * np.log(s)[:, None] - s[:, None] - log_factorial[place] + np.take_along_axis(log_cdf, place, axis=1)
        terms[j > n[:, None]] = -np.inf
        largest = terms.max(axis=1)
        weights = np.exp(terms - largest[:, None])
        total = weights.sum(axis=1)
        slope = np.einsum("mj,mj->m", weights, np.take_along_axis(ratio, place, axis=1)) / total
        step = (largest + np.log(total) - log_cls) / slope
        s = np.asarray(np.maximum(s + step, _PRECISION))
        if np.all(np.abs(step) <= _PRECISION * (1 + s) * 10):
            return s
    raise FivesigmaError(f"no exact limit was found within {_MOST_STEPS} steps for n = {n[0]}, b = {b[0]:g}")


def _window(n: Ints, s: Floats) -> Ints:
    """Return the numbers of signal events that matter, shape (m, w): what is beyond 10 σ is left out."""
    reach = 10 * np.sqrt(s) + 40
    low = np.minimum(n, np.maximum(0, np.floor(s - reach))).astype(np.int64)
    high = np.minimum(n, np.ceil(s + reach)).astype(np.int64)
    window: Ints = low[:, None] + np.arange(int((high - low).max()) + 1)
    return window


def _tables(n: Ints, b: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """Return ``ln P(N ≤ n - j) / P(N ≤ n)`` and ``P(n - j) / P(N ≤ n - j)`` for j = 0 ... n, each of shape (m, largest n + 1).

    From ratios of neighbouring probabilities: none underflows. What is beyond a row's own n is never read.
    """
    k = np.maximum(n[:, None] - np.arange(n.max()), 0)
    with np.errstate(divide="ignore"):
        steps = np.log(k * (1 + scale[:, None])) - np.log(np.maximum(b[:, None] + scale[:, None] * (k - 1), 1e-300))
    log_probability = np.concatenate([np.zeros((len(n), 1)), np.cumsum(steps, axis=1)], axis=1)
    log_sum = np.logaddexp.accumulate(log_probability[:, ::-1], axis=1)[:, ::-1]
    with np.errstate(invalid="ignore"):
        ratio = np.where(np.isneginf(log_sum), 0.0, np.exp(log_probability - log_sum))
    return log_sum - log_sum[:, :1], ratio
