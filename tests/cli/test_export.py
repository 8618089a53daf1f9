"""`fivesigma export` writes what converts, names what does not, and says what could be exported."""

import csv
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def run(fivesigma):
    """The directory of a run with two models, one of which has no converter, and of one without any."""
    models = {
        "forest": {"use": "random_forest", "n_estimators": 3, "max_depth": 3},
        "centroid": {"use": "NearestCentroid"},
    }
    fivesigma.yaml("models.yaml", models=models)
    for name, yaml in (("models", "models.yaml"), ("none", "toy.yaml")):
        done = fivesigma("run", yaml, "--output", f"runs/{name}", "--until", "models", "--workers", 1)
        assert done.returncode == 0, done.stderr
    return fivesigma.root / "runs"


def test_folders_on_stdout_and_reasons_on_stderr(fivesigma, run):
    done = fivesigma("export", "runs/models", "--onnx")
    assert (done.returncode, done.stdout) == (0, "runs/models/onnx/forest\n")
    assert "forest: 2 folds; on " in done.stderr
    assert "centroid is not exported: skl2onnx has no NearestCentroid" in done.stderr
    described = json.loads((run / "models/onnx/forest/export.json").read_text())
    assert described["input"]["columns"] == [{"name": "a", "expression": "x"}]


def test_elsewhere_and_one_model(fivesigma, run):
    done = fivesigma("export", "runs/models", "--onnx", "--model", "forest", "--output", "exported")
    assert (done.returncode, done.stdout) == (0, "exported/forest\n")
    assert "centroid" not in done.stderr


