"""The figure of a histogram that was filled while files were read."""

from __future__ import annotations

import numpy as np
import pytest

from fivesigma.events.read import read
from fivesigma.plots.registry import plot


@pytest.mark.parametrize("log", [False, True])
def test_it_shows_what_was_filled(log):
    events = {"x": np.random.default_rng(1).exponential(20.0, 5000), "w": np.full(5000, 0.5)}
    result = read(events).weigh("w").histogram("x", np.linspace(0, 100, 26))
    figure = plot(result, title="x [GeV]", log=log)
    (axes,) = figure.axes
    (stairs, *_) = axes.patches
    np.testing.assert_array_equal(stairs.get_data().values, result.values)
    assert axes.get_xlabel() == "x [GeV]"
    assert axes.get_yscale() == ("log" if log else "linear")
