import numpy as np
import pyhf
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.pyhf_workspace import validate_workspace


@pytest.fixture
def rich(make_workspace):
    """Make a workspace with every modifier that builds on a constraint term, and two channels."""
    workspace = make_workspace([3.0, 8.0], [40.0, 12.0], [4.0, 3.0])
    workspace["channels"][0]["name"] = "b_region"
    both = {"name": "rate", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}}
    statistics = {"name": "st", "type": "staterror", "data": [1.0, 0.5]}
    lumi = {"name": "lumi", "type": "lumi", "data": None}
    workspace["channels"][0]["samples"][0]["modifiers"] += [both]
    workspace["channels"][0]["samples"][1]["modifiers"] += [both, statistics]
    control = {"name": "background", "data": [90.0], "modifiers": [both, lumi]}
    workspace["channels"].append({"name": "a_region", "samples": [control]})
    workspace["observations"] = [{"name": "b_region", "data": [45, 18]}, {"name": "a_region", "data": [101]}]
    workspace["measurements"][0]["config"]["parameters"] = [
        {"name": "lumi", "auxdata": [1.0], "sigmas": [0.03], "bounds": [[0.5, 1.5]], "inits": [1.0]}
    ]
    return workspace


COUNTS = {"b_region": np.array([45.0, 18.0]), "a_region": np.array([101.0])}


def test_deviance_is_twice_the_log_likelihood_of_pyhf_but_for_a_constant(rich) -> None:
    model = PyhfModel(rich)
    data = model.data(COUNTS)
    fits = [model.fit(data), model.fit(data, fixed={model.poi: 0.0}), model.fit(data, fixed={model.poi: 3.0})]
    constants = [fit.deviance + 2 * model.log_likelihood(fit.values, data) for fit in fits]
    assert constants == pytest.approx([constants[0]] * 3, abs=1e-9)


@pytest.mark.parametrize("strength", [None, 0.0, 2.0])
def test_fits_agree_with_those_of_pyhf(rich, strength: float | None) -> None:
    model = PyhfModel(rich)
    data = model.data(COUNTS)
    fixed = {} if strength is None else {model.poi: strength}
    mine = model.fit(data, fixed=fixed)
    combined = np.concatenate([data.counts, data.auxiliary])
    if strength is None:
        theirs, value = pyhf.infer.mle.fit(combined, model._pyhf, return_fitted_val=True)
    else:
        theirs, value = pyhf.infer.mle.fixed_poi_fit(strength, combined, model._pyhf, return_fitted_val=True)
    assert -2 * model.log_likelihood(mine.values, data) == pytest.approx(float(value), abs=1e-4)
    assert -2 * model.log_likelihood(mine.values, data) <= float(value) + 1e-9
    assert mine.values == pytest.approx(np.asarray(theirs), abs=5e-3)


def test_channels_may_come_in_any_order(rich) -> None:
    model = PyhfModel(rich)
    where = model.channel_slices()
    data = model.data(COUNTS)
    for channel, counts in COUNTS.items():
        assert data.counts[where[channel]].tolist() == counts.tolist()
    by_sample = model.expected_by_sample(model.nominal)
    assert by_sample["a_region"]["background"] == pytest.approx([90.0])
    assert by_sample["b_region"]["signal"] == pytest.approx([3.0, 8.0])
    assert model.expected(model.nominal)[where["b_region"]] == pytest.approx([43.0, 20.0])


def test_asimov_data_are_fitted_by_the_parameters_they_come_from(rich) -> None:
    model = PyhfModel(rich)
    values = model.nominal + 0.01 * np.arange(len(model.nominal))
    fit = model.fit(model.asimov(values))
    assert fit.values == pytest.approx(values, abs=1e-5)
    assert fit.deviance == pytest.approx(0, abs=1e-8)


