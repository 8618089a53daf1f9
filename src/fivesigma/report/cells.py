"""One entry of a table: a number with its errors, a text, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from fivesigma.core.format import asymmetric, count, plus_minus
from fivesigma.report.labels import quantity
from fivesigma.report.traced import origin

__all__ = ["MISSING", "Cell", "Exact", "cell", "interval", "is_estimate", "measured_cell", "record_cells", "told_as"]

CellKind: TypeAlias = Literal["text", "number", "code", "missing"]


@dataclass(frozen=True, slots=True)
class Exact:
    """A number as it was computed, with its error up and its error down where it has some."""

    value: float
    up: float | None = None
    down: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One entry of a table: text, with a symmetric error or an error up and one down.

    ``origin`` is the file of the run and the JSON pointer that its number was read from, a line each for what it was
    computed from.
    ``exact`` is the number before it was rounded, for files that others compute with; cells that print the same are equal.
    """

    text: str = ""
    kind: CellKind = "text"
    error: str = ""
    up: str = ""
    down: str = ""
    title: str = ""
    origin: str = ""
    exact: Exact | None = field(default=None, compare=False)


MISSING = Cell(text="—", kind="missing", title="blind or not asked")
"""What the page prints where a result is null."""


def told_as(text: str, value: float) -> Cell:
    """Return a number that is printed in a way of its own."""
    return Cell(text=text, kind="number", origin=origin(value), exact=Exact(value))


def measured_cell(value: float | None, error: float | None) -> Cell:
    """Return value ± error, rounded by the PDG's rule."""
    if value is None:
        return MISSING
    if not error:
        return told_as(quantity("", value), value)
    value_text, error_text = plus_minus(value, error)
    return replace(told_as(value_text, value), error=error_text, exact=Exact(value, error, error))


def interval(estimate: Mapping[str, Any]) -> Cell:
    """Return an estimate ``{value, low, high}`` as value ± error, with two errors where they differ in print.

    An interval that does not hold its value (percentile intervals may) is printed as it is.
    """
    value, low, high = estimate["value"], estimate.get("low"), estimate.get("high")
    if value is None or low is None or high is None:
        return measured_cell(value, None)
    title = ", ".join(str(estimate[key]) for key in ("method", "level") if estimate.get(key))
    made = Cell(
        kind="number", title=title, origin=origin(value), exact=Exact(value, up := high - value, down := value - low)
    )
    if min(up, down) < 0 or max(up, down) == 0:
        text = (
            f"{quantity('', value)} [{quantity('', low)}, {quantity('', high)}]" if high > low else quantity("", value)
        )
        return replace(made, text=text)
    texts = asymmetric(value, low, high)
    if texts[1] == texts[2]:
        return replace(made, text=texts[0], error=texts[1])
    return replace(made, text=texts[0], up=f"+{texts[1]}", down=f"−{texts[2]}")


def is_estimate(value: object) -> bool:
    """Say whether a value is ``{value, low, high}`` or ``{value, error}``: of numbers, as names of the user's may be these words."""
    if not (isinstance(value, Mapping) and "value" in value and {"low", "error"} & set(value)):
        return False
    told = [value[key] for key in ("value", "low", "high", "error") if key in value]
    return all(item is None or isinstance(item, int | float) for item in told)


def cell(value: Any, key: str = "") -> Cell:
    """Return the cell of one value, read in the unit of its field: number, estimate, text, list of these, or none."""
    if isinstance(value, Mapping):
        return _mapping_cell(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Cell(text=", ".join(cell(item, key).text for item in value) or "none")
    return _scalar_cell(value, key)


def _scalar_cell(value: Any, key: str) -> Cell:
    match value:
        case None:
            return MISSING
        case bool():
            return Cell(text="yes" if value else "no")
        case int() if not key:
            return told_as(count(value), value)
        case int() | float():
            return told_as(quantity(key, value), value)
        case _:
            return Cell(text=str(value), kind="code" if _is_code(str(value)) else "text")


def _mapping_cell(value: Mapping[str, Any]) -> Cell:
    if is_estimate(value):
        return measured_cell(value["value"], value["error"]) if "error" in value else interval(value)
    return Cell(text=", ".join(f"{name}: {cell(item).text}" for name, item in value.items()) or "none")


def _is_code(text: str) -> bool:
    """Say whether a text is a digest or a path: long, without a space."""
    return len(text) > 24 and " " not in text


def record_cells(record: Mapping[str, Any]) -> dict[str, Cell]:
    """Return the cells of one record; a field and its ``field_error`` become one cell."""
    cells = {}
    for key, value in record.items():
        base = key.removesuffix("_error")
        if base != key and base in record:
            continue
        error = record.get(f"{key}_error")
        both = isinstance(value, int | float) and isinstance(error, int | float)
        cells[key] = measured_cell(value, error) if both else cell(value, key)
    return cells
