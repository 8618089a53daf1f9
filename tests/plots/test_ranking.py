import pytest

from fivesigma.inference.fitted_parameters import FittedParameter
from fivesigma.inference.ranking import Impact, Ranking
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context

CONTEXT = Context(label="simulation", luminosity=10, energy=13, pseudo_data=True)


def impact(number: int, *, free: bool = False, name: str = "") -> Impact:
    width = None if free else 1.0
    parameter = FittedParameter(name=name or f"n_{number}", group="g", value=0.25, error=0.5, nominal=0.0, width=width)
    size = 1.0 / (1 + number)
    return Impact(parameter=parameter, postfit=(-size, size), prefit=None if free else (-2 * size, 1.8 * size))


def made(count: int, *, free: bool = False, expected: bool = False) -> Ranking:
    impacts = tuple(impact(number, free=free and number == 0) for number in range(count))
    return Ranking(impacts=impacts, strength=1.0, error=0.4, left_out=3, expected=expected)


def test_the_ranking_shows_impacts_above_and_pulls_below() -> None:
    figure = plot(made(3), context=CONTEXT)
    pulls, impacts = figure.axes
    assert [label.get_text() for label in pulls.get_yticklabels()] == ["n 0", "n 1", "n 2"]
    assert [bar.get_width() for bar in impacts.patches[:4]] == pytest.approx([-1, 1, -2, 1.8])
    (points,) = (line for line in pulls.lines if line.get_marker() == "o")
    assert list(points.get_xdata()) == [0.25] * 3
    for axes in (pulls, impacts):
        low, high = axes.get_xlim()
        assert low == -high
    assert "3 parameters of less impact not shown" in pulls.get_xlabel()
    assert "pull, fit to pseudo-data" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_at_most_twenty_are_drawn_and_what_is_free_has_its_value_in_words() -> None:
    figure = plot(made(25, free=True, expected=True), context=CONTEXT)
    pulls = figure.axes[0]
    assert len(pulls.get_yticks()) == 20
    assert pulls.get_yticklabels()[0].get_text() == "n 0 = 0.250 ± 0.50"
    assert "8 parameters" in pulls.get_xlabel()
    assert "pull, fit to Asimov data, μ = 1" in [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("all", ["simulated background, bin 6", "simulated signal, bin 1"]),
        ("top", ["simulated background, top, bin 6", "simulated signal, all, bin 1"]),
    ],
)
def test_where_there_are_several_regions_each_is_named(region: str, expected: list[str]) -> None:
    names = (f"mc_statistics_{region}[5]", "mc_statistics_all_signal[0]")
    impacts = tuple(impact(number, name=name) for number, name in enumerate(names))
    result = Ranking(impacts=impacts, strength=1.0, error=0.4, left_out=0, expected=True)
    pulls = plot(result, context=CONTEXT).axes[0]
    assert [label.get_text() for label in pulls.get_yticklabels()] == expected


def test_nothing_to_rank_is_an_empty_figure() -> None:
    assert plot(made(0), context=CONTEXT).axes[0].get_yticks().size == 0


def test_parameters_without_any_impact_have_an_axis_still() -> None:
    none = tuple(Impact(parameter=impact(n).parameter, postfit=(0.0, 0.0), prefit=(0.0, 0.0)) for n in range(2))
    figure = plot(Ranking(impacts=none, strength=1.0, error=0.4, left_out=0, expected=True), context=CONTEXT)
    assert figure.axes[1].get_xlim() == (-1.0, 1.0)
