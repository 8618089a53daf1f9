import numpy as np
import pytest

from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import score_bins
from fivesigma.inference.systematic_changes import systematic_changes
from fivesigma.inference.systematics import Normalisation, ShapeSystematic
from fivesigma.inference.templates import Channel, Template, Templates, VariedStatistics

UP = Variation("jes", "up")
NOMINAL = np.array([400.0, 400.0, 0.0, 400.0, 400.0])
VARIED = np.array([480.0, 440.0, 1.0, 360.0, 360.0])


def made(*, known: bool = True) -> Templates:
    template = Template(
        sample=SampleInfo(name="zz", kind="background"),
        values=NOMINAL,
        variances=NOMINAL,
        variations={UP: VARIED},
        statistics={UP: VariedStatistics(variances=VARIED, shared=0 * VARIED)} if known else {},
    )
    signal = Template(sample=SampleInfo(name="higgs", kind="signal"), values=NOMINAL, variances=NOMINAL)
    channels = (Channel(name=name, binning=score_bins(5), templates=(signal, template)) for name in ("sr", "cr"))
    return Templates(channels=tuple(channels))


def test_changes_are_as_filled_and_as_the_fit_takes_them() -> None:
    jes = ShapeSystematic(name="jes", combine="one-sided", regions=("sr",))
    (change,) = systematic_changes(made(), [jes, Normalisation(name="luminosity", size=0.1)])
    assert (change.systematic, change.region, change.sample.name) == ("jes", "sr", "zz")
    assert change.filled["up"] == pytest.approx([0.2, 0.1, 0, -0.1, -0.1])
    assert change.errors["up"] == pytest.approx(np.sqrt([880, 840, 0, 760, 760]) / 400)
    assert change.up == pytest.approx(change.filled["up"])
    factor = VARIED.sum() / NOMINAL.sum()
    mirrored = (2 * NOMINAL - VARIED / factor) / factor
    assert change.down[[0, 1, 3, 4]] == pytest.approx((mirrored / 400 - 1)[[0, 1, 3, 4]])


def test_smoothed_changes_differ_from_those_filled() -> None:
    jes = ShapeSystematic(name="jes", combine="one-sided", smooth=0.06, correlated=False)
    changes = systematic_changes(made(), [jes])
    assert [change.systematic for change in changes] == ["jes_sr", "jes_cr"]
    assert changes[0].up[[0, 1]] == pytest.approx([0.15, 0.15], abs=0.002)  # but for the total, of the empty bin
    assert changes[0].filled["up"][:2] == pytest.approx([0.2, 0.1])


def test_without_statistics_there_are_no_errors_and_of_nothing_there_is_no_change() -> None:
    jes = ShapeSystematic(name="jes", combine="one-sided")
    assert systematic_changes(made(known=False), [jes])[0].errors == {}
    assert systematic_changes(made(), [ShapeSystematic(name="jes", combine="one-sided", regions=())]) == ()
