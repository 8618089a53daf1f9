import numpy as np
import pytest

from fivesigma.inference.engine import Data
from fivesigma.inference.filling import templates
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.ranking import rank_nuisances, ranking
from fivesigma.inference.systematics import Normalisation
from fivesigma.inference.template_fit import fit_templates


def shape(name: str, up: list[float], down: list[float]) -> dict:
    return {"name": name, "type": "histosys", "data": {"hi_data": up, "lo_data": down}}


def test_the_impact_on_a_count_is_linear_propagation(make_workspace) -> None:
    """900 ± 45 events of background under 100 of signal: one bin can't tell them apart, so nothing is learned."""
    workspace = make_workspace([100.0], [900.0])
    workspace["channels"][0]["samples"][1]["modifiers"] = [shape("rate", [945.0], [855.0])]
    found = ranking(PyhfModel(workspace))
    (impact,) = found.impacts
    assert impact.postfit == pytest.approx((0.45, -0.45), abs=1e-5)
    assert impact.prefit == pytest.approx(impact.postfit, abs=1e-5)
    assert (found.strength, found.expected, found.left_out) == (pytest.approx(1.0), True, 0)
    assert found.error == pytest.approx(np.hypot(np.sqrt(1000), 45) / 100)


def test_what_a_control_region_learns_shrinks_the_impact_after_the_fit(make_workspace) -> None:
    """Many events are nearly a linear model: there the impact is ``C_μθ / σ_θ``, and half a constraint half an impact."""
    workspace = make_workspace([1e4, 0.0], [1e6, 4e6])
    both = shape("rate", [1.001e6, 4.004e6], [0.999e6, 3.996e6])
    workspace["channels"][0]["samples"][1]["modifiers"] = [both]
    model = PyhfModel(workspace)
    data = model.data({"bins": np.array([1.0002e6, 4.002e6])})
    (impact,) = ranking(model, data).impacts
    # the control bin knows the rate to 2,000 of 4e6 events, half of what the constraint allows
    constraint = 1 / np.sqrt(1 + 4)
    assert impact.parameter.constraint == pytest.approx(constraint, rel=1e-3)
    assert impact.parameter.pull == pytest.approx(0.5 * 4 / 5, rel=1e-2)
    assert impact.prefit == pytest.approx((0.1, -0.1), rel=1e-3)
    assert impact.postfit == pytest.approx((0.1 * constraint, -0.1 * constraint), rel=1e-3)


def test_parameters_stand_in_the_order_of_their_impact(make_workspace) -> None:
    workspace = make_workspace([5.0, 10.0], [90.0, 40.0], [1.0, 8.0])
    workspace["channels"][0]["samples"][1]["modifiers"].append({"name": "scale", "type": "normfactor", "data": None})
    model = PyhfModel(workspace)
    data = model.data({"bins": np.array([100.0, 45.0])})
    found = ranking(model, data)
    assert not found.expected
    assert [i.size for i in found.impacts] == sorted((i.size for i in found.impacts), reverse=True)
    assert {i.parameter.name for i in found.impacts} == {"free[0]", "free[1]", "scale"}
    free = next(i for i in found.impacts if i.parameter.name == "scale")
    assert free.prefit is free.parameter.pull is None
    first = ranking(model, data, most=1)
    assert (first.impacts, first.left_out) == (found.impacts[:1], 2)


def test_fits_from_far_starts_find_the_same_impacts(make_workspace) -> None:
    """Counts of a few events, far from linear: the starting point must not matter."""
    model = PyhfModel(make_workspace([1.0, 3.0], [4.0, 2.0], [1.5, 0.9]))
    data = model.data({"bins": np.array([3.0, 7.0])})
    best = model.fit(data)
    for impact in ranking(model, data).impacts:
        (index,) = (i for i, p in enumerate(model.parameters) if p.name == impact.parameter.name)
        for sign, change in zip((-1, 1), impact.postfit, strict=True):
            held = best.values[index] + sign * impact.parameter.error
            fit = model.fit(data, fixed={index: held})
            assert fit.values[model.poi] - best.values[model.poi] == pytest.approx(change, abs=1e-4)


def test_a_fit_is_ranked_on_its_data_and_a_blind_one_never(events) -> None:
    made = templates(*events, bins=4)
    systematics = [
        Normalisation(name="luminosity", size=0.026),
        Normalisation(name="zz_rate", size=0.1, samples=("zz",), group="theory"),
    ]
    seen, blind = (rank_nuisances(fit_templates(t, systematics)) for t in (made, made.without_data()))
    assert (seen.expected, blind.expected) == (False, True)
    assert blind.strength == pytest.approx(1.0)
    groups = {i.parameter.name: i.parameter.group for i in blind.impacts}
    assert groups["zz_rate"] == "theory"
    assert groups["mc_statistics_all[1]"] == "mc_statistics"
    result = fit_templates(made, systematics)
    assert seen.strength == pytest.approx(result.mu.value, abs=1e-6)
    assert seen.error == pytest.approx(result.sigma_mu, rel=1e-6)
    other = made.with_data({"all": np.array([1.0, 2.0, 3.0, 400.0])}).without_data()
    assert rank_nuisances(fit_templates(other, systematics)) == blind


def test_a_parameter_is_held_at_its_bound_and_not_beyond(make_workspace) -> None:
    model = PyhfModel(make_workspace([10.0], [50.0], [45.0]))
    data = Data(counts=np.array([2.0]), auxiliary=model.data({"bins": np.array([2.0])}).auxiliary)
    (impact,) = ranking(model, data).impacts
    assert impact.prefit is not None
    assert np.all(np.isfinite(impact.prefit))
