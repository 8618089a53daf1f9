from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import integrate, stats

from fivesigma.core.errors import DataError
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import SpectrumFit, fit_spectrum
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.excess import local_excess, spectrum_edges
from fivesigma.searches.anomaly.options import NullFeatures, ScanOptions
from fivesigma.searches.anomaly.windows import MassWindow

LOW, HIGH, POWER = 2600.0, 8600.0, 6.0
OPTIONS = ScanOptions(range=(LOW, HIGH), order=3)
WINDOW = MassWindow(mass=3500, low=3300, high=3700, lowest=2900, highest=4100)
KINDS: tuple[NullFeatures, ...] = ("conditional", "independent")
SLICES = [(LOW, 2900), (2900, 3300), (3300, 3700), (3700, 4500), (4500, HIGH)]


def background(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return masses of a falling power, and features that follow them: two of one copula, and one that counts or is missing."""
    random = np.random.default_rng(seed)
    mass = LOW * (1 - random.uniform(size=count) * (1 - (HIGH / LOW) ** -POWER)) ** (-1 / POWER)
    place = np.log(mass / LOW)
    common = random.normal(size=count)
    first = 0.5 * place + (0.3 + 0.2 * place) * common
    second = np.exp(0.6 * common + 0.8 * random.normal(size=count)) * (1 + place)
    third = np.where(random.uniform(size=count) < 0.1 + 0.4 * place, np.nan, random.poisson(2 + 3 * place))
    return mass, np.stack([first, second, third], axis=1).astype(np.float32)


def with_signal(count: int, signal: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng([seed, 1])
    mass, X = background(count, seed)
    features = np.stack([random.normal(0.8, 0.05, signal), random.normal(3, 0.3, signal), np.full(signal, 2)], axis=1)
    mass = np.concatenate([mass, random.normal(3500, 50, signal)])
    return mass, np.concatenate([X, features.astype(np.float32)])


def in_box(X: np.ndarray) -> np.ndarray:
    inside: np.ndarray = (np.abs(X[:, 0] - 0.8) < 0.15) & (np.abs(X[:, 1] - 3) < 0.9)
    return inside


def z_in_box(mass: np.ndarray, X: np.ndarray) -> float:
    return local_excess(mass[in_box(X)], 0.05, WINDOW, OPTIONS).z


def fitted(mass: np.ndarray) -> tuple[Spectrum, SpectrumFit, BinnedBackground]:
    spectrum = Spectrum.of(mass, None, spectrum_edges(LOW, HIGH, 40))
    member = BinnedBackground.of("dijet", 3, spectrum.edges, energy=13_000.0)
    return spectrum, fit_spectrum(spectrum, member), member


def model_of(
    mass: np.ndarray, X: np.ndarray, features: NullFeatures, without: MassWindow | None = None
) -> BackgroundModel:
    spectrum, fit, _ = fitted(mass)
    return BackgroundModel.of(
        mass,
        X,
        spectrum=spectrum,
        fit=fit,
        family="dijet",
        order=3,
        energy=13_000.0,
        features=features,
        without=without,
    )


@cache
def plain(features: NullFeatures) -> BackgroundModel:
    return model_of(*background(30_000, 5), features)


def drawn_z(model: BackgroundModel) -> np.ndarray:
    draws = [model.draw(seed) for seed in range(12)]
    assert min(in_box(X).sum() for _, X in draws) > 200  # so that there is something to see
    return np.array([z_in_box(*draw) for draw in draws])


@pytest.mark.parametrize("features", KINDS)
@pytest.mark.parametrize("signal", [0, 2000])
def test_no_bump_of_a_signal_is_left(features: NullFeatures, signal: int) -> None:
    mass, X = with_signal(30_000, signal, 1)
    assert (z_in_box(mass, X) > 30) == (signal > 0)
    z = drawn_z(model_of(mass, X, features, WINDOW))
    assert np.abs(z).max() < 3.5
    assert abs(z.mean()) < 3.5 / np.sqrt(len(z))
    assert z.std() < 1.6


def test_a_strong_signal_leaves_a_bump_unless_its_window_is_left_out() -> None:
    """The fault of conditional features: pseudo-events near the signal's mass get its features again. It makes p-values larger."""
    mass, X = with_signal(30_000, 2000, 1)
    left = drawn_z(model_of(mass, X, "conditional"))
    assert 3 < left.mean() < 0.25 * z_in_box(mass, X)
    assert abs(drawn_z(model_of(mass, X, "independent")).mean()) < 1


def test_a_window_that_is_left_out_is_interpolated() -> None:
    mass, X = background(60_000, 11)
    drawn, features = model_of(*background(30_000, 5), "conditional", WINDOW).draw(1)
    here, there = WINDOW.inside(mass), WINDOW.inside(drawn)
    assert there.mean() == pytest.approx(here.mean(), rel=0.05)
    for column in range(2):
        assert stats.ks_2samp(X[here, column], features[there, column]).pvalue > 1e-3


def test_features_permuted_in_slices_of_mass_keep_the_bump() -> None:
    """The fault: a null that is none, as signal events keep their masses and their features."""
    mass, X = with_signal(30_000, 2000, 1)
    random = np.random.default_rng(2)
    permuted = X.copy()
    for some in np.array_split(np.argsort(mass), len(mass) // 200):
        permuted[some] = X[random.permutation(some)]
    assert z_in_box(mass, permuted) > 30


@pytest.mark.parametrize(("low", "high"), SLICES)
def test_conditional_features_follow_the_mass_as_those_of_the_background(low: float, high: float) -> None:
    mass, X = background(60_000, 11)  # others than were fitted
    drawn, features = plain("conditional").draw(1)
    here, there = (mass > low) & (mass < high), (drawn > low) & (drawn < high)
    for column in range(2):
        assert stats.ks_2samp(X[here, column], features[there, column]).pvalue > 1e-3
    shares = [np.mean(np.isnan(values)) for values in (X[here, 2], features[there, 2])]
    assert shares[0] == pytest.approx(shares[1], abs=0.02)
    for number in range(9):  # values of less than a hundredth of all events need not stay whole numbers
        shares = [np.mean(values < number + 0.5) for values in (X[here, 2], features[there, 2])]
        assert shares[0] == pytest.approx(shares[1], abs=0.02)


def test_independent_features_do_not() -> None:
    mass, X = background(60_000, 11)
    drawn, features = plain("independent").draw(1)
    here, there = mass > 4500, drawn > 4500
    assert stats.ks_2samp(X[here, 0], features[there, 0]).pvalue < 1e-10
    assert stats.ks_2samp(drawn[features[:, 0] > 0.5], drawn).pvalue > 1e-3


def test_what_features_have_in_common_stays() -> None:
    _, X = background(60_000, 11)
    _, features = plain("conditional").draw(1)
    before, after = (stats.spearmanr(some[:, 0], some[:, 1]).statistic for some in (X, features))
    assert before > 0.5
    assert after == pytest.approx(before, abs=0.02)


def test_masses_are_of_the_fitted_function() -> None:
    """Its integral by adaptive quadrature, from the coefficients of the published formula."""
    mass, _ = background(30_000, 5)
    _, fit, member = fitted(mass)
    p = member.coefficients(fit.values)

    def density(m: float) -> float:
        x = m / 13_000.0
        return float(np.exp(p["ln p0"]) * (1 - x) ** p["p1"] * x ** -p["p2"])

    model = plain("independent")
    some = [1, 7, 500, 1234, len(model.edges) - 1]
    integrals = [integrate.quad(density, LOW, model.edges[place], epsrel=1e-10)[0] for place in some]
    assert model.cumulative[some] == pytest.approx(integrals, rel=1e-6)
    drawn, _ = model.draw(3)
    assert (
        stats.kstest(drawn, lambda m: np.interp(m, model.edges, model.cumulative / model.cumulative[-1])).pvalue > 0.01
    )


def test_the_number_of_events_is_poisson() -> None:
    model = plain("independent")
    assert model.cumulative[-1] == pytest.approx(30_000, abs=3)
    numbers = np.array([len(model.draw(seed)[0]) for seed in range(150)])
    expected = model.cumulative[-1]
    assert numbers.mean() == pytest.approx(expected, abs=3.5 * np.sqrt(expected / len(numbers)))
    chi2 = float(np.sum((numbers - expected) ** 2) / expected)
    assert 0.001 < stats.chi2.sf(chi2, len(numbers)) < 0.999


@pytest.mark.parametrize("features", KINDS)
def test_a_seed_says_all(features: NullFeatures) -> None:
    model = plain(features)
    mass, X = model.draw(9)
    assert X.dtype == np.float32
    assert X.shape == (len(mass), 3)
    assert LOW <= mass.min() < mass.max() <= HIGH
    again, features_again = model.draw(9)
    np.testing.assert_array_equal(mass, again)
    np.testing.assert_array_equal(X, features_again)
    assert not np.array_equal(mass[:100], model.draw(10)[0][:100])


def test_independent_features_are_those_of_events() -> None:
    _, X = background(30_000, 5)
    _, drawn = plain("independent").draw(4)
    known = {row.tobytes() for row in X}
    assert all(row.tobytes() in known for row in drawn[:500])


def test_refuses_a_feature_that_nothing_has() -> None:
    mass, X = background(1000, 5)
    X[:, 1] = np.nan
    with pytest.raises(DataError, match="feature 1"):
        model_of(mass, X, "conditional")


def test_refuses_to_draw_from_nothing() -> None:
    mass, X = background(1000, 5)
    everything = replace(WINDOW, low=LOW, high=HIGH + 1)
    with pytest.raises(DataError, match="no events to draw"):
        model_of(mass, X, "independent", everything)
