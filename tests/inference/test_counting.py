import math

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.counting import count
from fivesigma.statistics.poisson_limits import upper_limit
from fivesigma.statistics.significance import asimov_significance


def test_limits_are_exact_where_the_background_is_known() -> None:
    # golden/statistics.json of the project's reference values: n = b = 3 → 5.3954495416
    result = count(2.0, 3.0, observed=3)
    assert result.limit_observed == pytest.approx(5.3954495416 / 2, rel=1e-9)
    assert result.limit_expected[2] == pytest.approx(5.3954495416 / 2, rel=1e-9)
    assert result.method == "CLs, exact Poisson"
    assert count(1.0, 0.0, observed=0).limit_observed == pytest.approx(2.9957322736, rel=1e-9)


def test_a_count_with_an_uncertain_background() -> None:
    result = count(2.643, 2.030, background_uncertainty=0.1, observed=5, region="window")
    assert result.z_expected == pytest.approx(float(asimov_significance(2.643, 2.030, 0.203)), rel=1e-12)
    assert result.limit_observed == pytest.approx(upper_limit(5, 2.030, 0.203) / 2.643, rel=1e-12)
    assert result.limit_observed > count(2.643, 2.030, observed=5).limit_observed
    assert "Gamma" in result.method
    assert list(result.limit_expected) == sorted(result.limit_expected)


def test_nothing_expected_depends_on_what_was_observed() -> None:
    blind = count(10, 50, background_uncertainty=0.14)
    for observed in (30, 50, 80):
        looked = count(10, 50, background_uncertainty=0.14, observed=observed)
        assert (looked.limit_expected, looked.z_expected) == (blind.limit_expected, blind.z_expected)
    assert blind.observed is blind.z_observed is blind.limit_observed is None


def test_simulation_statistics_add_in_quadrature() -> None:
    result = count(10, 50, background_uncertainty=0.3, background_events=6.25)
    assert result.background_error == pytest.approx(50 * math.hypot(0.3, 0.4))
    assert [finding.code for finding in result.findings] == ["few-background-events"]
    assert count(10, 50, background_events=1000).findings == ()


def test_no_background_has_limits_but_no_expected_significance() -> None:
    result = count(3.0, 0.0, observed=2)
    assert result.z_expected is None
    assert result.z_observed is None
    assert [finding.code for finding in result.findings] == ["no-background"]


def test_a_deficit_has_no_significance() -> None:
    assert count(5, 50, observed=30).z_observed == 0
    assert count(5, 50, observed=0).z_observed == 0


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"signal": 0.0, "background": 1.0}, "region 'sr': the expected signal is 0"),
        ({"signal": 1.0, "background": -1.0}, "background is -1"),
        ({"signal": 1.0, "background": 1.0, "background_uncertainty": -0.1}, "uncertainty is -0.1"),
        ({"signal": 1.0, "background": 1.0, "background_events": -2}, "effective background events is -2"),
        ({"signal": 1.0, "background": 1.0, "observed": 2.5}, "whole number"),
        ({"signal": 1.0, "background": 1.0, "observed": -1}, "whole number"),
        ({"signal": math.nan, "background": 1.0}, "signal is nan"),
    ],
)
def test_refuses(arguments: dict[str, float], match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        count(**arguments, region="sr")


def test_results_are_plain_numbers() -> None:
    result = count(np.float64(2.0), np.float64(3.0), observed=np.int64(3))
    assert {type(n) for n in (*result.limit_expected, result.signal, result.z_expected, result.limit_observed)} == {
        float
    }
    assert type(result.observed) is int
