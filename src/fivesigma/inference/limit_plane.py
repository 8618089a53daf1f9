"""Limits over a grid of signal points: on the strength, and on the cross-section where that of the signal is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fivesigma.core.display import Entry, band, table
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.finding import Finding, remarks
from fivesigma.inference.published_limits import PublishedLimits
from fivesigma.inference.template_fit import TemplateFitResult
from fivesigma.statistics.bands import Band, band_of

__all__ = ["CrossSectionLimit", "LimitPlane", "LimitPoint", "LimitRow", "LimitTable", "SignalPoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPoint:
    """One hypothesis of a grid.

    Attributes
    ----------
    parameters
        Where it lies: masses, couplings, by name.
    signal
        The samples that are the signal there.
    cross_section
        Of that signal at μ = 1, in pb, filter efficiency and k-factor included; None where nobody knows it.

    Raises
    ------
    FivesigmaError
        If a point has no parameter or no sample, or a cross-section that is not above zero.
    """

    parameters: Mapping[str, float]
    signal: tuple[str, ...]
    cross_section: float | None = None

    def __post_init__(self) -> None:
        if not self.parameters or not self.signal:
            raise FivesigmaError(f"a point of a grid needs parameters and signal samples: {self.title}, {self.signal}")
        if self.cross_section is not None and not 0 < self.cross_section < float("inf"):
            raise FivesigmaError(
                f"{self.title}: the cross-section must be above zero, in pb, not {self.cross_section}; None if not known"
            )

    @property
    def title(self) -> str:
        """The point in words: ``m_stop = 500, m_lsp = 420``."""
        return ", ".join(f"{name} = {value:g}" for name, value in self.parameters.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossSectionLimit:
    """Upper limits on a cross-section in pb: at -2, -1, 0, +1, +2 σ of what background alone gives, and observed."""

    expected: Band
    observed: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPoint(SignalPoint):
    """What is known of the signal at one point of a grid.

    Attributes
    ----------
    result
        The fit in which this signal alone is signal; None where there is none.
    failure
        Why there is none; None where there is one.
    """

    result: TemplateFitResult | None
    failure: str | None = None

    def __post_init__(self) -> None:
        SignalPoint.__post_init__(self)
        if (self.result is None) == (self.failure is None):
            raise ValueError(f"{self.title}: a point has either a result or a reason why it has none")

    @property
    def limit_expected(self) -> Band | None:
        """Upper limits on μ at -2 ... +2 σ of what background alone gives."""
        return None if self.result is None else self.result.limit_expected

    @property
    def limit_observed(self) -> float | None:
        """Upper limit on μ; None while blind."""
        return None if self.result is None else self.result.limit_observed

    @property
    def cross_section_limit(self) -> CrossSectionLimit | None:
        """The limits times the cross-section at μ = 1; None where one of the two is not known."""
        if self.limit_expected is None or self.cross_section is None:
            return None
        expected = band_of(np.asarray(self.limit_expected) * self.cross_section)
        seen = self.limit_observed
        return CrossSectionLimit(expected=expected, observed=None if seen is None else seen * self.cross_section)

    @property
    def expects_exclusion(self) -> bool | None:
        """Whether background alone is expected to exclude μ = 1."""
        return None if self.limit_expected is None else self.limit_expected[2] < 1

    @property
    def excluded(self) -> bool | None:
        """Whether the data exclude μ = 1; None while blind."""
        return None if self.limit_observed is None else self.limit_observed < 1

    @property
    def row(self) -> LimitRow:
        """The limits alone."""
        return LimitRow(
            parameters=self.parameters,
            limit_expected=self.limit_expected,
            limit_observed=self.limit_observed,
            cross_section=self.cross_section,
            cross_section_limit=self.cross_section_limit,
            failure=self.failure,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """The limits of one point; what each field is tells `LimitPoint`."""

    parameters: Mapping[str, float]
    limit_expected: Band | None
    limit_observed: float | None
    cross_section: float | None
    cross_section_limit: CrossSectionLimit | None
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitTable:
    """The limits of a plane without the fits: what figures draw and results list.

    Attributes
    ----------
    name
        What the plane is called.
    parameters
        Names of the grid's parameters.
    titles
        What figures call them, with units, by name.
    level
        Confidence level of the limits.
    points
        One row for each point.
    published
        Limits of others to draw beside.
    """

    name: str
    parameters: tuple[str, ...]
    titles: Mapping[str, str]
    level: float
    points: tuple[LimitRow, ...]
    published: tuple[PublishedLimits, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPlane:
    """Limits over a grid of signal points.

    Attributes
    ----------
    name
        What findings call the plane.
    points
        One for each hypothesis, all with the same parameters.
    titles
        What figures call the parameters, with units, by name: ``{"m_stop": "m(t̃) [GeV]"}``.
    level
        Confidence level of the limits.
    published
        Limits of others over the same parameters, to draw beside.

    Raises
    ------
    FivesigmaError
        If there is no point, points differ in their parameters, two lie at one place, a fit has another level, or published limits are over
        other parameters or of another level.
    """

    name: str
    points: tuple[LimitPoint, ...]
    titles: Mapping[str, str] = field(default_factory=dict)
    level: float = 0.95
    published: tuple[PublishedLimits, ...] = ()

    def __post_init__(self) -> None:
        require_grid(self.name, self.points)
        for other in self.published:
            if set(other.parameters) != set(self.parameters):
                raise FivesigmaError(
                    f"{self.name}: {other.title} has limits over {', '.join(other.parameters)}, not {', '.join(self.parameters)}"
                )
            if other.level != self.level:
                raise FivesigmaError(f"{self.name}: {other.title} has level {other.level:g}, not {self.level:g}")
        for point in self.points:
            if point.result is not None and point.result.level != self.level:
                raise FivesigmaError(
                    f"{self.name}: the limit at {point.title} has level {point.result.level:g}, not {self.level:g}"
                )

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(self.points[0].parameters)

    @property
    def table(self) -> LimitTable:
        """The limits alone."""
        return LimitTable(
            name=self.name,
            parameters=self.parameters,
            titles=self.titles,
            level=self.level,
            points=tuple(point.row for point in self.points),
            published=self.published,
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the points without a limit say, and once what several fits found."""
        found: list[Finding] = []
        none = all(point.result is None for point in self.points)
        for point in self.points:
            of_point = (self._without(point, none),) if point.result is None else point.result.findings
            found += [finding for finding in of_point if finding not in found]
        return tuple(found)

    def _without(self, point: LimitPoint, none: bool) -> Finding:
        return Finding(
            code="point-without-limit",
            severity="serious" if none else "warning",
            subject=f"{self.name} ({point.title})",
            message=f"there is no limit here: {point.failure}",
            evidence=dict(point.parameters),
        )

    def _repr_html_(self) -> str:
        rows: dict[str, dict[str, Entry]] = {
            point.title: {
                "expected": None if point.limit_expected is None else band(point.limit_expected),
                "observed": point.limit_observed,
                "expected to be excluded": point.expects_exclusion,
            }
            for point in self.points
        }
        return table(rows, f"Upper limits on μ at {self.level:.0%}", notes=remarks(self.findings)).html


def require_grid(name: str, points: tuple[SignalPoint, ...]) -> None:
    """Raise FivesigmaError unless there are points, all with the same parameters and each at a place of its own."""
    if not points:
        raise FivesigmaError(f"{name}: a plane of limits needs a point at least")
    first = points[0]
    places: dict[tuple[float, ...], str] = {}
    for point in points:
        if set(point.parameters) != set(first.parameters):
            raise FivesigmaError(f"{name}: points with different parameters: {first.title}; {point.title}")
        place = tuple(point.parameters[parameter] for parameter in first.parameters)
        if place in places:
            raise FivesigmaError(f"{name}: two points at {point.title}: {places[place]} and {', '.join(point.signal)}")
        places[place] = ", ".join(point.signal)
