"""What the commands print, where, and how they end."""

import json
import re
import shutil
import subprocess
import sys

import polars as pl
import pytest
from click.testing import CliRunner

from fivesigma import __version__
from fivesigma.cli.main import cli

COMMANDS = ("doctor", "explore", "init", "inspect", "recipes", "report", "run", "show", "simulate", "validate")


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_help_names_every_command():
    result = invoke("--help")
    assert result.exit_code == 0
    assert all(re.search(rf"^  {name} +\S", result.stdout, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_has_help(command, flag):
    result = invoke(command, flag)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: cli {command}")
    assert len(result.stdout.splitlines()) > 4


def test_the_line_in_the_list_of_commands_is_what_the_command_says():
    for name in COMMANDS:
        listed = re.search(rf"^  {name} +(.*)$", invoke("--help").stdout, re.MULTILINE)[1]
        assert listed.removesuffix(".").split()[0] in invoke(name, "--help").stdout


def test_version():
    assert invoke("--version").stdout == f"fivesigma, version {__version__}\n"


def test_recipes_are_listed_with_their_titles():
    result = invoke("recipes")
    assert re.search(r"^higgs-4l +H → ZZ", result.stdout, re.MULTILINE)


def test_every_recipe_is_valid():
    from fivesigma.analysis.recipes import recipes

    assert recipes()
    for recipe in recipes():
        assert invoke("validate", recipe.path).exit_code == 0


def test_doctor_names_every_library():
    result = invoke("doctor")
    assert result.exit_code == 0
    assert all(f"  {name} " in result.stdout for name in ("numpy", "polars", "uproot", "pyhf", "torch", "pythia8mc"))


def test_doctor_says_what_is_missing(monkeypatch):
    from fivesigma.cli import doctor

    monkeypatch.setattr(doctor, "_NEEDED", ("numpy", "nosuchlibrary"))
    monkeypatch.setattr(doctor, "_EXTRAS", [("torch", ("nosuchbuild", "nosuchextra"), "networks")])
    result = invoke("doctor")
    assert result.exit_code == 1
    assert re.search(r"nosuchlibrary +not installed; install fivesigma again", result.stdout)
    assert re.search(r"nosuchextra +not installed; for networks: pip install 'fivesigma\[torch\]'", result.stdout)
    assert "missing: nosuchlibrary" in result.stderr


def test_validate_counts_what_is_there(fivesigma):
    done = fivesigma("validate", "toy.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "toy.yaml: valid: 3 samples, 1 inputs, 0 models, 1 inferences\n"


def test_validate_says_all_that_is_wrong(fivesigma):
    fivesigma.yaml("wrong.yaml", trainin={"folds": 2}, training={"folds": 1})
    done = fivesigma("validate", "wrong.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"wrong\.yaml:\d+: trainin: there is no key 'trainin'; did you mean training\?", done.stderr)
    assert re.search(r"wrong\.yaml:\d+: training\.folds: ", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("rnu",), 2, "did you mean run?"),
        (("run",), 2, "Missing argument 'RECIPE|YAML'"),
        (("run", "higgs-4"), 2, "no recipe 'higgs-4'; did you mean higgs-4l"),
        (("run", "toyy.yaml"), 2, "toyy.yaml: there is no such file; did you mean toy.yaml"),
        (("run", "toy.yaml", "--util", "page"), 2, "--until"),
        (("run", "toy.yaml", "--until", "paeg"), 2, "paeg"),
        (("run", "toy.yaml", "--workers", "0"), 2, "--workers"),
        (
            ("run", "toy.yaml", "--set", "analysis.sed=1"),
            2,
            "--set analysis.sed=1: analysis.sed: there is no key 'sed'",
        ),
        (("run", "toy.yaml", "--set", "analysis.name=../../x"), 2, "analysis.name"),
        (("run", "toy.yaml", "--set", "nonsense"), 2, "--set takes key=value"),
        (("run", "toy.yaml", "--data", "nowhere", "--output", "new"), 1, "nowhere: there is no such folder"),
        (("run", "toy.yaml", "--output", "toy.yaml"), 2, "toy.yaml"),
        (("run", "toy.yaml", "--output", "."), 1, "is no run directory; give another --output"),
        (
            ("run", "toy.yaml", "--set", "samples.sig.files=sgi.parquet", "--output", "new"),
            1,
            "sgi.parquet: no such file; did you mean sig.parquet",
        ),
        (
            ("run", "toy.yaml", "--set", "features.inputs.a=xx", "--output", "new2"),
            1,
            "no column 'xx'; did you mean x?",
        ),
        (("validate", "toyy.yaml"), 2, "toyy.yaml: cannot be read: No such file or directory"),
        (("validate", "."), 2, "Is a directory"),
        (("show", "nowhere"), 1, "is nowhere a finished run?"),
        (("show", "toy.yaml"), 2, "is a file"),
        (("show", "."), 1, "is . a finished run?"),
        (("report", "nowhere"), 1, "is nowhere a finished run?"),
        (("report", "."), 1, "is . a finished run?"),
        (("simulate", "higgs-4", "--events", "1", "--output", "sim"), 2, "did you mean higgs-4l or"),
        (("simulate", "higgs-4l", "--events", "0", "--output", "sim"), 2, "--events"),
    ],
)
def test_a_mistake_ends_in_a_message_and_its_code(fivesigma, arguments, code, message):
    before = sorted(fivesigma.root.iterdir())
    done = fivesigma(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    made = {path.name for path in fivesigma.root.iterdir()} - {path.name for path in before}
    assert made <= {"new2"}


def test_a_run_prints_its_page_and_nothing_else_to_stdout(finished):
    directory, done = finished
    assert done.stdout == "runs/toy/report.html\n"
    told, *findings = done.stderr.partition("Writing the page\n")
    assert re.fullmatch(r" +\d+ s  Reading events", told.splitlines()[0])
    assert all(line.startswith(("warning: ", "serious: ")) for line in findings[1].splitlines())
    assert (directory / "report.html").is_file()


def test_a_run_until_a_stage_prints_its_directory(fivesigma):
    done = fivesigma("run", "toy.yaml", "--workers", 1, "--until", "events", "--output", "short")
    assert (done.returncode, done.stdout) == (0, "short\n")


def test_settings_change_what_is_run_and_where(fivesigma):
    done = fivesigma("run", "toy.yaml", "--workers", 1, "--until", "events", "--set", "analysis.name=other")
    assert done.stdout == "runs/other\n"


def test_show_prints_every_table(fivesigma, finished):
    done = fivesigma("show", "runs/toy")
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("sig", "bkg", "data", "200", "count", "μ < expected", "Z observed"):
        assert word in done.stdout, word


def test_show_json_is_the_file(fivesigma, finished):
    done = fivesigma("show", "runs/toy", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (finished[0] / "results.json").read_text(encoding="utf-8")
    assert json.loads(done.stdout)["analysis"] == "toy"


def test_report_writes_the_same_page_again(fivesigma, finished):
    page = finished[0] / "report.html"
    before = page.read_bytes()
    page.unlink()
    done = fivesigma("report", "runs/toy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "runs/toy/report.html\n", "")
    assert page.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["results.json", "stages/events.json", "provenance.json", "figures/features.svg", "config.yaml"]
)
def test_report_and_show_of_a_harmed_run_say_what_is_missing(fivesigma, finished, name):
    path = finished[0] / name
    content = path.read_bytes()
    path.unlink()
    try:
        done = fivesigma("report", "runs/toy")
    finally:
        path.write_bytes(content)
    assert done.returncode in (1, 2)
    assert name in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("stages/events.json", '"cutflow"', '"flow"', "stages/events.json: was changed since the stage recorded it"),
        ("results.json", '"samples": {', '"samples": [], "others": {', "runs/toy: damaged, or made by another version"),
    ],
)
def test_report_of_a_run_that_was_edited_or_made_otherwise(fivesigma, finished, name, old, new, said):
    path = finished[0] / name
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new), encoding="utf-8")
    try:
        done = fivesigma("report", "runs/toy")
    finally:
        path.write_text(content, encoding="utf-8")
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_what_the_system_refuses_is_no_traceback(fivesigma):
    (fivesigma.root / "blocked/stages").mkdir(parents=True)
    (fivesigma.root / "blocked/events").write_text("a file where a folder should be")
    done = fivesigma("run", "toy.yaml", "--workers", 1, "--until", "events", "--output", "blocked")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "error: blocked/events: File exists"


