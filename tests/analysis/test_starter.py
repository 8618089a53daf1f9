"""A first analysis is valid whatever the files, and says what it guessed and what it could not."""

from __future__ import annotations

import re
from pathlib import Path

import awkward as ak
import numpy as np
import polars as pl
import pytest
import uproot

from fivesigma.analysis.configuration import load_configuration
from fivesigma.analysis.starter import starter
from fivesigma.analysis.starter_columns import weight_column
from fivesigma.analysis.starter_tables import starter_tables
from fivesigma.core.errors import DataError

SHARED = Path(__file__).parents[3] / "shared/data"
GENERATOR = np.random.default_rng(8)


def events(count, mass=None, **columns):
    """Return columns of a sample: a peaking or a falling mass, momenta in GeV, an angle, a multiplicity, and a weight."""
    return {
        "mass": GENERATOR.uniform(80, 180, count) if mass is None else GENERATOR.normal(mass, 2, count),
        "lep_pt": GENERATOR.exponential(30, count) + 20,
        "jet_phi": GENERATOR.uniform(-np.pi, np.pi, count),
        "n_jets": GENERATOR.poisson(2, count),
        "weight": np.full(count, 0.1),
        "eventNumber": np.arange(count),
        **columns,
    }


@pytest.fixture
def write(tmp_path):
    def write(name, columns):
        path = tmp_path / name
        pl.DataFrame(columns).write_parquet(path)
        return path

    return write


@pytest.fixture
def configured(tmp_path):
    """The configuration that a first analysis is, its text, and what is remarked."""

    def configured(signal=(), background=(), data=(), unknown=()):
        made = starter({"signal": signal, "background": background, "data": data}, unknown)
        path = tmp_path / "starter.yaml"
        path.write_text(made.text)
        assert max(map(len, made.text.splitlines())) <= 200
        return load_configuration(path), re.sub(r"\n *#  +", " ", made.text), made.remarks

    return configured


def test_columns_get_the_roles_that_their_names_tell(write, configured):
    paths = write("higgs.parquet", events(200, 125)), write("zz.parquet", events(400))
    config, text, remarks = configured(paths[:1], paths[1:])
    assert list(config.samples) == ["higgs", "zz"]
    assert list(config.features.inputs) == ["lep_pt", "jet_phi", "n_jets"]
    assert dict(config.features.observables) == {"mass": "mass"}
    assert config.features.titles == {"lep_pt": "lep_pt [GeV]", "mass": "mass [GeV]"}
    assert config.events.weight == "weight"
    assert (config.models["trees"].use, config.training.folds) == ("hist_gradient_boosting", 5)
    assert config.inference["shape"].observable == "trees"
    assert not config.analysis.blind
    assert "higgs: 20 in 200 events; zz: 40 in 400 events" in text
    assert "identify events: eventNumber" in text
    assert remarks == ()


def test_the_window_is_where_the_signal_is_and_data_there_are_blind(write, configured):
    paths = [write(f"{name}.parquet", events(400, mass)) for name, mass in (("s", 125), ("b", None), ("d", None))]
    config, _, _ = configured(paths[:1], paths[1:2], paths[2:])
    low, _, _, _, high = config.regions["window"].select.split()
    assert (config.regions["window"].kind, config.regions["sides"].kind) == ("signal", "control")
    assert (float(low), float(high)) == (pytest.approx(121.7, abs=1), pytest.approx(128.3, abs=1))
    assert config.analysis.blind
    assert config.samples["data"].weight is None
    assert config.inference["shape"].regions == ["window", "sides"]


def test_without_a_peak_all_is_the_signal_region(write, configured):
    paths = [write(f"{name}.parquet", events(400)) for name in "sbd"]
    config, text, _ = configured(paths[:1], paths[1:2], paths[2:])
    assert list(config.regions) == ["everything"]
    assert config.regions["everything"].kind == "signal"
    assert "until then all data are blind" in text


def test_sentinels_and_gaps_are_declared(write, configured):
    absent = np.arange(300) % 3 == 0
    pt = np.where(absent, -999.0, GENERATOR.exponential(40, 300) + 30)
    gap = np.where(absent, np.nan, 1.0 + np.arange(300))
    disc = np.where(absent, -10.0, GENERATOR.uniform(0, 1, 300))
    paths = [write(f"{name}.parquet", events(300, jet_pt=pt)) for name in "sb"]
    assert configured(paths[:1], paths[1:])[0].events.missing == [-999]
    paths = [write(f"{name}.parquet", events(300, jet_pt=pt, gap=gap, disc=disc)) for name in "sb"]
    missing = configured(paths[:1], paths[1:])[0].events.missing
    assert missing == {"jet_pt": [-999], "gap": ["nan"], "disc": [-10]}


