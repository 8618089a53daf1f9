"""Significances of counts: Asimov, on/off, AMS, and the way between p-values and Z.

Z and p are one-sided, ``p = 1 - Φ(Z)``, and p-values travel as logarithms so that nothing saturates at Z = 8 or 38.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError

__all__ = [
    "approximate_median_significance",
    "approximate_median_significance_of_rates",
    "asimov_significance",
    "gaussian_background_z",
    "log_incomplete_beta",
    "log_p_from_z",
    "on_off_binomial",
    "on_off_log_p",
    "on_off_profile_likelihood",
    "signal_over_root_background",
    "z_from_log_p",
    "z_from_p",
]

_SERIES_TERMS = 12
_MOST_TERMS = 1_000_000  # of a tail; a hundred are enough for counts in the thousands


def z_from_log_p(log_p: ArrayLike) -> Floats:
    """Return Z, any shape, of one-sided p-values given as ``ln p``; ``ln p = -805`` is Z = 40 and no limit is near."""
    return -np.asarray(special.ndtri_exp(np.asarray(log_p, dtype=np.float64)))


def z_from_p(p: ArrayLike) -> Floats:
    """Return Z, any shape, of one-sided p-values in (0, 1]."""
    with np.errstate(divide="ignore"):
        return z_from_log_p(np.log(p))


def log_p_from_z(z: ArrayLike) -> Floats:
    """Return ``ln p``, any shape, of the one-sided p-value ``1 - Φ(Z)``."""
    return np.asarray(special.log_ndtr(-np.asarray(z, dtype=np.float64)))


def asimov_significance(s: ArrayLike, b: ArrayLike, sigma_b: ArrayLike = 0.0) -> Floats:
    """Return the median discovery significance of ``s`` signal events on ``b ± sigma_b`` background events.

    The profile likelihood ratio of a count with an auxiliary Poisson measurement of its background, on the
    Asimov data: arXiv:1007.1727 eq. 97 without, and G. Cowan, "Discovery sensitivity for a counting experiment with
    background uncertainty" (2012) eq. 20 with an uncertainty. Arranged so that nothing cancels for small ``s``.

    Parameters
    ----------
    s, b, sigma_b
        Expected events and the absolute uncertainty of the background; shapes that broadcast.

    Returns
    -------
    Floats
        Z, of the broadcast shape; negative where ``s`` is, infinite for a signal on a background that is exactly zero.

    Raises
    ------
    FivesigmaError
        If ``b``, ``sigma_b`` or ``s + b`` is negative, or anything is not finite.
    """
    signal, background, error = _events(s=s, b=b, sigma_b=sigma_b)
    _require(background >= 0, "the background is negative", background)
    _require(error >= 0, "the background uncertainty is negative", error)
    _require(signal + background >= 0, "the sum of signal and background is negative", signal + background)
    variance = np.square(error)
    scale = background + variance
    share = np.divide(background, scale, out=np.ones_like(scale), where=scale > 0)  # τ / (1 + τ) with τ = b / σ²
    per_tau = np.divide(variance, background, out=np.zeros_like(scale), where=background > 0)
    return _two_counts(signal * share, background + signal * (1 - share), per_tau)


def gaussian_background_z(observed: ArrayLike, expected: ArrayLike, error: ArrayLike) -> Floats:
    """Return the signed significance ``√q_0`` of Poisson counts over backgrounds with a Gaussian nuisance.

    ``q_0 = 2 (b̂ - n + n ln(n/b̂)) + ((b̂ - b)/σ)²`` with the profiled background ``b̂² + (σ² - b) b̂ - n σ² = 0`` (arXiv:1007.1727
    eq. 12); with a signal free the count is described exactly. Written in ``n - b̂``, so that nothing cancels near ``n = b`` or where
    σ² is far above b.

    Parameters
    ----------
    observed, expected, error
        Counts, whole or not, their expected backgrounds and the absolute uncertainties of those; shapes that broadcast.

    Returns
    -------
    Floats
        Z, of the broadcast shape; negative where fewer are observed than expected.

    Raises
    ------
    FivesigmaError
        If an expected background is not above zero, a count or an error is negative, or anything is not finite.
    """
    count, mean, sigma = _events(observed=observed, expected=expected, error=error)
    _require(mean > 0, "without an expected background a count has no significance; expected are", mean)
    _require(count >= 0, "the number of observed events is negative", count)
    _require(sigma >= 0, "the background uncertainty is negative", sigma)
    excess, variance = count - mean, np.square(sigma)
    # δ = n - b̂ solves δ² - (n + (n - b) + σ²) δ + n (n - b) = 0, and b̂ the equation above; each in the form that adds
    root = np.hypot(mean - variance, 2 * sigma * np.sqrt(count))
    linear, half = count + excess + variance, mean - variance
    above = np.where(linear > 0, linear + root, 1.0)
    gap = np.where(linear > 0, 2 * count * excess / above, (linear - root) / 2)
    below = np.where(half >= 0, 1.0, root - half)
    profiled = np.where(half >= 0, (half + root) / 2, 2 * count * variance / below)
    poisson = profiled * _entropy(_ratio(gap, profiled))
    # (b̂ - b)/σ, or what it is equal to at the minimum, σ (n/b̂ - 1), whichever does not cancel
    far = profiled < mean / 2
    pull = np.divide(profiled - mean, sigma, out=np.zeros_like(mean), where=far)
    pull = np.divide(sigma * gap, profiled, out=pull, where=~far)
    return np.asarray(np.sign(excess) * np.sqrt(2 * poisson + np.square(pull)))


def on_off_profile_likelihood(n_on: ArrayLike, n_off: ArrayLike, tau: ArrayLike) -> Floats:
    """Return the on/off significance by the profile likelihood: Li and Ma (1983) eq. 17; physics/0702156 eq. 25.

    Parameters
    ----------
    n_on, n_off
        Events counted on and off the signal; shapes that broadcast.
    tau
        Exposure off over exposure on: the background on is ``n_off / tau``.

    Returns
    -------
    Floats
        Z, negative where fewer are seen on than expected.
    """
    on, off, ratio = _on_off(n_on, n_off, tau)
    return _two_counts((on * ratio - off) / (1 + ratio), (on + off) / (1 + ratio), 1 / ratio)


def on_off_log_p(n_on: ArrayLike, n_off: ArrayLike, tau: ArrayLike) -> Floats:
    """Return ``ln p`` of at least ``n_on`` out of ``n_on + n_off`` events on source: physics/0702156 eq. 14.

    The binomial tail ``I_x(n_on, n_off + 1)`` with ``x = 1 / (1 + tau)``; it is also the tail of a Poisson count
    whose background mean has the Gamma density of an off measurement (the same paper, appendix C).
    """
    on, off, ratio = _on_off(n_on, n_off, tau)
    return log_incomplete_beta(on, off + 1, 1 / (1 + ratio))


def on_off_binomial(n_on: ArrayLike, n_off: ArrayLike, tau: ArrayLike) -> Floats:
    """Return the on/off significance Z_Bi of the binomial test: physics/0702156 eq. 15."""
    return z_from_log_p(on_off_log_p(n_on, n_off, tau))


def approximate_median_significance(s: ArrayLike, b: ArrayLike, regulator: float = 10.0) -> Floats:
    """Return the AMS of yields, with ``b + regulator`` for the background: the HiggsML challenge's AMS2.

    ``sqrt(2 ((s + b + r) ln(1 + s / (b + r)) - s))``: C. Adam-Bourdarios et al., PMLR 42 (2015) eq. 7.

    Parameters
    ----------
    s, b
        Expected events at the luminosity; shapes that broadcast.
    regulator
        Events added to the background, 10 in the challenge.
    """
    return asimov_significance(s, np.asarray(b, dtype=np.float64) + regulator)


def approximate_median_significance_of_rates(
    signal_efficiency: ArrayLike, background_efficiency: ArrayLike, regulator: float = 0.001
) -> Floats:
    """Return the AMS of rates: the formula of AMS with efficiencies in place of yields, as some lessons have it.

    It knows neither luminosity nor cross sections, so it ranks cuts and is no significance; never compare it with
    `approximate_median_significance`.
    """
    return asimov_significance(signal_efficiency, np.asarray(background_efficiency, dtype=np.float64) + regulator)


def signal_over_root_background(s: ArrayLike, b: ArrayLike) -> Floats:
    """Return ``s / √b``, the approximation for ``s ≪ b`` only; infinite for a signal on no background, 0 for neither."""
    signal, background = _events(s=s, b=b)
    _require(background >= 0, "the background is negative", background)
    limit = np.where(signal == 0, 0.0, np.copysign(np.inf, signal))
    return np.divide(signal, np.sqrt(background), out=limit, where=background > 0)


def log_incomplete_beta(a: Floats, b: Floats, x: Floats) -> Floats:
    """Return ``ln I_x(a, b)``, by the hypergeometric series (DLMF 8.17.8) where the function itself underflows."""
    a, b, x = np.broadcast_arrays(a, b, x)
    value = np.where(a > 0, special.betainc(np.maximum(a, 1e-300), b, x), 1.0)
    tiny = value < 1e-280
    out = np.zeros(a.shape)
    out[~tiny] = np.log(value[~tiny])
    a, b, x = a[tiny], b[tiny], x[tiny]
    out[tiny] = a * np.log(x) + b * np.log1p(-x) - np.log(a) - special.betaln(a, b) + np.log(_tail_series(a, b, x))
    return out


def _tail_series(a: Floats, b: Floats, x: Floats) -> Floats:
    """Return ``Σ_j Π_{i<j} x (a + b + i) / (a + 1 + i)``, which is ₂F₁(a + b, 1; a + 1; x), for x far below ``a / (a + b)``.

    All terms are positive and fall there; libraries' functions give up for large b.
    """
    total, term = np.ones_like(x), np.ones_like(x)
    for i in range(_MOST_TERMS):
        term = term * x * (a + b + i) / (a + 1 + i)
        total = total + term
        if np.all(term <= 1e-16 * total):
            break
    return total


def _two_counts(excess: Floats, profiled: Floats, per_tau: Floats) -> Floats:
    """Return signed √(-2 ln λ) of two Poisson counts, ``excess`` above their common mean on and as much below it off."""
    on = profiled * _entropy(_ratio(excess, profiled))
    off = np.zeros_like(on)
    has = (per_tau > 1e-100) & (profiled > 0)  # below, the term is excess² per_tau / (2 profiled): nothing
    off[has] = profiled[has] / per_tau[has] * _entropy(np.maximum(-excess[has] * per_tau[has] / profiled[has], -1.0))
    # without any background at all, every signal event is infinitely unlikely
    total = np.where((profiled == 0) & (excess > 0), np.inf, on + off)
    return np.asarray(np.sign(excess) * np.sqrt(2 * np.maximum(total, 0.0)))


def _ratio(excess: Floats, profiled: Floats) -> Floats:
    return np.maximum(np.divide(excess, profiled, out=np.zeros_like(excess), where=profiled > 0), -1.0)


def _entropy(x: Floats) -> Floats:
    """Return ``(1 + x) ln(1 + x) - x`` for x ≥ -1, by its Taylor series where the difference would cancel."""
    small = np.abs(x) < 0.02
    near = np.where(small, x, 0.0)
    series = np.zeros_like(near)
    for k in range(_SERIES_TERMS, 1, -1):
        series = near * series + (-1) ** k / (k * (k - 1))
    return np.where(small, np.square(near) * series, special.xlog1py(1 + x, x) - x)


def _on_off(n_on: ArrayLike, n_off: ArrayLike, tau: ArrayLike) -> list[Floats]:
    on, off, ratio = _events(n_on=n_on, n_off=n_off, tau=tau)
    _require(on >= 0, "the number of events on is negative", on)
    _require(off >= 0, "the number of events off is negative", off)
    _require(ratio > 0, "the exposure ratio tau must be positive", ratio)
    return [on, off, ratio]


def _events(**numbers: ArrayLike) -> list[Floats]:
    arrays = [np.asarray(number, dtype=np.float64) for number in numbers.values()]
    for name, array in zip(numbers, arrays, strict=True):
        _require(np.isfinite(array), f"{name} is not finite", array)
    return [np.array(array) for array in np.broadcast_arrays(*arrays)]


def _require(holds: NDArray[np.bool_] | np.bool_, problem: str, values: Floats) -> None:
    if not np.all(holds):
        worst = values[~np.asarray(holds)] if np.ndim(values) else values
        raise FivesigmaError(f"{problem}: {np.ravel(worst)[0]:g}")
