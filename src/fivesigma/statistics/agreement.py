"""Do counts agree with an expectation that is itself uncertain, as one of finitely many simulated events is? A χ² test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy import stats

from fivesigma.core.arrays import Floats, require_length
from fivesigma.statistics.histograms import merged_bins

__all__ = ["ChiSquare", "Normalisation", "chi_square"]

Normalisation: TypeAlias = Literal["fixed", "free"]
"""Whether the expectation is taken as it is, or scaled to the counts so that shapes alone are compared."""

_LEAST_EXPECTED = 5.0
_LEAST_EFFECTIVE = 20.0  # with 10 the false-alarm rate of 5 % is 8 % where the simulation is smaller than the data


@dataclass(frozen=True, slots=True, kw_only=True)
class ChiSquare:
    """A χ², its degrees of freedom and p-value, and what the expectation was multiplied by: 1 unless it was free."""

    value: float
    ndf: int
    p_value: float
    normalisation: Normalisation
    scale: float


def chi_square(
    counts: Floats, expected: Floats, variance: Floats, *, normalisation: Normalisation = "fixed"
) -> ChiSquare | None:
    """Return how well counts in bins agree with an expectation; None if too few bins are left to tell.

    Σ (n - μ)² / (μ + σ² n / μ): the Poisson variance of the counts and the simulation's, both at the mean that the two have in common
    if they agree, (n w + μ) / (w + 1) with w = σ² / μ; for equal weights it is the homogeneity test of two histograms
    (N. Gagunashvili, NIM A 596 (2008) 439). With σ² itself in place of σ² n / μ a downward fluctuation of few simulated events would
    be believed too much, and the test alarm two to three times as often as it says. With a free normalisation μ is multiplied by the
    factor that makes the sum least, at the variances of equal totals, and a degree of freedom is lost; with σ = 0 either is Pearson's.

    Parameters
    ----------
    counts, expected, variance
        n, μ and σ² = Σw² of each of m bins, shape (m,). Neighbours are merged until they expect 5 events of 20
        effective simulated ones, which does not look at the counts, but for their sum where the normalisation is free.
    normalisation
        Whether the expectation is taken as it is.
    """
    require_length(len(counts), expected=expected, variance=variance)
    factor = 1.0
    if normalisation == "free":
        if not (expected.sum() > 0 and counts.sum() > 0):
            return None
        factor = float(counts.sum() / expected.sum())
    starts = merged_bins(
        factor * expected, factor**2 * variance, least_effective=_LEAST_EFFECTIVE, least_total=_LEAST_EXPECTED
    )
    lost = int(normalisation == "free")
    if len(starts) <= lost:
        return None
    n, mu, squares = (np.add.reduceat(values, starts) for values in (counts, factor * expected, factor**2 * variance))
    error = mu + squares / mu * n
    scale = float((n * mu / error).sum() / (mu**2 / error).sum()) if lost else 1.0
    value, ndf = float((np.square(n - scale * mu) / error).sum()), len(starts) - lost
    return ChiSquare(
        value=value,
        ndf=ndf,
        p_value=float(stats.chi2.sf(value, ndf)),
        normalisation=normalisation,
        scale=factor * scale,
    )