@pytest.mark.parametrize("value", [np.float32(-999.9), -99999999.0, -3.4e38, 1e10])
def test_odd_sentinels_are_written_exactly(write, configured, value):
    x = np.append(GENERATOR.uniform(0, 1, 250), np.full(50, value)).astype(np.float64)
    paths = [write(f"{name}.parquet", events(300, x=x)) for name in "sb"]
    missing = configured(paths[:1], paths[1:])[0].events.missing
    assert (missing["x"] if isinstance(missing, dict) else missing) == [float(value)]


def test_mev_becomes_gev(write, configured):
    paths = [write(f"{n}.parquet", events(300, lep_pt=GENERATOR.exponential(3e4, 300) + 2e4)) for n in "sb"]
    config, text, _ = configured(paths[:1], paths[1:])
    assert config.features.inputs["lep_pt"] == "lep_pt / 1000"
    assert "# from MeV to GeV; guessed" in text


@pytest.mark.parametrize(
    ("label", "signal", "background"),
    [
        ({"isSignal": [1, 0]}, "isSignal == 1", "isSignal == 0"),
        ({"label": [0, 1]}, "label == 1", "label == 0"),
        ({"type": [-1, 1]}, "type == 1", "type == -1"),
        ({"Label": [1, 0, 2]}, "Label == 1", "Label == 0"),
        ({"process": [1234567, 7654321]}, "process == 7654321", "process == 1234567"),
    ],
)
def test_a_label_splits_a_file(write, configured, label, signal, background):
    ((name, values),) = label.items()
    path = write("all.parquet", events(300, **{name: np.resize(values, 300)}))
    for given in (([path], [path]), ([path], []), ([], [path])):
        config, text, _ = configured(*given)
        assert [sample.select for sample in config.samples.values()] == [signal, background]
        assert name not in config.features.inputs
    assert ("is also 2" in text) == (2 in values)
    assert [s.select for s in configured(unknown=[path])[0].samples.values()] == [signal, background]


def test_what_is_left_of_a_label_may_be_data(write, configured):
    path = write("all.parquet", events(300, type=np.resize([1, 0, 2], 300)))
    config, _, _ = configured([path], [path], [path])
    assert config.samples["data"].select == "type == 2"


def test_a_label_of_words_tells_signal_from_background(write, configured):
    path = write("all.parquet", events(300, Label=np.resize(["s", "b"], 300)))
    config, _, remarks = configured([path], [path])
    assert [sample.select for sample in config.samples.values()] == ["Label == 's'", "Label == 'b'"]
    assert not remarks


def test_words_that_nobody_knows_are_for_the_user_to_choose_from(write, configured):
    path = write("all.parquet", events(300, process=np.resize(["vbf", "it's"], 300)))
    config, text, remarks = configured([path], [path])
    assert [sample.select for sample in config.samples.values()] == [None, None]
    assert "such as" in text
    assert "'vbf'" in text
    assert len(remarks) == 1


def test_trees_are_samples_and_variations_are_not(tmp_path, configured):
    path, seen = tmp_path / "prediction.root", tmp_path / "seen.root"
    with uproot.recreate(path) as file:
        for tree, count in (("signal", 200), ("top", 300), ("qcd", 400), ("top_up", 300)):
            file[tree] = events(count)
    with uproot.recreate(seen) as file:
        file["pseudodata"] = events(100)
    config, _, remarks = configured(unknown=[path, seen])
    assert {name: (s.kind, s.tree) for name, s in config.samples.items()} == {
        "signal": ("signal", "signal"),
        "top": ("background", "top"),
        "qcd": ("background", "qcd"),
        "data": ("data", None),
    }
    assert remarks == (f"{path}: left out, for they look like variations: top_up",)
    config, _, _ = configured([path], [path], [seen])
    assert list(config.samples) == ["signal", "top", "qcd", "data"]


def test_tables_without_events_are_named(tmp_path, configured):
    paths = [tmp_path / name for name in ("a.csv", "b.csv")]
    for path in paths:
        path.write_text("met,eta\n")
    with pytest.raises(DataError) as told:
        configured(paths[:1], paths[1:])
    assert str(told.value) == "; ".join(f"{path} holds no events and is left out" for path in paths)


