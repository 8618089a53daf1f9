"""Our limits over published ones, at their points and between them."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.grid_geometry import decorrelation
from fivesigma.inference.limit_plane import CrossSectionLimit, LimitPlane, LimitPoint, LimitRow, LimitTable
from fivesigma.inference.published_comparison import compared_with_published
from fivesigma.inference.published_limits import PublishedLimits, PublishedPoint

BAND = (0.5, 0.7, 1.0, 1.4, 2.0)


def table(*places: dict[str, float], observed: float | None = 3.0) -> LimitTable:
    limit = CrossSectionLimit(expected=BAND, observed=observed)
    rows = [
        LimitRow(
            parameters=place,
            limit_expected=BAND,
            limit_observed=observed,
            cross_section=1.0,
            cross_section_limit=limit,
            failure=None,
        )
        for place in places
    ]
    return LimitTable(name="stop", parameters=tuple(places[0]), titles={}, level=0.95, points=tuple(rows))


def published(places: list[tuple[float, ...]], names: tuple[str, ...], **options) -> PublishedLimits:
    points = [
        PublishedPoint(parameters=dict(zip(names, place, strict=True)), observed=float(np.exp(sum(place))), **options)
        for place in places
    ]
    return PublishedLimits(name="CMS", reference="", parameters=names, points=tuple(points))


def test_limits_are_compared_at_each_point() -> None:
    ours = table({"x": 1.0}, {"x": 1.5}, {"x": 4.0})
    result = compared_with_published(ours, published([(2.0,), (1.0,)], ("x",), expected=2.0))
    assert [point.published_observed for point in result.points] == pytest.approx([np.exp(1), np.exp(1.5), None])
    assert [point.expected_ratio for point in result.points] == pytest.approx([0.5, 0.5, None])
    assert result.points[0].observed_ratio == pytest.approx(3 / np.exp(1))
    blind = compared_with_published(table({"x": 1.0}, observed=None), published([(1.0,)], ("x",)))
    assert blind.points[0].observed_ratio is None
    assert blind.points[0].published_expected is None


@given(
    grid=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=20, unique=True),
    shear=st.floats(0, 30),
)
def test_what_was_published_just_here_is_taken_as_it_is(grid: list[tuple[int, int]], shear: float) -> None:
    places = [(float(x), float(y + shear * x)) for x, y in grid]
    ours = table(*({"y": y, "x": x} for x, y in places))
    result = compared_with_published(ours, published(places, ("x", "y")))
    assert [point.published_observed for point in result.points] == pytest.approx([np.exp(x + y) for x, y in places])


def test_between_points_of_a_strip_along_the_diagonal_its_neighbours_count() -> None:
    places = [(x, x - difference) for x in np.arange(250, 801, 50.0) for difference in (10.0, 20.0, 30.0)]
    points = tuple(PublishedPoint(parameters={"x": x, "y": y}, observed=float(np.exp((x - y) / 10))) for x, y in places)
    strip = PublishedLimits(name="CMS", reference="", parameters=("x", "y"), points=points)
    ours = table({"x": 275.0, "y": 255.0}, {"x": 610.0, "y": 585.0}, {"x": 300.0, "y": 240.0})
    found = [point.published_observed for point in compared_with_published(ours, strip).points]
    assert found == pytest.approx([np.exp(2), np.exp(2.5), None])


def test_points_on_a_line_say_nothing_beside_it() -> None:
    ours = table({"x": 1.0, "y": 1.0}, {"x": 1.0, "y": 1.5})
    result = compared_with_published(ours, published([(0, 0), (1, 1), (2, 2), (3, 3)], ("x", "y")))
    assert [point.published_observed for point in result.points] == pytest.approx([np.exp(2), None])


def test_decorrelated_points_spread_alike_in_all_directions() -> None:
    generator = np.random.default_rng(1)
    place = generator.normal(size=(50, 2)) @ np.array([[100.0, 99.0], [0.0, 1.0]])
    axes = decorrelation(place)
    assert np.linalg.inv(np.cov((place @ axes).T)) == pytest.approx(49 * np.eye(2), rel=1e-6, abs=1e-6)
    assert decorrelation(np.array([[0.0, 0], [1, 1], [2, 2]])) is None
    assert decorrelation(np.empty((0, 2))) is None


def test_other_parameters_or_levels_cannot_be_compared() -> None:
    ours, theirs = table({"x": 1.0}), published([(1.0,)], ("x",))
    with pytest.raises(FivesigmaError, match="CMS has limits over y, stop over x"):
        compared_with_published(ours, published([(1.0,)], ("y",)))
    with pytest.raises(FivesigmaError, match="CMS has limits at 90 % CL, stop at 95 %"):
        compared_with_published(ours, dataclasses.replace(theirs, level=0.9))
    point = LimitPoint(parameters={"x": 1.0}, signal=("a",), result=None, failure="none")
    with pytest.raises(FivesigmaError, match="stop: CMS has limits over y, not x"):
        LimitPlane(name="stop", points=(point,), published=(published([(1.0,)], ("y",)),))
    with pytest.raises(FivesigmaError, match=r"stop: CMS has level 0\.9, not 0\.95"):
        LimitPlane(name="stop", points=(point,), published=(dataclasses.replace(theirs, level=0.9),))
    assert LimitPlane(name="stop", points=(point,), published=(theirs,)).table.published == (theirs,)