def test_serious_findings_fail_only_where_they_are_asked_to(fivesigma):
    data = pl.read_parquet(fivesigma.root / "data.parquet")
    pl.concat([data, data.head(5)]).write_parquet(fivesigma.root / "doubled.parquet")
    run = ("run", "toy.yaml", "--workers", 1, "--until", "events", "--set", "samples.data.files=doubled.parquet")
    done = fivesigma(*run, "--output", "doubled")
    assert (done.returncode, done.stdout) == (0, "doubled\n")
    assert "serious: duplicate-events: 5 of 205 events of data" in done.stderr
    assert fivesigma(*run, "--output", "doubled", "--strict").returncode == 3
    clean = ("run", "toy.yaml", "--workers", 1, "--until", "events", "--output", "clean", "--strict")
    assert fivesigma(*clean).returncode == 0


def test_a_closed_pipe_is_no_traceback(fivesigma, finished):
    process = fivesigma.start("show", "runs/toy")
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) in (0, 1)
    assert "Traceback" not in stderr


def test_the_command_is_light():
    code = (
        "import sys\nfrom fivesigma.cli.main import cli\n"
        "try:\n    cli(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'torch', 'sklearn', 'matplotlib', 'polars', 'pyhf', 'pydantic', 'ruamel', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


def test_python_runs_the_package_itself():
    done = subprocess.run([sys.executable, "-m", "fivesigma", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"fivesigma, version {__version__}\n")


def test_recipes_say_which_files_of_others_they_read():
    told = invoke("recipes").stdout
    assert "--data DIR: CSV files of the lesson on H → ZZ* → 4ℓ" in told
    assert " source: " in told


def test_no_name_is_cut_on_a_narrow_terminal(fivesigma, finished, monkeypatch):
    name = "a_name_that_is_longer_than_its_column"
    results = finished[0].parent / "narrow"
    shutil.copytree(finished[0], results)
    told = json.loads((results / "results.json").read_text())
    told["inference"] = {name: next(iter(told["inference"].values()))}
    (results / "results.json").write_text(json.dumps(told))
    monkeypatch.setenv("COLUMNS", "50")
    lines = invoke("show", results).stdout.splitlines()
    assert max(map(len, lines)) <= 50
    assert "…" not in "".join(lines)
    assert name in "".join(line.split("│")[1].strip() for line in lines if line.count("│") == 6)
