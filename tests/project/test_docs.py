"""The documentation's code does what it says.

A fenced block ```` ```python ```` or ```` ```console ```` runs; one written as a ``code-block`` directive is only shown. The blocks
of a page run in order, in one folder: Python in one namespace, of the console its ``fivesigma`` commands. A block
with a file name for its caption is that file, and paths under ``src`` lead where they do in a checkout.
"""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from fivesigma.core.explanations import explanations

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\{code-block\} )?(\w+)\n(?::caption: (\S+)\n\n)?(.*?)^```", flags=re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    language: str
    file: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return what of a page runs, or is a file for what runs."""
    found = [
        Block(language, file, text)
        for shown, language, file, text in FENCE.findall(page.read_text())
        if file or not shown
    ]
    return [b for b in found if b.language in {"python", "console", "yaml"}]


PAGES = [p for p in sorted((ROOT / "docs").rglob("*.md")) if not {"_build", "generated"} & set(p.parts) and blocks(p)]


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[-1]}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page: Path, tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(ROOT / "src")
    for block in blocks(page):
        if block.file:
            (tmp_path / block.file).write_text(block.text)
        elif block.language == "console":
            for line in block.text.splitlines():
                program, *arguments = shlex.split(line)
                run([str(Path(sys.executable).with_name(program)), *arguments], tmp_path)
    if python := "\n".join(block.text for block in blocks(page) if block.language == "python" and not block.file):
        run([sys.executable, "-c", python], tmp_path)


def test_there_are_pages() -> None:
    assert {"expressions", "statistics", "own-ntuples"} <= {page.stem for page in PAGES}


def test_links_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if "_build" not in page.parts
        for link in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert not broken


def test_links_to_findings_lead_to_one() -> None:
    linked = {
        code: page
        for page in (ROOT / "docs").rglob("*.md")
        if "_build" not in page.parts
        for code in re.findall(r"findings\.md#([\w-]+)", page.read_text())
    }
    assert "naive-cut-flatters" in linked
    assert not {code: page.name for code, page in linked.items() if code not in explanations()}


def finding_codes() -> set[str]:
    """Return the code of every finding that the package makes."""
    return {
        ast.literal_eval(keyword.value)
        for file in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
        for keyword in node.keywords
        if keyword.arg == "code"
    }


def test_every_finding_has_a_section() -> None:
    assert set(explanations()) == finding_codes()


def test_sections_of_findings_stand_in_the_alphabets_order() -> None:
    assert list(explanations()) == sorted(explanations())
