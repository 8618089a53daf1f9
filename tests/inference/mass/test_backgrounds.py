from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, special

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground, background_parameters, orders_of
from fivesigma.inference.mass.fitting import fit_spectrum
from fivesigma.inference.mass.spectrum import Spectrum

EDGES = np.geomspace(1000, 4000, 31)
ENERGY = 13000.0
ALL: list[tuple[BackgroundFamily, int]] = [
    ("bernstein", 3),
    ("polynomial", 3),
    ("exponential", 2),
    ("power_law", 2),
    ("dijet", 3),
    ("dijet", 5),
]


def member(family: BackgroundFamily, order: int, edges: np.ndarray = EDGES) -> BinnedBackground:
    return BinnedBackground.of(family, order, edges, energy=ENERGY * edges[0] / EDGES[0])


def by_its_formula(family: BackgroundFamily, c: dict[str, float]) -> Callable[[float], float]:
    """Return the density that the coefficients of a family mean."""

    def density(m: float) -> float:
        t, x = (m - 1000) / 3000, m / ENERGY
        match family:
            case "bernstein":
                return sum(c[f"c{k}"] * special.binom(3, k) * t**k * (1 - t) ** (3 - k) for k in range(4))
            case "polynomial":
                return float(np.polynomial.legendre.legval(2 * t - 1, list(c.values())))
            case "exponential":
                return float(np.exp(c["ln norm"] + c["a1"] * t + c["a2"] * t**2))
            case "power_law":
                logarithm = np.log(m / 1000)
                return float(np.exp(-c["-ln norm"]) * (m / 1000) ** -(c["p1"] + c["p2"] * logarithm))
            case "dijet":
                power = c["p2"] + c.get("p3", 0) * np.log(x) + c.get("p4", 0) * np.log(x) ** 2
                return float(np.exp(c["ln p0"]) * (1 - x) ** c["p1"] * x**-power)

    return density


def falling(edges: np.ndarray = EDGES, *, steep: float = 5.0, events: float = 1e5, seed: int = 2) -> Spectrum:
    """Draw counts of a steeply falling spectrum."""
    integral = (edges[:-1] / edges[0]) ** (1 - steep) - (edges[1:] / edges[0]) ** (1 - steep)
    counts = np.random.default_rng(seed).poisson(events * integral / integral.sum()).astype(float)
    return Spectrum(edges=edges, sum_w=counts, sum_w2=counts)


@pytest.mark.parametrize(("family", "order"), ALL)
def test_coefficients_are_those_of_the_formula(family: BackgroundFamily, order: int) -> None:
    background = member(family, order)
    fit = fit_spectrum(falling(), background)
    density = by_its_formula(family, background.coefficients(fit.values))
    for place in (0, 11, 29):
        integral = integrate.quad(density, EDGES[place], EDGES[place + 1])[0]
        assert fit.background[place] == pytest.approx(integral, rel=1e-6)


@pytest.mark.parametrize(("family", "order"), ALL)
def test_derivatives_by_differences(family: BackgroundFamily, order: int) -> None:
    background = member(family, order)
    values = fit_spectrum(falling(), background).values
    _, jacobian = background.expected(values)
    for place in range(background.count):
        step = 1e-5 * max(abs(values[place]), 1.0) * np.eye(background.count)[place]
        numeric = (background.expected(values + step)[0] - background.expected(values - step)[0]) / (2 * step[place])
        np.testing.assert_allclose(jacobian[:, place], numeric, rtol=1e-5, atol=1e-6 * np.abs(numeric).max())


@pytest.mark.parametrize("unit", [1e-3, 1e3])
@pytest.mark.parametrize(("family", "order"), ALL)
def test_no_unit_changes_a_fit(family: BackgroundFamily, order: int, unit: float) -> None:
    here, there = falling(), falling(unit * EDGES)
    one, other = (fit_spectrum(s, member(family, order, s.edges)) for s in (here, there))
    assert other.chi2 == pytest.approx(one.chi2, rel=1e-5)


@pytest.mark.parametrize("steep", [1.5, 4.0, 12.0])
@pytest.mark.parametrize("events", [300, 1e7])
@pytest.mark.parametrize("family", ["power_law", "dijet", "exponential", "bernstein"])
def test_fits_start_by_themselves(family: BackgroundFamily, steep: float, events: float) -> None:
    spectrum = falling(steep=steep, events=events)
    fit = fit_spectrum(spectrum, member(family, orders_of(family)[1]))
    assert fit.background.sum() == pytest.approx(spectrum.total, rel=1e-5)
    if family in {"power_law", "dijet"}:
        assert fit.chi2 < fit.ndf + 5 * np.sqrt(2 * fit.ndf)


def test_bernstein_coefficients_are_positive() -> None:
    counts = np.array([0.0, 0, 0, 1, 0, 2, 9, 20, 41, 70])
    spectrum = Spectrum(edges=np.arange(11.0), sum_w=counts, sum_w2=counts)
    fit = fit_spectrum(spectrum, BinnedBackground.of("bernstein", 4, spectrum.edges))
    assert np.all(fit.values >= 0)
    assert np.any(fit.values == 0)
    assert np.all(fit.background >= 0)


@pytest.mark.parametrize(
    ("family", "order", "count"), [("bernstein", 3, 4), ("power_law", 1, 2), ("dijet", 3, 3), ("dijet", 5, 5)]
)
def test_how_many_parameters(family: BackgroundFamily, order: int, count: int) -> None:
    assert background_parameters(family, order) == count == member(family, order).count


def test_what_is_no_background() -> None:
    with pytest.raises(FivesigmaError, match="no background 'bernsteen'; did you mean bernstein"):
        orders_of("bernsteen")
    with pytest.raises(FivesigmaError, match="the dijet background has orders 3 to 5, not 2"):
        BinnedBackground.of("dijet", 2, EDGES, energy=ENERGY)
    with pytest.raises(FivesigmaError, match="the range is 1000 to 4000 and √s is not given"):
        BinnedBackground.of("dijet", 3, EDGES)
    with pytest.raises(FivesigmaError, match="√s is 13, in the same unit"):
        BinnedBackground.of("dijet", 3, EDGES, energy=13.0)
    with pytest.raises(FivesigmaError, match="a power law needs masses above zero"):
        BinnedBackground.of("power_law", 1, np.array([-1.0, 0, 1]))
