"""Files that are scored get the scores that the run gave their events, whatever they are and however they are read."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import awkward as ak
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import uproot
from safetensors.numpy import load_file

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.event_scores import EventScores
from fivesigma.analysis.events_stage import input_digests
from fivesigma.analysis.scoring import score_files
from fivesigma.analysis.scoring_sources import files_to_score
from fivesigma.analysis.stored_models import open_run
from fivesigma.core.errors import DataError, LeakError
from fivesigma.core.identity import entry_ids, file_digest, fold_of, ids_from_columns

MODELS = {
    "forest": {"use": "random_forest", "n_estimators": 5, "max_depth": 4},
    "trees": {"use": "hist_gradient_boosting", "max_iter": 5, "inputs": ["a", "b"]},
    "published": {"use": "column", "inputs": ["b"]},
}


@pytest.fixture(scope="module")
def run(shared_toy):
    """A run that cuts on the mass, of Parquet files with event numbers."""
    shared_toy.run("scored", shared_toy.yaml("scored", models=MODELS, inference=None), until="models")
    return shared_toy.root / "scored"


@pytest.fixture
def copied(run, tmp_path):
    """A copy of the run, to harm."""
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


def recorded(run, model):
    """Return the scores of the run by identifier."""
    arrays = load_file(run / f"scores/{model}.safetensors")
    return {
        i: (v, r, f) for i, v, r, f in zip(*(arrays[k].tolist() for k in ("id", "value", "raw", "fold")), strict=True)
    }


def require_recorded(frame, known, name):
    """Require that all events that the run has scored got those scores, and return how many those are."""
    ids = ids_from_columns([frame["event"].to_numpy()]).tolist()
    made = zip(*(frame[f"{name}{suffix}"].to_list() for suffix in ("", "_raw", "_fold")), strict=True)
    pairs = [(scores, known[i]) for i, scores in zip(ids, made, strict=True) if i in known]
    assert pairs
    assert all(scores == expected for scores, expected in pairs)
    return len(pairs)


@pytest.mark.parametrize("model", ["forest", "trees", "published"])
def test_files_of_the_run_get_its_scores_to_the_last_bit(run, shared_toy, tmp_path, model):
    files = [str(shared_toy.root / f"{name}.parquet") for name in ("sig", "data", "bkg")]
    scored = score_files(run, model, files, tmp_path / "out.parquet")
    out, given = pl.read_parquet(tmp_path / "out.parquet"), pl.concat([pl.read_parquet(file) for file in files])
    # all events of all files, in their order, with all their columns
    assert out.select(given.columns).equals(given)
    assert out.columns == [*given.columns, model, f"{model}_raw", f"{model}_fold"]
    known = recorded(run, model)
    assert require_recorded(out, known, model) == len(known) < len(out) == scored.events
    assert (scored.without, scored.lacking, scored.left_out, scored.by_entry) == (0, {}, (), ())


@pytest.mark.parametrize("suffix", ["root", "csv"])
def test_other_formats_give_the_same(run, shared_toy, tmp_path, suffix):
    frame = pl.read_parquet(shared_toy.root / "bkg.parquet")
    if suffix == "csv":
        frame.write_csv(tmp_path / "bkg.csv")
    else:
        with uproot.recreate(tmp_path / "bkg.root") as file:
            file.mktree(
                "nominal", {name: column.to_numpy().dtype for name, column in zip(frame.columns, frame, strict=True)}
            )
            file["nominal"].extend({name: frame[name].to_numpy() for name in frame.columns})
    score_files(run, "forest", [str(tmp_path / f"bkg.{suffix}")], tmp_path / "out.root")
    with uproot.open(tmp_path / "out.root") as file:
        out = pl.DataFrame(file["Events"].arrays(library="np"))
    assert require_recorded(out, recorded(run, "forest"), "forest") > 1000
    assert out["event"].to_list() == frame["event"].to_list()
    assert out["forest_fold"].dtype == pl.Int8


def test_pieces_and_lists_and_texts(run, shared_toy, tmp_path):
    frame = pl.read_parquet(shared_toy.root / "sig.parquet")
    lengths = np.arange(len(frame)) % 4
    numbers = np.arange(lengths.sum(), dtype=np.float32)
    frame = frame.with_columns(
        jets=pl.Series(np.split(numbers, np.cumsum(lengths)[:-1]), dtype=pl.List(pl.Float32)),
        word=pl.Series([f"w{i}" for i in range(len(frame))]),
        pair=pl.struct("x0", "x1"),
        flag=pl.col("x0") > 0,
    )
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=100)
    to_parquet = score_files(run, "trees", [str(tmp_path / "in.parquet")], tmp_path / "out.parquet")
    to_root = score_files(run, "trees", [str(tmp_path / "in.parquet")], tmp_path / "out.root", name="t")
    assert (to_parquet.left_out, to_root.left_out) == (("pair",), ("word", "pair"))
    out = pl.read_parquet(tmp_path / "out.parquet")
    assert out.drop("trees", "trees_raw", "trees_fold").equals(frame.drop("pair"))
    with uproot.open(tmp_path / "out.root") as file:
        tree = file["Events"]
        assert tree["jets"].array().to_list() == ak.unflatten(numbers, lengths).to_list()
        assert tree["flag"].array().to_list() == frame["flag"].to_list()
        assert tree["t"].array().to_list() == out["trees"].to_list()
    # and once more, from what was written
    score_files(run, "trees", [str(tmp_path / "out.root")], tmp_path / "again.parquet")
    again = pl.read_parquet(tmp_path / "again.parquet")
    assert again["trees"].to_list() == again["t"].to_list()
    assert again["jets"].to_list() == frame["jets"].to_list()


def test_an_event_without_an_input_has_no_score(run, shared_toy, tmp_path):
    frame = pl.read_parquet(shared_toy.root / "sig.parquet").head(10)
    frame = frame.with_columns(
        x0=pl.when(pl.col("event") == 3).then(None).otherwise(pl.col("x0")),
        x1=pl.when(pl.col("event") == 5).then(float("inf")).otherwise(pl.col("x1")),
        x2=pl.when(pl.col("event") == 7).then(1e300).otherwise(pl.col("x2")),
    )
    frame.write_parquet(tmp_path / "in.parquet")
    scored = score_files(run, "forest", [str(tmp_path / "in.parquet")], tmp_path / "out.parquet")
    assert (scored.events, scored.without, scored.lacking) == (10, 3, {"a": 1, "b": 2, "c": 1})
    out = pl.read_parquet(tmp_path / "out.parquet")
    lacks = [3, 5, 7]
    assert out.filter(pl.col("forest").is_nan())["event"].to_list() == lacks
    assert out.filter(pl.col("forest_raw").is_nan())["event"].to_list() == lacks
    assert out["forest_fold"].is_between(0, 1).all()
    known = recorded(run, "forest")
    require_recorded(out.filter(~pl.col("forest").is_nan()), known, "forest")
    # a model that does not take the input scores the event
    assert score_files(run, "trees", [str(tmp_path / "in.parquet")], tmp_path / "t.parquet").lacking == {"a": 1, "b": 2}


@pytest.fixture(scope="module")
def sentinels(shared_toy):
    """A run of which events lack an input, marked by -9; and the files, one of them as CSV without a line of names."""
    root = shared_toy.root / "sentinels"
    root.mkdir()
    for name in ("sig", "bkg"):
        frame = pl.read_parquet(shared_toy.root / f"{name}.parquet")
        x0 = pl.when(pl.col("event") % 4 == 0).then(-9.0).otherwise(pl.col("x0"))
        frame.with_columns(x0=x0).write_csv(root / f"{name}.csv", include_header=False)
    events = {"weight": "w", "missing": [-9], "header": ["event", "x0", "x1", "x2", "mass", "w"]}
    samples = {
        "sig": {"kind": "signal", "files": "sentinels/sig.csv"},
        "bkg": {"kind": "background", "files": "sentinels/bkg.csv"},
    }
    models = {"forest": MODELS["forest"], "published": {"use": "column", "inputs": ["b"]}}
    path = shared_toy.yaml("sentinels", events=events, samples=samples, models=models, inference=None, regions=None)
    shared_toy.run("with-sentinels", path, until="models")
    return shared_toy.root / "with-sentinels", root


def test_what_may_be_missing_is_scored_as_the_run_did(sentinels, tmp_path):
    run, root = sentinels
    scored = score_files(run, "forest", [str(root / "bkg.csv")], tmp_path / "out.parquet")
    assert scored.without == 0
    out = pl.read_parquet(tmp_path / "out.parquet")
    assert (out["x0"] == -9).sum() == len(out) // 4  # as the file has it
    assert require_recorded(out, recorded(run, "forest"), "forest") == len(out)


def test_a_column_that_may_be_missing_and_is_has_no_score(sentinels, tmp_path):
    run, root = sentinels
    frame = pl.read_csv(root / "sig.csv", has_header=False, new_columns=["event", "x0", "x1", "x2", "mass", "w"])
    frame = frame.head(8).with_columns(x1=pl.when(pl.col("event") == 2).then(-9.0).otherwise(pl.col("x1")))
    frame.write_csv(tmp_path / "in.csv", include_header=False)
    scored = score_files(run, "published", [str(tmp_path / "in.csv")], tmp_path / "out.parquet")
    assert (scored.without, scored.lacking) == (1, {"b": 1})


@pytest.fixture(scope="module")
def anonymous(shared_toy):
    """A run of events without numbers, data among them, from one of two trees with friends."""
    root = shared_toy.root / "anonymous"
    root.mkdir()
    for name in ("sig", "bkg", "data"):
        frame = pl.read_parquet(shared_toy.root / f"{name}.parquet").drop("event")
        with uproot.recreate(root / f"{name}.root") as file:
            for tree, part in (("one", frame[: len(frame) // 2]), ("two", frame[len(frame) // 2 :])):
                for where, columns in ((tree, ["x0", "mass", "w"]), (f"{tree}_friend", ["x1", "x2"])):
                    arrays = {column: part[column].to_numpy() for column in columns}
                    file.mktree(where, {column: array.dtype for column, array in arrays.items()}).extend(arrays)
    samples = {
        name: {"kind": kind, "files": f"anonymous/{name}.root", "pseudo": kind == "data"}
        for name, kind in (("sig", "signal"), ("bkg", "background"), ("data", "data"))
    }
    events = {"tree": "one", "weight": "w", "friends": [":one_friend"]}
    path = shared_toy.yaml(
        "anonymous", events=events, samples=samples, models={"forest": MODELS["forest"]}, inference=None
    )
    shared_toy.run("nameless", path, until="models")
    # as a run that goes to its end writes it
    inputs = input_digests(load_resolved(path, shared_toy.root), shared_toy.root)
    (shared_toy.root / "nameless/provenance.json").write_text(json.dumps({"inputs": inputs}))
    return shared_toy.root / "nameless", root


@pytest.mark.parametrize("name", ["bkg", "data"])
def test_events_without_numbers_are_those_of_the_run(anonymous, tmp_path, name):
    """A simulated event is its file and entry, one of data its content; a copy under another name is the same file."""
    run, root = anonymous
    shutil.copy(root / f"{name}.root", tmp_path / "copy.root")
    arrays = load_file(run / "scores/forest.safetensors")
    dataset = load_file(run / "events/dataset.safetensors")
    mine = dataset["sample"] == ["sig", "bkg", "data"].index(name)
    for file in (root / f"{name}.root", tmp_path / "copy.root"):
        output = tmp_path / f"{file.stem}-out.parquet"
        scored = score_files(run, "forest", [str(file)], output)
        out = pl.read_parquet(output)
        np.testing.assert_array_equal(out["forest_raw"].to_numpy(), arrays["raw"][mine])
        np.testing.assert_array_equal(out["forest"].to_numpy(), arrays["value"][mine])
        assert out.columns == ["x0", "mass", "w", "forest", "forest_raw", "forest_fold"]  # not those of the friend
        assert scored.by_entry == ()


def test_part_of_a_file_without_numbers_is_told_of(anonymous, tmp_path):
    run, root = anonymous
    with uproot.open(root / "bkg.root") as file, uproot.recreate(tmp_path / "skim.root") as skim:
        for tree in ("one", "one_friend"):
            arrays = file[tree].arrays(library="np", entry_stop=50)
            skim.mktree(tree, {name: array.dtype for name, array in arrays.items()}).extend(arrays)
    scored = score_files(run, "forest", [str(tmp_path / "skim.root")], tmp_path / "out.parquet")
    assert scored.by_entry == (f"{tmp_path / 'skim.root'}:one",)


@pytest.fixture(scope="module")
def grid(shared_toy):
    """A run of a signal at three points, whose files are named by them, and a model that is parametrised."""
    root = shared_toy.root / "grid"
    root.mkdir()
    signal = pl.read_parquet(shared_toy.root / "sig.parquet")
    for number, mass in enumerate((10, 20, 30)):
        signal[number::3].write_parquet(root / f"sig_{mass}.parquet")
    samples = {
        "sig": {"kind": "signal", "files": "grid/sig_{m_x}.parquet"},
        "bkg": {"kind": "background", "files": "bkg.parquet"},
    }
    models = {"net": {"use": "lightgbm", "n_estimators": 5, "parametrised": ["m_x"]}}
    bare = dict.fromkeys(("inference", "systematics", "regions"))
    path = shared_toy.yaml("grid", samples=samples, models=models, judgement={"signal": ["sig_20"]}, **bare)
    shared_toy.run("gridded", path, until="models")
    return shared_toy.root / "gridded"


def test_a_parametrised_model_scores_at_each_point(grid, shared_toy, tmp_path):
    score_files(grid, "net", [str(shared_toy.root / "bkg.parquet")], tmp_path / "each.parquet")
    score_files(grid, "net", [str(shared_toy.root / "bkg.parquet")], tmp_path / "one.parquet", at={"m_x": 20})
    each, one = pl.read_parquet(tmp_path / "each.parquet"), pl.read_parquet(tmp_path / "one.parquet")
    pairs = [f"net_{mass}{suffix}" for mass in (10, 20, 30) for suffix in ("", "_raw")]
    assert each.columns[-7:] == [*pairs, "net_fold"]
    assert one.columns[-3:] == ["net", "net_raw", "net_fold"]
    assert one["net_raw"].equals(each["net_20_raw"])
    assert not one["net_raw"].equals(each["net_30_raw"])
    require_recorded(one, recorded(grid, "net@20"), "net")


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"m_x": 25}, "has no score at m_x=25; its points are m_x=10; m_x=20; m_x=30"),
        ({"mx": 20}, r"no parameter 'mx'; did you mean m_x\?"),
        ({}, "is parametrised in m_x; m_x is not given"),
    ],
)
def test_a_point_that_is_none(grid, shared_toy, tmp_path, at, message):
    with pytest.raises(DataError, match=message):
        score_files(grid, "net", [str(shared_toy.root / "bkg.parquet")], tmp_path / "out.parquet", at=at)


def test_points_are_told_apart_to_the_last_digit(shared_toy, tmp_path):
    signal, points = (
        pl.read_parquet(shared_toy.root / "sig.parquet"),
        ("1234567", "1234568", "0.12345678901", "0.12345678902"),
    )
    for number, mass in enumerate(points):
        signal[number::4].write_parquet(shared_toy.root / f"near_{mass}.parquet")
    samples = {
        "near": {"kind": "signal", "files": "near_{m_x}.parquet"},
        "bkg": {"kind": "background", "files": "bkg.parquet"},
    }
    models = {"net": {"use": "logistic", "parametrised": ["m_x"]}}
    bare = dict.fromkeys(("inference", "systematics", "regions"))
    path = shared_toy.yaml("near", samples=samples, models=models, judgement={"signal": ["near_1234567"]}, **bare)
    shared_toy.run("near-run", path, until="models")
    files, run = [str(shared_toy.root / "bkg.parquet")], shared_toy.root / "near-run"
    score_files(run, "net", files, tmp_path / "each.parquet")
    columns = [f"net_{mass.replace('.', 'p')}_raw" for mass in points]
    each = pl.read_parquet(tmp_path / "each.parquet")
    assert {*columns} <= {*each.columns}
    with pytest.raises(DataError, match=r"m_x=0\.12345678901; m_x=0\.12345678902; m_x=1234567; m_x=1234568"):
        score_files(run, "net", files, tmp_path / "out.parquet", at={"m_x": 5.0})


def test_a_point_of_a_model_that_knows_of_none(run, shared_toy, tmp_path):
    with pytest.raises(DataError, match="'trees' is not parametrised"):
        score_files(run, "trees", [str(shared_toy.root / "bkg.parquet")], tmp_path / "out.parquet", at={"m_x": 1})


def test_numbers_in_the_names_of_files_are_columns(shared_toy, tmp_path):
    samples = {
        "sig": {"kind": "signal", "files": "sig.parquet"},
        "bkg": {"kind": "background", "files": "bkg_{year}.parquet"},
    }
    for year in (2016, 2017):
        frame = pl.read_parquet(shared_toy.root / "bkg.parquet")[year - 2016 :: 2]
        frame.write_parquet(shared_toy.root / f"bkg_{year}.parquet")
    features = {"inputs": {"a": "x0", "late": "default(year - 2016, 0)"}}
    for name in ("sig", "bkg"):
        frame = pl.read_parquet(shared_toy.root / f"{name}.parquet")
        if name == "sig":
            frame.with_columns(year=2016.0).write_parquet(shared_toy.root / "sig_with_year.parquet")
    samples["sig"]["files"] = "sig_with_year.parquet"
    path = shared_toy.yaml(
        "years", samples=samples, features=features, models={"forest": MODELS["forest"]}, inference=None, regions=None
    )
    shared_toy.run("years-run", path, until="models")
    run = shared_toy.root / "years-run"
    score_files(run, "forest", [str(shared_toy.root / "bkg_2017.parquet")], tmp_path / "out.parquet")
    out = pl.read_parquet(tmp_path / "out.parquet")
    assert "year" not in out.columns
    assert require_recorded(out, recorded(run, "forest"), "forest") > 500


def test_an_estimator_that_saw_an_event_is_found(copied, shared_toy, tmp_path, rewritten):
    """As in a run whose seed was changed by hand: events fall into other folds."""
    arrays = load_file(copied / "models/forest/arrays.safetensors")
    arrays["ledger.used"][:] = 1
    rewritten(copied / "models/forest", arrays)
    with pytest.raises(LeakError, match=r"would be scored by an estimator that saw them"):
        score_files(copied, "forest", [str(shared_toy.root / "bkg.parquet")], tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_a_leak_of_a_new_file_is_found_whatever_sample_it_is_of(run, shared_toy, tmp_path):
    """The spot check on events of the run is not what finds it: the ledger knows the events of the file."""
    stored = open_run(run)
    model = stored.model("forest", stored.events())
    ledger = replace(model.ledger, used=np.ones_like(model.ledger.used))
    scores = EventScores.of(replace(model, ledger=ledger), stored.config, "forest")
    pl.read_parquet(shared_toy.root / "sig.parquet")[400:500].write_parquet(tmp_path / "new.parquet")
    (file,) = files_to_score(stored, [str(tmp_path / "new.parquet")], None)
    assert file.samples == ()
    with pytest.raises(LeakError, match=r"of 100 events \(sig\)"):
        list(scores.pieces(file, ()))


def test_an_integer_that_is_missing_later_gets_a_wider_column(run, shared_toy, tmp_path):
    frame = pl.read_parquet(shared_toy.root / "sig.parquet").with_columns(n=pl.col("event").cast(pl.Int32))
    frame.write_parquet(tmp_path / "1.parquet")
    frame.with_columns(n=pl.when(pl.col("n") > 5).then(pl.col("n"))).write_parquet(tmp_path / "2.parquet")
    told = []
    files = [str(tmp_path / "[12].parquet")]
    score_files(run, "trees", files, tmp_path / "out.root", tell=told.append)
    with uproot.open(tmp_path / "out.root") as file:
        n = file["Events"]["n"].array(library="np")
    assert n.dtype == np.float64
    assert np.isnan(n).sum() == 6
    assert len(n) == 2 * len(frame)
    assert told == [f"Scoring {tmp_path / name}" for name in ("1.parquet", "2.parquet")]


def test_a_file_that_turns_out_to_need_a_wider_column_is_begun_again(run, tmp_path):
    """A file is read in pieces: all numbers of the first piece are there, of a later one they are not."""
    rows = 300_000
    frame = pl.DataFrame({"event": np.arange(rows), "x0": 0.5, "x1": 0.5, "x2": 0.5, "n": np.arange(rows)})
    frame = frame.with_columns(n=pl.when(pl.col("n") != rows - 1).then(pl.col("n")))
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=250_000)
    (file,) = files_to_score(open_run(run), [str(tmp_path / "in.parquet")], None)
    assert len(file.source.spans()) == 2
    told = []
    score_files(run, "trees", [str(tmp_path / "in.parquet")], tmp_path / "out.parquet", tell=told.append)
    assert len(told) == 2
    n = pl.read_parquet(tmp_path / "out.parquet", columns=["n"])["n"]
    assert np.flatnonzero(np.isnan(n.to_numpy())).tolist() == [rows - 1]


def test_files_of_many_columns_are_read_in_smaller_pieces(run, tmp_path):
    for count, rows in ((5, 250_000), (400, 20_000_000 // 400)):
        names = ["event", *(f"c{i}" for i in range(count - 1))]
        pl.DataFrame({name: [1] for name in names}).write_parquet(tmp_path / "in.parquet")
        (file,) = files_to_score(open_run(run), [str(tmp_path / "in.parquet")], None)
        assert file.source.span_rows == rows


def test_what_is_wrong_is_said(run, shared_toy, tmp_path):
    bkg = str(shared_toy.root / "bkg.parquet")
    frame = pl.read_parquet(bkg)
    out = tmp_path / "out.parquet"
    cases = {
        "no model 'tree'; did you mean trees": ("tree", [bkg], out),
        "no such file; did you mean bkg.parquet": ("trees", [str(shared_toy.root / "bk.parquet")], out),
        "is written as .root or .parquet, not as .csv": ("trees", [bkg], tmp_path / "out.csv"),
        "there is no folder": ("trees", [bkg], tmp_path / "nowhere/out.root"),
    }
    frame.rename({"x0": "X0"}).write_parquet(tmp_path / "other.parquet")
    cases["no column 'x0'; did you mean X0"] = ("trees", [str(tmp_path / "other.parquet")], out)
    frame.with_columns(trees_raw=pl.lit(1.0)).write_parquet(tmp_path / "taken.parquet")
    cases["has a column 'trees_raw' already; give the score another name with --name"] = (
        "trees",
        [bkg, str(tmp_path / "taken.parquet")],
        out,
    )
    frame.with_columns(w=pl.lit("heavy")).write_parquet(tmp_path / "words.parquet")
    cases["column 'w' is text, but flat in the files before it"] = (
        "trees",
        [bkg, str(tmp_path / "words.parquet")],
        out,
    )
    for message, (model, files, output) in cases.items():
        with pytest.raises(DataError) as error:
            score_files(run, model, files, output)
        assert message in str(error.value)
        assert not output.exists()
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]


def test_nothing_is_written_over(run, shared_toy, tmp_path):
    path = tmp_path / "out.parquet"
    path.write_text("years of work")
    with pytest.raises(DataError, match="is there already; remove it, or give another name"):
        score_files(run, "trees", [str(shared_toy.root / "bkg.parquet")], path)
    assert path.read_text() == "years of work"
    with pytest.raises(DataError, match="is there already"):
        score_files(run, "trees", [str(shared_toy.root / "bkg.parquet")], shared_toy.root / "bkg.parquet")


def test_columns_that_not_all_files_have_are_left_out(run, shared_toy, tmp_path):
    frame = pl.read_parquet(shared_toy.root / "sig.parquet")
    frame.with_columns(extra=1).write_parquet(tmp_path / "1.parquet")
    frame.write_parquet(tmp_path / "2.parquet")
    scored = score_files(
        run, "trees", [str(tmp_path / "1.parquet"), str(tmp_path / "2.parquet")], tmp_path / "o.parquet"
    )
    assert scored.left_out == ("extra",)
    assert pq.read_metadata(tmp_path / "o.parquet").num_rows == 2 * len(frame)


def test_a_file_without_events(run, shared_toy, tmp_path):
    pl.read_parquet(shared_toy.root / "sig.parquet").head(0).write_parquet(tmp_path / "none.parquet")
    for suffix in ("root", "parquet"):
        scored = score_files(run, "forest", [str(tmp_path / "none.parquet")], tmp_path / f"out.{suffix}")
        assert scored.events == 0
    assert pl.read_parquet(tmp_path / "out.parquet").schema["forest"] == pl.Float64
    with uproot.open(tmp_path / "out.root") as file:
        assert file["Events"].num_entries == 0


def test_folds_do_not_depend_on_the_run_having_read_the_event(run, shared_toy, tmp_path):
    frame = pl.read_parquet(shared_toy.root / "bkg.parquet").with_columns(event=pl.col("event") + 10**9)
    frame.write_parquet(tmp_path / "new.parquet")
    score_files(run, "forest", [str(tmp_path / "new.parquet")], tmp_path / "out.parquet")
    out = pl.read_parquet(tmp_path / "out.parquet")
    config = json.loads((run / "models/forest/model.json").read_text())
    expected = fold_of(ids_from_columns([frame["event"].to_numpy()]), seed=config["seed"], folds=2)
    assert out["forest_fold"].to_list() == expected.tolist()
    anonymous = frame.drop("event")
    anonymous.write_parquet(tmp_path / "anonymous.parquet")
    scored = score_files(run, "forest", [str(tmp_path / "anonymous.parquet")], tmp_path / "out2.parquet")
    ids = entry_ids(file_digest(tmp_path / "anonymous.parquet"), np.arange(len(frame)))
    assert pl.read_parquet(tmp_path / "out2.parquet")["forest_fold"].to_list() == fold_of(ids, seed=7, folds=2).tolist()
    assert scored.by_entry == (str(tmp_path / "anonymous.parquet"),)
