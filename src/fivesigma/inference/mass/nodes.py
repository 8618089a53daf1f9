"""Integrals of functions over the bins of a spectrum, by Gauss-Legendre quadrature in each bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats

__all__ = ["Nodes"]

_POINTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Where functions are taken, and with what weight, in each of n bins: shapes (n, q).

    With eight points polynomials up to degree 15 are exact, and a Gaussian half as wide as a bin is to 1e-4 of its height.
    """

    points: Floats
    weights: Floats

    @classmethod
    def of(cls, edges: Floats, points: int = _POINTS) -> Nodes:
        """Return the nodes of bins with these edges, shape (n + 1,)."""
        at, weights = np.polynomial.legendre.leggauss(points)
        half = np.diff(edges)[:, None] / 2
        middle = (edges[1:] + edges[:-1])[:, None] / 2
        return cls(points=middle + half * at, weights=half * weights)

    def integrals(self, values: Floats) -> Floats:
        """Return the integral over each bin, shape (n, ...), of a function's values at the nodes, shape (n, q, ...)."""
        return np.asarray(np.einsum("nq,nq...->n...", self.weights, values))
