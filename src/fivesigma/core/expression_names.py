"""Names in a tree: of columns, constants and functions."""

from __future__ import annotations

import ast

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expression_text import CONSTANTS, unparsed
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS

__all__ = ["LEPTON_PARTS", "column_name", "constant_name", "function_name", "names_in"]

LEPTON_PARTS = ("pt", "eta", "phi", "type", "charge")
"""What a collection of leptons has of each: ``z1_mass(lep)`` reads ``lep_pt_0`` ... ``lep_charge_3``."""


def names_in(node: ast.expr) -> set[str]:
    """Return the columns that a tree reads."""
    if isinstance(node, ast.Call):
        if function_name(node) in FOUR_LEPTON_FUNCTIONS:
            collection = column_name(node.args[0])
            return {f"{collection}_{part}_{i}" for part in LEPTON_PARTS for i in range(4)}
        return set().union(*map(names_in, node.args))
    if isinstance(node, ast.Name | ast.Attribute):
        return set() if constant_name(node) else {column_name(node)}
    return set().union(*(names_in(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)))


def constant_name(node: ast.expr) -> str | None:
    """Return the name of a constant, as in ``pi``; None for a column, also for one of that name in backticks."""
    return node.id if isinstance(node, ast.Name) and node.id in CONSTANTS else None


def column_name(node: ast.expr) -> str:
    """Return the name of a column, as in ``Jet.pt``; ExpressionError if the node is none."""
    words, inner = [], node
    while isinstance(inner, ast.Attribute):
        words.append(inner.attr)
        inner = inner.value
    if not isinstance(inner, ast.Name):
        raise ExpressionError(f"{unparsed(node)!r} is not the name of a column")
    return ".".join(word.strip("`") for word in [inner.id, *reversed(words)])


def function_name(node: ast.Call) -> str:
    """Return the name of the function called; empty if it is called by something else than its name."""
    return node.func.id if isinstance(node.func, ast.Name) else ""
