import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
from matplotlib.tri import TriContourSet

from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import score_bins
from fivesigma.inference.limit_plane import CrossSectionLimit, LimitRow, LimitTable, SignalPoint
from fivesigma.inference.published_limits import PublishedContour, PublishedLimits, PublishedPoint
from fivesigma.inference.signal_grid import limit_plane
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context, numbers

CONTEXT = Context(label="simulation", luminosity=10, energy=13, pseudo_data=True)
BAND = np.array([0.5, 0.7, 1.0, 1.4, 2.0])


def row(
    parameters: Mapping[str, float], median: float | None, *, observed: float | None = None, pb: float | None = None
) -> LimitRow:
    expected = None if median is None else tuple(map(float, median * BAND))
    both = expected is not None and pb is not None
    return LimitRow(
        parameters=parameters,
        limit_expected=expected,
        limit_observed=observed,
        cross_section=pb,
        cross_section_limit=CrossSectionLimit(expected=expected, observed=observed) if both else None,
        failure="the fit did not converge" if expected is None else None,
    )


def table(*rows: LimitRow) -> LimitTable:
    names = tuple(rows[0].parameters)
    return LimitTable(name="dm", parameters=names, titles={"mass": "m [GeV]"}, level=0.95, points=rows)


def line(axes, label: str):
    return next(line for line in axes.lines if str(line.get_label()).startswith(label))


def masses(**options) -> LimitTable:
    return table(*(row({"mass": mass}, median, **options) for mass, median in ((300, 1.5), (100, 0.4), (200, 0.9))))


def test_limits_against_a_mass_show_where_the_signal_is_excluded() -> None:
    (axes,) = plot(masses(observed=0.8), context=CONTEXT).axes
    assert line(axes, "expected").get_xdata().tolist() == [100, 200, 300]
    assert line(axes, "expected").get_ydata() == pytest.approx([0.4, 0.9, 1.5])
    assert line(axes, "observed (pseudo-data)").get_ydata() == pytest.approx([0.8] * 3)
    assert line(axes, "signal").get_ydata().tolist() == [1, 1, 1]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("m [GeV]", "95 % CL limit on μ")
    bands = {collection.get_label(): collection.get_paths()[0].vertices for collection in axes.collections}
    for label, low, high in (("± 1σ", 0.7, 1.4), ("± 2σ", 0.5, 2.0)):
        at = bands[label][bands[label][:, 0] == 300][:, 1]
        assert (at.min(), at.max()) == pytest.approx((1.5 * low, 1.5 * high))


def test_what_is_blind_shows_nothing_observed() -> None:
    figure = plot(masses(), context=CONTEXT)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["expected", "± 1σ", "± 2σ", "signal, μ = 1"]


def test_known_cross_sections_have_a_panel_of_their_own() -> None:
    upper, lower = plot(masses(pb=0.02, observed=2.0), context=CONTEXT).axes
    assert upper.get_ylabel() == "95 % CL limit on σ [pb]"
    assert line(upper, "expected").get_ydata() == pytest.approx([0.008, 0.018, 0.03])
    assert line(upper, "observed").get_ydata() == pytest.approx([0.04] * 3)
    assert line(upper, "signal").get_ydata() == pytest.approx([0.02] * 3)
    assert line(lower, "expected").get_ydata() == pytest.approx([0.4, 0.9, 1.5])
    one_unknown = table(row({"mass": 1}, 0.5, pb=1.0), row({"mass": 2}, 0.5))
    assert len(plot(one_unknown, context=CONTEXT).axes) == 1


def test_limits_that_span_decades_are_on_a_logarithmic_scale() -> None:
    assert plot(masses(), context=CONTEXT).axes[0].get_yscale() == "linear"
    wide = table(row({"mass": 1}, 0.1), row({"mass": 5000}, 30))
    (axes,) = plot(wide, context=CONTEXT).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_a_point_without_a_limit_is_a_gap_and_a_cross() -> None:
    rows = (row({"mass": mass}, None if mass == 300 else 0.5) for mass in (100, 200, 300, 400, 500))
    (axes,) = plot(table(*rows), context=CONTEXT).axes
    assert line(axes, "no limit").get_xdata().tolist() == [300]
    assert np.isnan(line(axes, "expected").get_ydata()[2])
    assert all(len(collection.get_paths()) == 2 for collection in axes.collections)