def test_nothing_exported_is_a_failure(fivesigma, run):
    done = fivesigma("export", "runs/models", "--onnx", "--model", "centroid")
    assert (done.returncode, done.stdout) == (1, "")
    assert "centroid is not exported: skl2onnx has no NearestCentroid" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["runs/models"],
            2,
            "--tables or --hepdata for what its page shows; --onnx for its models, which are forest, centroid; or --all",
        ),
        (["runs/models", "--tables"], 1, "runs/models/results.json: not there or not readable"),
        (["runs/models", "--tables", "--figures", "--output", "x"], 2, "--output is the folder of one kind"),
        (["runs/models", "--tables", "--format", "png"], 2, "--format is of --figures"),
        (["runs/models", "--tables", "--model", "forest"], 2, "--model is of --onnx"),
        (["runs/models", "--figures", "--format", "jpg"], 2, "'jpg' is not one of 'png', 'pdf', 'svg'"),
        (["runs/models", "--onnx", "--model", "frost"], 1, "no model 'frost'; did you mean forest?"),
        (["runs/none", "--onnx"], 1, "runs/none: no model was trained there; its analysis names none"),
        (["runs", "--onnx"], 1, "runs: no run directory; `fivesigma run` makes one"),
        (["nowhere"], 1, "nowhere: there is no such folder"),
        (["toy.yaml", "--onnx"], 1, "toy.yaml: there is no such folder"),
        (["runs/models", "--onxx"], 2, "No such option"),
        ([], 2, "Missing argument 'RUN'"),
    ],
)
def test_mistakes_end_in_a_message(fivesigma, run, arguments, code, message):
    done = fivesigma("export", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'onnx':
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
sys.argv = ['fivesigma', 'export', 'runs/models', '--onnx']
from fivesigma.cli.main import main
main()
"""


def test_without_onnx_the_extra_is_named(fivesigma, run):
    command = [sys.executable, "-c", ABSENT]
    done = subprocess.run(command, cwd=fivesigma.root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ONNX is not installed; it comes with: pip install 'fivesigma[onnx]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_tables_of_the_page_have_the_numbers_of_the_results(fivesigma, finished):
    run, _ = finished
    done = fivesigma("export", run, "--tables", "--output", "tables")
    assert (done.returncode, done.stderr) == (0, "")
    files = done.stdout.splitlines()
    assert {Path(file).suffix for file in files} == {".csv", ".tex"}
    samples = json.loads((run / "results.json").read_text())["samples"]
    with (fivesigma.root / "tables/yields-samples-after-the-selection.csv").open(encoding="utf-8") as file:
        rows = {row["Sample"]: row for row in csv.DictReader(file)}
    assert float(rows["bkg"]["Yield"]) == samples["bkg"]["yield"]
    assert float(rows["bkg"]["Yield error up"]) == samples["bkg"]["yield_error"]


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_every_figure_of_the_page_in_each_format(fivesigma, finished, form):
    run, _ = finished
    done = fivesigma("export", run, "--figures", "--format", form)
    drawn = sorted((run / "figures").glob("*.pdf"))
    assert sorted(done.stdout.split()) == [str(run / form / f"{path.stem}.{form}") for path in drawn] != []
    if form != "png":
        for path in drawn:
            here = path.with_suffix(f".{form}")
            assert (run / form / here.name).read_bytes() == here.read_bytes()


def test_pictures_have_300_dots_per_inch_and_something_on_them(fivesigma, finished):
    run, _ = finished
    fivesigma("export", run, "--figures", "--output", "pictures")
    for path in (fivesigma.root / "pictures").iterdir():
        with Image.open(path) as picture:
            width, height = pypdfium2.PdfDocument(run / f"figures/{path.stem}.pdf")[0].get_size()
            assert picture.size == (math.ceil(width * 300 / 72), math.ceil(height * 300 / 72))
            darkest, brightest = picture.convert("L").getextrema()
            assert (darkest < 100, brightest > 250) == (True, True)


def test_a_submission_to_hepdata_in_one_file(fivesigma, finished):
    run, _ = finished
    done = fivesigma("export", run, "--hepdata", "--output", "submission")
    assert (done.returncode, done.stdout) == (0, "submission.tar.gz\n")
    command = [str(Path(sys.executable).with_name("hepdata-validate")), "--archive", "submission.tar.gz"]
    checked = subprocess.run(command, cwd=fivesigma.root, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    (fivesigma.root / "mine").mkdir(exist_ok=True)
    assert (
        "mine: was not written by `fivesigma export`"
        in fivesigma("export", run, "--hepdata", "--output", "mine").stderr
    )


@pytest.mark.parametrize("text", ["comment: by hand\n---\nname: one\n", "- one\n", "a: [", ""])
def test_a_submission_that_no_export_wrote_is_kept(fivesigma, finished, tmp_path, text):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "submission.yaml").write_text(text)
    (mine / "notes.txt").touch()
    done = fivesigma("export", finished[0], "--hepdata", "--output", mine)
    assert done.returncode == 1
    assert "mine: was not written by `fivesigma export`; give another --output" in done.stderr
    assert (mine / "notes.txt").is_file()


def test_a_submission_is_made_anew(fivesigma, finished, tmp_path):
    for _ in range(2):
        assert fivesigma("export", finished[0], "--hepdata", "--output", tmp_path / "sub").returncode == 0


@pytest.mark.parametrize("kind", ["--tables", "--hepdata"])
def test_a_damaged_run_is_named(fivesigma, finished, tmp_path, kind):
    shutil.copytree(finished[0], tmp_path / "run")
    results = tmp_path / "run/results.json"
    results.write_text(results.read_text().replace('"samples": {', '"samples": [], "others": {', 1))
    done = fivesigma("export", tmp_path / "run", kind)
    assert done.returncode == 1
    assert "run: damaged, or made by another version; `fivesigma run` makes it again" in done.stderr


def test_all_that_a_run_has(fivesigma, finished, run):
    done = fivesigma("export", finished[0], "--all")
    assert done.returncode == 0
    assert "--onnx: " in done.stderr
    assert "--pyhf: " in done.stderr
    assert {"hepdata.tar.gz", "tables", "png"} <= {path.name for path in finished[0].iterdir()}
    done = fivesigma("export", "runs/models", "--all")
    assert (done.returncode, done.stdout) == (0, "runs/models/onnx/forest\n")
    assert (
        "--tables: runs/models/results.json: not there or not readable; is runs/models a finished run?" in done.stderr
    )
