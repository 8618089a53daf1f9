"""Golden numbers: `golden/statistics.json` of the project's reference values (pyhf's tests, validated with HistFactory)."""

import math

import numpy as np
import pyhf
import pytest
from scipy import special

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.limits import cls_limit, cls_values, discovery_significance, expected_discovery
from fivesigma.inference.profile import Profile
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.statistics.significance import asimov_significance, log_p_from_z

TWO_BINS = ([12, 11], [50, 52], [3, 7], [51, 48])
ONE_BIN = ([10], [50], [7], [55])


def model_and_data(make_workspace, case):
    signal, background, uncertainty, observed = case
    model = PyhfModel(make_workspace(signal, background, uncertainty))
    return model, model.data({"bins": np.asarray(observed, dtype=float)})


@pytest.mark.parametrize(
    ("case", "observed", "expected"),
    [
        (TWO_BINS, 0.05251497, [0.00260626, 0.01382005, 0.06445321, 0.23525644, 0.57303621]),
        (ONE_BIN, 0.4541889294, [0.0637201164, 0.1509686618, 0.327965743, 0.6046135698, 0.8662652332]),
    ],
)
def test_cls_of_the_reference(make_workspace, case, observed: float, expected: list[float]) -> None:
    band, seen = cls_values(*model_and_data(make_workspace, case), 1.0, nuisances="profiled")
    assert band == pytest.approx(expected, rel=1e-3)
    assert seen == pytest.approx(observed, rel=1e-3)


def test_cls_of_the_reference_with_a_control_region(make_workspace) -> None:
    workspace = make_workspace([10, 35], [100, 150], [10, 10])
    uncertainty = {"name": "control", "type": "shapesys", "data": [5.0, 10.0]}
    control = {"name": "background", "data": [200.0, 350.0], "modifiers": [uncertainty]}
    workspace["channels"].append({"name": "control", "samples": [control]})
    workspace["observations"].append({"name": "control", "data": [205.0, 345.0]})
    model = PyhfModel(workspace)
    data = model.data({"bins": np.array([110.0, 155.0]), "control": np.array([205.0, 345.0])})
    band, seen = cls_values(model, data, 1.0, nuisances="profiled")
    assert seen == pytest.approx(0.0563327694, rel=1e-3)
    assert band == pytest.approx([0.0004349235, 0.0034223615, 0.0233745432, 0.121866503, 0.4038227459], rel=1e-3)


@pytest.mark.parametrize(
    ("case", "observed", "expected"),
    [
        (TWO_BINS, 1.01156939, [0.55987998, 0.75702332, 1.06234688, 1.50116916, 2.05078586]),
        (ONE_BIN, 2.3795272, [1.0756066, 1.4473117, 2.0181925, 2.8320534, 3.8467698]),
    ],
)
def test_limits_of_the_reference(make_workspace, case, observed: float, expected: list[float]) -> None:
    limit = cls_limit(*model_and_data(make_workspace, case), nuisances="profiled")
    assert limit.expected == pytest.approx(expected, rel=1e-3)
    assert limit.observed == pytest.approx(observed, rel=1e-3)


def test_discovery_of_the_reference(make_workspace) -> None:
    model, data = model_and_data(make_workspace, ([25], [50], [7], [80]))
    assert math.exp(log_p_from_z(discovery_significance(model, data))) == pytest.approx(0.003936883191585841, rel=1e-3)
    assert math.exp(log_p_from_z(discovery_significance(model))) == pytest.approx(0.0120448, rel=1e-3)


def test_test_statistics_of_the_reference(make_workspace) -> None:
    profile = Profile(*model_and_data(make_workspace, TWO_BINS))
    assert profile.q_tilde(1.0) == pytest.approx(3.93824492, rel=1e-3)
    excess = Profile(*model_and_data(make_workspace, (*TWO_BINS[:3], [60, 65])))  # of pyhf's documentation of q0
    assert excess.q_zero() == pytest.approx(2.98339447, rel=1e-3)


def test_expected_discovery_of_the_reference_profiled_and_nominal_under_their_own_names(make_workspace) -> None:
    model, data = model_and_data(make_workspace, ([25], [50], [7], [80]))
    profiled = expected_discovery(model, data, nuisances="profiled")
    reference = [1.22047e-05, 0.000640524, 0.0132028672, 0.1111960416, 0.4128607973]
    assert [math.exp(log_p_from_z(z)) for z in reversed(profiled)] == pytest.approx(reference, rel=1e-3)
    nominal = expected_discovery(model)
    assert math.exp(log_p_from_z(nominal[2])) == pytest.approx(0.0120448, rel=1e-3)
    assert expected_discovery(model, data) == nominal
    with pytest.raises(FivesigmaError, match="observed data"):
        expected_discovery(model, nuisances="profiled")


def test_an_observed_count_of_zero_has_a_limit_and_no_significance(make_workspace) -> None:
    model, data = model_and_data(make_workspace, ([1], [2], [0.5], [0]))
    limit = cls_limit(model, data)
    assert 0 < limit.observed < limit.expected[2]
    assert discovery_significance(model, data) == 0


def test_a_limit_beyond_what_is_scanned_is_told(make_workspace) -> None:
    with pytest.raises(FivesigmaError, match=r"no signal strength below 1e\+09 is excluded: the signal is too small"):
        cls_limit(PyhfModel(make_workspace([1e-9], [50.0])))


