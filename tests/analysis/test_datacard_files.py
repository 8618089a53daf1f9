"""Datacards read back by a small reader of their own: the model in them is that of the workspace."""

from pathlib import Path

import numpy as np
import pytest
import uproot

from fivesigma.analysis.datacard_files import write_datacard
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import score_bins
from fivesigma.inference.datacard import combine_datacard
from fivesigma.inference.normalisations import FreeNormalisation
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.systematics import Normalisation, ShapeSystematic
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.workspace import build_workspace

ZZ = np.array([100.0, 50.0, 20.0, 5.0])
TILT = np.array([1.1, 1.0, 0.8, 0.85])
SYSTEMATICS = (
    Normalisation(name="luminosity", size=0.025),
    Normalisation(name="zz_rate", size=0.1, samples=("zz",), correlated=False),
    ShapeSystematic(name="tilt", group="detector"),
    ShapeSystematic(name="generator", combine="one-sided", regions=("sr",)),
    FreeNormalisation(name="top_rate", samples=("top",)),
)


def sample(name: str, values: np.ndarray, kind: str = "background", **varied: np.ndarray) -> Template:
    return Template(
        sample=SampleInfo(name=name, kind=kind),
        values=values,
        variances=values**2 / 100,
        variations={Variation(*key.split("__")): v for key, v in varied.items()},
    )


def made() -> Templates:
    sr = (
        sample("higgs", ZZ[::-1] / 10, "signal"),
        sample("zz", ZZ, tilt__up=ZZ * TILT, tilt__down=ZZ / TILT**0.5, generator__up=ZZ * TILT[::-1]),
        sample("top", ZZ / 2, tilt__up=ZZ * 0.55, tilt__down=ZZ * 0.46),
    )
    cr = (sample("top", np.array([400.0, 300.0])), sample("zz", np.array([30.0, 40.0])))
    return Templates(
        channels=(
            Channel(name="sr", binning=score_bins(4), templates=sr, observed=np.round(1.6 * ZZ)),
            Channel(name="cr", binning=score_bins(2), templates=cr, observed=np.array([430.0, 340.0])),
        )
    )


class Card:
    """A reader of datacards that knows what is needed here."""

    def __init__(self, path: Path) -> None:
        lines = [line.split() for line in path.read_text().splitlines() if line[0] != "#"]
        (shapes,) = (words for words in lines if words[0] == "shapes")
        with uproot.open(path.with_name(shapes[3])) as file:
            self.histograms = {key: file[key].to_numpy()[0] for key in file.keys(cycle=False) if "/" in key}
            self.errors = {key: file[key].errors() for key in self.histograms}
        (_, regions), (processes, _) = ([words[1:] for words in lines if words[0] == key] for key in ("bin", "process"))
        self.columns = list(zip(regions, processes, strict=True))
        self.rates = [float(rate) for words in lines if words[0] == "rate" for rate in words[1:]]
        self.nuisances = {words[0]: words[1:] for words in lines if len(words) > 1 and words[1] in {"lnN", "shape"}}
        self.free = {(words[0], words[2], words[3]) for words in lines if len(words) > 1 and words[1] == "rateParam"}

    def yields(self, nuisance: str | None = None, label: str = "Up", **free: float) -> dict[str, np.ndarray]:
        """Return the sum of all samples in each region, with one nuisance at ±1 σ."""
        total: dict[str, np.ndarray] = {}
        for column, (region, process) in enumerate(self.columns):
            values = self.histograms[f"{region}/{process}"]
            if nuisance is not None and (entry := self.nuisances[nuisance][1 + column]) != "-":
                if self.nuisances[nuisance][0] == "shape":
                    values = self.histograms[f"{region}/{process}_{nuisance}{label}"]
                else:
                    down, up = (
                        (float(f) for f in entry.split("/")) if "/" in entry else (1 / float(entry), float(entry))
                    )
                    values = values * (up if label == "Up" else down)
            for name, factor in free.items():
                values = values * (factor if (name, region, process) in self.free else 1)
            total[region] = total.get(region, 0) + values
        return total


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    path = tmp_path_factory.mktemp("card") / "made" / "datacard.txt"
    text, shapes = write_datacard(path, combine_datacard(made(), SYSTEMATICS))
    assert sorted(path.parent.iterdir()) == sorted([text, shapes])
    return Card(text)


@pytest.fixture(scope="module")
def model() -> PyhfModel:
    return PyhfModel(build_workspace(made(), SYSTEMATICS, ["higgs"]))


def expected(model: PyhfModel, **values: float) -> dict[str, np.ndarray]:
    names = [parameter.name for parameter in model.parameters]
    point = model.nominal.copy()
    for name, value in values.items():
        point[names.index(name)] = value
    return {region: model.expected(point)[where] for region, where in model.channel_slices().items()}


def require_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for region, values in one.items():
        assert values == pytest.approx(other[region], rel=1e-9), region


def test_nominal_yields_are_those_of_the_workspace(card: Card, model: PyhfModel) -> None:
    require_same(card.yields(), expected(model))
    assert card.rates == pytest.approx([card.histograms["/".join(column)].sum() for column in card.columns])


@pytest.mark.parametrize("name", ["luminosity", "zz_rate_sr", "zz_rate_cr", "tilt", "generator"])
def test_yields_at_one_sigma_are_those_of_the_workspace(card: Card, model: PyhfModel, name: str) -> None:
    assert set(card.nuisances) == {"luminosity", "zz_rate_sr", "zz_rate_cr", "tilt", "generator"}
    for label, sigma in (("Up", 1.0), ("Down", -1.0)):
        require_same(card.yields(name, label), expected(model, **{name: sigma}))


def test_free_normalisations_scale_the_same(card: Card, model: PyhfModel) -> None:
    require_same(card.yields(top_rate=1.7), expected(model, top_rate=1.7))


def test_errors_and_data_are_in_the_file(card: Card) -> None:
    assert card.errors["sr/zz"] == pytest.approx(ZZ / 10)
    assert card.histograms["sr/data_obs"] == pytest.approx(np.round(1.6 * ZZ))
    assert card.histograms["cr/data_obs"] == pytest.approx([430, 340])


def test_a_card_is_not_written_over_its_histograms(tmp_path: Path) -> None:
    with pytest.raises(FivesigmaError, match="need two files"):
        write_datacard(tmp_path / "shapes.root", combine_datacard(made(), SYSTEMATICS))
