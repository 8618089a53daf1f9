import math
from dataclasses import replace

import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.systematics import Normalisation, ShapeSystematic, check_systematics, restricted


def test_a_systematic_knows_its_samples_and_group() -> None:
    lumi = Normalisation(name="lumi", size=0.026)
    rate = Normalisation(name="rate", size=0.1, samples=("zz",), group="theory")
    assert lumi.moves("anything")
    assert lumi.of_group == "lumi"
    assert rate.moves("zz")
    assert not rate.moves("higgs")
    assert rate.of_group == "theory"


@pytest.mark.parametrize("size", [0.0, -0.1, math.nan, math.inf])
def test_a_size_that_is_none_is_refused(size: float) -> None:
    with pytest.raises(FivesigmaError, match="'rate': the size must be above zero"):
        Normalisation(name="rate", size=size)


@pytest.mark.parametrize(
    ("systematics", "match"),
    [
        ([Normalisation(name="r", size=0.1, samples=("zzz",))], r"no sample 'zzz'; did you mean zz\?"),
        ([Normalisation(name="r", size=0.1), Normalisation(name="r", size=0.2)], "two systematics are called 'r'"),
        ([Normalisation(name="mu", size=0.1)], "taken by the fit"),
        ([Normalisation(name="x", size=0.1, group="statistics")], "taken by the fit"),
        ([Normalisation(name="x", size=0.1, samples=())], "moves no sample"),
    ],
)
def test_systematics_that_make_no_sense_are_refused(systematics: list[Normalisation], match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        check_systematics(systematics, ["higgs", "zz"])


def test_systematics_of_absent_samples_are_left_out() -> None:
    lumi = Normalisation(name="lumi", size=0.026)
    both = Normalisation(name="both", size=0.1, samples=("zz", "higgs"))
    one = Normalisation(name="one", size=0.1, samples=("higgs",))
    assert restricted((lumi, both, one), ["zz", "ww"]) == (lumi, replace(both, samples=("zz",)))


def test_shapes_combine_in_one_of_two_ways() -> None:
    assert ShapeSystematic(name="jes").combine == "two-sided"
    with pytest.raises(FivesigmaError, match="'jes': combine is two-sided or one-sided, not 'envelope'"):
        ShapeSystematic(name="jes", combine="envelope")
