"""What a fit of a spectrum makes small.

Data are Poisson. Weighted simulation is nearly so in units of what its events weigh (scaled Poisson, G. Bohm and G. Zech,
arXiv:1309.1287). A weighted χ², with σ² = Σw² of each bin, is what lessons use: it is biased where bins hold few events, knows
nothing of empty ones, and measures the statistics of the simulation.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from scipy import special

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError, suggestion

__all__ = ["Cost", "poisson_deviance", "require_cost"]

Cost: TypeAlias = Literal["poisson", "scaled_poisson", "weighted_chi2"]
"""What is made small."""


def require_cost(cost: str) -> None:
    """Raise FivesigmaError if there is no such cost."""
    known = get_args(Cost)
    if cost not in known:
        raise FivesigmaError(f"no cost {cost!r}{suggestion(cost, known)}; there are: {', '.join(known)}")


def poisson_deviance(counts: Floats, expected: Floats) -> float:
    """Return ``2 Σ (μ - n + n ln(n/μ))`` of bins, both of shape (n,): S. Baker and R. Cousins, NIM 221 (1984) 437, eq. 7."""
    return float(2 * special.kl_div(counts, expected).sum())
