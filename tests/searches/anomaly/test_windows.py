"""Windows of a scan: no gap between them, none out of range, and where a spectrum begins to fall."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.searches.anomaly.windows import mass_windows, turn_on


def test_a_window_and_its_sidebands_part_the_masses_between_them():
    (window,) = mass_windows([3500.0], width=400, sideband=300)
    mass = np.array([2999.0, 3000.0, 3299.9, 3300.0, 3699.9, 3700.0, 3999.9, 4000.0])
    assert (window.lowest, window.low, window.high, window.highest) == (3000, 3300, 3700, 4000)
    assert window.below(mass).tolist() == [False, True, True, False, False, False, False, False]
    assert window.inside(mass).tolist() == [False, False, False, True, True, False, False, False]
    assert window.above(mass).tolist() == [False, False, False, False, False, True, True, False]


def test_relative_widths_grow_with_the_mass():
    one, other = mass_windows([3000.0, 3300.0], width=0.1, sideband=0.05, relative=True)
    assert (one.low, one.high, one.lowest) == pytest.approx((2850, 3150, 2700))
    assert (other.low, other.high, other.highest) == pytest.approx((3135, 3465, 3630))


def test_sidebands_end_where_the_range_does():
    (window,) = mass_windows([3000.0], width=400, sideband=400, within=(2600.0, 3300.0))
    assert (window.lowest, window.highest) == (2600, 3300)


@pytest.mark.parametrize(
    ("masses", "options", "message"),
    [
        ([], {}, "hypotheses above zero"),
        ([3000.0, 3000.0], {}, "each above the one before"),
        ([-1.0], {}, "above zero"),
        ([np.nan], {}, "above zero"),
        ([3000.0], {"width": 0.0}, "both widths are above zero"),
        ([3000.0], {"within": (2800.0, 5000.0)}, "the window of 3000 GeV, 2800 to 3200 GeV, leaves no sideband"),
        ([3000.0], {"within": (2000.0, 3200.0)}, "leaves no sideband"),
        ([3000.0, 3500.0], {}, "no window looks between 3200 and 3300 GeV: hypotheses 3000 and 3500 GeV"),
        ([3000.0, 3300.0, 3800.0], {}, "no window looks between 3500 and 3600 GeV"),
    ],
)
def test_windows_that_would_miss_something_are_refused(masses, options, message):
    with pytest.raises(FivesigmaError, match=message):
        mass_windows(masses, **{"width": 400.0, "sideband": 400.0, **options})


@given(st.lists(st.floats(1000, 9000), min_size=1, max_size=8, unique=True), st.floats(10, 900))
def test_every_mass_between_the_first_and_the_last_window_is_in_one_or_they_are_refused(masses, width):
    masses = sorted(masses)
    try:
        windows = mass_windows(masses, width=width, sideband=100.0)
    except FivesigmaError:
        assert any(high - low > width * (1 - 1e-6) for low, high in pairwise(masses))
        return
    between = np.linspace(windows[0].low, windows[-1].high - 1e-3, 200)
    assert np.all(sum(window.inside(between) | np.isclose(between, window.high) for window in windows) > 0)


def spectrum(seed, events=40_000, edge=2600.0):
    """Return masses that fall exponentially behind a turn-on 60 GeV wide."""
    random = np.random.default_rng(seed)
    mass = 2000 + random.exponential(700, 4 * events)
    return mass[random.random(len(mass)) < 1 / (1 + np.exp(-(mass - edge) / 60))][:events]


@pytest.mark.parametrize("seed", range(4))
def test_the_turn_on_is_where_the_spectrum_stops_rising(seed):
    # the product of exponential and sigmoid is highest where 60/700 of the sigmoid is left to rise, 2742 GeV
    assert 2600 < turn_on(spectrum(seed)) < 2800


@pytest.mark.parametrize("events", [1000, 6000, 20_000])  # of the last, more than the spectrum has where it is highest
def test_a_bump_far_up_is_no_turn_on(events):
    bump = np.random.default_rng(1).normal(3500, 80, events)
    assert 2600 < turn_on(np.concatenate([spectrum(1), bump])) < 2800


@pytest.mark.parametrize("lowest", [2900.0, 3100.0, 3300.0])
def test_a_bump_near_where_a_range_begins_is_no_turn_on(lowest):
    bump = np.random.default_rng(1).normal(3500, 80, 6000)
    mass = np.concatenate([spectrum(1), bump])
    mass = mass[mass >= lowest]
    assert turn_on(mass) == mass.min()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("events", [300, 5000, 100_000])
def test_a_spectrum_that_falls_from_its_beginning_has_none(seed, events):
    mass = 1000 + np.random.default_rng(seed).exponential(500, events)
    assert turn_on(mass) == mass.min()


@pytest.mark.parametrize("seed", range(4))
def test_behind_its_turn_on_a_spectrum_has_none(seed):
    mass = spectrum(seed)
    mass = mass[mass >= turn_on(mass)]
    assert turn_on(mass) == mass.min()


def test_stray_events_below_do_not_hide_the_turn_on():
    stray = np.random.default_rng(1).uniform(500, 2000, 50)
    assert 2600 < turn_on(np.concatenate([spectrum(1), stray])) < 2800


def test_no_masses_have_no_turn_on():
    with pytest.raises(FivesigmaError, match="without masses above zero"):
        turn_on([np.nan, -1.0])
