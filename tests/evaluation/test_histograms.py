import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from fivesigma.core.errors import DataError
from fivesigma.evaluation.histograms import binning


def test_a_far_outlier_does_not_squeeze_the_bulk_and_a_sharp_end_is_kept():
    generator = np.random.default_rng(1)
    edges = binning(np.append(generator.exponential(size=10_000), 1e6), 30)
    assert 3 < edges[-1] < 10
    assert 0 <= edges[0] < 0.01
    angle = generator.uniform(-np.pi, np.pi, size=10_000)
    assert_allclose(binning(angle, 30)[[0, -1]], [angle.min(), angle.max()])


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=50))
def test_edges_rise_whatever_the_values(values):
    values = np.array(values, dtype=np.float64)
    if np.isfinite(values).any():
        edges = binning(values, 10)
        assert np.all(np.diff(edges) > 0)
    else:
        with pytest.raises(DataError, match="no finite value"):
            binning(values, 10)
