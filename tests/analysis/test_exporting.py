"""Exported models score in another framework as the run scored, and say all that it must know."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess

import numpy as np
import onnxruntime
import polars as pl
import pytest
from safetensors.numpy import load_file

from fivesigma.analysis.exporting import export_onnx
from fivesigma.analysis.fold_rule import fold_rule
from fivesigma.analysis.stored_models import open_run
from fivesigma.core.errors import DataError
from fivesigma.core.identity import digest, entry_ids, file_digest, fold_of, ids_from_columns

MODELS = {
    "forest": {"use": "random_forest", "n_estimators": 5, "max_depth": 4},
    "logit": {"use": "logistic", "inputs": ["a", "b"], "prepare": ["quantile"]},
    "centroid": {"use": "NearestCentroid"},
}


@pytest.fixture(scope="module")
def run(shared_toy):
    """A run with three models, of which one has no converter."""
    shared_toy.run("exported", shared_toy.yaml("exported", models=MODELS, inference=None), until="models")
    return shared_toy.root / "exported"


@pytest.fixture(scope="module")
def exported(run):
    """What was exported of it."""
    return export_onnx(run)


@pytest.fixture
def copied(run, tmp_path):
    """A copy of the run, to harm."""
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


def told(exported, name="forest"):
    return json.loads((exported.folders[name] / "export.json").read_text())


def test_what_converts_is_written_and_what_does_not_is_named(run, exported):
    assert set(exported.folders) == {"forest", "logit"}
    assert set(exported.left_out) == {"centroid"}
    assert exported.left_out["centroid"].startswith("skl2onnx has no NearestCentroid")
    assert {path.name for path in (run / "onnx").iterdir()} == {"forest", "logit"}
    assert {path.name for path in (run / "onnx/logit").iterdir()} == {"export.json", "fold_0.onnx", "fold_1.onnx"}
    assert all(each.holds for found in exported.parity.values() for each in found)


MASK = 2**64 - 1


def mix(v):
    v = (v + 0x9E3779B97F4A7C15) & MASK
    v = ((v ^ (v >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    v = ((v ^ (v >> 27)) * 0x94D049BB133111EB) & MASK
    return v ^ (v >> 31)


def id_by_the_rule(columns):
    """Follow what export.json says, in Python's own integers."""
    id_ = 0
    for value in columns:
        bits = int(value) & MASK if float(value).is_integer() else struct.unpack("<Q", struct.pack("<d", value))[0]
        id_ = mix(id_ ^ mix(bits))
    return id_


@pytest.mark.parametrize("name", ["forest", "logit"])
def test_another_framework_gets_the_scores_of_the_run(run, shared_toy, exported, name):
    """With onnxruntime, the files and what export.json says alone, every event of every sample."""
    about, folder = told(exported, name), exported.folders[name]
    known = {"x0": pl.col("x0"), "x1 + 0.5 * x2": pl.col("x1") + 0.5 * pl.col("x2"), "x2": pl.col("x2")}
    events = pl.concat([pl.read_parquet(shared_toy.root / f"{sample}.parquet") for sample in ("sig", "bkg", "data")])
    events = events.filter((pl.col("mass") > 102) & (pl.col("mass") < 148))
    columns = [events.select(known[each["expression"]]).to_series().to_numpy() for each in about["input"]["columns"]]
    X = np.stack(columns, axis=1).astype(np.float32)
    folds = about["folds"]
    key, count = int(folds["key"], 16), folds["count"]
    fold = np.array([mix(id_by_the_rule([event]) ^ key) % count for event in events["event"].to_list()])
    recorded = load_file(run / f"scores/{name}.safetensors")
    np.testing.assert_array_equal(fold, recorded["fold"])
    for file in about["files"]:
        session = onnxruntime.InferenceSession(folder / file["file"], providers=["CPUExecutionProvider"])
        ours = fold == file["fold"]
        raw, score = session.run(["raw", "score"], {"inputs": X[ours]})
        assert (raw.dtype, raw.shape, score.dtype) == (np.float32, (ours.sum(),), np.float32)
        np.testing.assert_allclose(raw, recorded["raw"][ours], atol=1e-5 * recorded["raw"].std())
        np.testing.assert_allclose(score, recorded["value"][ours], atol=1e-5)


