import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.parallel import Workers
from fivesigma.inference import toy_limits
from fivesigma.inference.limits import cls_limit
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.toy_limits import toy_limit
from fivesigma.statistics.poisson_limits import expected_upper_limits, upper_limit


def counted(make_workspace, observed: float, background: float, uncertainty: float | None = None):
    model = PyhfModel(make_workspace([1.0], [background], None if uncertainty is None else [uncertainty]))
    return model, model.data({"bins": np.array([observed])})


def test_the_limit_of_a_count_is_the_exact_one_where_the_asymptotic_one_is_not(make_workspace) -> None:
    """n = b = 3: 5.395 is exact, 4.78 asymptotic."""
    model, data = counted(make_workspace, 3.0, 3.0)
    limit = toy_limit(model, data, toys=1000, seed=3)
    assert upper_limit(3, 3) == pytest.approx(5.3954495416, rel=1e-8)
    assert limit.observed == pytest.approx(5.3954495416, rel=0.07)
    assert limit.expected[2:] == pytest.approx(expected_upper_limits(3.0)[2:], rel=0.1)
    assert cls_limit(model, data).observed == pytest.approx(4.78, abs=0.01)
    assert list(limit.expected) == sorted(limit.expected)
    assert "1000 toys of q̃_μ" in limit.method
    assert np.interp(limit.observed, limit.curve.mu, limit.curve.observed) == pytest.approx(0.05, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("observed", [0.0, 3.0, 6.0])
def test_limits_of_many_toys_are_the_exact_ones(make_workspace, observed: float) -> None:
    model, data = counted(make_workspace, observed, 3.0)
    limit = toy_limit(model, data, toys=20_000, seed=1)
    assert limit.observed == pytest.approx(float(upper_limit(observed, 3.0)), rel=0.03)
    assert limit.expected == pytest.approx(expected_upper_limits(3.0), rel=0.06)


@pytest.mark.slow
def test_many_events_with_nuisances_need_no_toys(make_workspace) -> None:
    """Within three statistical errors: 1,000 toys know the median to 4 %, and the lower edges much less."""
    model = PyhfModel(make_workspace([10.0, 30.0], [300.0, 400.0], [15.0, 20.0]))
    data = model.data({"bins": np.array([310.0, 390.0])})
    limit, asymptotic = toy_limit(model, data, toys=1000, seed=2), cls_limit(model, data)
    assert limit.expected[2:] == pytest.approx(asymptotic.expected[2:], rel=0.12)
    assert limit.observed == pytest.approx(asymptotic.observed, rel=0.12)


def test_numbers_depend_on_the_seed_alone(make_workspace) -> None:
    model, data = counted(make_workspace, 2.0, 3.0)
    one, again = toy_limit(model, data, toys=1000, seed=5), toy_limit(model, data, toys=1000, seed=5)
    assert (one.expected, one.observed) == (again.expected, again.observed)
    assert toy_limit(model, data, toys=1000, seed=6).expected != one.expected


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(make_workspace) -> None:
    model, data = counted(make_workspace, 2.0, 3.0, 1.0)
    with Workers(2) as workers:
        several = toy_limit(model, data, toys=1000, seed=5, workers=workers)
    alone = toy_limit(model, data, toys=1000, seed=5)
    assert (several.expected, several.observed) == (alone.expected, alone.observed)


def test_expected_limits_from_toys_never_see_the_data(make_workspace) -> None:
    blind = toy_limit(counted(make_workspace, 2.0, 3.0)[0], toys=1000, seed=1)
    assert blind.observed is blind.curve.observed is None
    seen = toy_limit(*counted(make_workspace, 4.0, 3.0), toys=1000, seed=1)
    assert seen.expected[2] == blind.expected[2]


def test_nor_where_what_was_observed_is_excluded_below_all_of_the_band(make_workspace) -> None:
    """The strengths at which toys are thrown begin lower for n = 0 on b = 5, and the expected limits are the same to the last digit."""
    model, data = counted(make_workspace, 0.0, 5.0)
    assert cls_limit(model, data).observed < min(cls_limit(model).expected)
    seen, blind = (toy_limit(model, one, toys=3000, seed=1) for one in (data, None))
    assert len(seen.curve.mu) > len(blind.curve.mu)
    assert seen.expected == blind.expected
    assert "error of the median 1.7 %, of the observed limit" in seen.method
    # exact is 3.00; 3,000 toys know it to 24 %, and the first crossing of so noisy a curve is 2.10
    assert seen.observed == pytest.approx(float(upper_limit(0, 5.0)), rel=0.25)
    assert "observed" not in blind.method


def test_a_lack_of_events_that_few_toys_have_is_told(make_workspace) -> None:
    with pytest.raises(
        FivesigmaError, match=r"too few of 1000 toys without signal have as little of it .* take more toys"
    ):
        toy_limit(*counted(make_workspace, 0.0, 10.0), toys=1000, seed=1)


def test_toys_that_can_not_be_fitted_are_told(make_workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = counted(make_workspace, 3.0, 3.0)
    whole = PyhfModel.fit

    def fit(self, data, **options):
        if data.counts[0] == 5:
            raise FivesigmaError("did not converge")
        return whole(self, data, **options)

    monkeypatch.setattr(PyhfModel, "fit", fit)
    with pytest.raises(FivesigmaError, match=r"of 1000 toys at μ = 0 could not be fitted; try wider bins"):
        toy_limit(model, toys=1000, seed=1)


def test_too_few_toys_are_refused(make_workspace) -> None:
    with pytest.raises(FivesigmaError, match="100 toys can't tell the limit at -2 σ: 880 is the least"):
        toy_limit(counted(make_workspace, 3.0, 3.0)[0], toys=100, seed=1)


def test_a_limit_beyond_the_scanned_strengths_is_told(make_workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_limits, "_MOST_POINTS", 2)
    with pytest.raises(
        FivesigmaError, match=r"toys exclude no signal strength up to .* signal is too small or too uncertain"
    ):
        toy_limit(counted(make_workspace, 3.0, 3.0)[0], toys=1000, seed=1)
