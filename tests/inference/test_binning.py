import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.binning import Axis, Binning, fixed_bins, score_bins, trimmed


def test_score_bins_are_of_equal_width() -> None:
    binning = score_bins(4, name="score", label="trees score")
    assert binning.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert binning.title == "trees score"
    assert binning.index(np.array([0.0, 0.24, 0.25, 0.99, 1.0])).tolist() == [0, 0, 1, 3, 3]


def test_values_outside_go_to_the_first_and_last_bin() -> None:
    binning = fixed_bins([100, 120, 150], name="m4l")
    values = np.array([90.0, 100.0, 150.0, 160.0])
    assert binning.index(values).tolist() == [0, 0, 1, 1]
    assert binning.outside(values).tolist() == [True, False, False, True]


def test_grid_is_flattened_with_the_last_axis_fastest() -> None:
    grid = Binning(axes=(Axis(name="m", edges=(0, 1, 2)), Axis(name="s", edges=(0, 1, 2, 3))))
    assert grid.index(np.array([0.5, 1.5]), np.array([2.5, 0.5])).tolist() == [2, 3]
    assert grid.count == 6
    assert grid.interval(3) == "m 1 to 2, s 0 to 1"
    assert grid.title == "bin of m × s"


@pytest.mark.parametrize(
    ("edges", "match"), [((1.0,), "two edges"), ((0.0, 0.0, 1.0), "increase"), ((0.0, np.inf), "finite")]
)
def test_bad_edges_are_refused(edges: tuple[float, ...], match: str) -> None:
    with pytest.raises(FivesigmaError, match=f"m4l: .*{match}"):
        Axis(name="m4l", edges=edges)


def test_no_bins_are_refused() -> None:
    with pytest.raises(FivesigmaError, match="one bin or more, not 0"):
        score_bins(0)


def test_groups_must_cover_the_grid() -> None:
    with pytest.raises(FivesigmaError, match="2 cells are grouped"):
        Binning(axes=score_bins(3).axes, groups=(0, 1))


def test_ends_without_background_are_cut_off() -> None:
    grid = Binning(axes=(Axis(name="m", edges=(0, 1, 2, 3, 4)), Axis(name="s", edges=(0, 0.5, 1))))
    inside = trimmed(grid, np.array([0, 0, 3.0, 0, 0, 0, 1.0, 2.0]))
    assert inside.axes[0].edges == (1, 2, 3, 4)
    assert inside.axes[1] == grid.axes[1]
    assert trimmed(grid, np.zeros(8)) == grid
