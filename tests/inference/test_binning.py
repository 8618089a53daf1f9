import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.binning import Axis, Binning, effective_events, fixed_bins, merged, score_bins, trimmed


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


def test_sparse_bins_take_in_their_lower_neighbours() -> None:
    values = np.array([40.0, 30.0, 6.0, 6.0, 3.0])
    binning = merged(score_bins(5), values, values, minimum=10)
    assert binning.edges == pytest.approx([0, 0.2, 0.4, 1.0])  # 3 + 6 < 10 still, so the last three go together


def test_leftovers_join_the_lowest_bin() -> None:
    values = np.array([2.0, 3.0, 30.0, 30.0])
    assert merged(score_bins(4), values, values, minimum=10).edges == pytest.approx([0, 0.75, 1.0])


def test_sparse_rows_join_the_row_beside_them() -> None:
    grid = Binning(axes=(Axis(name="m", edges=(0, 1, 2, 3)), Axis(name="s", edges=(0, 0.5, 1))))
    values = np.array([20.0, 20.0, 0.0, 1.0, 20.0, 5.0])
    assert merged(grid, values, values, minimum=10).groups == (0, 1, 2, 2, 2, 2)


def test_too_little_background_altogether_is_refused() -> None:
    with pytest.raises(FivesigmaError, match=r"worth 3 events, below the 10"):
        merged(score_bins(3), np.ones(3), np.ones(3), minimum=10)


@given(
    rows=st.integers(1, 4),
    values=st.lists(st.tuples(st.floats(-2, 50), st.floats(0.1, 3)), min_size=4, max_size=4),
    minimum=st.floats(1, 30),
)
def test_every_merged_bin_holds_the_minimum_and_no_cell_is_lost(
    rows: int, values: list[tuple[float, float]], minimum: float
) -> None:
    grid = Binning(axes=(Axis(name="m", edges=tuple(range(rows + 1))), Axis(name="s", edges=(0, 1, 2, 3, 4))))
    sums = np.array([value for value, _ in values] * rows)
    variances = np.array([abs(value) * spread + 0.01 for value, spread in values] * rows)
    if effective_events(sums.sum(), variances.sum()) < minimum:
        return
    binning = merged(grid, sums, variances, minimum=minimum)
    groups = np.asarray(binning.groups)
    assert len(groups) == grid.cells
    for number in range(binning.count):
        inside = groups == number
        assert effective_events(sums[inside].sum(), variances[inside].sum()) >= minimum


def test_effective_events() -> None:
    assert effective_events(10, 10) == 10
    assert effective_events(10, 20) == 5
    assert effective_events(-1, 1) == 0


def test_sparse_rows_join_the_lowest_bin_and_the_rest_stay_as_fine() -> None:
    grid = Binning(axes=(Axis(name="m", edges=(0, 1, 2, 3)), Axis(name="s", edges=(0, 0.5, 1))))
    values = np.array([20.0, 20.0, 0.0, 1.0, 20.0, 20.0])
    binning = merged(grid, values, values, minimum=10)
    assert binning.groups == (0, 1, 2, 2, 2, 3)
    assert binning.rows.tolist() == [0, 0, 2, 2]
    last = merged(grid, values[::-1], values[::-1], minimum=30)
    assert last.groups == (0, 0, 1, 1, 1, 1)


def test_ends_without_background_are_cut_off() -> None:
    grid = Binning(axes=(Axis(name="m", edges=(0, 1, 2, 3, 4)), Axis(name="s", edges=(0, 0.5, 1))))
    inside = trimmed(grid, np.array([0, 0, 3.0, 0, 0, 0, 1.0, 2.0]))
    assert inside.axes[0].edges == (1, 2, 3, 4)
    assert inside.axes[1] == grid.axes[1]
    assert trimmed(grid, np.zeros(8)) == grid