def test_trees_that_keep_books_are_no_samples(tmp_path, configured):
    """NanoAOD has Events beside Runs and LuminosityBlocks; samples are then called as files, whose names tell the kind."""
    paths = [tmp_path / f"{name}.root" for name in ("higgs_4l", "zz", "egamma")]
    for path in paths:
        with uproot.recreate(path) as file:
            file["LuminosityBlocks"] = {"run": np.ones(100), "luminosityBlock": np.arange(100)}
            file["Events"] = events(200)
            file["Runs"] = {"run": np.ones(1), "genEventCount": np.full(1, 1000)}
    expected = {"higgs_4l": ("signal", "Events"), "zz": ("background", "Events"), "data": ("data", "Events")}
    for given in (([paths[0]], [paths[1]], [paths[2]]), ((), (), (), paths)):
        config, _, remarks = configured(*given)
        assert {name: (s.kind, s.tree) for name, s in config.samples.items()} == expected
        assert remarks == tuple(
            f"{path}: left out, for their columns are not those of Events: LuminosityBlocks, Runs" for path in paths
        )


def test_trees_whose_names_tell_nothing_are_of_the_kind_that_their_file_tells(tmp_path, configured):
    paths = [tmp_path / f"{name}.root" for name in ("signal", "rest")]
    for path in paths:
        with uproot.recreate(path) as file:
            file["electrons"], file["others"] = events(200), events(300)
    config, _, _ = configured(unknown=paths)
    kinds = {name: (s.kind, s.tree) for name, s in config.samples.items()}
    assert kinds == {
        "electrons": ("signal", "electrons"),
        "others": ("signal", "others"),
        "electrons_2": ("background", "electrons"),
        "others_2": ("background", "others"),
    }


def test_kinds_are_guessed_and_marked(write, configured):
    names = ["skim.mc_1234.Zmumu", "ttbar_lep", "DM_300", "SMHiggsToZZ", "Run2012B_DoubleElectron", "skim.DataMuons"]
    paths = [write(f"{name}.parquet", events(150)) for name in names]
    config, text, _ = configured(unknown=paths)
    kinds = {name: sample.kind for name, sample in config.samples.items()}
    assert kinds == {
        "Zmumu": "background",
        "ttbar_lep": "background",
        "DM_300": "signal",
        "SMHiggsToZZ": "signal",
        "data": "data",
    }
    assert text.count("# guessed") >= 5
    assert len(config.samples["data"].files) == 2
    assert config.inference["shape"].signal == ["DM_300"]


def test_a_table_unlike_the_others_is_left_out_where_kinds_are_guessed(write, configured, tmp_path):
    (tmp_path / "crosssections.csv").write_text("dataset,xs\n1,#DIV/0!\n")
    paths = [write(f"{name}.parquet", events(150)) for name in ("sig", "b1", "b2")]
    config, _, remarks = configured(unknown=[*paths, tmp_path / "crosssections.csv"])
    assert list(config.samples) == ["sig", "b1", "b2"]
    assert "has other columns than most files and is left out" in remarks[0]


@pytest.mark.parametrize(
    ("factor", "remark"),
    [(-1, "sum to -30, which is no expected number of events"), (0, "which is no expected number of events")]
    + [(np.append(value, np.ones(299)), "are missing or infinite in some events") for value in (np.nan, np.inf)],
    ids=["negative", "zero", "missing", "infinite"],
)
def test_weights_that_sum_to_nothing_are_not_used(write, configured, factor, remark):
    good, bad = events(300), events(300)
    bad["weight"] = bad["weight"] * factor
    config, text, remarks = configured([write("s.parquet", good)], [write("b.parquet", bad)])
    assert (config.samples["s"].weight, config.samples["b"].weight) == ("weight", "1")
    assert remark in text
    assert [remark in one for one in remarks] == [True]


def test_generator_weights_ask_for_a_cross_section(write, configured):
    columns = events(300, genWeight=np.full(300, 5e4))
    del columns["weight"]
    paths = [write(f"{name}.parquet", columns) for name in "sb"]
    config, _, _ = configured(paths[:1], paths[1:])
    sample = config.samples["s"]
    assert (sample.generator_weight, sample.sum_of_weights, sample.cross_section) == ("genWeight", "files", "1")


