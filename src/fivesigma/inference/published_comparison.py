"""Our cross-section limits over published ones, point by point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import LinearNDInterpolator

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.grid_geometry import decorrelation
from fivesigma.inference.limit_plane import LimitRow, LimitTable
from fivesigma.inference.published_limits import PublishedLimits

__all__ = ["ComparedLimit", "PublishedComparison", "compared_with_published", "published_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedLimit:
    """Upper limits on the cross-section at one point, in pb; None where there is none.

    Attributes
    ----------
    parameters
        Where it lies.
    expected, observed
        Ours, the median one and the observed one.
    published_expected, published_observed
        Theirs, interpolated between points unless there is one just there.
    expected_ratio, observed_ratio
        Ours over theirs: below one, ours is the stronger limit.
    """

    parameters: Mapping[str, float]
    expected: float | None
    observed: float | None
    published_expected: float | None
    published_observed: float | None

    @property
    def expected_ratio(self) -> float | None:
        """Our expected limit over theirs."""
        return _ratio(self.expected, self.published_expected)

    @property
    def observed_ratio(self) -> float | None:
        """Our observed limit over theirs."""
        return _ratio(self.observed, self.published_observed)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedComparison:
    """Our cross-section limits beside published ones.

    Attributes
    ----------
    name
        What our plane is called.
    published
        Whose the others are.
    points
        One for each point of ours.
    """

    name: str
    published: str
    points: tuple[ComparedLimit, ...]


def compared_with_published(table: LimitTable, published: PublishedLimits) -> PublishedComparison:
    """Return our cross-section limits beside published ones at each point of a grid.

    Between published points ln σ is interpolated linearly (in Delaunay triangles); beyond them there is nothing to compare with.

    Raises
    ------
    FivesigmaError
        If the two differ in their parameters or confidence levels.
    """
    observed, expected = published_at(table, published)
    rows = zip(table.points, expected, observed, strict=True)
    return PublishedComparison(
        name=table.name, published=published.title, points=tuple(_compared(row, e, o) for row, e, o in rows)
    )


def published_at(table: LimitTable, published: PublishedLimits) -> tuple[list[float | None], list[float | None]]:
    """Return the published observed and expected cross-section limits, in pb, at each point of a grid; errors as above."""
    if set(table.parameters) != set(published.parameters):
        raise FivesigmaError(
            f"{published.title} has limits over {', '.join(published.parameters)}, {table.name} over {', '.join(table.parameters)}"
        )
    if table.level != published.level:
        raise FivesigmaError(
            f"{published.title} has limits at {100 * published.level:g} % CL, {table.name} at {100 * table.level:g} %"
        )
    where = np.asarray([[row.parameters[name] for name in published.parameters] for row in table.points])
    found = []
    for kind in ("observed", "expected"):
        known = [point for point in published.points if getattr(point, kind) is not None]
        place = np.asarray([published.place(point) for point in known]).reshape(-1, len(published.parameters))
        values = np.log(np.asarray([getattr(point, kind) for point in known], dtype=np.float64))
        found.append([None if np.isnan(v) else float(np.exp(v)) for v in _interpolated(place, values, where)])
    return found[0], found[1]


def _interpolated(place: Floats, values: Floats, where: Floats) -> Floats:
    """Return values at ``where``, shape (m, d), from those at ``place``, shape (n, d); NaN outside."""
    out = np.full(len(where), np.nan)
    if place.shape[1] == 1:
        if len(place):
            order = np.argsort(place[:, 0])
            out = np.interp(where[:, 0], place[order, 0], values[order], left=np.nan, right=np.nan)
    elif (axes := decorrelation(place)) is not None:
        out = np.asarray(LinearNDInterpolator(place @ axes, values)(where @ axes))
    scale = np.ptp(place, axis=0) if len(place) else np.ones(where.shape[1])
    for at, spot in enumerate(where):
        same = np.flatnonzero(np.all(np.abs(place - spot) <= 1e-9 * np.maximum(scale, np.abs(spot)), axis=1))
        if len(same):
            out[at] = values[same[0]]
    return out


def _compared(row: LimitRow, expected: float | None, observed: float | None) -> ComparedLimit:
    ours = row.cross_section_limit
    return ComparedLimit(
        parameters=row.parameters,
        expected=None if ours is None else ours.expected[2],
        observed=None if ours is None else ours.observed,
        published_expected=expected,
        published_observed=observed,
    )


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or theirs is None else ours / theirs
