import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.inference.mass.spectrum import Spectrum

EDGES = np.array([0.0, 1.0, 2.5, 4.0])


def test_events_outside_are_left_out() -> None:
    spectrum = Spectrum.of(np.array([-1, 0.5, 0.7, 3, 9]), np.array([1.0, 2, -0.5, 3, 1]), EDGES)
    assert spectrum.sum_w.tolist() == [1.5, 0, 3]
    assert spectrum.sum_w2.tolist() == [4.25, 0, 9]
    assert (spectrum.total, spectrum.bins, spectrum.range) == (4.5, 3, (0, 4))


def test_edges_belong_to_the_bin_above_and_the_last_to_the_last() -> None:
    assert Spectrum.of(EDGES, np.ones(4), EDGES).sum_w.tolist() == [1, 1, 2]


@pytest.mark.parametrize("edges", [[1.0], [2.0, 1.0, 3.0]])
def test_events_need_edges_that_rise(edges: list[float]) -> None:
    with pytest.raises(FivesigmaError, match="m4l: the edges of a spectrum must be finite and rise"):
        Spectrum.of(np.ones(3), np.ones(3), np.array(edges), name="m4l")


def test_small_bins_beside_large_ones_lose_no_digit() -> None:
    spectrum = Spectrum.of(np.array([0.5, 1.5, 3.0]), np.array([1e9, -1e-9, 1e-9]), EDGES)
    assert spectrum.sum_w.tolist() == [1e9, -1e-9, 1e-9]
    assert spectrum.sum_w2[2] == pytest.approx(1e-18, rel=1e-12)


@given(values=arrays(float, 40, elements=st.floats(0, 3.999)), seed=st.integers(0, 99))
def test_weights_reconcile_in_any_order(values: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight, order = rng.normal(1, 1, 40), rng.permutation(40)
    spectrum = Spectrum.of(values, weight, EDGES)
    assert spectrum.total == pytest.approx(weight.sum(), abs=1e-12 * np.abs(weight).sum())
    other = Spectrum.of(values[order], weight[order], EDGES)
    np.testing.assert_allclose(other.sum_w2, spectrum.sum_w2, rtol=1e-12)


def test_scale_is_what_an_event_weighs() -> None:
    spectrum = Spectrum(edges=EDGES, sum_w=np.array([4.0, 0.0, 1.0]), sum_w2=np.array([8.0, 0.0, 0.5]))
    np.testing.assert_allclose(spectrum.scale, [2, 8.5 / 5, 0.5])


def test_neighbours_tell_the_weight_of_a_bin_with_few_events() -> None:
    few = Spectrum(
        edges=np.arange(5.0), sum_w=np.array([100.0, 0.1, 100.0, 100.0]), sum_w2=np.array([100.0, 0.001, 100, 100])
    )
    assert few.scale[1] == pytest.approx(0.01)
    assert few.pooled().scale == pytest.approx([1, 1, 1, 1], rel=1e-3)
    # weights of one size weigh the same however many neighbours are asked
    same = Spectrum(edges=EDGES, sum_w=np.array([3.0, 0.0, 1.5]), sum_w2=np.array([1.5, 0.0, 0.75]))
    np.testing.assert_allclose(same.pooled().scale, 0.5)


def test_sum_and_data_in_the_same_bins() -> None:
    one = Spectrum(edges=EDGES, sum_w=np.ones(3), sum_w2=np.full(3, 0.1), name="m", label="m [GeV]", pool=3)
    assert one.plus(one).sum_w2.tolist() == [0.2, 0.2, 0.2]
    data = one.filled_with(np.array([1.0, 2.0, 3.0]))
    assert (data.pool, data.title, data.sum_w2.tolist()) == (0, "m [GeV]", [1, 2, 3])
    with pytest.raises(FivesigmaError, match="different bins"):
        one.plus(Spectrum(edges=EDGES + 1, sum_w=np.ones(3), sum_w2=np.ones(3)))


@pytest.mark.parametrize(
    ("edges", "sum_w", "sum_w2", "message"),
    [
        ([0, 2, 1], [1, 1], [1, 1], "must be finite and rise"),
        ([0], [], [], "must be finite and rise"),
        ([0, 1, np.inf], [1, 1], [1, 1], "must be finite and rise"),
        ([0, 1, 2], [1, np.nan], [1, 1], "is not finite"),
        ([0, 1, 2], [1, 1], [1, -1], "is negative"),
    ],
)
def test_what_is_no_spectrum(edges: list[float], sum_w: list[float], sum_w2: list[float], message: str) -> None:
    with pytest.raises(FivesigmaError, match=message):
        Spectrum(edges=np.array(edges, float), sum_w=np.array(sum_w, float), sum_w2=np.array(sum_w2, float), name="m4l")


def test_masses_that_are_not_finite_are_counted() -> None:
    with pytest.raises(DataError, match="m4l or its weight is not finite in 2 events"):
        Spectrum.of(np.array([1, np.nan, 2]), np.array([np.inf, 1, 1]), EDGES, name="m4l")


def test_one_weight_stands_for_all_and_none_for_counts() -> None:
    values, edges = [1.0, 1.5, 2.5], [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(Spectrum.of(values, None, edges).sum_w, [2, 1])
    np.testing.assert_allclose(Spectrum.of(values, 0.5, edges).sum_w2, [0.5, 0.25])
