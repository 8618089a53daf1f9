"""Grids of two masses that differ by little fill a strip along the diagonal: they are drawn against their difference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fivesigma.inference.limit_plane import LimitTable
from fivesigma.inference.published_limits import PublishedLimits
from fivesigma.plots.style import Context

__all__ = ["upright"]

_DIAGONAL = 0.97
"""Correlation of two parameters beyond which they are drawn as one and their difference."""
_UNIT = re.compile(r"\s*\[([^\]]*)\]\s*$")


def upright(table: LimitTable, context: Context) -> LimitTable:
    """Return limits over two parameters of one unit that run along the diagonal as limits over the first and their difference.

    Other tables are returned as they are.
    """
    first, second = table.parameters
    titles = [context.titles.get(name) or table.titles.get(name) or name for name in table.parameters]
    units = [match[1] if (match := _UNIT.search(title)) else None for title in titles]
    place = np.asarray([[row.parameters[name] for name in table.parameters] for row in table.points])
    extent = np.ptp(place, axis=0)
    if units[0] is None or units[0] != units[1] or len(place) < 3 or not np.all(extent > 0):
        return table
    if np.corrcoef(place.T)[0, 1] < _DIAGONAL:
        return table
    name = f"{first} - {second}"

    def turned(parameters: Mapping[str, float]) -> dict[str, float]:
        return {first: parameters[first], name: parameters[first] - parameters[second]}

    def turned_limits(published: PublishedLimits) -> PublishedLimits:
        order = [published.parameters.index(parameter) for parameter in table.parameters]
        corners = [[(line[order[0]], line[order[0]] - line[order[1]]) for line in c.points] for c in published.contours]
        return replace(
            published,
            parameters=(first, name),
            points=tuple(replace(point, parameters=turned(point.parameters)) for point in published.points),
            contours=tuple(
                replace(contour, points=tuple(points))
                for contour, points in zip(published.contours, corners, strict=True)
            ),
        )

    plain = [_UNIT.sub("", title) for title in titles]
    return replace(
        table,
        parameters=(first, name),
        titles={first: titles[0], name: f"{plain[0]} − {plain[1]} [{units[0]}]"},
        points=tuple(replace(row, parameters=turned(row.parameters)) for row in table.points),
        published=tuple(turned_limits(published) for published in table.published),
    )