def test_derivatives_agree_with_differences_of_pyhf(rich) -> None:
    model = PyhfModel(rich)
    values = model.nominal.copy()
    values[model.poi] = 1.7
    jacobian = model.jacobian(values)
    for index in range(len(values)):
        up, down = values.copy(), values.copy()
        up[index] += 1e-3
        down[index] -= 1e-3
        assert jacobian[:, index] == pytest.approx((model.expected(up) - model.expected(down)) / 2e-3, abs=1e-4)


def test_parameters_know_their_constraints_and_groups(rich) -> None:
    parameters = {p.name: p for p in PyhfModel(rich, groups={"rate": "theory", "st": "mc_statistics"}).parameters}
    assert parameters["rate"].width == 1.0
    assert parameters["rate"].group == "theory"
    assert parameters["lumi"].width == pytest.approx(0.03)
    assert parameters["free[0]"].width == pytest.approx(4 / 40)
    assert parameters["st[1]"].group == "mc_statistics"
    assert parameters["mu"].width is None
    # the second bin has 12 ± 3 ± 0.5 events of background for 8 of signal, and both may be 3 σ off
    assert parameters["mu"].low == pytest.approx(-0.9 * 12 / 8 * (1 - 3 * 3 / 12) * (1 - 3 * 0.5 / 12))


def test_a_sample_without_simulation_error_has_no_parameter_for_it(make_workspace) -> None:
    workspace = make_workspace([3.0, 8.0], [40.0, 12.0])
    workspace["channels"][0]["samples"][1]["modifiers"] = [{"name": "st", "type": "staterror", "data": [0.0, 1.0]}]
    model = PyhfModel(workspace)
    fit = model.fit(model.data({"bins": np.array([47.0, 13.0])}))
    assert fit.covariance[1, 1] == 0
    assert fit.values[1] == 1.0
    assert [parameter.width for parameter in model.parameters] == [None, 0.0, pytest.approx(1 / 12)]
    assert model.parameters[0].low == pytest.approx(-0.9 * 12 / 8 * (1 - 3 / 12))


def test_an_invalid_workspace_is_refused(make_workspace) -> None:
    workspace = make_workspace([1.0], [2.0])
    del workspace["channels"][0]["samples"][0]["data"]
    for refuse in (PyhfModel, validate_workspace):
        with pytest.raises(FivesigmaError, match="not a HistFactory workspace"):
            refuse(workspace)


def test_the_backend_of_the_user_is_given_back(make_workspace) -> None:
    before = pyhf.get_backend()
    try:
        pyhf.set_backend("numpy", precision="32b")
        mine = pyhf.get_backend()
        model = PyhfModel(make_workspace([1.0], [2.0], [0.5]))
        model.fit(model.data({"bins": np.array([3.0])}))
        assert pyhf.get_backend() == mine
    finally:
        pyhf.set_backend(*before)


def test_yields_are_smooth_at_nominal_whatever_the_asymmetry(make_workspace) -> None:
    """With a kink there, as pyhf's own defaults have it, a fit to Asimov data would have no derivative where it ends."""
    workspace = make_workspace([3.0, 8.0], [40.0, 12.0])
    shape = {"name": "shape", "type": "histosys", "data": {"hi_data": [44.0, 9.0], "lo_data": [39.0, 12.5]}}
    rate = {"name": "shape", "type": "normsys", "data": {"hi": 1.2, "lo": 0.98}}
    workspace["channels"][0]["samples"][1]["modifiers"] = [shape, rate]
    model = PyhfModel(workspace)
    (index,) = (i for i, p in enumerate(model.parameters) if p.name == "shape")
    at = {}
    for shift in (-1e-3, 0.0, 1e-3):
        values = model.nominal.copy()
        values[index] = shift
        at[shift] = model.expected(values)
        jacobian = model.jacobian(values)[:, index]
    left, right = (at[0.0] - at[-1e-3]) / 1e-3, (at[1e-3] - at[0.0]) / 1e-3
    assert left == pytest.approx(right, rel=0.01)
    assert jacobian == pytest.approx(right, rel=0.01)
    assert model.fit(model.asimov(model.nominal)).values == pytest.approx(model.nominal, abs=1e-6)
