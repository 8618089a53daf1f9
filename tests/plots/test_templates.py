from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import Axis, Binning, fixed_bins
from fivesigma.inference.yields import ChannelYields
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context
from fivesigma.statistics.poisson import garwood_interval

CONTEXT = Context(label="simulation", luminosity=10, energy=13, pseudo_data=True)
SAMPLES = (
    SampleInfo(name="higgs", kind="signal", label="H(125)"),
    SampleInfo(name="zz", kind="background", label="ZZ"),
    SampleInfo(name="top", kind="background"),
)
MASS = fixed_bins([110, 120, 130, 150], name="m4l", label="m(4ℓ) [GeV]")


def yields(*, observed=None, postfit: bool = False, binning: Binning = MASS, scale: float = 1.0) -> ChannelYields:
    values = np.array([[1.0, 8.0, 2.0], [20.0 * scale, 10.0, 8.0], [3.0, 2.0, 1.0]])
    return ChannelYields(
        name="window",
        binning=binning,
        samples=SAMPLES,
        values=values,
        error=0.1 * values.sum(axis=0),
        background_error=0.08 * values[1:].sum(axis=0),
        total_error=4.0,
        strength=0.73 if postfit else 1.0,
        observed=None if observed is None else np.asarray(observed, float),
        pseudo=True,
        postfit=postfit,
    )


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_blind_templates_have_no_points_and_no_ratio() -> None:
    figure = plot(yields(), context=CONTEXT)
    (axes,) = figure.axes
    assert legend(axes) == ["top", "ZZ", "H(125) (μ = 1)", "background uncertainty"]
    assert not axes.containers
    assert axes.get_xlabel() == "m(4ℓ) [GeV]"


def test_data_have_garwood_intervals_even_where_nothing_was_seen() -> None:
    main, ratio = plot(yields(observed=[25, 0, 9]), context=CONTEXT).axes
    assert legend(main)[0] == "pseudo-data"
    (points,) = main.containers
    low, high = garwood_interval([25, 0, 9])
    ends = np.array([segment[:, 1] for segment in points.lines[2][0].get_segments()])
    assert ends == pytest.approx(np.stack([low, high], axis=1))
    assert points.lines[0].get_ydata().tolist() == [25, 0, 9]
    assert ratio.containers[0].lines[0].get_ydata() == pytest.approx([25 / 23, 1])
    assert ratio.get_ylabel() == "pseudo-data /\nbackground"


def test_after_the_fit_the_signal_is_part_of_the_sum() -> None:
    main, ratio = plot(yields(observed=[25, 18, 9], postfit=True), context=CONTEXT).axes
    assert "H(125) (μ = 0.73)" in legend(main)
    assert "uncertainty of the sum" in legend(main)
    assert main.get_legend().get_title().get_text() == "window, after the fit"
    assert ratio.get_ylabel() == "pseudo-data /\nsum"
    assert ratio.containers[0].lines[0].get_ydata() == pytest.approx([25 / 24, 18 / 20, 9 / 11])


def test_bins_that_differ_much_are_on_a_logarithmic_scale() -> None:
    assert plot(yields(), context=CONTEXT).axes[0].get_yscale() == "linear"
    assert plot(yields(scale=100), context=CONTEXT).axes[0].get_yscale() == "log"


def with_signal(values: list[float], *, scale: float = 1.0) -> ChannelYields:
    made = yields(scale=scale)
    return replace(made, values=np.stack([values, *made.values[1:]]))


def drawn_signal(result: ChannelYields) -> tuple[np.ndarray, tuple[float, float], str]:
    (axes,) = plot(result, context=CONTEXT).axes
    line = next(patch for patch in axes.patches if patch.get_label().startswith("H(125)"))
    return line.get_data().values, axes.get_ylim(), line.get_label()


def test_the_axis_reaches_below_the_signal() -> None:
    values, (bottom, _), title = drawn_signal(with_signal([0.05, 0.4, 0.1], scale=100))
    assert title == "H(125) (μ = 1)"
    assert bottom < values.min() == 0.05


def test_a_negligible_bin_of_the_signal_does_not_stretch_the_axis() -> None:
    _, (bottom, _), _ = drawn_signal(with_signal([1e-9, 0.4, 0.1], scale=100))
    assert bottom == pytest.approx(0.1 / 3)


