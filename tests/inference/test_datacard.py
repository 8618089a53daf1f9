import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import score_bins
from fivesigma.inference.datacard import Datacard, combine_datacard
from fivesigma.inference.normalisations import FreeNormalisation
from fivesigma.inference.systematics import Normalisation, ShapeSystematic
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.transfer_factors import TransferFactors

ZZ = np.array([100.0, 50.0, 20.0])
TILT = np.array([1.1, 1.0, 0.8])


def sample(name: str, values, kind: str = "background", **varied) -> Template:
    values = np.asarray(values, dtype=np.float64)
    return Template(
        sample=SampleInfo(name=name, kind=kind),
        values=values,
        variances=values / 10,
        variations={Variation("tilt", label): v for label, v in varied.items()},
    )


def made(*, observed: bool = True) -> Templates:
    sr = (
        sample("higgs", [1, 5, 10], "signal"),
        sample("zz", ZZ, up=ZZ * TILT, down=ZZ / TILT),
        sample("top", [5, 5, 5], up=np.full(3, 5.5), down=np.full(3, 4.6)),
    )
    cr = (sample("higgs", [0], "signal"), sample("top", [400]), sample("zz", [30]))
    data = (np.array([110.0, 52, 30]), np.array([500.0])) if observed else (None, None)
    return Templates(
        channels=(
            Channel(name="sr", binning=score_bins(3), templates=sr, observed=data[0]),
            Channel(name="cr", binning=score_bins(1), templates=cr, observed=data[1]),
        )
    )


SYSTEMATICS = (
    Normalisation(name="luminosity", size=0.025),
    Normalisation(name="zz_rate", size=0.1, samples=("zz",), group="theory"),
    ShapeSystematic(name="tilt", samples=None, regions=("sr",), group="detector"),
    FreeNormalisation(name="top_rate", samples=("top",)),
)


def rows(card: Datacard) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for line in card.text.splitlines():
        key, *words = line.split()
        found.setdefault(key, []).append(words)
    return found


def test_a_card_lists_regions_samples_and_yields() -> None:
    lines = rows(combine_datacard(made(), SYSTEMATICS))
    assert (lines["imax"], lines["jmax"], lines["kmax"]) == ([["2"]], [["2"]], [["*"]])
    assert lines["shapes"] == [["*", "*", "shapes.root", "$CHANNEL/$PROCESS", "$CHANNEL/$PROCESS_$SYSTEMATIC"]]
    assert lines["bin"] == [["sr", "cr"], ["sr", "sr", "sr", "cr", "cr"]]  # no signal in cr
    assert lines["process"] == [["higgs", "zz", "top", "top", "zz"], ["0", "1", "2", "2", "1"]]
    assert lines["rate"] == [["16", "170", "15", "400", "30"]]
    assert lines["observation"] == [["-1", "-1"]]
    assert lines["*"] == [["autoMCStats", "0", "1"]]


def test_every_systematic_has_its_line() -> None:
    lines = rows(combine_datacard(made(), SYSTEMATICS))
    assert lines["luminosity"] == [["lnN", *["1.025"] * 5]]
    assert lines["zz_rate"] == [["lnN", "-", "1.1", "-", "-", "1.1"]]
    assert lines["tilt"] == [["shape", "-", "1", "1", "-", "-"]]
    assert lines["top_rate"] == [["rateParam", region, "top", "1", "[0,10]"] for region in ("sr", "cr")]
    assert (lines["theory"], lines["detector"]) == ([["group", "=", "zz_rate"]], [["group", "=", "tilt"]])


def test_a_shape_without_shape_is_a_normalisation_with_two_sides() -> None:
    tilt = ShapeSystematic(name="tilt", samples=("top",), regions=("sr",))
    assert rows(combine_datacard(made(), [tilt]))["tilt"] == [["lnN", "-", "-", "0.92/1.1", "-", "-"]]


def test_histograms_are_those_of_the_templates() -> None:
    found = combine_datacard(made(), SYSTEMATICS).histograms
    assert set(found) == {
        *("sr/data_obs", "sr/higgs", "sr/zz", "sr/top", "cr/data_obs", "cr/zz", "cr/top"),
        *("sr/zz_tiltUp", "sr/zz_tiltDown", "sr/top_tiltUp", "sr/top_tiltDown"),
    }
    assert found["sr/zz_tiltUp"].values == pytest.approx(ZZ * TILT)
    assert found["sr/zz_tiltDown"].values == pytest.approx(ZZ / TILT)
    assert found["sr/top_tiltDown"].values == pytest.approx([4.6] * 3)
    assert found["sr/zz"].variances == pytest.approx(ZZ / 10)
    assert found["sr/data_obs"].values.tolist() == [110, 52, 30]
    assert found["sr/zz"].edges == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_a_blind_region_has_the_expected_background_for_data() -> None:
    card = combine_datacard(made(observed=False), SYSTEMATICS)
    assert "# sr has no data, or they are blind: its data_obs is what background alone leads to expect" in card.text
    assert card.histograms["sr/data_obs"].values == pytest.approx(ZZ + 5)
    assert "#" not in combine_datacard(made(), SYSTEMATICS).text


def test_transfer_factors_multiply() -> None:
    parts = tuple(
        Channel(
            name=name,
            binning=score_bins(1),
            templates=(sample("higgs", [5 if name == "a" else 0], "signal"), sample("jets", [1])),
            observed=np.array([9.0]),
        )
        for name in "abcd"
    )
    factors = TransferFactors(name="jets", samples=("jets",), regions=tuple("abcd"), kappa="one", closure=0.2)
    lines = rows(combine_datacard(Templates(channels=parts), [factors]))
    assert [words[1] for words in lines["jets"] if words[0] == "rateParam"] == ["a", "b", "c", "d"]
    assert [words[1] for words in lines["jets_b"]] == ["a", "b"]
    assert [words[1] for words in lines["jets_c"]] == ["a", "c"]
    assert lines["jets_closure"] == [["lnN", "-", "1.2", *["-"] * 3]]


@pytest.mark.parametrize("name", ["r", "two words", "a/b"])
def test_names_that_combine_does_not_know_are_refused(name: str) -> None:
    with pytest.raises(FivesigmaError, match="is no name for Combine"):
        combine_datacard(made(), [Normalisation(name=name, size=0.1), SYSTEMATICS[2]])
