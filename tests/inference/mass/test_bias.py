import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.mass.backgrounds import BackgroundFamily, BinnedBackground
from fivesigma.inference.mass.bias import BiasTest, bias_test
from fivesigma.inference.mass.signals import SignalShape
from fivesigma.inference.mass.spectrum import Spectrum

EDGES = np.linspace(100, 160, 41)
SHAPE = SignalShape(family="gaussian", parameters={"mean": 130.0, "width": 4.0})
COUNTS = 20_000 * np.exp(-(((EDGES[:-1] - 100) / 40) ** 2)) / 10


def pulled(fitted: tuple[BackgroundFamily, int], **more: float) -> BiasTest:
    simulated = Spectrum(edges=EDGES, sum_w=COUNTS, sum_w2=COUNTS, name="m4l")
    members = (BinnedBackground.of(*member, EDGES) for member in (("exponential", 2), fitted))
    return bias_test(simulated, *members, SHAPE, toys=60, seed=3, injected=more.get("injected", 0.0))


def test_the_right_function_is_unbiased() -> None:
    for injected in (0.0, 300.0):
        found = pulled(("exponential", 2), injected=injected)
        assert abs(found.pull) < 4 * found.pull_error
        assert found.width == pytest.approx(1, abs=0.4)
        assert (found.toys, found.failed, found.fitted) == (60, 0, ("exponential", 2))


def test_the_wrong_function_is_biased() -> None:
    found = pulled(("exponential", 1))
    assert abs(found.pull) > 10 * found.pull_error
    assert found.truth == ("exponential", 2)


def test_one_toy_has_no_bias() -> None:
    simulated = Spectrum(edges=EDGES, sum_w=COUNTS, sum_w2=COUNTS, name="m4l")
    member = BinnedBackground.of("exponential", 2, EDGES)
    with pytest.raises(FivesigmaError, match="m4l: only 1 of 1 pseudo-experiments"):
        bias_test(simulated, member, member, SHAPE, toys=1)
