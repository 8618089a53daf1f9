import numpy as np
import pytest

from fivesigma.inference.filling import templates
from fivesigma.inference.pyhf_workspace import validate_workspace
from fivesigma.inference.systematics import Normalisation
from fivesigma.inference.workspace import build_workspace, parameter_groups

SYSTEMATICS = (Normalisation(name="luminosity", size=0.026), Normalisation(name="rate", size=0.1, samples=("zz",)))


def test_workspaces_are_valid_and_hold_what_they_should(events) -> None:
    made = templates(*events, bins=3)
    workspace = build_workspace(made, SYSTEMATICS, ["higgs"])
    validate_workspace(workspace)
    higgs, zz = workspace["channels"][0]["samples"]
    assert [modifier["name"] for modifier in higgs["modifiers"]] == ["mu", "luminosity", "mc_statistics_all_signal"]
    assert [modifier["name"] for modifier in zz["modifiers"]] == ["luminosity", "rate", "mc_statistics_all"]
    assert zz["modifiers"][1]["data"] == {"hi": 1.1, "lo": pytest.approx(1 / 1.1)}
    assert zz["modifiers"][2]["data"] == pytest.approx(np.sqrt(made.channels[0].templates[1].variances).tolist())
    assert workspace["observations"][0]["data"] == made.channels[0].observed.tolist()


def test_a_blind_workspace_holds_the_expected_background_as_observation(events) -> None:
    made = templates(*events, bins=3, observed=False)
    workspace = build_workspace(made, SYSTEMATICS, ["higgs"])
    assert workspace["observations"][0]["data"] == made.channels[0].sum_of("background").tolist()


def test_signals_that_are_not_asked_for_are_left_out(events) -> None:
    workspace = build_workspace(templates(*events, bins=3), SYSTEMATICS, [])
    assert [sample["name"] for sample in workspace["channels"][0]["samples"]] == ["zz"]


def test_groups_of_parameters(events) -> None:
    groups = parameter_groups(templates(*events, bins=3), SYSTEMATICS)
    names = ("luminosity", "rate", "mc_statistics_all", "mc_statistics_all_signal")
    assert groups == dict(zip(names, ("luminosity", "rate", "mc_statistics", "mc_statistics"), strict=True))
