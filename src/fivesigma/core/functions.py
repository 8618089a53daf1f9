"""The functions that expressions may call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fivesigma.core import dijets, kinematics
from fivesigma.core import list_functions as lists

__all__ = ["EXTREMES", "FUNCTIONS", "INSTEAD", "LIST_FUNCTIONS", "NUMBER_FUNCTIONS", "Function"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function, how it is called, what it is, and how many arguments it takes; ``most`` is None where there is no limit."""

    call: Callable[..., Any]
    usage: str
    meaning: str
    least: int = 1
    most: int | None = 1
    multiple_of: int = 1

    def wrong_count(self, count: int) -> str | None:
        """Return how many arguments are right, in words, if ``count`` are wrong; else None."""
        if count >= self.least and (self.most is None or count <= self.most) and count % self.multiple_of == 0:
            return None
        if self.most is None:
            return f"{self.least} or more arguments"
        unit = f" in steps of {self.multiple_of}" if self.multiple_of > 1 else ""
        if self.most > self.least:
            return f"{self.least} to {self.most} arguments{unit}"
        return f"{self.least} argument" + ("s" if self.least > 1 else "")


def _of_one(name: str, meaning: str, argument: str = "x") -> Function:
    return Function(getattr(np, name), f"{name}({argument})", meaning)


def _of(count: int, call: Callable[..., Any], usage: str, meaning: str) -> Function:
    return Function(call, usage, meaning, count, count)


NUMBER_FUNCTIONS: dict[str, Function] = {
    "abs": _of_one("abs", "absolute value"),
    "sqrt": _of_one("sqrt", "square root"),
    "exp": _of_one("exp", "e to the power of x"),
    "log": _of_one("log", "natural logarithm"),
    "log10": _of_one("log10", "logarithm to base 10"),
    "floor": _of_one("floor", "the largest whole number not above x"),
    "ceil": _of_one("ceil", "the smallest whole number not below x"),
    **{name: _of_one(name, f"{name} of an angle in radians") for name in ("sin", "cos", "tan")},
    **{name: _of_one(name, f"the angle whose {name[1:]} is x") for name in ("asin", "acos", "atan")},
    **{name: _of_one(name, "hyperbolic function") for name in ("sinh", "cosh", "tanh")},
    **{name: _of_one(name, "inverse hyperbolic function") for name in ("asinh", "acosh", "atanh")},
    "atan2": _of(2, np.atan2, "atan2(y, x)", "the angle of the point (x, y)"),
    "hypot": _of(2, np.hypot, "hypot(x, y)", "√(x² + y²)"),
    "isfinite": _of_one("isfinite", "whether x is neither missing nor infinite"),
    "missing": Function(np.isnan, "missing(x)", "whether x is missing (NaN)"),
    "default": _of(
        2, lambda x, value: np.where(np.isnan(x), value, x), "default(x, value)", "x, or the value where x is missing"
    ),
    "delta_phi": _of(2, kinematics.delta_phi, "delta_phi(phi1, phi2)", "φ₁ - φ₂, brought into [-π, π)"),
    "delta_r": _of(4, kinematics.delta_r, "delta_r(eta1, phi1, eta2, phi2)", "√(Δη² + Δφ²)"),
    "transverse_mass": _of(
        4,
        kinematics.transverse_mass,
        "transverse_mass(pt1, phi1, pt2, phi2)",
        "transverse mass of two massless particles",
    ),
    "invariant_mass": Function(
        kinematics.invariant_mass,
        "invariant_mass(pt1, eta1, phi1, pt2, eta2, phi2, ...)",
        "mass of two to ten massless particles together",
        6,
        30,
        3,
    ),
    "pt_of": _of(2, dijets.pt_of, "pt_of(px, py)", "transverse momentum"),
    "eta_of": _of(
        3, dijets.eta_of, "eta_of(px, py, pz)", "pseudorapidity; infinite along the beam, missing without a momentum"
    ),
    "phi_of": _of(2, dijets.phi_of, "phi_of(px, py)", "azimuth in [-π, π]; missing where px and py are 0"),
    "dijet_mass": _of(
        8, dijets.dijet_mass, "dijet_mass(px1, py1, pz1, m1, px2, py2, pz2, m2)", "invariant mass of two jets"
    ),
    "dijet_delta_r": _of(
        6, dijets.dijet_delta_r, "dijet_delta_r(px1, py1, pz1, px2, py2, pz2)", "√(Δη² + Δφ²) of two jets"
    ),
    "ratio": _of(2, dijets.ratio, "ratio(x, y)", "x / y, 0 where y is 0, as customary for τ21 and τ32"),
    "of_lighter": _of(
        4,
        dijets.of_lighter,
        "of_lighter(m1, m2, x1, x2)",
        "x of the lighter of two jets: x1 where m1 ≤ m2, else x2; missing where a mass is",
    ),
    "of_heavier": _of(4, dijets.of_heavier, "of_heavier(m1, m2, x1, x2)", "the other one: x2 where m1 ≤ m2, else x1"),
}
"""Functions of numbers; of lists they give a list."""

