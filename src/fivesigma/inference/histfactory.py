"""Expected events of a HistFactory model and their derivatives, in closed form.

A cell is a sample in a bin. Each expects ``(ν + Σ Δ(α)) Π κ(α) Π θ``: additive shapes, multiplicative normalisations, and
parameters that multiply as they are (CERN-OPEN-2012-016 eq. 5). All of a kind are arrays of (parameters, cells), so that
yields and all their derivatives take a dozen array operations, where differences of yields would take one model evaluation each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints

__all__ = ["HistFactory"]

_COMMON = ("lumi", "normfactor")
"""Modifiers with one parameter for all bins; those below have one for each bin that they act on, in whatever channels."""
_PER_BIN = ("shapesys", "staterror")
_AT_ONE = np.array(
    [[s**n for n in range(1, 7)] for s in (1, -1)]
    + [[n * s ** (n - 1) for n in range(1, 7)] for s in (1, -1)]
    + [[n * (n - 1) * s ** (n - 2) for n in range(1, 7)] for s in (1, -1)],
    dtype=np.float64,
)
"""Value, first and second derivative of a polynomial of sixth order without constant at +1 and -1, per coefficient."""


class HistFactory:
    """Yields of a model as functions of its parameters.

    Parameters
    ----------
    channels
        As in a pyhf workspace.
    bins
        Where in all bins those of each channel lie.
    parameters
        Where in all parameters those of each modifier name lie.
    smooth
        Interpolate between -1, 0 and +1 σ with a sixth-order polynomial (pyhf's code4 and code4p); otherwise by two
        exponentials and two straight lines (code1 and code0), which have a kink at nominal unless both sides agree.
    """

    def __init__(
        self,
        channels: Sequence[Mapping[str, Any]],
        *,
        bins: Mapping[str, slice],
        parameters: Mapping[str, slice],
        smooth: bool,
    ) -> None:
        cells = _Cells(channels, bins, parameters)
        order = np.argsort(cells.bin, kind="stable")
        self._bin = cells.bin[order]
        self._starts = np.flatnonzero(np.diff(self._bin, prepend=-1))
        self._count = max(where.stop for where in parameters.values())
        self._nominal = cells.nominal[order]
        self._shapes = _Shapes(cells.stacked(cells.shapes, 0.0, order), cells.indices(cells.shapes), smooth)
        self._rates = _Rates(cells.stacked(cells.rates, 1.0, order), cells.indices(cells.rates), smooth)
        # cells with fewer factors than others have a last parameter for the rest, which is always one
        depth = max((len(factors) for factors in cells.factors), default=0)
        padded = [[*factors, *[self._count] * (depth - len(factors))] for factors in cells.factors]
        self._factors: Ints = np.asarray(padded, dtype=np.int64).reshape(len(order), depth)[order].T

    def expected(self, values: Floats) -> Floats:
        """Return expected events, shape (bins,)."""
        base = self._nominal + self._shapes.sum(values)
        factors = np.append(values, 1.0)[self._factors]
        return self._summed(base * self._rates.factors(values)[0].prod(axis=0) * factors.prod(axis=0))

    def expected_and_jacobian(self, values: Floats) -> tuple[Floats, Floats]:
        """Return expected events, shape (bins,), and their derivatives by the parameters, shape (bins, parameters)."""
        factors = np.append(values, 1.0)[self._factors]
        rates, rate_slopes = self._rates.factors(values)
        base, rate, factor = self._nominal + self._shapes.sum(values), rates.prod(axis=0), factors.prod(axis=0)
        cells = base * rate * factor
        relative = np.divide(rate_slopes, rates, out=np.zeros_like(rates), where=rates != 0)
        jacobian = np.zeros((len(self._starts), self._count))
        jacobian[:, self._shapes.index] += self._summed(self._shapes.slopes(values) * (rate * factor)).T
        jacobian[:, self._rates.index] += self._summed(relative * cells).T
        return self._summed(cells), jacobian + self._factor_slopes(base * rate, factors)

    def _factor_slopes(self, base: Floats, factors: Floats) -> Floats:
        """Return derivatives by the parameters that multiply; the product of the others, as the parameter may be zero."""
        width = self._count + 1
        slopes = np.zeros(len(self._starts) * width)
        for layer, index in enumerate(self._factors):
            others = np.delete(factors, layer, axis=0).prod(axis=0)
            slopes += np.bincount(self._bin * width + index, base * others, minlength=len(slopes))
        return slopes.reshape(-1, width)[:, :-1]

    def _summed(self, cells: Floats) -> Floats:
        """Return sums over the samples of each bin, shape (..., bins), of cells of shape (..., cells)."""
        return np.asarray(np.add.reduceat(cells, self._starts, axis=-1))


class _Cells:
    """Samples in bins as a workspace lists them, and what acts on each."""

    def __init__(
        self, channels: Sequence[Mapping[str, Any]], bins: Mapping[str, slice], parameters: Mapping[str, slice]
    ) -> None:
        self._parameters = parameters
        samples = [(bins[channel["name"]], sample) for channel in channels for sample in channel["samples"]]
        self.nominal = np.concatenate([np.asarray(sample["data"], dtype=np.float64) for _, sample in samples])
        self.bin = np.concatenate([np.arange(where.start, where.stop) for where, _ in samples])
        self.factors: list[list[int]] = [[] for _ in self.bin]
        self._marked = _marked_bins(samples)
        self.shapes: dict[str, list[tuple[slice, Any, Any]]] = {}
        self.rates: dict[str, list[tuple[slice, Any, Any]]] = {}
        start = 0
        for _, sample in samples:
            stop = start + len(sample["data"])
            for modifier in sample["modifiers"]:
                self._add(modifier, slice(start, stop), sample["data"])
            start = stop

    def _add(self, modifier: Mapping[str, Any], where: slice, nominal: Sequence[float]) -> None:
        name, kind, data = modifier["name"], modifier["type"], modifier["data"]
        if kind == "histosys":
            up, down = np.subtract(data["hi_data"], nominal), np.subtract(data["lo_data"], nominal)
            self.shapes.setdefault(name, []).append((where, up, down))
        elif kind == "normsys":
            self.rates.setdefault(name, []).append((where, data["hi"], data["lo"]))
        elif kind in _COMMON:
            self._multiply(where, np.full(len(nominal), self._parameters[name].start))
        elif kind == "shapefactor":
            self._multiply(where, self._parameters[name].start + np.arange(len(nominal)))
        elif kind in _PER_BIN:
            self._multiply(where, self._parameters[name].start + np.searchsorted(self._marked[name], self.bin[where]))

    def _multiply(self, where: slice, parameters: Ints) -> None:
        for cell, parameter in zip(range(where.start, where.stop), parameters.tolist(), strict=True):
            self.factors[cell].append(parameter)

    def indices(self, modifiers: Mapping[str, Any]) -> Ints:
        """Return which parameters act, shape (modifiers,)."""
        return np.asarray([self._parameters[name].start for name in modifiers], dtype=np.int64)

    def stacked(self, modifiers: Mapping[str, list[tuple[slice, Any, Any]]], absent: float, order: Ints) -> Floats:
        """Return what modifiers do at +1 and -1 σ, shape (2, modifiers, cells), in the order of the bins."""
        table = np.full((2, len(modifiers), len(self.bin)), absent)
        for row, parts in enumerate(modifiers.values()):
            for where, up, down in parts:
                table[0, row, where], table[1, row, where] = up, down
        return table[:, :, order]


def _marked_bins(samples: Sequence[tuple[slice, Mapping[str, Any]]]) -> dict[str, Ints]:
    """Return the bins in which each modifier with a parameter a bin acts, in ascending order."""
    marked: dict[str, set[int]] = {}
    for where, sample in samples:
        for modifier in sample["modifiers"]:
            if modifier["type"] in _PER_BIN:
                marked.setdefault(modifier["name"], set()).update(range(where.start, where.stop))
    return {name: np.asarray(sorted(bins), dtype=np.int64) for name, bins in marked.items()}


class _Shapes:
    """Additive changes: pyhf's code0, or code4p with ``smooth``."""

    def __init__(self, table: Floats, index: Ints, smooth: bool) -> None:
        self.index, self._smooth = index, smooth
        self._up, self._down = table
        self._mean, self._bend = (self._up - self._down) / 2, (self._up + self._down) / 16

    def sum(self, values: Floats) -> Floats:
        """Return the sum of all changes, shape (cells,)."""
        alpha = values[self.index]
        square = np.square(alpha)
        inside = self._inside(alpha)
        straight = np.where(inside, alpha, 0.0)
        bent = np.where(inside, square * (15 - 10 * square + 3 * square**2), 0.0)
        up, down = np.where(~inside & (alpha > 0), alpha, 0.0), np.where(~inside & (alpha <= 0), -alpha, 0.0)
        return np.asarray(straight @ self._mean + bent @ self._bend + up @ self._up + down @ self._down)

    def slopes(self, values: Floats) -> Floats:
        """Return derivatives by each parameter, shape (parameters, cells)."""
        alpha = values[self.index][:, None]
        inside = self._inside(alpha)
        square = np.square(alpha)
        bend = np.where(inside, alpha * (30 - 40 * square + 18 * square**2), 0.0)
        ends = np.where(alpha >= 0, self._up, -self._down)
        return np.asarray(np.where(inside, self._mean + bend * self._bend, ends))

    def _inside(self, alpha: Floats) -> Bools:
        return np.asarray((np.abs(alpha) < 1) & self._smooth)


class _Rates:
    """Multiplicative changes: pyhf's code1, or code4 with ``smooth``."""

    def __init__(self, table: Floats, index: Ints, smooth: bool) -> None:
        self.index, self._smooth = index, smooth
        self._table = table
        self._logs = np.log(table, out=np.zeros_like(table), where=table > 0)
        up, down = table
        log_up, log_down = self._logs
        ends = [up - 1, down - 1, log_up * up, -log_down * down, log_up**2 * up, log_down**2 * down]
        self._coefficients = np.tensordot(np.linalg.inv(_AT_ONE), np.stack(ends), axes=1)

    def factors(self, values: Floats) -> tuple[Floats, Floats]:
        """Return factors and their derivatives, each of shape (parameters, cells)."""
        values = values[self.index]
        alpha = values[:, None]
        rows, side = np.arange(len(values)), (values < 0).astype(np.int64)
        logs = self._logs[side, rows]
        factor = self._table[side, rows] ** np.abs(alpha)
        slope = np.where(alpha < 0, -1.0, 1.0) * logs * factor
        near = np.flatnonzero((np.abs(values) < 1) & self._smooth)
        if len(near):
            power = values[near] ** np.arange(7)[:, None]
            own = self._coefficients[:, near]
            factor[near] = 1 + np.einsum("nk,nkc->kc", power[1:], own)
            slope[near] = np.einsum("n,nk,nkc->kc", np.arange(1.0, 7.0), power[:-1], own)
        return factor, slope
