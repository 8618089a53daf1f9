import math

import numpy as np
import pytest
from scipy import optimize

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.profile import Profile, nominal_asimov, profiled_asimov, rising_root
from fivesigma.inference.pyhf_engine import PyhfModel


def test_interval_of_a_count_is_where_the_deviance_rises_by_one(make_workspace) -> None:
    n, s, b = 30.0, 5.0, 10.0
    model = PyhfModel(make_workspace([s], [b]))
    low, high = Profile(model, model.data({"bins": np.array([n])})).interval()

    def rise(mean: float) -> float:
        return 2 * (mean - n + n * math.log(n / mean)) - 1

    assert (low * s + b) == pytest.approx(optimize.brentq(rise, 1, n), rel=1e-5)
    assert (high * s + b) == pytest.approx(optimize.brentq(rise, n, 100), rel=1e-5)


def test_interval_stops_where_yields_would_turn_negative(make_workspace) -> None:
    model = PyhfModel(make_workspace([5.0], [1.0]))
    profile = Profile(model, model.data({"bins": np.array([0.0])}))
    assert profile.strength == pytest.approx(-0.9 * 1 / 5)
    assert profile.interval()[0] == profile.strength


def test_statistics_are_one_sided(make_workspace) -> None:
    model = PyhfModel(make_workspace([10.0], [50.0], [5.0]))
    excess, deficit = (Profile(model, model.data({"bins": np.array([float(n)])})) for n in (70, 30))
    assert excess.strength == pytest.approx(2.0, abs=1e-5)
    assert excess.q_tilde(1.5) == 0
    assert excess.q_tilde(3) > 0
    assert excess.q_zero() > 0
    assert deficit.q_zero() == 0
    assert deficit.q_tilde(1) == pytest.approx(deficit.at(1).deviance - deficit.at(0).deviance)


def test_nominal_asimov_data_ignore_the_data_and_profiled_ones_follow_it(make_workspace) -> None:
    model = PyhfModel(make_workspace([10.0], [50.0], [7.0]))
    profile = Profile(model, model.data({"bins": np.array([80.0])}))
    assert nominal_asimov(model, 0.0).counts == pytest.approx([50.0])
    assert profiled_asimov(profile, 0.0).counts[0] > 55


def test_roots_are_found_far_away_or_refused() -> None:
    assert rising_root(lambda x: x - 1234.5, 0.0, 1.0) == pytest.approx(1234.5)
    with pytest.raises(FivesigmaError, match="no signal strength below"):
        rising_root(lambda _: -1.0, 0.0, 1.0)