def test_with_few_events_nothing_is_trained(write, configured):
    config, text, _ = configured([write("s.parquet", events(20, 125))], [write("b.parquet", events(30))])
    assert not config.models
    assert list(config.inference) == ["count"]
    assert "too few events to train on" in text
    signed = events(100)
    signed["weight"] = np.resize([1.0, -0.9], 100)
    assert not configured([write("s.parquet", events(300))], [write("b.parquet", signed)])[0].models


def test_odd_names_are_made_fit_for_the_schema(write, configured):
    odd = {"2nd jet pt": np.arange(300.0), "lambda": np.arange(300.0), "π": np.arange(300.0), "trees": np.arange(300.0)}
    paths = write("2.5 TeV Z+jets.parquet", events(300, **odd)), write("Z jets.parquet", events(300, **odd))
    config, _, _ = configured(paths[:1], paths[1:])
    assert list(config.samples) == ["s_2_5_TeV_Z_jets", "Z_jets"]
    assert config.samples["Z_jets"].label == "Z jets"
    assert config.features.inputs["x_2nd_jet_pt"] == "`2nd jet pt`"
    assert {"lambda", "trees_"} < set(config.features.inputs)


def test_names_of_two_files_alike_are_told_apart(tmp_path, configured):
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        pl.DataFrame(events(200)).write_parquet(tmp_path / folder / "events.parquet")
    config, _, _ = configured([tmp_path / "a/events.parquet"], [tmp_path / f"{f}/events.parquet" for f in "bc"])
    assert list(config.samples) == ["events", "events_2", "events_3"]


def test_lists_are_offered(tmp_path, configured):
    paths = [tmp_path / name for name in ("s.root", "b.root")]
    for path in paths:
        with uproot.recreate(path) as file:
            columns = events(300, jet_pt=ak.unflatten(GENERATOR.exponential(4e4, 600), np.tile([1, 2, 3], 100)))
            file.mktree("t", {n: "var * float64" if n == "jet_pt" else c.dtype for n, c in columns.items()})
            file["t"].extend(columns)
    _, text, _ = configured(paths[:1], paths[1:])
    assert "# max_jet_pt: default(max(jet_pt), 0) / 1000" in text


def test_what_no_model_may_see_is_left_out(write, configured):
    more = {
        "genpT": GENERATOR.random(300),
        "GenMET_pt": GENERATOR.random(300),
        "nGenJet": GENERATOR.integers(0, 5, 300),
        "met_JESUp": GENERATOR.random(300),
        "HLT_mu24": np.resize([True, False], 300),
        "constant": np.ones(300),
        "l1_pt": GENERATOR.random(300),
        "scaleFactor_ELE": GENERATOR.random(300),
    }
    signal, background = events(300, dsid2=np.full(300, 3), **more), events(300, dsid2=np.full(300, 4), **more)
    config, text, _ = configured([write("s.parquet", signal)], [write("b.parquet", background)])
    assert list(config.features.inputs) == ["lep_pt", "jet_phi", "n_jets", "genpT", "l1_pt"]
    assert "constant in each sample, so a label: dsid2" in text


def test_what_is_lacking_is_said(write, configured):
    path = write("ZZ.parquet", events(100))
    with pytest.raises(DataError, match=r"there is no signal among .*ZZ\.parquet\. Say which it is: --signal FILE"):
        configured(unknown=[path])
    with pytest.raises(DataError, match="there is no background among"):
        configured([path])
    with pytest.raises(DataError, match="given as signal and background, but no column tells these apart"):
        configured([path], [path])
    other = write("other.parquet", {"x": np.arange(100.0)})
    with pytest.raises(DataError, match="there is no column that all samples have and that models may see"):
        configured([path], [other])
    empty = write("empty.parquet", {name: column[:0] for name, column in events(5).items()})
    with pytest.raises(DataError, match="there is no background"):
        configured([path], [empty])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of open data is not beside the checkout")
def test_the_weights_of_published_files_are_recognised():
    files = {
        "atlas_ll_met/Z+jets.csv": ("totalWeight", False),
        "atlas_h4l_8tev/skim.mc_147770.Zee.root": ("mcWeight", True),
        "higgsml/higgsml_dev.csv.gz": ("Weight", False),
        "lhco/lhco_rnd_dev.h5": (None, False),
        "root_files/uproot-HZZ.root": ("EventWeight", False),
        "root_files/nanoAOD_2015_CMS_Open_Data_ttbar.root": ("genWeight", True),
    }
    tables, _ = starter_tables({"background": [SHARED / name for name in files]})
    assert [weight_column(table) for table in tables] == list(files.values())
