import math

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import score_bins
from fivesigma.inference.normalisations import FreeNormalisation
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.systematics import Normalisation
from fivesigma.inference.template_fit import fit_templates
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.workspace import build_workspace, parameter_groups

FREE = FreeNormalisation(name="top_rate", samples=("top",))


def part(name: str, expected: float, kind: str = "background") -> Template:
    return Template(sample=SampleInfo(name=name, kind=kind), values=np.array([float(expected)]), variances=np.zeros(1))


def region(name: str, observed: float | None, **expected: float) -> Channel:
    parts = tuple(part(n, v, "signal" if n == "higgs" else "background") for n, v in expected.items())
    seen = None if observed is None else np.array([observed])
    return Channel(name=name, binning=score_bins(1), templates=parts, observed=seen)


def test_a_control_region_fixes_what_simulation_has_wrong() -> None:
    both = Templates(channels=(region("sr", 115, higgs=20, top=50), region("cr", 1600, top=800)))
    result = fit_templates(both, [FREE])
    factor = next(p for p in result.parameters if p.name == "top_rate")
    assert factor.value == pytest.approx(2, rel=1e-6)
    assert factor.error == pytest.approx(2 / math.sqrt(1600), rel=1e-3)
    assert factor.width is None
    # closed form: s μ = n - τ m, τ = 50/800
    assert result.mu.value == pytest.approx((115 - 100) / 20, abs=1e-4)
    assert result.sigma_mu == pytest.approx(math.sqrt(115 + (50 / 800) ** 2 * 1600) / 20, rel=1e-3)


def test_the_cost_of_a_free_normalisation_is_counted() -> None:
    both = Templates(channels=(region("sr", 115, higgs=20, top=50), region("cr", 400, top=200)))
    result = fit_templates(both, [FREE])
    assert result.breakdown["top_rate"] == pytest.approx(50 / 200 * math.sqrt(400) / 20, rel=1e-3)
    assert result.breakdown["statistics"] == pytest.approx(math.sqrt(115) / 20, rel=1e-3)


def test_uncorrelated_between_regions_it_learns_nothing_from_the_control_region() -> None:
    shapes = [
        Channel(
            name=name,
            binning=score_bins(2),
            templates=tuple(
                Template(sample=SampleInfo(name=n, kind=k), values=np.array(v), variances=np.zeros(2))
                for n, k, v in (("higgs", "signal", [1.0, 10.0]), ("top", "background", [100.0, 50.0]))
            ),
            observed=np.array([200.0, 100.0]) * factor,
        )
        for name, factor in (("sr", 1.0), ("cr", 1.5))
    ]
    apart = FreeNormalisation(name="top_rate", samples=("top",), correlated=False)
    result = fit_templates(Templates(channels=tuple(shapes)), [apart])
    found = {p.name: p.value for p in result.parameters if p.name.startswith("top_rate")}
    assert found == pytest.approx({"top_rate_sr": 2, "top_rate_cr": 3}, rel=1e-4)
    assert set(result.breakdown) >= {"statistics", "top_rate"}


def test_bounds_regions_and_groups_are_in_the_model() -> None:
    names = ("cr", "vr")
    both = Templates(channels=(region("sr", None, higgs=20, top=50), *(region(name, None, top=800) for name in names)))
    only = FreeNormalisation(name="top_rate", samples=("top",), regions=("sr", "cr"), highest=25, group="background")
    workspace = build_workspace(both, [only], ["higgs"])
    named = [[m["name"] for m in c["samples"][-1]["modifiers"]] for c in workspace["channels"]]
    assert named == [["top_rate", "mc_statistics_sr"], ["top_rate", "mc_statistics_cr"], ["mc_statistics_vr"]]
    model = PyhfModel(workspace, groups=parameter_groups(both, [only]))
    (factor,) = (p for p in model.parameters if p.name == "top_rate")
    assert (factor.low, factor.high, factor.nominal, factor.width, factor.group) == (0, 25, 1, None, "background")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"samples": None}, "name the samples that it scales"),
        ({"samples": ()}, "name the samples that it scales"),
        ({"highest": 1.0}, "must be above 1, not 1.0"),
        ({"highest": math.inf}, "must be above 1, not inf"),
    ],
)
def test_factors_that_make_no_sense_are_refused(options, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        FreeNormalisation(**{"name": "top_rate", "samples": ("top",)} | options)


@pytest.mark.parametrize(
    ("systematics", "match"),
    [
        ([FreeNormalisation(name="free", samples=("higgs",))], "'higgs' is signal, which the strength scales already"),
        ([FreeNormalisation(name="free", samples=("tpo",))], r"no sample 'tpo'; did you mean top\?"),
        ([FreeNormalisation(name="free", samples=("top",), regions=("rc",))], r"no region 'rc'; there are: sr, cr"),
        ([FREE, Normalisation(name="top_rate", size=0.1)], "two systematics are called 'top_rate'"),
    ],
)
def test_factors_that_fit_no_templates_are_refused(systematics, match: str) -> None:
    both = Templates(channels=(region("sr", 115, higgs=20, top=50), region("cr", 1600, top=800)))
    with pytest.raises(FivesigmaError, match=match):
        fit_templates(both, systematics)


@pytest.mark.parametrize(
    ("systematics", "alike"),
    [
        ([FREE], "mu, top_rate"),
        ([FREE, FreeNormalisation(name="zz_rate", samples=("zz",))], "mu, top_rate, zz_rate"),
    ],
)
def test_factors_that_data_cannot_tell_apart_are_refused(systematics, alike: str) -> None:
    alone = Templates(channels=(region("sr", 115, higgs=20, top=50, zz=10),))
    with pytest.raises(FivesigmaError, match=f"{alike}: the data cannot tell these factors apart"):
        fit_templates(alone, systematics)


def test_only_those_that_are_alike_are_named() -> None:
    both = Templates(channels=(region("sr", 115, higgs=20, top=50, zz=10), region("cr", 1600, top=800, zz=160)))
    with pytest.raises(FivesigmaError, match=r"^top_rate, zz_rate: the data cannot tell"):
        fit_templates(both, [FREE, FreeNormalisation(name="zz_rate", samples=("zz",))])
    with pytest.raises(FivesigmaError, match="top_rate: what this factor scales expects no events"):
        fit_templates(Templates(channels=(region("sr", 115, higgs=20, top=0, zz=10), region("cr", 10, zz=10))), [FREE])
