import json
import math

import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import score_bins
from fivesigma.inference.filling import templates
from fivesigma.inference.goodness import goodness_of_fit
from fivesigma.inference.limits import cls_limit
from fivesigma.inference.profile import Profile
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.pyhf_workspace import validate_workspace
from fivesigma.inference.systematics import Normalisation
from fivesigma.inference.template_fit import fit_templates, upper_limit
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.statistics.poisson_limits import expected_upper_limits

SYSTEMATICS = (
    Normalisation(name="luminosity", size=0.026),
    Normalisation(name="zz_rate", size=0.1, samples=("zz",), group="theory"),
)


@pytest.fixture
def made(events):
    return templates(*events, bins=8)


def test_a_blind_fit_has_everything_expected_and_nothing_observed(made) -> None:
    result = fit_templates(made.without_data(), SYSTEMATICS)
    assert result.mu is None
    assert result.z_observed is result.limit_observed is result.goodness_of_fit is result.postfit is None
    assert result.curve.observed is None
    assert result.z_expected > 1
    assert list(result.limit_expected) == sorted(result.limit_expected)
    assert all(p.value == pytest.approx(p.nominal, abs=1e-5) for p in result.parameters)
    background = made.channels[0].sum_of("background")
    assert result.workspace["observations"][0]["data"] == pytest.approx(background.tolist())


def test_expected_results_do_not_depend_on_the_data(make_events) -> None:
    one, other = (templates(*make_events(), bins=6), templates(*make_events(strength=4), bins=6))
    first, second = fit_templates(one, SYSTEMATICS), fit_templates(other, SYSTEMATICS)
    assert first.limit_expected == second.limit_expected
    assert first.z_expected == second.z_expected
    assert first.limit_observed != second.limit_observed
    blind = fit_templates(one.without_data(), SYSTEMATICS)
    assert (blind.limit_expected, blind.z_expected) == (first.limit_expected, first.z_expected)


def test_one_blind_region_blinds_the_fit(events) -> None:
    dataset, scores = events
    mass = dataset.observables["m4l"]
    regions = {"window": (mass > 118) & (mass < 130), "sides": (mass <= 118) | (mass >= 130)}
    made = templates(dataset, scores, bins=4, regions=regions, observed=["sides"])
    changed = made.with_data({"sides": np.array([500.0, 1.0, 2.0, 3.0])})
    one, other = fit_templates(made, SYSTEMATICS), fit_templates(changed, SYSTEMATICS)
    assert one.mu is None
    assert one.limit_expected == other.limit_expected
    assert one.breakdown == other.breakdown


def test_an_injected_signal_is_recovered(make_events) -> None:
    for strength in (0.0, 1.0, 3.0):
        made = templates(*make_events(seed=7, strength=strength), bins=8)
        expected = made.channels[0].sum_of("background") + strength * made.channels[0].sum_of("signal")
        result = fit_templates(made.with_data({"all": expected}, pseudo=True), SYSTEMATICS)
        assert result.mu.value == pytest.approx(strength, abs=1e-3)
        observed = fit_templates(made, SYSTEMATICS)
        assert abs(observed.mu.value - strength) < 3.5 * observed.sigma_mu


def test_asimov_data_as_observed_give_what_was_expected(made) -> None:
    channel = made.channels[0]
    with_signal = made.with_data({"all": channel.sum_of("background") + channel.sum_of("signal")})
    result = fit_templates(with_signal, SYSTEMATICS)
    assert result.z_observed == pytest.approx(result.z_expected, rel=1e-5)
    assert result.goodness_of_fit == pytest.approx(1, abs=1e-6)
    background_only = fit_templates(made.with_data({"all": channel.sum_of("background")}), SYSTEMATICS)
    assert background_only.limit_observed == pytest.approx(background_only.limit_expected[2], rel=1e-4)


