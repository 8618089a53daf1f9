import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.bin_merging import merged
from fivesigma.inference.binning import Axis, Binning, score_bins


def worth(values: np.ndarray, variances: np.ndarray) -> float:
    return values.sum() ** 2 / variances.sum() if values.sum() > 0 else 0.0


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
    if worth(sums, variances) < minimum:
        return
    binning = merged(grid, sums, variances, minimum=minimum)
    groups = np.asarray(binning.groups)
    assert len(groups) == grid.cells
    for number in range(binning.count):
        inside = groups == number
        assert worth(sums[inside], variances[inside]) >= minimum


def test_sparse_rows_join_the_lowest_bin_and_the_rest_stay_as_fine() -> None:
    grid = Binning(axes=(Axis(name="m", edges=(0, 1, 2, 3)), Axis(name="s", edges=(0, 0.5, 1))))
    values = np.array([20.0, 20.0, 0.0, 1.0, 20.0, 20.0])
    binning = merged(grid, values, values, minimum=10)
    assert binning.groups == (0, 1, 2, 2, 2, 3)
    assert binning.rows.tolist() == [0, 0, 2, 2]
    last = merged(grid, values[::-1], values[::-1], minimum=30)
    assert last.groups == (0, 0, 1, 1, 1, 1)


def test_a_negative_sum_is_worth_nothing_however_large_it_is() -> None:
    with pytest.raises(FivesigmaError, match=r"worth 0 events, below the 10"):
        merged(score_bins(2), np.array([-50.0, 0.0]), np.array([50.0, 0.0]))
    binning = merged(score_bins(3), np.array([60.0, 40.0, -10.0]), np.array([60.0, 40.0, 1.0]))
    assert binning.edges == pytest.approx([0, 1 / 3, 1])
