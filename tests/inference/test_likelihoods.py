"""Likelihoods that experiments published, and workspaces of our own read back as if they came from elsewhere."""

import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pyhf
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.filling import templates
from fivesigma.inference.likelihoods import fit_background, fit_workspace, read_model
from fivesigma.inference.ranking import ranking
from fivesigma.inference.systematics import Normalisation
from fivesigma.inference.template_fit import fit_templates

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "workspaces"
BACKGROUND_ONLY = (
    "susy_2018_04_SRcombined",
    "susy_2018_14_comb",
    "susy_2018_22_MB_GGd_simplified",
    "susy_2018_31_BkgOnlyA",
    "susy_2018_31_simplifiedA",
    "susy_2019_09_onshell_simplified",
)


def published(name: str) -> dict[str, Any]:
    path = PUBLISHED / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the published likelihood {path.name} is not here")
    return json.loads(path.read_text())


def sbottom(region: str, point: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    archive = PUBLISHED / "pyhf-ins1748602-probability-models.tar.gz"
    if not archive.is_file():
        pytest.skip("the published likelihoods of the sbottom search are not here")
    with tarfile.open(archive) as opened:
        files = (opened.extractfile(f"{region}/{name}.json") for name in ("BkgOnly", f"patch.sbottom_{point}"))
        workspace, patch = (json.load(file) for file in files if file is not None)
    return workspace, patch


def test_the_published_likelihood_of_a_sbottom_search() -> None:
    """ATLAS-SUSY-2018-31: pyhf's documentation has CLs of 0.24443 at μ = 1, and these expected ones, for this point."""
    workspace, patch = sbottom("RegionA", "1300_205_60")
    result = fit_workspace(workspace, patch=patch, nuisances="profiled")
    assert result.cls_observed == pytest.approx(0.24443, rel=1e-3)
    assert result.cls_expected == pytest.approx([0.09022, 0.19378, 0.38432, 0.65557, 0.89137], rel=2e-3)
    assert result.poi == "mu_SIG"
    assert result.limit.observed > 1
    nominal = fit_workspace(workspace, patch=patch)
    assert nominal.cls_observed == pytest.approx(result.cls_observed, rel=1e-5)
    assert nominal.cls_expected != pytest.approx(result.cls_expected, rel=1e-2)
    assert any(f.code == "parameter-at-bound" for f in result.findings)
    model, data = read_model(workspace, patch=patch)
    assert ranking(model, data, most=3).left_out == len(model.parameters) - 4


@pytest.mark.parametrize("name", BACKGROUND_ONLY)
def test_background_only_fits_of_published_likelihoods_are_no_worse_than_those_of_pyhf(name: str) -> None:
    workspace = published(name)
    result = fit_background(workspace)
    model, data = read_model(workspace)
    values = np.array([parameter.value for parameter in result.parameters])
    combined = np.concatenate([data.counts, data.auxiliary])
    if len(values) > 60:  # pyhf's own fit takes minutes; its start is at least where it would come from
        assert model.log_likelihood(values, data) > model.log_likelihood(model.nominal, data)
        return
    theirs = pyhf.infer.mle.fit(combined, model._pyhf)
    assert model.log_likelihood(values, data) >= model.log_likelihood(np.asarray(theirs), data) - 1e-6


def everything() -> dict[str, Any]:
    """Return a workspace with every type of modifier, a fixed parameter and two measurements."""

    def modifier(name: str, kind: str, data: Any = None) -> dict[str, Any]:
        return {"name": name, "type": kind, "data": data}

    shape = modifier("tilt", "histosys", {"hi_data": [11.0, 9.0], "lo_data": [9.0, 11.5]})
    rate = modifier("rate", "normsys", {"hi": 1.2, "lo": 0.85})
    signal = [modifier("mu", "normfactor"), modifier("lumi", "lumi"), rate]
    zz = [shape, rate, modifier("simulated", "staterror", [0.5, 0.6]), modifier("zz_scale", "normfactor")]
    fakes = [modifier("fakes", "shapesys", [1.0, 1.0]), modifier("held", "normsys", {"hi": 1.5, "lo": 0.5})]
    region = [
        {"name": "signal", "data": [2.0, 6.0], "modifiers": signal},
        {"name": "zz", "data": [10.0, 10.0], "modifiers": zz},
        {"name": "fakes", "data": [3.0, 4.0], "modifiers": fakes},
    ]
    control = [
        {"name": "zz", "data": [100.0], "modifiers": [modifier("zz_scale", "normfactor")]},
        {"name": "other", "data": [5.0], "modifiers": [modifier("other_shape", "shapefactor")]},
    ]
    side = [{"name": "other", "data": [50.0], "modifiers": [modifier("other_shape", "shapefactor")]}]
    lumi = {"name": "lumi", "auxdata": [1.0], "sigmas": [0.03], "bounds": [[0.5, 1.5]], "inits": [1.0]}
    held = {"name": "held", "fixed": True, "inits": [0.5]}
    channels = [("sr", region, [16, 20]), ("cr", control, [110]), ("side", side, [48])]
    return {
        "version": "1.0.0",
        "channels": [{"name": name, "samples": samples} for name, samples, _ in channels],
        "observations": [{"name": name, "data": data} for name, _, data in channels],
        "measurements": [
            {"name": "held", "config": {"poi": "mu", "parameters": [lumi, held]}},
            {"name": "free", "config": {"poi": "mu", "parameters": [lumi]}},
        ],
    }


def test_every_modifier_measurements_and_fixed_parameters_agree_with_pyhf() -> None:
    for measurement in ("held", "free"):
        result = fit_workspace(everything(), measurement=measurement, nuisances="profiled")
        model, data = read_model(everything(), measurement=measurement)
        combined = np.concatenate([data.counts, data.auxiliary])
        observed, expected = pyhf.infer.hypotest(1.0, combined, model._pyhf, return_expected_set=True)
        assert result.cls_observed == pytest.approx(float(observed), rel=2e-3)
        assert result.cls_expected == pytest.approx([float(value) for value in expected], rel=2e-3)
        held = next(p for p in result.parameters if p.name == "held")
        assert (held.value, held.error) == ((0.5, 0.0) if measurement == "held" else pytest.approx((0, 1), abs=0.1))


def test_another_parameter_may_be_the_strength() -> None:
    result = fit_workspace(everything(), poi="zz_scale")
    assert result.poi == "zz_scale"
    assert result.mu.value == pytest.approx(1.05, abs=0.1)


def test_a_blind_fit_never_sees_the_observations() -> None:
    other = everything()
    other["observations"][0]["data"] = [160, 2]
    one, two = fit_workspace(everything(), blind=True), fit_workspace(other, blind=True)
    assert one.mu is one.z_observed is one.cls_observed is one.limit.observed is one.goodness_of_fit is None
    assert (one.limit.expected, one.cls_expected, one.parameters) == (
        two.limit.expected,
        two.cls_expected,
        two.parameters,
    )


def test_a_workspace_of_ours_read_back_gives_the_same_results(events) -> None:
    rate = Normalisation(name="zz_rate", size=0.1, samples=("zz",))
    result = fit_templates(templates(*events, bins=5), [rate])
    again = fit_workspace(json.loads(json.dumps(dict(result.workspace), allow_nan=False)))
    assert again.limit.expected == pytest.approx(result.limit_expected, rel=1e-9)
    assert again.limit.observed == pytest.approx(result.limit_observed, rel=1e-9)
    assert (again.mu.low, again.mu.value, again.mu.high) == pytest.approx(
        (result.mu.low, result.mu.value, result.mu.high), rel=1e-9
    )
    assert (again.z_observed, again.z_expected) == pytest.approx((result.z_observed, result.z_expected), rel=1e-9)
    assert [p.value for p in again.parameters] == pytest.approx([p.value for p in result.parameters], rel=1e-9)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(FivesigmaError, match=r"no measurement 'fre'; did you mean free\?"):
        fit_workspace(everything(), measurement="fre")
    with pytest.raises(FivesigmaError, match=r"no parameter 'zz_scal'; did you mean zz_scale\?"):
        fit_workspace(everything(), poi="zz_scal")
    with pytest.raises(FivesigmaError, match="the patch does not fit the workspace"):
        fit_workspace(everything(), patch=[{"op": "remove", "path": "/channels/7"}])
    with pytest.raises(FivesigmaError, match="the patch does not fit the workspace"):
        fit_workspace(everything(), patch=[{"op": "shuffle", "path": "/channels/0"}])
    without = everything()
    without["channels"] = without["channels"][1:]
    without["observations"] = without["observations"][1:]
    with pytest.raises(FivesigmaError, match="no signal strength: give a patch"):
        fit_workspace(without)
    short = everything()
    short["observations"][0]["data"] = [16]
    with pytest.raises(FivesigmaError, match="channel 'sr' has 2 bins and 1 observed counts"):
        fit_workspace(short)
    short["observations"] = short["observations"][1:]
    with pytest.raises(FivesigmaError, match="no observations for channel 'sr'"):
        fit_workspace(short)
