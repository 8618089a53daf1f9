"""CLs from the test statistic of upper limits in the asymptotic approximation: of Asimov data and of what was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from fivesigma.core.arrays import Floats
from fivesigma.statistics.bands import BAND

__all__ = ["band_thresholds", "expected_cls", "log_observed_cls", "observed_cls", "threshold"]


def expected_cls(q_asimov: ArrayLike) -> Floats:
    """Return CLs at -2, -1, 0, +1, +2 σ of what background alone gives, shape (5, ...): ``Φ(N - √q_A) / Φ(N)``.

    arXiv:1007.1727 eqs. 65 and 66 and section 4.3; ``q_asimov`` is the test statistic of background-only Asimov data.
    """
    root = np.sqrt(np.asarray(q_asimov, dtype=np.float64))
    band = np.asarray(BAND).reshape(-1, *[1] * root.ndim)
    return np.asarray(np.exp(special.log_ndtr(band - root) - special.log_ndtr(band)))


def band_thresholds(level: float) -> Floats:
    """Return the ``√q_A`` at which a strength is excluded at -2, -1, 0, +1, +2 σ, shape (5,); see `threshold`."""
    return threshold(BAND, level)


def threshold(sigmas: ArrayLike, level: float) -> Floats:
    """Return the ``√q_A`` at which a strength is excluded at N σ of what background gives, of any shape: ``N - Φ⁻¹((1 - level) Φ(N))``.

    There `expected_cls` is ``1 - level``.
    """
    place = np.asarray(sigmas, dtype=np.float64)
    return np.asarray(place - special.ndtri((1 - level) * special.ndtr(place)))


def observed_cls(q: ArrayLike, q_asimov: ArrayLike) -> Floats:
    """Return CLs from the test statistic q̃ on the data and on Asimov data, of the broadcast shape."""
    return np.asarray(np.exp(log_observed_cls(q, q_asimov)))


def log_observed_cls(q: ArrayLike, q_asimov: ArrayLike) -> Floats:
    """Return ``ln CLs`` from the test statistic q̃ on the data and on Asimov data: arXiv:1007.1727 eqs. 64-66."""
    seen, asimov = np.broadcast_arrays(np.asarray(q, dtype=np.float64), np.asarray(q_asimov, dtype=np.float64))
    root, reference = np.sqrt(seen), np.sqrt(asimov)
    beyond = (seen > asimov) & (reference > 0)
    twice = np.where(beyond, 2 * reference, 1.0)
    with_signal = np.where(beyond, (seen + asimov) / twice, root)
    background = np.where(beyond, (seen - asimov) / twice, root - reference)
    return np.asarray(special.log_ndtr(-with_signal) - special.log_ndtr(-background))