def test_expected_limit_on_nominal_nuisances_of_the_reference(make_workspace) -> None:
    model, _ = model_and_data(make_workspace, ([1], [50], [7], [50]))
    assert cls_limit(model).expected[2] == pytest.approx(19.709, rel=1e-3)


def test_profiled_expectations_look_at_the_data_and_nominal_ones_do_not(make_workspace) -> None:
    """The expected median moves from 17.7 to 22.4 as 30 or 80 are observed on 50 ± 7, if nuisances are profiled."""
    medians = {}
    for nuisances in ("nominal", "profiled"):
        for observed in (30, 80):
            model, data = model_and_data(make_workspace, ([1], [50], [7], [observed]))
            medians[nuisances, observed] = cls_limit(model, data, nuisances=nuisances).expected[2]
    assert medians["profiled", 30] == pytest.approx(17.7, abs=0.05)
    assert medians["profiled", 80] == pytest.approx(22.4, abs=0.05)
    assert medians["nominal", 30] == medians["nominal", 80] == pytest.approx(19.709, rel=1e-3)


def test_the_observed_limit_does_not_depend_on_how_the_expected_one_is_made(make_workspace) -> None:
    model, data = model_and_data(make_workspace, TWO_BINS)
    assert cls_limit(model, data).observed == cls_limit(model, data, nuisances="profiled").observed


@pytest.mark.parametrize(("s", "b"), [(10.0, 100.0), (5.0, 1.0), (772.0, 121352.0), (300.0, 50.0)])
def test_expected_significance_on_asimov_data_is_the_closed_formula(make_workspace, s: float, b: float) -> None:
    model = PyhfModel(make_workspace([s], [b]))
    p = math.exp(log_p_from_z(discovery_significance(model)))
    assert p == pytest.approx(math.exp(log_p_from_z(asimov_significance(s, b))), rel=1e-6)


def test_expected_significance_with_uncertainty_is_the_closed_formula(make_workspace) -> None:
    model = PyhfModel(make_workspace([50.0], [100.0], [7.0]))
    assert discovery_significance(model) == pytest.approx(3.71953257644, rel=1e-6)


def test_expected_limit_of_a_known_background_is_the_closed_formula(make_workspace) -> None:
    s, b = 1.0, 40.0
    limit = cls_limit(PyhfModel(make_workspace([s], [b])), level=0.9)
    q = 2 * (limit.expected[2] - b * math.log1p(limit.expected[2] / b))
    assert math.sqrt(q) == pytest.approx(-special.ndtri(0.05), rel=1e-6)


def test_the_curve_crosses_at_the_limits(make_workspace) -> None:
    model, data = model_and_data(make_workspace, TWO_BINS)
    limit = cls_limit(model, data)
    for row, value in zip(limit.curve.expected, limit.expected, strict=True):
        assert np.interp(value, limit.curve.mu, row) == pytest.approx(0.05, abs=0.004)
        assert np.all(np.diff(row) <= 1e-9)
    assert np.interp(limit.observed, limit.curve.mu, limit.curve.observed) == pytest.approx(0.05, abs=0.004)
    assert limit.curve.expected[:, 0] == pytest.approx(np.ones(5))


def test_a_limit_survives_an_excess_of_many_sigma(make_workspace) -> None:
    model, data = model_and_data(make_workspace, ([1], [50], [7], [500]))
    assert cls_limit(model, data).observed > 450
    assert discovery_significance(model, data) > 20


def test_profiling_without_data_is_refused(make_workspace) -> None:
    with pytest.raises(FivesigmaError, match="observed data"):
        cls_limit(PyhfModel(make_workspace([1], [50])), nuisances="profiled")


def test_a_signal_that_nothing_depends_on_is_refused(make_workspace) -> None:
    with pytest.raises(FivesigmaError, match="do not depend on the signal strength"):
        cls_limit(PyhfModel(make_workspace([0.0], [50])))


@pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated")
def test_limits_and_their_band_are_those_of_root_finding_with_pyhf(make_workspace) -> None:
    workspace = make_workspace([3.0, 8.0], [40.0, 12.0], [4.0, 3.0])
    rate = {"name": "rate", "type": "normsys", "data": {"hi": 1.1, "lo": 0.92}}
    workspace["channels"][0]["samples"][1]["modifiers"].append(rate)
    workspace["observations"][0]["data"] = [45.0, 14.0]
    codes = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
    read = pyhf.Workspace(workspace)
    theirs = read.model(modifier_settings=codes)
    observed, expected = pyhf.infer.intervals.upper_limits.upper_limit(read.data(theirs), theirs, rtol=1e-4)
    model = PyhfModel(workspace)
    limit = cls_limit(model, model.data({"bins": np.array([45.0, 14.0])}), nuisances="profiled")
    assert limit.observed == pytest.approx(float(observed), rel=1e-3)
    assert limit.expected == pytest.approx([float(value) for value in expected], rel=1e-3)


def test_a_level_in_per_cent_is_refused(make_workspace):
    model, data = model_and_data(make_workspace, ONE_BIN)
    with pytest.raises(FivesigmaError, match=r"between 0 and 1, unlike 95; give 0\.95"):
        cls_limit(model, data, level=95)
