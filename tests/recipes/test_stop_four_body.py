"""The search for top squarks in four-body decays: with the events that come with it, and with ntuples as the exercise has them."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import uproot

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.events_stage import load_events
from fivesigma.analysis.recipes import find_analysis
from fivesigma.analysis.run import run_analysis
from fivesigma.core.errors import DataError
from fivesigma.inference.published_tables import published_limits
from fivesigma.simulation.cards.stops import STOP_CROSS_SECTIONS

RECIPE = find_analysis("stop-four-body")
LUMINOSITY = 35.866
FEW_POINTS = [
    "samples.stop.select=m_stop in (350, 450) and m_stop - m_lsp in (10, 30)",
    "groups.trained=[stop_350_320, stop_450_420]",
]
REDUCED = [
    "training.folds=2",
    "features={inputs: {met: Met, mt: mt}}",
    "models={trees: {use: logistic, inputs: [met, mt]}}",
    (
        "inference={limits: {type: limit_plane, grid: stop, observable: trees, bins: [0, 0.8, 1],"
        " published: {CMS: {file: cms_sus_17_005.txt}}}, count: {type: counting, region: all, model: trees, signal: [judged],"
        " background_uncertainty: 0.2}}"
    ),
]
THEIRS = [
    "training.folds=2",
    "features={inputs: {met: Met, published_bdt: BDT}}",
    "models={bdt: {use: column, inputs: [published_bdt]}}",
    "inference={published_cut: {type: counting, region: bdt_published, signal: [judged], background_uncertainty: 0.2}}",
]
COLUMNS = {
    "Jet1Pt": (100.0, 500.0),
    "mt": (0.0, 150.0),
    "Met": (250.0, 600.0),
    "LepEta": (-2.4, 2.4),
    "LepPt": (5.0, 45.0),
    "HT": (150.0, 900.0),
    "JetHBpt": (30.0, 300.0),
    "DrJetHBLep": (0.4, 4.0),
    "JetHBCSV": (0.0, 1.0),
    "Jet2Pt": (30.0, 200.0),
    "DPhiJet1Jet2": (0.0, 3.14),
}


def ntuple(name, generator, size=120):
    """Return columns as the exercise's ntuples have them, a fifth of the events without a second jet."""
    signal = name.startswith("T2DegStop")
    columns = {column: generator.uniform(*ends, size).astype(np.float32) for column, ends in COLUMNS.items()}
    columns |= {column: generator.integers(0, 4, size).astype(np.float32) for column in ("NbLoose", "Njet")}
    columns["LepChg"] = generator.choice([-1.0, 1.0], size).astype(np.float32)
    lonely = generator.random(size) < 0.2
    for column in ("Jet2Pt", "DPhiJet1Jet2"):
        columns[column][lonely] = -9999
    columns["weight"] = np.full(size, (1 if signal else 10) / 35866)
    columns |= {
        "Run": np.full(size, generator.integers(10**6)),
        "LumiSec": np.ones(size, int),
        "Event": np.arange(size),
    }
    score = generator.normal(0.5 if signal else 0.3, 0.2, size)
    return columns, score


def write(folder, names, *, scores=True, data="Data"):
    """Write ROOT files of the exercise, and the published scores beside them."""
    generator = np.random.default_rng(3)
    columns = {}
    for name in names:
        columns[name], score = ntuple(name, generator)
        for place, held in ((data, columns[name]), *((("BDT", {"BDT": score}),) if scores else ())):
            (folder / place).mkdir(parents=True, exist_ok=True)
            with uproot.recreate(folder / place / f"{name}.root") as file:
                file.mktree("bdttree", {column: values.dtype for column, values in held.items()})
                file["bdttree"].extend(held)
    return columns


SIGNALS = ("T2DegStop_350_320", "T2DegStop_450_420", "T2DegStop_450_440")
FEW = ["groups.trained=[stop_350_320, stop_450_420]"]


def preselected(columns):
    """Return which events pass, from the numbers as they stand in the files: -9999 is below 2.5 and below 60."""
    back_to_back = (columns["DPhiJet1Jet2"] >= 2.5) & (columns["Jet2Pt"] >= 60)
    hard = (columns["Met"] > 280) & (columns["HT"] > 200) & (columns["Jet1Pt"] > 110)
    return hard & ~back_to_back & (columns["LepPt"] < 30)