def test_breakdown_of_one_bin_is_linear_propagation(make_events) -> None:
    made = templates(*make_events(signal=100, background=900, size=100_000), bins=1).without_data()
    result = fit_templates(made, (Normalisation(name="rate", size=0.05, samples=("zz",)),))
    assert result.breakdown["statistics"] == pytest.approx(math.sqrt(1000) / 100, rel=1e-3)
    assert result.breakdown["rate"] == pytest.approx(math.log(1.05) * 900 / 100, rel=2e-3)
    channel = made.channels[0]
    simulated = math.sqrt(channel.variance_of("signal")[0] + channel.variance_of("background")[0])
    assert result.breakdown["mc_statistics"] == pytest.approx(simulated / 100, rel=1e-3)
    assert result.sigma_mu == pytest.approx(math.hypot(*result.breakdown.values()), rel=1e-6)


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_answers_do_not_depend_on_what_the_signal_is_normalised_to(scale: float) -> None:
    """The last bin's background is known to 30 %; an unlucky choice of μ's unit must not weigh that otherwise."""
    background = Template(
        sample=SampleInfo(name="zz", kind="background"),
        values=np.array([100.0, 40.0, 10.0]),
        variances=np.array([4.0, 2.0, 9.0]),
    )

    def made(factor: float) -> Templates:
        values, variances = np.array([1.0, 3.0, 8.0]), np.array([0.01, 0.04, 0.16])
        sample = SampleInfo(name="higgs", kind="signal")
        signal = Template(sample=sample, values=factor * values, variances=factor**2 * variances)
        parts = (signal, background)
        return Templates(channels=(Channel(name="sr", binning=score_bins(3), templates=parts, observed=None),))

    one, scaled = upper_limit(made(1.0)), upper_limit(made(scale))
    assert scale * np.asarray(scaled.expected) == pytest.approx(np.asarray(one.expected), rel=1e-3)


def test_breakdown_names_the_groups(made) -> None:
    result = fit_templates(made.without_data(), SYSTEMATICS)
    assert set(result.breakdown) == {"statistics", "luminosity", "theory", "mc_statistics"}
    fixed = fit_templates(made.without_data(), SYSTEMATICS[:1])
    assert result.sigma_mu**2 - result.breakdown["theory"] ** 2 == pytest.approx(fixed.sigma_mu**2, rel=1e-6)


def test_more_uncertainty_is_a_weaker_limit(made) -> None:
    blind = made.without_data()
    limits = [
        upper_limit(blind, [Normalisation(name="rate", size=size, samples=("zz",))]).expected[2]
        for size in (0.01, 0.1, 0.3)
    ]
    assert limits == sorted(limits)


def test_upper_limit_is_that_of_the_full_fit(made) -> None:
    full, alone = fit_templates(made, SYSTEMATICS), upper_limit(made, SYSTEMATICS)
    assert alone.expected == full.limit_expected
    assert alone.observed == full.limit_observed


def test_the_workspace_gives_the_same_limit_when_read_back(made) -> None:
    result = fit_templates(made, SYSTEMATICS)
    workspace = json.loads(json.dumps(dict(result.workspace), allow_nan=False))
    validate_workspace(workspace)
    model = PyhfModel(workspace)
    data = model.data({"all": np.asarray(workspace["observations"][0]["data"])})
    assert cls_limit(model, data).observed == pytest.approx(result.limit_observed, rel=1e-12)


def test_yields_before_and_after_the_fit(made) -> None:
    result = fit_templates(made, SYSTEMATICS)
    before, after = result.prefit[0], result.postfit[0]
    channel = made.channels[0]
    assert before.background == pytest.approx(channel.sum_of("background"))
    assert before.signal == pytest.approx(channel.sum_of("signal"))
    luminosity, rate = math.log(1.026), math.log(1.1)
    moved = np.square(luminosity * before.total) + np.square(rate * before.background)
    simulated = channel.variance_of("signal") + channel.variance_of("background")
    assert before.error == pytest.approx(np.sqrt(moved + simulated), rel=2e-3)
    assert after.total.sum() == pytest.approx(after.observed.sum(), rel=0.02)
    assert after.total_error < before.total_error
    assert after.postfit
    assert not before.postfit


def test_a_sample_can_be_picked_as_the_signal(made) -> None:
    result = fit_templates(made, SYSTEMATICS, signal=["higgs"])
    assert result.signal == ("higgs",)
    with pytest.raises(FivesigmaError, match=r"no signal sample 'higs'; did you mean higgs\?"):
        fit_templates(made, SYSTEMATICS, signal=["higs"])
    with pytest.raises(FivesigmaError, match="no sample 'zzz'"):
        fit_templates(made, [Normalisation(name="rate", size=0.1, samples=("zzz",))])