def plane(*, observed: bool = False) -> LimitTable:
    places = [(x, y) for x in range(4) for y in range(3)]
    seen = 1.3 if observed else None
    return table(
        *(
            row({"mass": x, "b": y}, float(np.exp(x + y - 2.5)), observed=seen and seen * np.exp(x - 1.5))
            for x, y in places
        )
    )


def contours(axes) -> list[np.ndarray]:
    """Return the vertices of each contour, in the order in which they were drawn."""
    lines = [c for c in axes.collections if isinstance(c, TriContourSet) and not c.filled]
    return [c.get_paths()[0].vertices for c in lines]


def test_a_plane_has_the_contour_at_one() -> None:
    figure = plot(plane(), context=CONTEXT)
    axes, bar = figure.axes
    expected, *edges = contours(axes)
    assert len(edges) == 2
    assert expected.sum(axis=1) == pytest.approx(2.5)
    assert edges[0].sum(axis=1) == pytest.approx(2.5 - np.log(0.7))
    assert bar.get_ylabel() == "expected 95 % CL limit on μ"
    assert axes.get_xlabel() == "m [GeV]"
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["expected, μ = 1", "± 1σ"]


def test_observed_contours_are_drawn_where_there_are_data() -> None:
    axes = plot(plane(observed=True), context=CONTEXT).axes[0]
    assert contours(axes)[-1][:, 0] == pytest.approx(1.5 - np.log(1.3))


@pytest.mark.parametrize(
    "places", [[(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)], [(0, 0), (1, 0), (0, 1)], [(0, 0), (0, 3)]]
)
def test_points_that_span_no_plane_are_drawn_alone(places) -> None:
    axes = plot(table(*(row({"x": x, "y": y}, 0.5) for x, y in places)), context=CONTEXT).axes[0]
    assert not contours(axes)
    (points,) = axes.collections
    assert points.get_offsets().tolist() == [list(map(float, place)) for place in places]


def test_a_plane_marks_points_without_a_limit() -> None:
    rows = [row({"x": x, "y": y}, None if x == y == 1 else 0.5 + x) for x in range(3) for y in range(3)]
    axes = plot(table(*rows), context=CONTEXT).axes[0]
    assert line(axes, "no limit").get_xydata().tolist() == [[1, 1]]


def published(limits: Mapping[tuple[float, ...], float], *names: str, lines=()) -> PublishedLimits:
    points = [
        PublishedPoint(parameters=dict(zip(names, place, strict=True)), observed=limit)
        for place, limit in limits.items()
    ]
    return PublishedLimits(name="CMS", reference="SUS-1", parameters=names, points=tuple(points), contours=tuple(lines))


def test_published_cross_section_limits_stand_beside_ours() -> None:
    other = published({(300.0,): 0.1, (150.0,): 0.7, (50.0,): 9.0}, "mass")
    upper, lower = plot(dataclasses.replace(masses(pb=0.02), published=(other,)), context=CONTEXT).axes
    assert line(upper, "CMS (SUS-1), observed").get_xydata().tolist() == [[150, 0.7], [300, 0.1]]
    assert upper.get_ylim()[1] > 0.7
    assert not [drawn for drawn in lower.lines if str(drawn.get_label()).startswith("CMS")]


