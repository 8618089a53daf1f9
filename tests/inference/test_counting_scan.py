"""Golden numbers: `golden/statistics.json` of the project's reference values."""

import math

import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.counting import count
from fivesigma.inference.counting_scan import counting_scan
from fivesigma.statistics.significance import asimov_significance, on_off_profile_likelihood


def test_a_thousand_cuts_are_those_of_one_count_each() -> None:
    signal, background = np.linspace(30, 1, 1000), np.geomspace(200, 0.3, 1000)
    seen = np.random.default_rng(1).poisson(background)
    events = np.linspace(5000, 5, 1000)
    scan = counting_scan(signal, background, background_uncertainty=0.1, background_events=events, observed=seen)
    assert scan.limit_expected.shape == (5, 1000)
    for place in (0, 417, 999):
        one = count(
            signal[place],
            background[place],
            background_uncertainty=0.1,
            background_events=events[place],
            observed=seen[place],
        )
        assert scan.limit_expected[:, place] == pytest.approx(one.limit_expected, rel=1e-10)
        assert scan.limit_observed[place] == pytest.approx(one.limit_observed, rel=1e-10)
        assert scan.z_expected[place] == one.z_expected
        assert max(scan.z_exact[place], 0) == one.z_observed
        assert scan.background_error[place] == one.background_error
    assert scan.method == "CLs, Poisson with a Gamma-marginalised background"


def test_expected_significances_and_ams_of_the_reference() -> None:
    s, b, sigma = np.array([[10, 100, 0], [10, 100, 10], [50, 100, 7], [5, 1, 0.3], [772, 121352, 0]]).T
    z = [0.983991644757, 0.690196063297, 3.71953257644, 3.11026559887, 2.21377935103]
    assert counting_scan(s, b, background_uncertainty=sigma / b, method="asymptotic").z_expected == pytest.approx(
        z, rel=1e-9
    )
    assert counting_scan([100, 250], [1000, 4000]).ams == pytest.approx([3.09669170661, 3.9079239454], rel=1e-9)


def test_observed_p_value_of_discovery() -> None:
    """``discovery_q0``: signal 25 on 50 ± 7, 80 observed; and its expected median at the nominal background."""
    scan = counting_scan(25, 50, background_uncertainty=0.14, observed=80)
    assert math.exp(scan.log_p_asymptotic) == pytest.approx(0.003936883191585841, rel=1e-5)
    assert stats.norm.sf(float(scan.z_expected)) == pytest.approx(0.0120448, rel=1e-5)


def test_exact_and_asymptotic_p_values_of_the_reference() -> None:
    scan = counting_scan(1, [10, 0.5], observed=[25, 4])
    assert scan.z_asymptotic == pytest.approx([3.97675, 3.10412], abs=1e-5)
    assert scan.z_exact == pytest.approx([3.90584, 2.91974], abs=1e-5)


@pytest.mark.parametrize(
    ("on", "off", "tau", "likelihood", "binomial"),
    [
        (4, 5, 5, 1.9473014515, 1.664347604),
        (50, 55, 2, 3.023188407, 2.93323644),
        (523, 2327, 5.99, 5.9515075723, 5.932504098),
    ],
)
def test_an_on_off_measurement(on: int, off: int, tau: float, likelihood: float, binomial: float) -> None:
    """``n_off`` events know the background ``n_off / τ`` to 1/√n_off; Z_Bi has one event more, its prior's (physics/0702156)."""
    scan = counting_scan(1, off / tau, background_uncertainty=1 / math.sqrt(off), observed=on)
    assert scan.z_asymptotic == pytest.approx(likelihood, rel=1e-8)
    assert scan.z_asymptotic == pytest.approx(on_off_profile_likelihood(on, off, tau), rel=1e-12)
    more = counting_scan(1, (off + 1) / tau, background_uncertainty=1 / math.sqrt(off + 1), observed=on)
    assert more.z_exact == pytest.approx(binomial, rel=1e-8)


def test_asymptotic_limits_of_the_reference() -> None:
    scan = counting_scan([10, 10], 50, background_uncertainty=0.14, observed=[55, 55], method="asymptotic")
    assert scan.limit_observed == pytest.approx([2.3795272] * 2, rel=1e-5)
    assert scan.limit_expected[2] == pytest.approx([1.9709] * 2, rel=1e-4)
    assert "asymptotic" in scan.method
    assert "nominal" in scan.method


def test_a_count_may_ask_for_asymptotic_limits_and_is_told_where_they_fail() -> None:
    many = count(30, 400, background_uncertainty=0.05, observed=410, method="asymptotic")
    assert many.findings == ()
    assert many.z_observed == pytest.approx(float(asimov_significance(10, 400, 20)))
    few = count(2, 3, observed=3, method="asymptotic")
    assert few.limit_observed == pytest.approx(4.78 / 2, abs=0.003)
    (finding,) = few.findings
    assert (finding.code, finding.severity) == ("asymptotics-at-low-counts", "warning")
    assert finding.evidence["shift_of_median"] == pytest.approx(1 - 4.779286 / 5.395450, abs=1e-5)
    none = count(2, 0, method="asymptotic").findings
    assert [f.code for f in none] == ["no-background", "asymptotics-at-low-counts"]
    assert none[1].severity == "serious"