def test_the_rule_of_folds_is_the_one_that_is_followed():
    rule = fold_rule(seed=7, folds=3, columns=["run", "event"])
    assert rule["columns"] == ["run", "event"]
    assert len({example["fold"] for example in rule["examples"]} | {0, 1, 2}) == 3
    for example in rule["examples"]:
        assert int(example["id"], 16) == id_by_the_rule(example["columns"])
        assert example["fold"] == mix(int(example["id"], 16) ^ int(rule["key"], 16)) % 3
    columns = [np.array([-5, 3]), np.array([2.5, 4.0])]
    ids = ids_from_columns(columns)
    assert [id_by_the_rule(event) for event in ([-5, 2.5], [3, 4.0])] == ids.tolist()
    key = int(fold_rule(seed=12, folds=5, columns=[])["key"], 16)
    assert [mix(int(i) ^ key) % 5 for i in ids] == fold_of(ids, seed=12, folds=5).tolist()


def test_events_without_identifying_columns_follow_the_rule_too(tmp_path):
    from hashlib import sha256

    (tmp_path / "file").write_bytes(b"events")
    whole = sha256(b"events").hexdigest()
    first = int.from_bytes(sha256(whole[:16].encode()).digest()[:8], "little")
    expected = [mix(first ^ mix(entry)) for entry in (0, 1, 70)]
    assert entry_ids(file_digest(tmp_path / "file"), np.array([0, 1, 70])).tolist() == expected


def test_a_model_whose_files_were_changed_is_not_exported(copied, rewritten):
    export_onnx(copied, models=["logit"])
    arrays = load_file(copied / "models/logit/arrays.safetensors")
    arrays["preparation.1.0.normal"] = arrays["preparation.1.0.normal"] + 0.1
    rewritten(copied / "models/logit", arrays)
    exported = export_onnx(copied)
    assert set(exported.folders) == {"forest"}
    assert "does not give the scores that the run recorded" in exported.left_out["logit"]
    assert "its files were changed since" in exported.left_out["logit"]
    # nor does what was exported before it was changed stay
    assert not (copied / "onnx/logit").exists()


def test_another_version_of_the_library_is_what_changed_them(copied, rewritten):
    rewritten(copied / "models/logit", libraries={"scikit-learn": "0.24"})
    assert set(export_onnx(copied, models=["logit"]).folders) == {"logit"}  # the scores are the same
    arrays = load_file(copied / "models/logit/arrays.safetensors")
    arrays["preparation.0.0.raw"] = arrays["preparation.0.0.raw"] * 1.01
    rewritten(copied / "models/logit", arrays)
    assert "scikit-learn was 0.24, here is" in export_onnx(copied, models=["logit"]).left_out["logit"]


def test_models_that_changed_places_are_not_exported(copied):
    folders = copied / "models"
    for old, new in (("logit", "aside"), ("forest", "logit"), ("aside", "forest")):
        (folders / old).rename(folders / new)
    with pytest.raises(DataError, match="holds the model 'forest', not 'logit'"):
        open_run(copied).model("logit", open_run(copied).events())


def test_a_record_of_a_stage_that_was_edited_is_not_read(copied):
    path = copied / "stages/events.json"
    path.write_text(path.read_text().replace('"cutflow"', '"flow"'))
    with pytest.raises(DataError, match=r"stages/events\.json: was changed since the stage recorded it"):
        open_run(copied).events()


def test_a_configuration_that_was_edited_is_not_that_of_the_run(copied):
    (copied / "provenance.json").write_text(
        json.dumps({"configuration": digest(open_run(copied).config.model_dump()), "inputs": {}})
    )
    assert open_run(copied).models
    path = copied / "config.yaml"
    path.write_text(path.read_text().replace("x1 + 0.5 * x2", "x1 + 0.6 * x2"))
    with pytest.raises(DataError, match=r"config\.yaml: is not the configuration of this run"):
        open_run(copied)