def results_of(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The recipe's own events, few of them and one model."""
    out = tmp_path_factory.mktemp("ours")
    run_analysis(RECIPE, out, settings=[*REDUCED, *FEW_POINTS])
    return results_of(out)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """A run on ntuples with scores, and what was written."""
    folder, out = tmp_path_factory.mktemp("theirs"), tmp_path_factory.mktemp("out")
    columns = write(folder, [*SIGNALS, "TT_pow", "WJetsToLNu_HT100To200", "WJetsToLNu_HT200To400", "WW", "WZ", "tWch"])
    run_analysis(RECIPE, out, data=folder, settings=[*THEIRS, *FEW])
    return results_of(out), columns


def test_the_preselection_is_the_published_one_also_where_there_is_no_second_jet():
    config = load_resolved(RECIPE, RECIPE.parent, FEW_POINTS)
    samples, _ = load_events(config, RECIPE.parent, blind=False)
    for sample, file in (("ttbar", "TTbar"), ("stop_450_440", "T2DegStop_450_440")):
        events = pl.read_parquet(RECIPE.parent / "events" / f"{file}.parquet")
        passed = preselected({name: events[name].to_numpy() for name in events.columns})
        (found,) = [one for one in samples if one.name == sample]
        assert found.weight.size == passed.sum()
        expected = float(events["weight"].to_numpy()[passed].sum()) * LUMINOSITY / 35.9
        assert found.weight.sum() == pytest.approx(expected, rel=1e-12)
        lonely = events["Jet2Pt"].to_numpy() == -9999
        assert (passed & lonely).sum() > 0  # else the test says nothing


def test_the_cut_on_soft_leptons_can_be_switched_off():
    config = load_resolved(RECIPE, RECIPE.parent, [*FEW_POINTS, "events.select.soft_lepton=LepPt > 0"])
    samples, _ = load_events(config, RECIPE.parent, blind=False)
    (ttbar,) = [one for one in samples if one.name == "ttbar"]
    steps = {row.step: row.total for row in ttbar.cutflow}
    assert steps["soft_lepton"] == steps["back_to_back"]


def test_cross_sections_are_those_of_the_simulation():
    config = load_resolved(RECIPE, RECIPE.parent)
    points = {name: sample for name, sample in config.samples.items() if sample.grid == "stop"}
    assert len(points) == 20
    assert {sample.parameters["m_stop"] - sample.parameters["m_lsp"] for sample in points.values()} == {10, 30, 50, 80}
    for sample in points.values():
        (part,) = sample.parts.values()
        assert float(part.cross_section) == STOP_CROSS_SECTIONS[int(sample.parameters["m_stop"])]


def test_models_train_on_one_mass_difference_and_two_backgrounds():
    config = load_resolved(RECIPE, RECIPE.parent)
    gaps = [config.samples[name].parameters for name in config.training.signal]
    assert {gap["m_stop"] - gap["m_lsp"] for gap in gaps} == {30}
    assert len(gaps) == 5
    assert config.training.background == ["ttbar", "wjets"]
    assert len(config.models["trees"].inputs) == 12
    assert config.models["dnn"].parameters["hidden"] == [512, 128, 64, 8]


def test_published_limits_are_those_of_the_database():
    table = Path(__file__).parents[3] / "shared" / "data" / "cms_stop_limits" / "T2bbffff.txt"
    if not table.is_file():
        pytest.skip("the SModelS file T2bbffff.txt is not there")
    names = ["m_stop", "m_lsp"]
    copied = (RECIPE.parent / "cms_sus_17_005.txt").read_text(encoding="utf-8")
    ours = published_limits(copied, name="ours", parameters=names)
    theirs = published_limits(table.read_text(encoding="utf-8"), name="theirs", parameters=names)
    assert len(ours.points) == len(theirs.points) == 345
    for one, other in zip(ours.points, theirs.points, strict=True):
        assert one.parameters == other.parameters
        assert (one.observed, one.expected) == pytest.approx((other.observed, other.expected))


def test_limits_over_the_plane_stand_beside_the_published_ones(ours):
    plane = ours["inference"]["limits"]
    assert len(plane["points"]) == 4
    (point,) = [p for p in plane["points"] if p["parameters"] == {"m_stop": 450.0, "m_lsp": 420.0}]
    assert point["cross_section_limit"]["expected"] == pytest.approx(np.multiply(point["limit_expected"], 0.948333))
    compared = plane["published"]["CMS"]["points"]
    (published,) = [p for p in compared if p["parameters"] == point["parameters"]]
    assert published["published_expected"] == pytest.approx(0.63781)


def test_yields_of_the_count_are_no_larger_than_those_of_the_samples(ours):
    samples, count = ours["samples"], ours["inference"]["count"]
    assert 0 < count["signal"] < samples["stop_450_420"]["yield"]
    assert 0 < count["background"] < samples["ttbar"]["yield"] + samples["wjets"]["yield"]
    assert count["background_uncertainty"] == 0.2


def test_ntuples_are_read_with_their_scores(theirs):
    results, columns = theirs
    backgrounds = {
        "ttbar": ("TT_pow",),
        "wjets": ("WJetsToLNu_HT100To200", "WJetsToLNu_HT200To400"),
        "diboson": ("WW", "WZ"),
        "single_top": ("tWch",),
    }
    files = {**backgrounds, **{name.replace("T2Deg", "").lower(): (name,) for name in SIGNALS}}
    assert results["samples"].keys() == files.keys()
    for sample, names in files.items():
        each = 1 if sample.startswith("stop") else 10
        passed = sum(preselected(columns[name]).sum() for name in names)
        assert results["samples"][sample]["events"] == passed
        assert results["samples"][sample]["yield"] == pytest.approx(passed * each)
    assert 0.6 < results["models"]["bdt"]["auc"]["value"] < 0.9
    left_out = {finding["subject"] for finding in results["findings"] if finding["code"] == "sample-left-out"}
    assert left_out == {"zinv", "dy", "ttx", "qcd"}


def test_the_published_cut_counts_all_backgrounds_there_are(theirs):
    results, _ = theirs
    count = results["inference"]["published_cut"]
    total = sum(results["samples"][name]["yield"] for name in ("ttbar", "wjets", "diboson", "single_top"))
    assert 0 < count["background"] < 0.5 * total  # a normal score around 0.3, cut at 0.47
    assert 0 < count["signal"] < results["samples"]["stop_450_420"]["yield"]


@pytest.mark.parametrize("data", ["Data", "DataC"])
@pytest.mark.parametrize("scores", [True, False], ids=["scores", "no scores"])
def test_each_form_of_the_ntuples_has_a_layout(tmp_path, data, scores):
    write(tmp_path, [*SIGNALS, "TTJets_DiLepton", "Wjets_100to200"], scores=scores, data=data)
    config = load_resolved(RECIPE, tmp_path, FEW)
    assert data in config.layout.title.replace(",", "").split()
    assert ("bdt" in config.models) is scores
    assert ("count_bdt_published" in config.inference) is scores
    assert config.samples["ttbar"].use == "madgraph"  # the only simulation there is
    assert config.samples["ttbar"].parts["ttbar"].files == [f"{data}/TTJets_DiLepton.root"]


def test_a_score_that_is_not_there_is_told_and_not_left_out_with_all_others(tmp_path):
    write(tmp_path, [*SIGNALS, "TT_pow", "Wjets_100to200"])
    (tmp_path / "BDT" / "T2DegStop_450_420.root").unlink()
    with pytest.raises(
        DataError, match=r"BDT/T2DegStop_450_420\.root: there is no such file, which should be the friend of"
    ):
        run_analysis(RECIPE, tmp_path / "run", data=tmp_path, settings=[*THEIRS, *FEW])


def test_scores_in_a_folder_of_another_case_are_not_left_unread(tmp_path):
    write(tmp_path, [*SIGNALS, "TT_pow"])
    (tmp_path / "BDT").rename(tmp_path / "bdt")
    with pytest.raises(DataError, match=r"there is no folder \S*BDT; did you mean bdt"):
        load_resolved(RECIPE, tmp_path, FEW)


def test_ntuples_outside_of_their_folder_are_known(tmp_path):
    write(tmp_path, [*SIGNALS, "TT_pow"], scores=False, data="ntuples")
    with pytest.raises(
        DataError, match=r"ntuples/T2DegStop_350_320\.root has the columns of .* called Data/T2DegStop_"
    ):
        run_analysis(RECIPE, tmp_path / "run", data=tmp_path)
    assert not (tmp_path / "run").exists()


def test_each_file_of_the_exercise_is_of_one_background(tmp_path):
    files = {
        "ttbar": {"TT_pow", "TT_pow_ext"},
        "wjets": {"WJetsToLNu_HT100To200", "Wjets_2500toInf_bdt", "WJets"},
        "zinv": {"ZJetsToNuNu_HT100to200_bdt", "Zinv1"},
        "dy": {"DYJetsToLL_M50_HT100to200", "DYJetsToLL_M5to50_HT600toInf"},
        "diboson": {"WW", "WZ_bdt", "ZZ", "VV_all"},
        "single_top": {"t_tch", "tbar_tch", "tWch", "tbarWch", "T_tWch_ext", "TBar_tch_powheg_bdt"},
        "ttx": {"TTGJets", "TTWToLNu", "TTZToQQ", "TTX"},
        "qcd": {"QCD_HT300to500", "QCD_HT2000toInf"},
    }
    others = {"TTJets_DiLepton", "TTJets_SingleLeptonFromT", "TTbar"}  # simulations of the same that are not used
    (tmp_path / "Data").mkdir()
    for name in (*SIGNALS, *(name for names in files.values() for name in names), *others):
        (tmp_path / "Data" / f"{name}.root").touch()
    config = load_resolved(RECIPE, tmp_path, FEW)
    assert config.left_out == []
    found = {
        name: {Path(file).stem for part in sample.parts.values() for file in part.files}
        for name, sample in config.samples.items()
        if sample.kind == "background"
    }
    assert found == files


def test_a_folder_of_none_of_these_is_told_what_each_lacks(tmp_path):
    (tmp_path / "Data").mkdir()
    with pytest.raises(DataError, match="has the files of none of these") as caught:
        load_resolved(RECIPE, tmp_path)
    assert str(caught.value).count("\n- ") == 5


def test_cross_sections_and_published_limits_stand_beside_their_events_too(tmp_path):
    write(tmp_path, [*SIGNALS, "TT_pow", "Wjets_100to200"])
    config = load_resolved(RECIPE, tmp_path, FEW)
    (part,) = config.samples["stop_450_420"].parts.values()
    assert float(part.cross_section) == pytest.approx(STOP_CROSS_SECTIONS[450])
    (table,) = config.inference["limits"].published.values()
    assert Path(table.file).is_file()
