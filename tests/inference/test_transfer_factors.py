import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import score_bins
from fivesigma.inference.profile import Profile
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.pyhf_workspace import validate_workspace
from fivesigma.inference.template_fit import fit_templates
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.transfer_factors import TransferFactors, shape_variances, with_transfer_factors
from fivesigma.inference.workspace import build_workspace, parameter_groups

REGIONS = ("sr", "b", "c", "d")


def made(nominal, observed, *, signal=(10, 0, 0, 0), variances=(0, 0, 0, 0)) -> Templates:
    channels = []
    for region, expected, seen, s, variance in zip(REGIONS, nominal, observed, signal, variances, strict=True):
        parts = tuple(
            Template(
                sample=SampleInfo(name=name, kind=kind), values=np.array([float(v)]), variances=np.array([float(var)])
            )
            for name, kind, v, var in (("higgs", "signal", s, 0), ("jets", "background", expected, variance))
        )
        channels.append(Channel(name=region, binning=score_bins(1), templates=parts, observed=np.array([float(seen)])))
    return Templates(channels=tuple(channels))


def abcd(**options) -> TransferFactors:
    return TransferFactors(**{"name": "jets", "samples": ("jets",), "regions": REGIONS, "kappa": "one"} | options)


def predicted(templates: Templates, systematic: TransferFactors) -> tuple[float, float]:
    """Return the background in region A after a fit in which the signal there is free, and its error."""
    model = PyhfModel(build_workspace(templates, [systematic], ["higgs"]))
    observed = {channel.name: channel.observed for channel in templates.channels}
    best = Profile(model, model.data(observed)).best
    values = best.values.copy()
    values[model.poi] = 0
    where = model.channel_slices()["sr"]
    row = model.jacobian(values)[where][0]
    row[model.poi] = 0
    return float(model.expected(values)[where][0]), float(np.sqrt(row @ best.covariance @ row))


@settings(max_examples=20, deadline=None)
@given(
    counts=st.tuples(*[st.integers(20, 2000)] * 3),
    scale=st.tuples(*[st.floats(0.2, 5)] * 4),
    closure=st.none() | st.floats(0.02, 0.4),
)
def test_the_prediction_is_bc_over_d_with_their_errors(counts, scale, closure) -> None:
    b, c, d = counts
    nominal = [f * n for f, n in zip(scale, (b * c / d, b, c, d), strict=True)]
    value, error = predicted(made(nominal, [b * c / d, b, c, d]), abcd(closure=closure))
    exact = b * c / d
    assert value == pytest.approx(exact, rel=1e-5)
    relative = math.sqrt(1 / b + 1 / c + 1 / d + math.log1p(closure or 0) ** 2)
    assert error / exact == pytest.approx(relative, rel=1e-3)


def test_placeholders_of_one_event_do_as_templates() -> None:
    value, error = predicted(made([1, 1, 1, 1], [40, 300, 200, 1500]), abcd())
    assert value == pytest.approx(40, rel=1e-5)
    assert error == pytest.approx(40 * math.sqrt(1 / 300 + 1 / 200 + 1 / 1500), rel=1e-3)


def test_kappa_of_the_simulation_multiplies() -> None:
    nominal = [60.0, 300.0, 200.0, 1500.0]  # κ = 60 · 1500 / (300 · 200) = 1.5
    value, _ = predicted(made(nominal, [70, 400, 100, 1000]), abcd(kappa="simulation"))
    assert value == pytest.approx(1.5 * 400 * 100 / 1000, rel=1e-5)


def test_the_statistics_of_the_simulation_count_in_kappa_alone() -> None:
    nominal, observed = [40.0, 300.0, 200.0, 1500.0], [40, 300, 200, 1500]
    variances = [0.05**2 * 40**2, 0, 0, 0.02**2 * 1500**2]
    templates = made(nominal, observed, variances=variances)
    data = 1 / 300 + 1 / 200 + 1 / 1500
    assert predicted(templates, abcd())[1] == pytest.approx(40 * math.sqrt(data), rel=1e-3)
    both = math.sqrt(data + 0.05**2 + 0.02**2)
    assert predicted(templates, abcd(kappa="simulation"))[1] == pytest.approx(40 * both, rel=2e-3)


def test_signal_in_the_control_regions_is_accounted_for() -> None:
    background, signal, strength = np.array([40.0, 300, 200, 1500]), np.array([30, 20, 5, 1]), 2.0
    templates = made(background, background + strength * signal, signal=signal)
    result = fit_templates(templates, [abcd(closure=0.1)])
    assert result.mu.value == pytest.approx(strength, abs=1e-3)
    assert set(result.breakdown) >= {"jets", "jets_closure", "statistics"}
    validate_workspace(result.workspace)


