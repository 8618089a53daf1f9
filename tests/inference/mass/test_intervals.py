import dataclasses

import numpy as np
import pytest
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import SpectrumFit, fit_spectrum
from fivesigma.inference.mass.intervals import _crossing, yield_interval
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.spectrum import Spectrum

EDGES = np.linspace(100, 160, 51)
PEAK = Peak(fractions=np.diff(stats.norm.cdf(EDGES, 125, 2)))
FLAT = BinnedBackground.of("polynomial", 0, EDGES)


def fitted(counts: np.ndarray) -> tuple[Spectrum, SpectrumFit]:
    spectrum = Spectrum(edges=EDGES, sum_w=counts, sum_w2=counts, name="m4l")
    return spectrum, fit_spectrum(spectrum, FLAT, PEAK)


@pytest.mark.parametrize(("rises_at", "end"), [(-10.0, -3.3), (-3.25, -3.25), (-2.4, -2.4)])
def test_the_lower_end_is_the_last_yield_that_can_be_fitted(rises_at: float, end: float) -> None:
    """Not the last whole standard deviation before it, -3; and not where it may not be fitted, -4."""

    def above(events: float) -> float:
        if events < -3.3:
            raise FivesigmaError("expected events would turn negative")
        return rises_at - events

    assert _crossing(above, 0.0, -1.0) == pytest.approx(end, abs=2e-4)


def test_an_upper_end_that_cannot_be_fitted_is_told() -> None:
    def above(events: float) -> float:
        if events > 3.3:
            raise FivesigmaError("the fit did not converge")
        return -1.0

    with pytest.raises(FivesigmaError, match="did not converge"):
        _crossing(above, 0.0, 1.0)


def test_an_end_that_is_not_found_is_told() -> None:
    spectrum, best = fitted(10 + 30 * PEAK.fractions)
    sure = dataclasses.replace(best, covariance=1e-8 * best.covariance)
    with pytest.raises(FivesigmaError, match=r"m4l: the lower end of the interval .* does not rise by 1 within"):
        yield_interval(spectrum, FLAT, PEAK, sure)
