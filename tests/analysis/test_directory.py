import os
import sys

import numpy as np
import pytest

from fivesigma.analysis.directory import RunDirectory
from fivesigma.core.errors import DataError


@pytest.fixture
def directory(tmp_path):
    made = RunDirectory(tmp_path / "run")
    made.create()
    return made


def files(directory):
    return sorted(str(path.relative_to(directory.root)) for path in directory.root.rglob("*") if path.is_file())


def fill(directory, name, file, stop=False):
    with directory.writing_folder(name) as folder:
        (folder / file).write_text("")
        if stop:
            raise KeyboardInterrupt


def test_text_json_and_arrays_come_back(directory):
    directory.write_text("a/text.txt", "ℓ\n")
    directory.write_json("b.json", {"ℓ": [1, None, 0.1]})
    directory.write_arrays("c/d.safetensors", {"x": np.arange(3), "y": np.array([1.5])})
    assert (directory.root / "a/text.txt").read_text(encoding="utf-8") == "ℓ\n"
    assert directory.read_json("b.json") == {"ℓ": [1, None, 0.1]}
    arrays = directory.read_arrays("c/d.safetensors")
    np.testing.assert_array_equal(arrays["x"], [0, 1, 2])
    assert files(directory) == ["a/text.txt", "b.json", "c/d.safetensors"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [-float("inf")]}])
def test_json_is_strict_and_the_old_file_stays(directory, value):
    directory.write_json("a.json", 1)
    with pytest.raises(ValueError, match="JSON"):
        directory.write_json("a.json", value)
    assert directory.read_json("a.json") == 1
    assert files(directory) == ["a.json"]


@pytest.mark.parametrize("text", ["NaN", "1e999", '{"a": [-Infinity]}'])
def test_what_is_no_json_is_not_read(directory, text):
    directory.write_text("a.json", text)
    with pytest.raises(DataError, match=r"a\.json: not there or not readable"):
        directory.read_json("a.json")


@pytest.mark.parametrize(("text", "given"), [("[]", "no results"), ('{"schema": 7}', "schema 7")])
def test_results_are_those_of_this_schema(directory, text, given):
    directory.write_text("results.json", text)
    with pytest.raises(DataError, match=rf"results\.json: {given}; this version reads schema 1"):
        directory.read_results()


def test_what_json_cannot_hold_leaves_the_old_file(directory):
    directory.write_json("a.json", 1)
    with pytest.raises(TypeError):
        directory.write_json("a.json", {"x": np.float64})
    assert directory.read_json("a.json") == 1


def test_a_text_that_cannot_be_encoded_leaves_the_old_file(directory):
    directory.write_text("a.txt", "old")
    with pytest.raises(UnicodeEncodeError):
        directory.write_text("a.txt", "new \ud800")
    assert (directory.root / "a.txt").read_text() == "old"
    assert files(directory) == ["a.txt"]


def test_a_folder_takes_its_place_whole_or_not_at_all(directory):
    fill(directory, "models/x", "one")
    with pytest.raises(KeyboardInterrupt):
        fill(directory, "models/x", "two", stop=True)
    assert files(directory) == ["models/x/one"]
    fill(directory, "models/x", "three")
    assert files(directory) == ["models/x/three"]


def test_what_a_killed_run_left_is_cleared(directory):
    directory.write_text("stages/keep.json", "{}")
    directory.write_text("scores/keep", "")
    (directory.root / "scores/.part-77-x.safetensors").write_text("half")
    (directory.root / ".part-abc").mkdir()
    (directory.root / ".part-abc/model.json").write_text("half")
    (directory.root / "figures").mkdir()
    (directory.root / "figures/.roc.svg.part").write_text("half")
    directory.create()
    with directory.working():
        assert not (directory.root / ".part-abc").exists()
    assert files(directory) == ["scores/keep", "stages/keep.json"]


def test_two_runs_do_not_work_in_one_directory(directory):
    with directory.working(), pytest.raises(DataError, match="another run is at work"), directory.working():
        pass
    with directory.working():
        pass


def test_what_belongs_to_another_configuration_is_swept(directory):
    for name in ("models/old/fold_0.skops", "models/new/fold_0.skops", "figures/old.svg", "figures/new.svg"):
        directory.write_text(name, "")
    directory.sweep(("figures", "models"), {"models/new/fold_0.skops", "figures/new.svg"})
    assert files(directory) == ["figures/new.svg", "models/new/fold_0.skops"]
    assert not (directory.root / "models/old").exists()


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(DataError, match=r"holds 'thesis\.tex' and is no run directory; give another --output"):
        RunDirectory(tmp_path).create()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_foreign_folder_that_has_a_folder_called_stages_is_refused(tmp_path):
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages/first.tex").write_text("dear")
    (tmp_path / ".part-of-my-work").write_text("dear")
    with pytest.raises(DataError, match="no run directory"):
        RunDirectory(tmp_path).create()
    assert (tmp_path / ".part-of-my-work").exists()


def test_an_empty_folder_is_taken(tmp_path):
    RunDirectory(tmp_path).create()
    RunDirectory(tmp_path).create()


def test_a_run_killed_before_its_first_file_is_taken_up(tmp_path):
    (tmp_path / "stages").mkdir()
    RunDirectory(tmp_path).create()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("dear")
    with pytest.raises(DataError, match="run: cannot be made"):
        RunDirectory(tmp_path / "run").create()
    with pytest.raises(DataError, match="cannot be made"):
        RunDirectory(tmp_path / "run" / "deeper").create()
    assert (tmp_path / "run").read_text() == "dear"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="cannot be made: Permission denied"):
        RunDirectory(tmp_path / "run").create()
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("content", [None, "", "{", "\x00", b"\xff\xfe"])
def test_json_that_is_missing_or_damaged_is_a_data_error(directory, content):
    if content is not None:
        path = directory.path("a.json")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match="not there or not readable"):
        directory.read_json("a.json")


@pytest.mark.parametrize("content", [None, b"", b"half", b"\xff" * 100])
def test_arrays_that_are_missing_or_damaged_are_a_data_error(directory, content):
    if content is not None:
        directory.path("a.safetensors").write_bytes(content)
    with pytest.raises(DataError, match="not there or not readable"):
        directory.read_arrays("a.safetensors")


def test_arrays_that_were_cut_short_are_a_data_error(directory):
    directory.write_arrays("a.safetensors", {"x": np.arange(100)})
    path = directory.root / "a.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DataError, match="not there or not readable"):
        directory.read_arrays("a.safetensors")


def test_arrays_of_any_layout_come_back_as_they_were(directory):
    table = np.arange(6.0).reshape(2, 3).T[::-1]
    directory.write_arrays("a.safetensors", {"x": table, "y": np.arange(10)[::2]})
    arrays = directory.read_arrays("a.safetensors")
    np.testing.assert_array_equal(arrays["x"], table)
    np.testing.assert_array_equal(arrays["y"], [0, 2, 4, 6, 8])
