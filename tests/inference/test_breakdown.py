import numpy as np
import pytest

from fivesigma.inference.breakdown import breakdown
from fivesigma.inference.profile import nominal_asimov
from fivesigma.inference.pyhf_engine import PyhfModel


@pytest.fixture
def model(make_workspace) -> PyhfModel:
    """Make a model with two systematics of one group, simulation's statistics, and a free normalisation with a control region."""
    workspace = make_workspace([5.0, 20.0], [90.0, 60.0])
    rates = [
        {"name": name, "type": "normsys", "data": {"hi": high, "lo": 1 / high}}
        for name, high in (("jets", 1.05), ("scale", 1.1), ("luminosity", 1.03))
    ]
    simulated = {"name": "simulated", "type": "staterror", "data": [4.0, 5.0]}
    free = {"name": "zz_scale", "type": "normfactor", "data": None}
    workspace["channels"][0]["samples"][0]["modifiers"] += [rates[2]]
    workspace["channels"][0]["samples"][1]["modifiers"] = [*rates, simulated, free]
    control = {"name": "background", "data": [500.0], "modifiers": [rates[0], free]}
    workspace["channels"].append({"name": "control", "samples": [control]})
    workspace["observations"].append({"name": "control", "data": [510.0]})
    groups = {"jets": "detector", "scale": "detector", "simulated": "mc_statistics"}
    return PyhfModel(workspace, groups=groups)


def test_the_breakdown_is_that_of_fits_with_each_group_held(model: PyhfModel) -> None:
    data = nominal_asimov(model, 1.0)
    best = model.fit(data)
    costs = breakdown(model, best)
    assert set(costs) == {"statistics", "detector", "luminosity", "mc_statistics", "zz_scale"}
    variance = best.covariance[model.poi, model.poi]
    nuisances = [i for i in range(len(model.parameters)) if i != model.poi]
    for group, cost in costs.items():
        held = [i for i in nuisances if group in {"statistics", model.parameters[i].group}]
        fit = model.fit(data, fixed={i: float(best.values[i]) for i in held})
        left = fit.covariance[model.poi, model.poi]
        assert cost == pytest.approx(np.sqrt(left if group == "statistics" else variance - left), rel=1e-5)


def test_a_free_normalisation_costs_what_its_control_region_leaves(make_workspace) -> None:
    """100 signal events on 900; 3,600 events in the control region know the scale to 1/60, which moves 15 events."""
    workspace = make_workspace([100.0], [900.0])
    free = {"name": "scale", "type": "normfactor", "data": None}
    workspace["channels"][0]["samples"][1]["modifiers"] = [free]
    control = {"name": "background", "data": [3600.0], "modifiers": [free]}
    workspace["channels"].append({"name": "control", "samples": [control]})
    workspace["observations"].append({"name": "control", "data": [3600.0]})
    model = PyhfModel(workspace)
    costs = breakdown(model, model.fit(nominal_asimov(model, 1.0)))
    assert costs == {"statistics": pytest.approx(np.sqrt(1000) / 100), "scale": pytest.approx(15 / 100)}
