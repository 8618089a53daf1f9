import numpy as np
import pytest

from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import score_bins
from fivesigma.inference.pruning import kept_systematics, pruned_effect, pruned_parts
from fivesigma.inference.systematics import ShapeSystematic
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.variation_checks import check_variations
from fivesigma.inference.workspace import build_workspace

ZZ, SLOPE = np.array([100.0, 100.0]), np.array([1.0, -1.0])
TILT = ShapeSystematic(name="tilt", combine="one-sided")


def made(**varied: np.ndarray) -> Templates:
    """Return a region for each variation of the background, with a signal that is not varied."""
    channels = []
    for region, values in varied.items():
        parts = (
            Template(sample=SampleInfo(name="higgs", kind="signal"), values=ZZ / 10, variances=ZZ / 100),
            Template(
                sample=SampleInfo(name="zz", kind="background"),
                values=ZZ,
                variances=ZZ / 100,
                variations={Variation("tilt", "up"): values},
            ),
        )
        channels.append(Channel(name=region, binning=score_bins(2), templates=parts))
    return Templates(channels=tuple(channels))


def kinds(templates: Templates, region: int) -> set[str]:
    channel = build_workspace(templates, [TILT], ["higgs"])["channels"][region]
    return {m["type"] for m in channel["samples"][1]["modifiers"] if m["name"] == "tilt"}


@pytest.mark.parametrize(
    ("total", "slope", "left"),
    [
        (0.02, 0.02, {"normsys", "histosys"}),
        (0.02, 0.0009, {"normsys"}),
        (0.0009, 0.02, {"histosys"}),
        (0.0009, 0.0009, set()),
    ],
)
def test_totals_and_shapes_are_pruned_each_by_itself(total: float, slope: float, left: set[str]) -> None:
    assert kinds(made(sr=ZZ * (1 + total) * (1 + slope * SLOPE)), 0) == left


def test_each_region_is_pruned_by_itself_and_a_finding_names_what_was() -> None:
    templates = made(sr=ZZ * (1 + 0.05 * SLOPE) * 1.0005, cr=1.03 * ZZ * (1 + 0.0003 * SLOPE), vr=ZZ)
    assert [kinds(templates, number) for number in range(3)] == [{"histosys"}, {"normsys"}, set()]
    assert pruned_parts(templates, TILT, ["higgs"]) == (("sr/zz",), ("cr/zz",))
    (finding,) = check_variations(templates, [TILT], ["higgs"], "fit")
    assert (finding.code, finding.severity, finding.subject) == ("systematic-pruned", "info", "fit/tilt")
    assert finding.message == "the total of sr/zz, the shape of cr/zz changes by less than 0.1 %, which is left out"
    assert finding.evidence == {"totals": ["sr/zz"], "shapes": ["cr/zz"]}


def test_a_systematic_of_which_nothing_is_left_has_no_parameter() -> None:
    little = made(sr=1.0009 * ZZ)
    assert kept_systematics(little, [TILT], ["higgs"]) == ()
    channel = little.channels[0]
    assert pruned_effect(channel, channel.templates[1], TILT) is None
    assert pruned_effect(channel, channel.templates[0], TILT) is None


def test_of_an_uncorrelated_systematic_the_regions_that_it_moves_are_left() -> None:
    apart = ShapeSystematic(name="tilt", combine="one-sided", correlated=False)
    kept = kept_systematics(made(sr=1.02 * ZZ, cr=ZZ), [apart], ["higgs"])
    assert [(systematic.name, systematic.regions) for systematic in kept] == [("tilt_sr", ("sr",))]
