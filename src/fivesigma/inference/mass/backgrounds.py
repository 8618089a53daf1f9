"""Families of smooth functions for backgrounds, and a member of one in the bins of a spectrum.

Two kinds cover them all. Those that are linear in their coefficients: Bernstein polynomials, whose coefficients are positive, and
plain ones. And those whose logarithm is: exponentials of polynomials, powers of polynomials in ln m, and the dijet function
``(1 - x)^p1 x^-(p2 + p3 ln x + p4 ln² x)`` with x = m/√s (CDF, arXiv:0812.4036; CMS, arXiv:1806.00843; CWoLa hunting,
arXiv:1902.02634). The functions of a family are made orthogonal over the spectrum before anything is fitted, so that a
fit of five parameters is as easy as one of two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from scipy import linalg, optimize, special

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.inference.mass.nodes import Nodes
from fivesigma.inference.mass.spectrum import Spectrum

__all__ = ["BackgroundFamily", "BinnedBackground", "background_parameters", "orders_of"]

BackgroundFamily: TypeAlias = Literal["bernstein", "polynomial", "exponential", "power_law", "dijet"]
"""A kind of smooth function."""
_ORDERS: Mapping[str, tuple[int, int]] = {
    "bernstein": (1, 8),
    "polynomial": (0, 8),
    "exponential": (1, 5),
    "power_law": (1, 5),
    "dijet": (3, 5),
}
_LINEAR = frozenset({"bernstein", "polynomial"})
_LARGEST_EXPONENT = 700.0


def orders_of(family: str) -> tuple[int, int]:
    """Return the least and the largest order of a family: the degree, for dijets the number of parameters.

    Raises
    ------
    FivesigmaError
        If there is no such family.
    """
    known = get_args(BackgroundFamily)
    if family not in known:
        raise FivesigmaError(f"no background {family!r}{suggestion(family, known)}; there are: {', '.join(known)}")
    return _ORDERS[family]


def background_parameters(family: BackgroundFamily, order: int) -> int:
    """Return how many parameters the member of a family has, its normalisation among them.

    Raises
    ------
    FivesigmaError
        If the family has no such order.
    """
    low, high = orders_of(family)
    if not low <= order <= high:
        raise FivesigmaError(f"the {family.replace('_', ' ')} background has orders {low} to {high}, not {order}")
    return order if family == "dijet" else order + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BinnedBackground:
    """A member of a family in n bins; make it with `BinnedBackground.of`.

    Attributes
    ----------
    family, order
        Which.
    nodes
        Of the bins.
    basis
        Orthogonal functions at the nodes, shape (n, q, k).
    transform
        What turns coefficients of these into those of the family's own functions, shape (k, k).
    names
        What the family's own coefficients are called.
    low
        The least value that coefficients may have, shape (k,).
    """

    family: BackgroundFamily
    order: int
    nodes: Nodes
    basis: Floats
    transform: Floats
    names: tuple[str, ...]
    low: Floats

    @classmethod
    def of(
        cls, family: BackgroundFamily, order: int, edges: Floats, *, energy: float | None = None
    ) -> BinnedBackground:
        """Return a member of a family in bins with these edges, shape (n + 1,).

        Parameters
        ----------
        family, order
            Which; the order is the degree, for dijets the number of parameters.
        edges
            Of the bins, in the unit of the mass.
        energy
            √s in that unit, which the dijet function needs.

        Raises
        ------
        FivesigmaError
            If there is no such family or order, or it makes no sense in the range.
        """
        count = background_parameters(family, order)
        nodes = Nodes.of(edges)
        own, names = _functions(family, count, nodes.points, edges, energy)
        if family == "bernstein":
            return cls(
                family=family,
                order=order,
                nodes=nodes,
                basis=own,
                transform=np.eye(count),
                names=names,
                low=np.zeros(count),
            )
        flat = own.reshape(-1, count)
        orthogonal, upper = np.linalg.qr(flat)
        size = np.sqrt(len(flat))
        return cls(
            family=family,
            order=order,
            nodes=nodes,
            basis=(orthogonal * size).reshape(own.shape),
            transform=linalg.solve_triangular(upper, np.eye(count)) * size,
            names=names,
            low=np.full(count, -np.inf),
        )

    @property
    def count(self) -> int:
        """How many parameters there are."""
        return len(self.names)

    def expected(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the events in each bin at parameters of shape (k,), shape (n,), and their derivatives, shape (n, k)."""
        if self.family in _LINEAR:
            integrals = self.nodes.integrals(self.basis)
            return integrals @ values, integrals
        density = np.exp(np.minimum(self.basis @ values, _LARGEST_EXPONENT))
        return self.nodes.integrals(density), self.nodes.integrals(density[..., None] * self.basis)

    def start(self, spectrum: Spectrum, use: Bools) -> Floats:
        """Return parameters near the bins of a spectrum that are in use, by least squares, of its logarithm where that is linear."""
        widths = np.diff(spectrum.edges)
        if self.family in _LINEAR:
            return self._linear_start(spectrum, use)
        rows = self.nodes.integrals(self.basis) / widths[:, None]
        # an empty bin stands for half an event of the weight that its neighbours have
        filled = np.log(np.maximum(spectrum.sum_w, spectrum.scale / 2) / widths)
        weight = np.sqrt(np.maximum(spectrum.sum_w, 0.0) / spectrum.scale + 0.1) * use
        return np.asarray(np.linalg.lstsq(weight[:, None] * rows, weight * filled, rcond=None)[0])

    def _linear_start(self, spectrum: Spectrum, use: Bools) -> Floats:
        integrals, sum_w2 = self.nodes.integrals(self.basis), spectrum.sum_w2
        least = sum_w2[use & (sum_w2 > 0)].min(initial=np.inf)
        weight = use / np.sqrt(np.maximum(sum_w2, least if np.isfinite(least) else 1.0))
        if self.family == "bernstein":
            values, _ = optimize.nnls(weight[:, None] * integrals, weight * np.maximum(spectrum.sum_w, 0.0))
            return np.asarray(np.maximum(values, 1e-6 * values.max(initial=1e-300)))
        values = np.linalg.lstsq(weight[:, None] * integrals, weight * spectrum.sum_w, rcond=None)[0]
        return np.asarray(values if np.all(integrals @ values > 0) else self._flat(spectrum))

    def _flat(self, spectrum: Spectrum) -> Floats:
        """Return parameters of a background that is the same everywhere."""
        level = max(spectrum.total, 1.0) / (spectrum.edges[-1] - spectrum.edges[0])
        flat = np.full(self.basis.shape[:2], level).reshape(-1)
        return np.asarray(np.linalg.lstsq(self.basis.reshape(-1, self.count), flat, rcond=None)[0])

    def coefficients(self, values: Floats) -> dict[str, float]:
        """Return the coefficients of the family's own functions at parameters of shape (k,), by name."""
        return dict(zip(self.names, map(float, self.transform @ values), strict=True))


