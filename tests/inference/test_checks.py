import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import derive_seed
from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import score_bins
from fivesigma.inference.checks import check_fit, check_low_counts, check_templates, require_fittable
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.template_fit import fit_templates
from fivesigma.inference.templates import Channel, Template, Templates

HIGGS, ZZ = SampleInfo(name="higgs", kind="signal"), SampleInfo(name="zz", kind="background")


def one_region(signal, background, *, observed=None, effective=1000.0) -> Templates:
    parts = tuple(
        Template(sample=sample, values=np.asarray(values, float), variances=np.abs(values) ** 2 / effective)
        for sample, values in ((HIGGS, signal), (ZZ, background))
        if values is not None
    )
    seen = None if observed is None else np.asarray(observed, float)
    count = len(parts[0].values)
    return Templates(channels=(Channel(name="sr", binning=score_bins(count), templates=parts, observed=seen),))


CLEAN = ([1, 5, 10], [100, 80, 60])


def test_clean_templates_have_no_findings() -> None:
    made = one_region(*CLEAN)
    require_fittable(made, ["higgs"])
    assert not list(check_templates(made, ["higgs"]))
    assert not list(check_low_counts(made, ["higgs"], "fit", 0.95, seed=1))
    assert fit_templates(made).findings == ()


@pytest.mark.parametrize(
    ("made", "match"),
    [
        (
            one_region([1, 5, 2], [9, 3, 0]),
            r"region 'sr', bin 3 \(score 0.6667 to 1\): the background \(zz\) expects 0 events under 2",
        ),
        (one_region([1, 5, 0], [9, 3, 0]), r"bin 3 .* under 0 of signal"),
        (one_region([1, 5, 0], [9, 3, 0], observed=[9, 4, 2]), "and 2 observed"),
        (one_region([1, 5, 2], [9, -3, 1]), r"bin 2 .* expects -3 events"),
        (one_region([0, 0, 0], [9, 3, 1]), "signal 'higgs' has no events"),
        (one_region([-9, 5, 1], [5, 3, 1]), "signal 'higgs' has no events"),
        (one_region([-9, 25, 1], [5, 3, 1]), "bin 1: signal and background together are not positive"),
        (one_region([1, 5], None), "needs a sample of kind background"),
        (one_region(None, [1, 5]), "needs a sample of kind signal"),
    ],
)
def test_templates_that_make_no_sense_are_refused(made: Templates, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        fit_templates(made)


def test_a_negative_bin_of_one_sample_is_found() -> None:
    made = one_region([-0.5, 5, 10], [100, 80, 60])
    (finding,) = check_templates(made, ["higgs"])
    assert (finding.code, finding.subject) == ("negative-bin", "sr/higgs")
    assert "bin 1 (score 0 to 0.3333) expects -0.5" in finding.message
    assert "negative-bin" in [found.code for found in fit_templates(made).findings]


def test_background_of_few_simulated_events_is_found() -> None:
    made = one_region(*CLEAN, effective=5.0)
    assert "few-background-events" in [finding.code for finding in check_templates(made, ["higgs"])]


@pytest.mark.parametrize(("background", "severity"), [(0.5, "serious"), (12.0, "warning"), (50.0, None)])
def test_asymptotics_at_low_counts_are_found(background: float, severity: str | None) -> None:
    findings = list(check_low_counts(one_region([2.0], [background]), ["higgs"], "fit", 0.95, seed=1))
    assert [(finding.code, finding.severity) for finding in findings] == (
        [] if severity is None else [("asymptotics-at-low-counts", severity)]
    )


def test_only_the_bins_that_decide_are_counted() -> None:
    (finding,) = check_low_counts(one_region([0.1, 3.0], [5000.0, 2.0]), ["higgs"], "fit", 0.95, seed=1)
    assert finding.evidence["background_events"] == 2.0
    assert "2 background events decide here" in finding.message


def test_toys_have_the_seed_that_is_asked_for_or_one_of_the_name() -> None:
    made = one_region([2.0], [3.0])

    def shift(**settings: object) -> float:
        (found,) = (f for f in fit_templates(made, **settings).findings if f.code == "asymptotics-at-low-counts")
        return found.evidence["shift_of_median"]

    assert shift(seed=5) == shift(seed=5) != shift(seed=6)
    assert shift(name="one") == shift(name="one", seed=derive_seed(0, "one")) != shift(name="other")


def test_a_poor_fit_and_a_parameter_at_its_bound_are_found() -> None:
    poor = fit_templates(one_region([1, 5, 10], [100, 80, 60], observed=[160, 30, 65]))
    assert poor.goodness_of_fit < 1e-4
    assert "poor-fit" in [finding.code for finding in poor.findings]
    empty = fit_templates(one_region([5, 9], [5, 3], observed=[0, 0]))
    codes = [finding.code for finding in empty.findings]
    assert "parameter-at-bound" in codes
    assert "interval-at-bound" in codes


def test_a_nuisance_at_its_bound_is_found_by_name(make_workspace) -> None:
    """A free normalisation goes up to ten at most; the control region asks for twenty."""
    workspace = make_workspace([5.0], [50.0])
    free = {"name": "zz_scale", "type": "normfactor", "data": None}
    control = {"name": "background", "data": [10.0], "modifiers": [free]}
    workspace["channels"].append({"name": "control", "samples": [control]})
    workspace["observations"].append({"name": "control", "data": [200.0]})
    model = PyhfModel(workspace)
    fit = model.fit(model.data({"bins": np.array([50.0]), "control": np.array([200.0])}))
    (finding,) = check_fit(model, fit, None, "shape")
    assert (finding.code, finding.subject, finding.evidence["value"]) == ("parameter-at-bound", "shape/zz_scale", 10.0)
