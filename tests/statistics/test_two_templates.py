import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.stats import norm

from fivesigma.statistics.two_templates import fit_two_templates


def test_two_bins_are_solved_exactly():
    """All signal and half of the background lie in the first bin: N = y1 - y2, of variance y1 + y2."""
    events, error = fit_two_templates(np.array([[130.0, 100.0]]), np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    assert_allclose(events, 30)
    assert_allclose(error, np.sqrt(230))


def test_templates_that_share_no_bin_do_not_disturb_each_other():
    expected = np.array([[6.0, 3.0, 50.0, 70.0]])
    events, error = fit_two_templates(expected, np.array([[2 / 3, 1 / 3, 0, 0]]), np.array([[1e-9, 1e-9, 0.4, 0.6]]))
    assert_allclose(events, 9, rtol=1e-6)
    assert_allclose(error, 3, rtol=1e-6)


def test_templates_of_one_shape_have_no_fit():
    events, error = fit_two_templates(np.array([[4.0, 8.0]]), np.array([[0.3, 0.7]]), np.array([[0.3, 0.7]]))
    assert np.isnan(events).all()
    assert np.isnan(error).all()


@pytest.fixture(scope="module")
def bump():
    """Templates over 40 bins, and a background that a cut has shaped into a small bump."""
    x = np.linspace(-1, 1, 40)
    background, signal = np.exp(-x), norm.pdf(x, 0.1, 0.12)
    background, signal = background / background.sum(), signal / signal.sum()
    shaped = background * (1 + 0.15 * np.exp(-((x - 0.05) ** 2) / 0.08))
    return 2000 * shaped / shaped.sum(), signal, background


def test_the_fit_is_that_of_the_full_likelihood(bump):
    expected, signal, background = bump

    def loss(yields):
        mean = yields[0] * signal + yields[1] * background
        return float((mean - expected * np.log(mean)).sum())

    best = minimize(loss, [10.0, 1900.0], method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-9}).x
    events, error = fit_two_templates(expected[None], signal[None], background[None])
    assert_allclose(events, best[0], rtol=1e-3)
    mean = best @ np.stack([signal, background])
    templates = np.stack([signal, background])
    hessian = (templates * expected / mean**2) @ templates.T
    assert_allclose(error, np.sqrt(np.linalg.inv(hessian)[0, 0]), rtol=0.02)


def test_the_error_is_the_spread_of_fits_to_poisson_data(bump):
    expected, signal, background = bump
    toys = np.random.default_rng(1).poisson(expected, size=(4000, 40)).astype(float)
    events, _ = fit_two_templates(toys, np.tile(signal, (4000, 1)), np.tile(background, (4000, 1)))
    central, error = fit_two_templates(expected[None], signal[None], background[None])
    assert_allclose(events.std(), error, rtol=0.04)
    assert_allclose(events.mean(), central, atol=4 * error[0] / np.sqrt(4000))


def test_a_fit_that_leaves_nothing_in_most_bins_stays_finite():
    expected, signal = np.zeros((1, 40)), np.zeros((1, 40))
    expected[0, 18:22], signal[0, 18:22] = 100, 0.25
    events, error = fit_two_templates(expected, signal, np.full((1, 40), 1 / 40))
    assert_allclose(events, 400, rtol=0.05)
    assert_allclose(error, 20, rtol=0.1)