def _functions(
    family: BackgroundFamily, count: int, mass: Floats, edges: Floats, energy: float | None
) -> tuple[Floats, tuple[str, ...]]:
    """Return the family's own functions at masses of shape (n, q), shape (n, q, count), and what their coefficients are called."""
    low, high = float(edges[0]), float(edges[-1])
    x = (mass - low) / (high - low)
    powers = range(count)
    match family:
        case "bernstein":
            degree = count - 1
            columns = [special.binom(degree, k) * x**k * (1 - x) ** (degree - k) for k in powers]
            return np.stack(columns, axis=-1), tuple(f"c{k}" for k in powers)
        case "polynomial":
            columns = [special.eval_legendre(k, 2 * x - 1) for k in powers]
            return np.stack(columns, axis=-1), tuple(f"c{k}" for k in powers)
        case "exponential":
            return np.stack([x**k for k in powers], axis=-1), ("ln norm", *(f"a{k}" for k in powers[1:]))
        case "power_law":
            if low <= 0:
                raise FivesigmaError(f"a power law needs masses above zero, and the range begins at {low:g}")
            logarithm = np.log(mass / low)
            return np.stack([-(logarithm**k) for k in powers], axis=-1), ("-ln norm", *(f"p{k}" for k in powers[1:]))
        case "dijet":
            return _dijet(count, mass, edges, energy)


def _dijet(count: int, mass: Floats, edges: Floats, energy: float | None) -> tuple[Floats, tuple[str, ...]]:
    if energy is None or not 0 < edges[0] < edges[-1] < energy:
        told = "not given" if energy is None else f"{energy:g}"
        raise FivesigmaError(
            f"the dijet function needs 0 < m < √s; the range is {edges[0]:g} to {edges[-1]:g} and √s is {told}, in the same unit"
        )
    logarithm = np.log(mass / energy)
    columns = [np.ones_like(mass), np.log1p(-mass / energy), *(-(logarithm**k) for k in range(1, count - 1))]
    return np.stack(columns, axis=-1), ("ln p0", *(f"p{k}" for k in range(1, count)))
