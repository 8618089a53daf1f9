"""What is noticed as events are read: values that stand for "not there", units, cuts that fail for lack of a value."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add

from fivesigma.core.expression_grammar import parse
from fivesigma.core.expression_names import names_in
from fivesigma.core.expressions import Expression
from fivesigma.core.finding import Finding
from fivesigma.core.sample import CutflowRow, SampleInfo
from fivesigma.events.selected import Selected
from fivesigma.events.summaries import Summary
from fivesigma.events.units import looks_like_mev

__all__ = ["noticed"]

_KEEPS_THE_UNIT = {"abs", "ascending", "at", "default", "descending", "first", "last", "max", "mean", "min", "sum"}


def noticed(
    info: SampleInfo, pieces: Sequence[Selected], cutflow: Iterable[CutflowRow], asked: Sequence[Expression]
) -> Iterator[Finding]:
    """Yield what is notable in the columns of a sample, as far as expressions ask for them."""
    summaries = _summed([piece.summaries for piece in pieces if piece.summaries])
    for name, summary in summaries.items():
        yield from _stands_for_nothing(info, name, summary)
        if any(name in _taken_as_is(expression) for expression in asked):
            yield from _in_mev(info, name, summary)
    for row in cutflow:
        if row.missing:
            yield Finding(
                code="cut-on-missing",
                severity="warning",
                subject=f"{info.name}, {row.step}",
                message=f"{row.missing:,} events of {info.name} fail the cut {row.step!r} because they lack a value it asks for;"
                " `missing(...)` in the cut says what shall become of them",
                evidence={"events": row.missing},
            )


def _taken_as_is(expression: Expression) -> set[str]:
    """Return the columns whose own values a feature is, or a cut compares with a number: nothing turns their unit into another."""
    tree = parse(expression.text)
    operands = [tree]
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            compared = [node.left, *node.comparators]
            operands += compared if any(not names_in(operand) for operand in compared) else []
    return set().union(*map(_of_one_unit, operands))


def _of_one_unit(operand: ast.expr) -> set[str]:
    """Return the columns that an operand is made of, if it has their unit: themselves, elements, sums and extremes of lists."""
    if isinstance(operand, ast.Name | ast.Attribute):
        return names_in(operand)
    if isinstance(operand, ast.Subscript):
        return _of_one_unit(operand.value)
    if isinstance(operand, ast.Call) and isinstance(operand.func, ast.Name) and operand.func.id in _KEEPS_THE_UNIT:
        return set().union(*map(_of_one_unit, operand.args))
    return set()


def _summed(parts: Sequence[Mapping[str, Summary]]) -> dict[str, Summary]:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: reduce(add, [part[name] for part in parts if name in part]) for name in names}


def _stands_for_nothing(info: SampleInfo, name: str, summary: Summary) -> Iterator[Finding]:
    if (found := summary.extremes.sentinel()) is None:
        return
    yield Finding(
        code="undeclared-missing",
        severity="warning",
        subject=f"{info.name}, {name}",
        message=f"{name} of {info.name} is {found.value:g} in {100 * found.fraction:.3g} % of the events, which looks as if it stood"
        f" for 'not there'; `missing: [{found.value:g}]` under `events` says so",
        evidence={"value": found.value, "fraction": found.fraction},
    )


def _in_mev(info: SampleInfo, name: str, summary: Summary) -> Iterator[Finding]:
    size = _size(summary)
    if not looks_like_mev(name, size):
        return
    yield Finding(
        code="looks-like-mev",
        severity="warning",
        subject=f"{info.name}, {name}",
        message=f"{name} of {info.name} is {size:,.0f} on average, which looks like MeV; fivesigma computes in GeV: write {name} / 1000",
        evidence={"mean": size},
    )


def _size(summary: Summary) -> float:
    """Return the mean magnitude of the values, one that stands for "not there" left out."""
    count, total = summary.extremes.size - summary.missing - summary.infinite, summary.magnitude
    if (found := summary.extremes.sentinel()) is not None:
        absent = round(found.fraction * summary.extremes.size)
        count, total = count - absent, total - absent * abs(found.value)
    return total / count if count else 0.0