def test_only_a_place_of_its_own_is_written_over(run, exported, tmp_path):
    (tmp_path / "logit").mkdir()
    (tmp_path / "logit/thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match=r"logit: was not written by `fivesigma export`; give another --output"):
        export_onnx(run, tmp_path, models=["forest", "logit"])
    assert (tmp_path / "logit/thesis.tex").is_file()
    assert not (tmp_path / "forest").exists()
    before = told(exported)
    again = export_onnx(run, models=["forest"])
    assert told(again) == before


@pytest.mark.parametrize("name", ["mine.txt", ".notes", "fold_7.onnx", "plots/"])
def test_what_lies_among_exported_files_is_not_removed(copied, name):
    (folder,) = export_onnx(copied, models=["logit"]).folders.values()
    if name.endswith("/"):
        (folder / name).mkdir()
    else:
        (folder / name).write_text("years of work")
    with pytest.raises(DataError, match=rf"logit: holds {re.escape(name.strip('/'))}, which .* would remove"):
        export_onnx(copied, models=["logit"])
    assert (folder / name).exists()
    assert (folder / "fold_1.onnx").is_file()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"files": [1]}'])
def test_a_description_that_is_none_says_nothing_of_what_is_ours(run, tmp_path, text):
    (tmp_path / "logit").mkdir()
    (tmp_path / "logit/export.json").write_text(text)
    with pytest.raises(DataError, match="was not written by `fivesigma export`"):
        export_onnx(run, tmp_path, models=["logit"])


def test_a_parameter_of_a_grid_is_no_observable_of_its_name(shared_toy):
    (shared_toy.root / "sig_20.parquet").write_bytes((shared_toy.root / "sig.parquet").read_bytes())
    path = shared_toy.yaml(
        "named",
        samples={
            "sig": {"kind": "signal", "files": "sig_{m}.parquet"},
            "bkg": {"kind": "background", "files": "bkg.parquet"},
        },
        models={"logit": {"use": "logistic", "inputs": ["a"], "parametrised": ["m"]}},
        judgement={"signal": ["sig_20"]},
        **dict.fromkeys(("inference", "systematics", "regions")),
    )
    shared_toy.run("named-run", path, until="models")
    columns = told(export_onnx(shared_toy.root / "named-run"), "logit")["input"]["columns"]
    assert columns == [{"name": "a", "expression": "x0"}, {"name": "m", "expression": None}]


def test_what_is_no_run_and_no_model(run, tmp_path):
    with pytest.raises(DataError, match=r"no model 'forrest'; did you mean forest\?"):
        export_onnx(run, models=["forrest"])
    with pytest.raises(DataError, match="no run directory; `fivesigma run` makes one"):
        export_onnx(tmp_path)
    with pytest.raises(DataError, match="there is no such folder"):
        export_onnx(tmp_path / "nowhere")


def test_a_run_that_was_stopped_before_its_models(shared_toy):
    shared_toy.run("read", shared_toy.yaml("read"), until="events")
    with pytest.raises(DataError, match=r"no model was trained there$"):
        export_onnx(shared_toy.root / "read")


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no compiler")
def test_the_code_of_the_page_finds_the_folds(tmp_path):
    """The C++ of docs/how-to/use-elsewhere.md, compiled."""
    from pathlib import Path
    from re import DOTALL, search

    page = (Path(__file__).parents[2] / "docs/how-to/use-elsewhere.md").read_text()
    code = search(r":::\{code-block\} cpp\n(.*?)\n:::", page, flags=DOTALL)[1]
    rule = fold_rule(seed=42, folds=5, columns=[])
    calls = "".join(
        f"std::cout << fold_of({{{', '.join(map(str, example['columns']))}}}, {rule['key']}ull, 5) << ' ';"
        for example in rule["examples"]
    )
    source = tmp_path / "fold.cpp"
    source.write_text(f"#include <iostream>\n{code}\nint main() {{ {calls} }}\n")
    subprocess.run(["g++", "-std=c++17", "-Wall", "-Werror", "-o", tmp_path / "fold", source], check=True)
    printed = subprocess.run([tmp_path / "fold"], check=True, capture_output=True, text=True).stdout
    assert printed.split() == [str(example["fold"]) for example in rule["examples"]]
