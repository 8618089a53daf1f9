"""The import contract, and what importing fivesigma may cost."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fivesigma

ROOT = Path(__file__).parents[2]
HEAVY = {
    "awkward",
    "hist",
    "iminuit",
    "matplotlib",
    "mplhep",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pyhf",
    "pythia8mc",
    "scipy",
    "skops",
    "sklearn",
    "torch",
    "uproot",
}
ROOMS = [name for _, name, is_package in pkgutil.iter_modules(fivesigma.__path__) if is_package]
HELP = """
import sys
sys.argv = ["fivesigma", "--help"]
from fivesigma.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code
"""


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after running the code."""
    done = subprocess.run(
        [sys.executable, "-c", code + "\nimport sys; print('loaded', *{m.partition('.')[0] for m in sys.modules})"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def contract(source: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contract of the package in a folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", ROOT / "pyproject.toml", "--no-cache"],
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rooms_import_only_what_stands_below_them() -> None:
    done = contract(ROOT / "src")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("core/planted.py", "from fivesigma.statistics import weighted"),
        ("learning/planted.py", "def late():\n    from fivesigma.evaluation import roc"),
        ("attic/__init__.py", ""),
    ],
    ids=["upwards", "between rooms, in a function", "a room that no floor knows"],
)
def test_the_contract_notices(tmp_path: Path, module: str, line: str) -> None:
    for file in (ROOT / "src/fivesigma").rglob("*.py"):
        copy = tmp_path / "fivesigma" / file.relative_to(ROOT / "src/fivesigma")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    planted = tmp_path / "fivesigma" / module
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(line)
    done = contract(tmp_path)
    assert done.returncode != 0
    assert (
        planted.relative_to(tmp_path).with_suffix("").as_posix().removesuffix("/__init__").replace("/", ".")
        in done.stdout
    )


@pytest.mark.parametrize("module", ["fivesigma", *(f"fivesigma.{room}" for room in ROOMS)])
def test_importing_a_room_loads_nothing_heavy(module: str) -> None:
    assert not loaded_by(f"import {module}") & HEAVY


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by(HELP) & HEAVY


def test_heavy_libraries_would_be_noticed() -> None:
    assert {"numpy", "scipy"} <= loaded_by("import fivesigma.statistics.significance") & HEAVY


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_to_use_when(room: str) -> None:
    package = importlib.import_module(f"fivesigma.{room}")
    text = package.__doc__ or ""
    assert "What to use when" in text
    told = {
        name
        for line in re.findall(r"^ *- (``.*?``):", text, flags=re.MULTILINE)
        for name in re.findall(r"``(\w+)``", line)
    }
    assert told <= {name for _, name, _ in pkgutil.iter_modules(package.__path__)}


def test_every_module_says_what_is_public() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in (ROOT / "src/fivesigma").rglob("*.py")
        if file.name not in {"__init__.py", "__main__.py"} and "__all__" not in file.read_text()
    ]
    assert silent in ([], ["src/fivesigma/core/version.py"])


def test_public_names_are_documented() -> None:
    page = (ROOT / "docs/reference/python.md").read_text()
    documented = re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)
    assert sorted(documented) == sorted(name for name in fivesigma.__all__ if not name.startswith("__"))


def test_public_names_are_there() -> None:
    for name in fivesigma.__all__:
        assert getattr(fivesigma, name) is not None
    assert set(fivesigma.__all__) <= set(dir(fivesigma))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="crossfit"):
        getattr(fivesigma, "crossfit")  # noqa: B009 - reading it is the test
