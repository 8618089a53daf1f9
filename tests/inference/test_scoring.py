import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.scoring import Likelihood, _migrad, minimise


def linear(counts: Floats, signal: Floats, background: Floats, width: float = 0.1, low: float = -0.5) -> Likelihood:
    """Counts with mean ``μ s + b (1 + width α)``, α constrained to 0 ± 1."""

    def expected(values: Floats) -> tuple[Floats, Floats]:
        scale = 1 + width * values[1]
        return values[0] * signal + background * scale, np.stack([signal, width * background], axis=1)

    return Likelihood(
        counts=counts,
        expected=expected,
        normal=np.array([1]),
        centre=np.zeros(1),
        width=np.ones(1),
        low=np.array([low, -5.0]),
        high=np.array([1e9, 5.0]),
    )


BOTH = np.array([True, True])


def test_one_bin_without_freedom_is_solved_in_closed_form() -> None:
    likelihood = linear(np.array([25.0]), np.array([10.0]), np.array([10.0]))
    found = minimise(likelihood, np.array([1.0, 0.0]), np.array([True, False]), ["mu", "alpha"])
    assert found.values == pytest.approx([1.5, 0.0])
    assert found.deviance == pytest.approx(0, abs=1e-9)
    assert found.covariance[0, 0] == pytest.approx(25 / 100)
    assert found.covariance[1, 1] == 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), strength=st.floats(0, 4), scale=st.floats(0.3, 300))
def test_agrees_with_a_general_minimiser(seed: int, strength: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    signal, background = scale * np.array([0.1, 0.5, 1.0]), scale * np.array([5.0, 3.0, 1.0])
    likelihood = linear(rng.poisson(strength * signal + background).astype(float), signal, background)
    found = minimise(likelihood, np.array([1.0, 0.0]), BOTH, ["mu", "alpha"])
    # the simplex sometimes collapses before it is there, so it also starts where we end: the deviance is convex
    for place in (np.array([1.0, 0.0]), found.values):
        result = optimize.minimize(
            lambda v: min(likelihood.deviance(v, likelihood.expected(v)[0]), 1e9),
            place,
            method="Nelder-Mead",
            bounds=list(zip(likelihood.low, likelihood.high, strict=True)),
            options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000},
        )
        assert found.deviance <= result.fun + 1e-6


def test_stops_at_a_bound() -> None:
    likelihood = linear(np.array([0.0, 0.0]), np.array([1.0, 5.0]), np.array([10.0, 10.0]), low=-1.0)
    found = minimise(likelihood, np.array([1.0, 0.0]), BOTH, ["mu", "alpha"])
    assert found.values[0] == -1.0


def test_a_bin_about_to_turn_negative_ends_the_search() -> None:
    likelihood = linear(np.array([0.0, 80.0]), np.array([5.0, 0.1]), np.array([1.0, 100.0]), width=0.3, low=-0.18)
    found = minimise(likelihood, np.array([1.0, 0.0]), BOTH, ["mu", "alpha"])
    assert likelihood.expected(found.values)[0][0] == pytest.approx(0, abs=1e-8)

    def along_the_edge(alpha: float) -> float:
        values = np.array([-(1 + 0.3 * alpha) / 5, alpha])
        return likelihood.deviance(values, np.array([0.0, likelihood.expected(values)[0][1]]))

    edge = optimize.minimize_scalar(along_the_edge, bounds=(-3, 1), method="bounded", options={"xatol": 1e-10})
    assert found.deviance == pytest.approx(edge.fun, abs=1e-6)


def test_migrad_takes_over_and_agrees() -> None:
    likelihood = linear(np.array([12.0, 7.0]), np.array([1.0, 5.0]), np.array([10.0, 4.0]))
    found = minimise(likelihood, np.array([1.0, 0.0]), BOTH, ["mu", "alpha"])
    assert _migrad(likelihood, np.array([3.0, 1.0]), BOTH, ["mu", "alpha"]) == pytest.approx(found.values, abs=1e-4)


def test_a_fit_that_cannot_converge_says_so() -> None:
    likelihood = linear(np.array([5.0, 3.0]), np.array([1.0, 0.0]), np.array([10.0, 0.0]))
    with pytest.raises(
        FivesigmaError, match=r"fit of 2 parameters did not converge \(status: .* parameters at a bound: .* Try wider"
    ):
        minimise(likelihood, np.array([1.0, 0.0]), BOTH, ["mu", "alpha"])


def test_a_parameter_that_moves_nothing_stays_where_it_is() -> None:
    likelihood = linear(np.array([12.0]), np.array([0.0]), np.array([10.0]))
    found = minimise(likelihood, np.array([1.0, 0.0]), BOTH, ["mu", "alpha"])
    assert found.values[0] == 1.0
    assert found.covariance[0, 0] == 0


def test_steps_into_what_no_number_holds_are_halved_without_a_word() -> None:
    """A bin of exp(θ) events grows beyond all numbers where one of few is met with many: θ = -5, and ln 10⁶ is sought."""

    def expected(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        events = np.exp(values)
        return events, events[:, None]

    likelihood = Likelihood(
        counts=np.array([1e6]),
        expected=expected,
        normal=np.array([], dtype=np.int64),
        centre=np.array([]),
        width=np.array([1.0]),
        low=np.array([-np.inf]),
        high=np.array([np.inf]),
    )
    found = minimise(likelihood, np.array([-5.0]), np.array([True]), ["theta"])
    assert found.values[0] == pytest.approx(np.log(1e6))