def test_an_interval_is_found_where_the_background_has_fluctuated_down() -> None:
    """At the least strength the background of the best fit leaves less than nothing over; the fit begins anew there."""
    background, signal = np.array([150.0, 300, 200, 400]), np.array([40, 10, 5, 0])
    templates = made(background, [120, 300, 160, 410], signal=signal)
    result = fit_templates(templates, [abcd()])
    assert result.mu.low < result.mu.value < result.mu.high
    assert result.mu.error == pytest.approx(result.sigma_mu, rel=0.1)


def toys(count: int) -> tuple[np.ndarray, float]:
    """Return pulls of fits to pseudo-data with signal in three of four regions, and how often the interval holds the truth."""
    background, signal, strength = np.array([150.0, 300, 200, 400]), np.array([40.0, 10, 5, 0]), 1.0
    templates = made(background, background, signal=signal)
    model = PyhfModel(build_workspace(templates, [abcd()], ["higgs"]))
    rng, pulls, inside = np.random.default_rng(1), [], 0
    for counts in rng.poisson(background + strength * signal, size=(count, 4)).astype(float):
        profile = Profile(model, model.data({name: n[None] for name, n in zip(REGIONS, counts, strict=True)}))
        low, high = profile.interval()
        pulls.append((profile.strength - strength) / ((high - low) / 2))
        inside += low <= strength <= high
    return np.asarray(pulls), inside / count


@pytest.mark.slow
def test_pulls_and_coverage_with_signal_in_the_control_regions() -> None:
    pulls, coverage = toys(1000)
    assert pulls.mean() == pytest.approx(0, abs=0.1)
    assert pulls.std() == pytest.approx(1, abs=0.07)
    assert coverage == pytest.approx(0.683, abs=0.045)


def test_what_is_expected_while_blind_rests_on_bc_over_d() -> None:
    templates = made([1, 300, 200, 1500], [0, 0, 0, 0]).without_data()
    result = fit_templates(templates, [abcd()])
    assert result.mu is None
    (sr, *_) = result.prefit
    assert sr.background == pytest.approx([300 * 200 / 1500])


def test_a_scaled_template_keeps_its_shape_and_scaling_again_changes_nothing() -> None:
    templates = made([7, 300, 200, 1500], [0, 0, 0, 0], variances=[1, 0, 0, 0])
    once = with_transfer_factors(templates, [abcd()])
    assert once.channels[0].templates[1].values == pytest.approx([40])
    assert once.channels[0].templates[1].variances == pytest.approx([(40 / 7) ** 2])
    twice = with_transfer_factors(once, [abcd()])
    assert twice.channels[0].templates[1].values == pytest.approx([40])
    assert with_transfer_factors(templates, [abcd(kappa="simulation")]) is templates


def test_variances_of_a_shape_are_those_of_a_multinomial() -> None:
    rng = np.random.default_rng(1)
    expected = np.array([200.0, 50.0, 10.0])
    template = Template(sample=SampleInfo(name="jets", kind="background"), values=expected, variances=expected)
    drawn = rng.multinomial(260, expected / 260, size=40_000)
    assert shape_variances(template) == pytest.approx(drawn.var(axis=0), rel=0.03)


def test_parameters_and_groups() -> None:
    templates = made([40, 300, 200, 1500], [0, 0, 0, 0])
    groups = parameter_groups(templates, [abcd(closure=0.1)])
    mine = {name: group for name, group in groups.items() if name.startswith("jets")}
    assert mine == {"jets": "jets", "jets_b": "jets", "jets_c": "jets", "jets_closure": "jets_closure"}
    assert set(abcd(closure=0.1, group="background").parameters.values()) == {"background"}


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"samples": ("jets", "zz")}, "name one sample"),
        ({"samples": None}, "name one sample"),
        ({"regions": ("sr", "b", "c")}, "name four regions"),
        ({"regions": ("sr", "b", "c", "c")}, "name four regions"),
        ({"kappa": "two"}, "kappa is simulation or one, not 'two'"),
        ({"closure": 0.0}, "must be above zero, not 0.0; or none"),
        ({"correlated": False}, "cannot be uncorrelated"),
    ],
)
def test_factors_that_make_no_sense_are_refused(options, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        abcd(**options)


@pytest.mark.parametrize(
    ("systematic", "nominal", "match"),
    [
        (abcd(regions=("sr", "b", "c", "e")), [1, 1, 1, 1], "the fit has no region 'e'"),
        (abcd(), [1, 0, 1, 1], "'jets' expects 0 events in region 'b'"),
        (abcd(samples=("higgs",)), [1, 1, 1, 1], "'higgs' is signal; they estimate a background"),
        (abcd(samples=("jest",)), [1, 1, 1, 1], r"no sample 'jest'; did you mean jets\?"),
    ],
)
def test_factors_that_fit_no_templates_are_refused(systematic, nominal, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        fit_templates(made(nominal, [40, 300, 200, 1500]), [systematic])