@pytest.mark.parametrize(("scale", "highest", "times"), [(100, 2e-4, 1e5), (1, 0.2, 10), (1, 0.004, 1000)])
def test_a_signal_too_small_to_see_is_drawn_larger_and_says_so(scale: float, highest: float, times: float) -> None:
    values, (bottom, top), title = drawn_signal(with_signal([highest / 2, highest, 0.0], scale=scale))
    assert title == f"H(125) (μ = 1) × {times:g}"
    assert values == pytest.approx([times * highest / 2, times * highest, 0])
    assert bottom < times * highest < top


def test_without_any_signal_nothing_is_scaled() -> None:
    for scale in (1, 100):
        assert drawn_signal(with_signal([0.0, 0.0, 0.0], scale=scale))[2] == "H(125) (μ = 1)"


def test_bins_of_very_different_widths_are_drawn_equally_wide() -> None:
    mass = fixed_bins([70, 121, 123, 1000], name="m4l", label="m(4ℓ) [GeV]")
    main, ratio = plot(yields(observed=[25, 1, 9], binning=mass), context=CONTEXT).axes
    assert main.containers[0].lines[0].get_xdata().tolist() == [0.5, 1.5, 2.5]
    ratio.figure.canvas.draw()
    assert [label.get_text() for label in ratio.get_xticklabels()] == ["70", "121", "123", "1000"]
    assert ratio.get_xlabel() == "m(4ℓ) [GeV], bins drawn equally wide"


def test_data_that_are_shown_are_not_called_blind() -> None:
    blind = Context(blind=True)
    assert plot(yields(), context=blind).axes[0].get_title(loc="right") == "blind"
    assert plot(yields(observed=[25, 0, 9]), context=blind).axes[0].get_title(loc="right") == ""


def ranges(axes) -> list[str]:
    axes.figure.canvas.draw()
    return [label.get_text() for label in axes.get_xticklabels()]


def grid(edges: tuple[float, ...], scores: int = 2, groups: tuple[int, ...] = ()) -> Binning:
    score = Axis(name="score", edges=tuple(np.linspace(0, 1, scores + 1)))
    return Binning(axes=(Axis(name="m4l", edges=edges, label="m(4ℓ) [GeV]"), score), groups=groups)


@pytest.mark.parametrize("observed", [None, [20, 10, 8]])
def test_a_grid_says_which_bins_lie_where_on_the_first_axis(observed) -> None:
    binning = grid((110.0, 125.0, 150.0), groups=(0, 1, 2, 2))
    *_, lowest = plot(yields(binning=binning, observed=observed), context=CONTEXT).axes
    assert ranges(lowest) == ["110–125", "125–150"]
    assert lowest.get_xticks().tolist() == [1.5, 3]
    assert lowest.get_xlabel() == "bins of score in ranges of m(4ℓ) [GeV]"


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ((110.0, 118.3721, 121.4567, 150.0), ["110–118.4", "118.4–121.5", "121.5–150"]),
        ((105.123, 120.987, 140.456, 160.987), ["105–121", "121–140", "140–161"]),
        ((1000.0, 1534.56, 2100.4, 12345.6), ["1000–1530", "1530–2100", "2100–12300"]),
        ((0.1, 0.123456, 0.234567, 0.5), ["0.1–0.123", "0.123–0.235", "0.235–0.5"]),
    ],
)
def test_ranges_have_few_digits(edges, expected) -> None:
    (main,) = plot(yields(binning=grid(edges, scores=1)), context=CONTEXT).axes
    assert ranges(main) == expected


def test_ranges_lie_below_the_axes_and_apart() -> None:
    edges = tuple(np.linspace(3000, 5000, 41))
    bins = 3 * (len(edges) - 1)
    many = replace(
        yields(binning=grid(edges, scores=3)),
        values=np.ones((3, bins)),
        error=np.ones(bins),
        background_error=np.ones(bins),
    )
    figure = plot(many, context=CONTEXT)
    (main,) = figure.axes
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in main.get_xticklabels()]
    assert len(boxes) > 10
    assert max(box.y1 for box in boxes) < main.get_window_extent().y0
    assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))
