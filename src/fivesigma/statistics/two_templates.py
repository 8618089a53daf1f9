"""The maximum-likelihood fit of a signal and a background template, both of free normalisation, to Poisson data; many at once."""

from __future__ import annotations

import numpy as np

from fivesigma.core.arrays import Floats

__all__ = ["fit_two_templates"]

_ITERATIONS = 20
_LEAST = 0.25


def fit_two_templates(expected: Floats, signal: Floats, background: Floats) -> tuple[Floats, Floats]:
    """Return the fitted events of signal and their standard deviation, each of shape (r,), of fits with two free templates.

    Least squares, weighted by the inverse of the variance that Poisson data of the fitted expectation have, again and again until
    that is its own: the maximum-likelihood fit of Poisson data (Charnes, Frome and Yu, J. Am. Stat. Assoc. 71 (1976) 169). No
    variance is taken for less than a quarter of the mean of ``expected`` and of background alone in its bin, so that a fit which
    leaves nothing there stays finite. The standard deviation is that of fits to Poisson data around ``expected``, by propagation.

    Parameters
    ----------
    expected
        Events in m bins, of r fits, shape (r, m).
    signal, background
        Templates, shape (r, m), scaled to a sum of one, that of the background positive; their normalisations are free.

    Returns
    -------
    tuple of Floats
        Events and standard deviation; NaN where the templates are one shape.
    """
    templates = np.stack([signal, background], axis=1)
    counted = np.maximum(expected, 0)
    variance = (counted + counted.sum(axis=1, keepdims=True) * np.maximum(background, 0)) / 2
    least = _LEAST * variance
    for _ in range(_ITERATIONS):
        weighed = templates / variance[:, None]
        solve = _inverse(weighed @ templates.swapaxes(1, 2)) @ weighed
        fitted = np.einsum("rkm,rm->rk", solve, expected)
        variance = np.fmax(np.einsum("rk,rkm->rm", fitted, templates), least)
    spread = np.einsum("rm,rm->r", solve[:, 0] ** 2, counted)
    return fitted[:, 0], np.sqrt(spread)


def _inverse(information: Floats) -> Floats:
    """Return the inverses of symmetric matrices, shape (r, 2, 2); NaN where one can't be told from singular."""
    a, b, d = information[:, 0, 0], information[:, 0, 1], information[:, 1, 1]
    determinant = a * d - b * b
    determinant = np.where(determinant > 1e-9 * a * d, determinant, np.nan)
    adjoint = np.stack([np.stack([d, -b], axis=-1), np.stack([-b, a], axis=-1)], axis=-1)
    inverse: Floats = adjoint / determinant[:, None, None]
    return inverse