def test_pulls_and_constraints(made) -> None:
    result = fit_templates(made, SYSTEMATICS)
    by_name = {p.name: p for p in result.parameters}
    assert by_name["mu"].pull is by_name["mu"].constraint is None
    assert by_name["luminosity"].pull == pytest.approx(by_name["luminosity"].value)
    assert all(0 < p.constraint <= 1.0001 for p in result.parameters if p.constraint is not None)


def test_goodness_of_fit_of_many_events_is_that_of_chi_squared(make_workspace) -> None:
    model = PyhfModel(make_workspace(np.linspace(10, 200, 10), np.full(10, 5000.0)))
    counts = np.random.default_rng(4).poisson(model.expected(model.nominal)).astype(float)
    fit = model.fit(model.data({"bins": counts}))
    assert goodness_of_fit(model, fit) == pytest.approx(stats.chi2.sf(fit.deviance, 9), abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("bins", [8, 30])
def test_a_true_model_of_two_events_a_bin_is_rejected_as_often_as_said(make_workspace, bins: int) -> None:
    """4,000 toys; χ² as it stands would reject some 1.4 % of them with 8 bins and 2.9 % with 30."""
    model = PyhfModel(make_workspace(np.linspace(0.0, 1.0, bins), np.full(bins, 1.5)))
    truth = model.expected(model.nominal)
    toys = np.random.default_rng(6).poisson(truth, (4000, bins)).astype(float)
    rejected = [goodness_of_fit(model, model.fit(model.data({"bins": counts}))) < 0.01 for counts in toys]
    assert 0.005 < np.mean(rejected) < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.0, 1.0, 2.0])
def test_pulls_are_standard_normal_and_intervals_cover(make_events, strength: float) -> None:
    """1,000 toys of 1,000 events and more; the nuisances' auxiliary measurements fluctuate too, as the constraints say.

    A strength is inside its 68 % (95 %) interval if the deviance rises by less than 1 (3.84) from the best fit to it.
    """
    made = templates(*make_events(signal=100, background=1000), bins=score_bins(5)).without_data()
    model = PyhfModel(fit_templates(made, SYSTEMATICS).workspace)
    truth = model.nominal.copy()
    truth[model.poi] = strength
    pulls, rises = [], []
    for data in model.toys(truth, 1000, np.random.default_rng(3)):
        profile = Profile(model, data)
        pulls.append((profile.strength - strength) / profile.error)
        rises.append(profile.rise(strength))
    assert np.mean(pulls) == pytest.approx(0, abs=3 / math.sqrt(1000))
    assert np.std(pulls) == pytest.approx(1, abs=3 / math.sqrt(2000))
    covered = [float(np.mean(np.asarray(rises) < edge)) for edge in stats.chi2.ppf([0.6827, 0.95], 1)]
    assert covered[0] == pytest.approx(0.6827, abs=3 * math.sqrt(0.6827 * 0.3173 / 1000))
    assert covered[1] == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 1000))


def test_few_events_name_limits_from_toys(make_events) -> None:
    made = templates(*make_events(signal=3, background=2, size=20_000), bins=1).without_data()
    finding = next(f for f in fit_templates(made).findings if f.code == "asymptotics-at-low-counts")
    assert "limits: toys" in finding.message


@pytest.mark.slow
def test_limits_from_toys_where_events_are_few(make_events) -> None:
    """Two background events in one bin, and limits from toys, of whose shortcomings nothing is left to tell.

    The limit is not that of the count alone: the nuisances, thrown too, part toys of the same count, so that the median is
    no longer that of whole counts. 1,000 toys know it to a tenth.
    """
    made = templates(*make_events(signal=3, background=2, size=20_000), bins=1).without_data()
    asymptotic, thrown = fit_templates(made), fit_templates(made, limits="toys", toys=1000, seed=1)
    assert not [f for f in thrown.findings if f.code == "asymptotics-at-low-counts"]
    assert "1000 toys" in thrown.method
    counted = expected_upper_limits(2.0)[2] / 3
    assert 0.9 * asymptotic.limit_expected[2] < thrown.limit_expected[2] < 1.1 * counted
    assert thrown.z_expected == asymptotic.z_expected
