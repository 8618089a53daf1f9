"""What must not be in the repository."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOMES = [
    r"(?<![\w./])/(?:home|Users|root)/\w+",
    r"[A-Z]:\\Users\\",
    re.escape(f"{ROOT}/"),
    re.escape(f"{Path.home()}/"),
]
HOME = re.compile("|".join(HOMES))


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return a file's text; nothing for a binary one."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode()


@pytest.mark.parametrize("text", ["see /home" + "/ada/notes", 'open("/Users' + '/ada/x")', "C:" + "\\Users\\ada"])
def test_a_machine_path_would_be_noticed(text: str) -> None:
    assert HOME.search(text)


def test_no_paths_of_a_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if HOME.search(line)
    ]
    assert not found


def test_no_large_files() -> None:
    large = [path.relative_to(ROOT) for path in tracked() if path.stat().st_size > 4 * 2**20]
    assert not large


def test_constraints_name_every_requirement_once() -> None:
    pinned = [line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line]
    assert len(pinned) == len(set(pinned))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    required = {re.split(r"[<>=\[ ]", r)[0].replace(".", "-") for one in lists for r in one if isinstance(r, str)}
    assert required - {"fivesigma"} <= set(pinned)
