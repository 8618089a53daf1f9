"""Published limits from the text of a small table, or of the SModelS database of simplified-model results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.inference.published_limits import PublishedContour, PublishedLimits, PublishedPoint

__all__ = ["published_limits"]

_LIMITS = ("observed", "expected")
_CONTOUR = "contour"
_MASSES = re.compile(r"\[\[\[([^\[\]]+)\],\[([^\[\]]+)\]\],([^\[\],]+)\]")
_UNITS = {"GeV": 1.0, "TeV": 1e3, "MeV": 1e-3, "pb": 1.0, "fb": 1e-3, "nb": 1e3}


def published_limits(
    text: str,
    *,
    name: str,
    parameters: Sequence[str],
    reference: str = "",
    columns: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> PublishedLimits:
    """Return published limits from the text of a table.

    A table has one line of column names and then one line for each point, separated by commas or blanks; what follows ``#`` is a
    comment. Columns are the parameters and ``observed`` and ``expected``, upper limits on the cross-section in pb, ``-`` where
    there is none. Without these, lines are corners of the contour around what is excluded, and a column ``contour`` names the line
    that each belongs to (``observed`` if there is no such column). Other columns are passed over.

    Text with ``upperLimits:`` is read as SModelS has it (arXiv:1312.4175), masses in the order of the parameters.

    Parameters
    ----------
    text
        What the file holds.
    name, reference, level
        As for `PublishedLimits`.
    parameters
        Names of the parameters of the grid.
    columns
        What the table calls a parameter, ``observed``, ``expected`` or ``contour`` where it calls it otherwise.

    Raises
    ------
    FivesigmaError
        If a column is missing or nothing is said of any point.
    DataError
        If a line has too few or too many entries or one that is no number.
    """
    names = tuple(parameters)
    if "upperLimits:" in text:
        return PublishedLimits(
            name=name, reference=reference, parameters=names, points=_smodels(text, names), level=level
        )
    rows = _rows(text, columns or {}, names)
    if any(limit in rows[0][1] for limit in _LIMITS):
        points = tuple(_point(number, row, names) for number, row in rows)
        return PublishedLimits(name=name, reference=reference, parameters=names, points=points, level=level)
    lines: dict[str, list[tuple[float, ...]]] = {}
    for number, row in rows:
        corner = tuple(_number(row[parameter], number, parameter) for parameter in names)
        lines.setdefault(row.get(_CONTOUR, _LIMITS[0]), []).append(corner)
    contours = tuple(PublishedContour(name=line, points=tuple(corners)) for line, corners in lines.items())
    return PublishedLimits(name=name, reference=reference, parameters=names, contours=contours, level=level)


def _rows(text: str, columns: Mapping[str, str], names: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Return the entries of each line, by our name of the column, with the number of the line."""
    lines = [(number, _entries(line)) for number, line in enumerate(text.splitlines(), start=1)]
    filled = [(number, entries) for number, entries in lines if entries]
    if len(filled) < 2:
        raise FivesigmaError("a table of published limits needs a line of column names and one for each point")
    header = filled[0][1]
    wanted = {own: columns.get(own, own) for own in (*names, *_LIMITS, _CONTOUR)}
    for own, given in wanted.items():
        if (own in names or own in columns) and given not in header:
            raise FivesigmaError(f"published limits: no column {given!r}{suggestion(given, header)}")
    rows = []
    for number, entries in filled[1:]:
        if len(entries) != len(header):
            raise DataError(f"published limits: line {number} has {len(entries)} entries for {len(header)} columns")
        row = dict(zip(header, entries, strict=True))
        rows.append((number, {own: row[given] for own, given in wanted.items() if given in row}))
    return rows


def _entries(line: str) -> list[str]:
    kept = line.split("#", maxsplit=1)[0].strip()
    return [entry.strip() for entry in kept.split(",")] if "," in kept else kept.split()


def _point(number: int, row: Mapping[str, str], names: Sequence[str]) -> PublishedPoint:
    observed, expected = (
        None if row.get(limit, "-") in {"-", ""} else _number(row[limit], number, limit) for limit in _LIMITS
    )
    place = {parameter: _number(row[parameter], number, parameter) for parameter in names}
    return PublishedPoint(parameters=place, observed=observed, expected=expected)


def _number(entry: str, line: int, column: str) -> float:
    try:
        return float(entry)
    except ValueError:
        raise DataError(f"published limits: line {line}, {column}: {entry!r} is no number") from None


def _smodels(text: str, names: Sequence[str]) -> tuple[PublishedPoint, ...]:
    """Return the points of ``upperLimits`` and ``expectedUpperLimits``."""
    found: dict[tuple[float, ...], dict[str, float]] = {}
    for key, limit in (("upperLimits", "observed"), ("expectedUpperLimits", "expected")):
        block = re.search(rf"^{key}:(.*?)(?=^\w+:|\Z)", text, flags=re.DOTALL | re.MULTILINE)
        for first, second, value in _MASSES.findall(re.sub(r"\s", "", block[1]) if block else ""):
            masses = tuple(map(_quantity, first.split(",")))
            if masses != tuple(map(_quantity, second.split(","))) or len(masses) != len(names):
                raise DataError(
                    f"published limits: masses [{first}], [{second}] are not one each of {', '.join(names)} on both sides"
                )
            found.setdefault(masses, {})[limit] = _quantity(value)
    return tuple(
        PublishedPoint(parameters=dict(zip(names, masses, strict=True)), **limits) for masses, limits in found.items()
    )


def _quantity(text: str) -> float:
    """Return ``2.5E+02*GeV`` in GeV, and cross-sections in pb."""
    value, _, unit = text.partition("*")
    if unit not in _UNITS:
        raise DataError(f"published limits: {text!r} has no unit known{suggestion(unit, _UNITS)}")
    return float(value) * _UNITS[unit]