def test_blind_counts_have_nothing_observed() -> None:
    blind = counting_scan([5, 6], [10, 3], background_uncertainty=0.2)
    assert blind.strength is blind.strength_interval is None
    assert blind.observed is blind.limit_observed is blind.log_p_exact is blind.z_exact is blind.z_asymptotic is None
    for method in ("exact", "asymptotic"):
        one = counting_scan(5, 10, background_uncertainty=0.2, method=method)
        looked = counting_scan(5, 10, background_uncertainty=0.2, method=method, observed=30)
        assert one.limit_expected.tolist() == looked.limit_expected.tolist()


def test_nothing_seen_and_no_background() -> None:
    scan = counting_scan([3.0, 3.0], [0.0, 2.0], observed=0)
    assert scan.limit_observed * 3 == pytest.approx([2.9957322736] * 2, rel=1e-9)
    assert scan.z_expected[0] == math.inf
    assert scan.z_asymptotic.tolist() == [0, 0]
    assert np.exp(scan.log_p_exact).tolist() == [1, 1]
    asymptotic = counting_scan(3.0, [0.0, 2.0], background_uncertainty=0.5, observed=0, method="asymptotic")
    assert asymptotic.limit_observed[0] * 3 == pytest.approx(1.92, abs=0.005)
    assert np.all(asymptotic.limit_observed > 0)


@pytest.mark.parametrize("method", ["exact", "asymptotic"])
def test_backgrounds_and_uncertainties_of_any_size(method: str) -> None:
    """From a millionth of an event to ten thousand, known to a millionth or thirty times over, seen or not."""
    rng = np.random.default_rng(1)
    background, relative = 10 ** rng.uniform(-6, 4, 400), 10 ** rng.uniform(-6, 1.5, 400)
    background[:10] = relative[10:60] = 0
    seen = rng.poisson(background * rng.choice([0, 0.3, 1, 3], 400))
    seen[::7] = rng.integers(0, 300, len(seen[::7]))
    scan = counting_scan(1.0, background, background_uncertainty=relative, observed=seen, method=method)
    for numbers in (scan.limit_expected, scan.limit_observed, scan.strength_interval):
        assert np.all(np.isfinite(numbers))
    assert np.all(scan.limit_observed > 0)
    assert np.all(np.diff(scan.limit_expected, axis=0) >= -1e-9 * scan.limit_expected[1:])
    assert np.all(scan.log_p_exact <= 1e-12)
    assert np.all(scan.log_p_asymptotic <= math.log(0.5) + 1e-12)


def test_no_selections_at_all() -> None:
    assert counting_scan([], []).limit_expected.shape == (5, 0)


def test_fitted_strength() -> None:
    scan = counting_scan(100, [400, 400], background_uncertainty=[0, 0.025], observed=[520, 380])
    assert scan.strength.tolist() == [1.2, -0.2]
    low, high = scan.strength_interval
    assert (high - low) / 2 == pytest.approx(np.sqrt([520, 380 + 100]) / 100, rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("mu", [0, 1, 2])
def test_pulls_of_the_fitted_strength(mu: float) -> None:
    """1,000 counts of μ 100 + 400, the background measured off the signal four times as long."""
    rng = np.random.default_rng(11)
    off = rng.poisson(1600, 1000)
    scan = counting_scan(
        100, off / 4, background_uncertainty=1 / np.sqrt(off), observed=rng.poisson(100 * mu + 400, 1000)
    )
    low, high = scan.strength_interval
    error = np.where(scan.strength > mu, scan.strength - low, high - scan.strength)
    pull = (scan.strength - mu) / error
    assert pull.mean() == pytest.approx(0, abs=3 / math.sqrt(1000))
    assert pull.std() == pytest.approx(1, abs=3 / math.sqrt(2000))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"signal": [3, 0, 1], "background": 1}, "region 'sr': entry 1 of 3: the expected signal is 0"),
        ({"signal": 1, "background": [1, -1]}, "entry 1 of 2: the expected background is -1"),
        ({"signal": 1, "background": math.nan}, "background is nan"),
        ({"signal": 1, "background": 1, "background_uncertainty": math.inf}, "uncertainty is inf"),
        ({"signal": 1, "background": 1, "observed": [1, 2, 0.5]}, "entry 2 of 3: observed 0.5 events"),
        ({"signal": 1, "background": 1, "observed": math.inf}, "observed inf events"),
        ({"signal": 1, "background": 1, "background_events": [-1.0]}, "effective background events is -1"),
        ({"signal": 1, "background": 1, "method": "exakt"}, "'exakt' is not known; did you mean exact"),
        ({"signal": 1, "background": 1, "level": 95}, "between 0 and 1"),
    ],
)
def test_refuses(arguments: dict, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        counting_scan(**arguments, region="sr")
