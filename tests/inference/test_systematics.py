import math
from dataclasses import replace

import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.inference.systematics import (
    Normalisation,
    ShapeSystematic,
    check_systematics,
    decorrelated,
    restricted,
)


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


def test_an_uncorrelated_systematic_has_a_part_for_each_region() -> None:
    apart = Normalisation(name="rate", size=0.1, samples=("zz",), correlated=False)
    shape = ShapeSystematic(name="scale", correlated=False, regions=("cr", "vr"), group="detector")
    together = Normalisation(name="luminosity", size=0.02)
    parts = decorrelated([together, apart, shape], ["sr", "cr"])
    assert [(p.name, p.regions, p.of_group) for p in parts] == [
        ("luminosity", None, "luminosity"),
        ("rate_sr", ("sr",), "rate"),
        ("rate_cr", ("cr",), "rate"),
        ("scale_cr", ("cr",), "detector"),
    ]
    assert parts[3].variation == "scale"
    assert parts[1].moves("zz", "sr")
    assert not parts[1].moves("zz", "cr")
    assert decorrelated(parts, ["sr", "cr"]) == parts


@pytest.mark.parametrize(
    ("systematics", "match"),
    [
        ([Normalisation(name="r", size=0.1, regions=("rs",))], r"no region 'rs'; there are: sr, cr"),
        ([Normalisation(name="r", size=0.1, regions=())], "moves no region; leave regions out"),
        (
            [Normalisation(name="r", size=0.1, correlated=False), Normalisation(name="r_sr", size=0.2)],
            "systematics 'r_sr' and 'r_sr' both make|two systematics are called 'r_sr'",
        ),
        ([Normalisation(name="mc_statistics_sr", size=0.1)], "taken by the fit"),
    ],
)
def test_regions_that_make_no_sense_are_refused(systematics: list[Normalisation], match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        check_systematics(systematics, ["higgs", "zz"], ["sr", "cr"])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"smooth": 0.0}, "smooth is the relative error to reach, as 0.01 for 1 %, not 0.0"),
        ({"combine": "one-sided", "symmetrise": True}, "nothing is to symmetrise"),
        ({"combine": "sideways"}, "combine is two-sided or one-sided"),
    ],
)
def test_shapes_that_make_no_sense_are_refused(options, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        ShapeSystematic(name="scale", **options)
