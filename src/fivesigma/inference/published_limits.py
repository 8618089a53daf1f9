"""Limits that others published, to set beside one's own: cross-section limits at points, and contours of what is excluded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fivesigma.core.errors import FivesigmaError

__all__ = ["PublishedContour", "PublishedLimits", "PublishedPoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPoint:
    """Published upper limits on a cross-section, in pb, at one point; None where there is none.

    Raises
    ------
    FivesigmaError
        If there is neither, or one is not above zero.
    """

    parameters: Mapping[str, float]
    observed: float | None = None
    expected: float | None = None

    def __post_init__(self) -> None:
        given = [limit for limit in (self.observed, self.expected) if limit is not None]
        if not given or not all(0 < limit < float("inf") for limit in given):
            where = ", ".join(f"{name} = {value:g}" for name, value in self.parameters.items())
            raise FivesigmaError(f"{where}: a published limit is above zero, in pb, not {given or 'absent'}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedContour:
    """A published line: what it is called, "observed" or "expected" say, and its corners in the order of the parameters."""

    name: str
    points: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLimits:
    """Limits of another analysis.

    Attributes
    ----------
    name, reference
        Whose, and where they are published: "CMS", "CMS-SUS-17-005".
    parameters
        Names of the parameters, those of the grid they are set beside.
    points
        Limits on the cross-section; empty if none are known.
    contours
        Lines around what is excluded; empty if none are known.
    level
        Confidence level.

    Raises
    ------
    FivesigmaError
        If there is neither point nor contour, two points are at one place, or one has other parameters.
    """

    name: str
    reference: str
    parameters: tuple[str, ...]
    points: tuple[PublishedPoint, ...] = ()
    contours: tuple[PublishedContour, ...] = ()
    level: float = 0.95

    def __post_init__(self) -> None:
        if not self.points and not self.contours:
            raise FivesigmaError(f"{self.title}: no limit and no contour is given")
        places = set()
        for point in self.points:
            if set(point.parameters) != set(self.parameters):
                raise FivesigmaError(
                    f"{self.title}: a point has {', '.join(point.parameters)}, not {', '.join(self.parameters)}"
                )
            places.add(self.place(point))
        if len(places) < len(self.points):
            raise FivesigmaError(f"{self.title}: two limits at one place")
        for contour in self.contours:
            if not contour.points or any(len(point) != len(self.parameters) for point in contour.points):
                raise FivesigmaError(
                    f"{self.title}: the line {contour.name!r} needs points of {', '.join(self.parameters)}"
                )

    @property
    def title(self) -> str:
        """Whose limits they are, in words."""
        return f"{self.name} ({self.reference})" if self.reference else self.name

    def place(self, point: PublishedPoint) -> tuple[float, ...]:
        """Return where a point lies, in the order of the parameters."""
        return tuple(float(point.parameters[name]) for name in self.parameters)