EXTREMES: dict[str, Callable[..., Any]] = {"max": np.maximum, "min": np.minimum}
"""What ``max`` and ``min`` do with several arguments, two at a time."""

LIST_FUNCTIONS: dict[str, Function] = {
    "count": Function(lists.count, "count(x)", "how many elements; of conditions, how many are true"),
    "sum": Function(lists.total, "sum(x)", "sum of the elements, 0 of an empty list"),
    "mean": Function(lists.mean, "mean(x)", "mean of the elements"),
    "max": Function(lists.largest, "max(x), max(x, y, ...)", "the largest of the list; the larger of x and y", 1, None),
    "min": Function(
        lists.smallest, "min(x), min(x, y, ...)", "the smallest of the list; the smaller of x and y", 1, None
    ),
    "any": Function(lists.any_true, "any(condition)", "whether it is true of one element at least"),
    "all": Function(lists.all_true, "all(condition)", "whether it is true of every element"),
    "first": Function(lambda x: lists.element(x, 0), "first(x)", "the first element, also x[0]"),
    "last": Function(lambda x: lists.element(x, -1), "last(x)", "the last element, also x[-1]"),
    "at": _of(2, lists.element, "at(x, i)", "the element at position i, also x[i]; below 0 it counts from the end"),
    "argmax": Function(lists.position_of_largest, "argmax(x)", "where the largest stands, the first of equals"),
    "argmin": Function(lists.position_of_smallest, "argmin(x)", "where the smallest stands, the first of equals"),
    "descending": Function(
        lists.descending,
        "descending(x), descending(x, by)",
        "the list in descending order of its own or of another",
        1,
        2,
    ),
    "ascending": Function(
        lists.ascending, "ascending(x), ascending(x, by)", "the list in ascending order of its own or of another", 1, 2
    ),
}
"""Functions of a list for each event; all but the last two give one value for each event."""

FUNCTIONS: dict[str, Function] = {
    "where": _of(3, np.where, "where(condition, x, y)", "x where the condition is true, else y"),
    **NUMBER_FUNCTIONS,
    **LIST_FUNCTIONS,
}
"""All functions by name; `fivesigma.core.four_leptons` adds those that take a collection of leptons."""

INSTEAD: dict[str, str] = {
    "sort": "descending(x), the largest first, or ascending(x)",
    "sorted": "descending(x), the largest first, or ascending(x)",
    "reverse": "descending(x), the largest first, or ascending(x)",
    "len": "count(x)",
    "length": "count(x)",
    "size": "count(x)",
    "pow": "x ** y",
    "mod": "x % y",
    "ln": "log(x)",
    "isnan": "missing(x)",
    "is_missing": "missing(x)",
    "average": "mean(x)",
}
"""What to write instead of names that other languages have, where the nearest name would mislead."""
