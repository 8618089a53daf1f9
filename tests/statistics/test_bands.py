import numpy as np
import pytest

from fivesigma.statistics.bands import BAND, band_of


def test_a_band_is_five_floats_in_their_order() -> None:
    band = band_of(np.asarray(BAND))
    assert band == (-2.0, -1.0, 0.0, 1.0, 2.0)
    assert all(type(value) is float for value in band)


def test_a_band_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 5"):
        band_of(np.zeros(6))