def test_published_limits_exclude_where_they_are_below_the_cross_section() -> None:
    ours = plane()
    rows = tuple(dataclasses.replace(row, cross_section=2.0) for row in ours.points)
    limits = {(float(x), float(y)): 2 * float(np.exp(x - 1.2)) for x in range(4) for y in range(3)}
    corners = PublishedContour(name="expected", points=((0.0, 1.0), (2.0, 1.5)))
    other = published(limits, "mass", "b", lines=[corners])
    axes = plot(dataclasses.replace(ours, points=rows, published=(other,)), context=CONTEXT).axes[0]
    assert contours(axes)[-1][:, 0] == pytest.approx(1.2)
    assert line(axes, "CMS (SUS-1), expected").get_xydata().tolist() == [[0, 1], [2, 1.5]]
    assert line(axes, "CMS (SUS-1), expected").get_linestyle() == "--"


def test_published_limits_are_points_where_the_cross_section_is_not_known() -> None:
    other = published({(1.0, 2.0): 0.3, (2.0, 0.0): 0.1}, "b", "mass")
    axes = plot(dataclasses.replace(plane(), published=(other,)), context=CONTEXT).axes[0]
    assert line(axes, "CMS (SUS-1): limits").get_xydata().tolist() == [[2, 1], [0, 2]]


def test_masses_that_differ_by_little_are_drawn_against_their_difference() -> None:
    places = [(float(x), float(x - d)) for x in range(300, 801, 100) for d in (10, 20, 30)]
    rows = (row({"stop": x, "lsp": y}, (x - y) / 20) for x, y in places)
    lines = [PublishedContour(name="observed", points=((385.0, 400.0), (580.0, 600.0)))]
    strip = dataclasses.replace(
        table(*rows),
        titles={"stop": "m(t̃) [GeV]", "lsp": "m(χ̃) [GeV]"},
        published=(published({(385.0, 400.0): 0.3}, "lsp", "stop", lines=lines),),
    )
    axes = plot(strip, context=CONTEXT).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("m(t̃) [GeV]", "m(t̃) − m(χ̃) [GeV]")
    assert contours(axes)[0][:, 1] == pytest.approx(20)
    assert line(axes, "CMS (SUS-1), observed").get_xydata().tolist() == [[400, 15], [600, 20]]
    assert line(axes, "CMS (SUS-1): limits").get_xydata().tolist() == [[400, 15]]
    other_units = dataclasses.replace(strip, titles={"stop": "m(t̃) [GeV]", "lsp": "cτ [mm]"})
    assert plot(other_units, context=CONTEXT).axes[0].get_ylabel() == "cτ [mm]"


def test_more_parameters_or_a_single_point_are_rows() -> None:
    (axes,) = plot(table(*(row({"x": x, "y": 1, "z": 2}, 0.5) for x in range(3))), context=CONTEXT).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"x = {x}, y = 1, z = 2" for x in range(3)]
    (axes,) = plot(table(row({"mass": 100}, 0.5), row({"mass": 200}, None)), context=CONTEXT).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mass = 100"]


def test_no_limit_at_all_is_a_figure_that_says_so() -> None:
    (axes,) = plot(table(row({"mass": 100}, None)), context=CONTEXT).axes
    assert [text.get_text() for text in axes.texts] == ["no limit at any point"]


def test_a_plane_of_fits_is_drawn_and_its_table_is_strict_json() -> None:
    names = ("light", "heavy")
    parts = [
        Template(sample=SampleInfo(name=name, kind=kind), values=np.array([size]), variances=np.array([0.01]))
        for name, kind, size in (("light", "signal", 9.0), ("heavy", "signal", 3.0), ("zz", "background", 50.0))
    ]
    channel = Channel(name="sr", binning=score_bins(1), templates=tuple(parts))
    points = [SignalPoint(parameters={"mass": at}, signal=(name,)) for at, name in enumerate(names)]
    made = limit_plane(Templates(channels=(channel,)), points)
    (axes,) = plot(made, context=CONTEXT).axes
    assert line(axes, "expected").get_ydata().tolist() == [p.limit_expected[2] for p in made.points]
    written = numbers(made.table)
    assert set(written["points"][0]) >= {"parameters", "limit_expected", "limit_observed", "cross_section_limit"}
