"""The lessons of ``notebooks/``: whole they are slow; here the cell tagged ``parameters`` asks for less of everything.

Each cell runs as it would in a notebook, and what it ends with is shown.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import jupytext
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
BOOKS = sorted(FOLDER.glob("*.py"))
REDUCED = {
    "dijet_anomaly": "folds, members, trees, experiments, masses = 3, 1, 10, 1, [3200, 3600]",
    "heavy_higgs": "folds, epochs, scan_step = 2, 2, 7",
    "higgs_4l": "folds, trees, epochs, shuffled = 2, 9, 2, 500",
    "ttz": "folds, trees, shuffled = 2, 10, 300",
    "stop_four_body": "folds, trees, epochs, replicas = 2, 10, 2, 20",
    "ww_systematics": "folds, trees, depth = 2, 10, 4",
}

every_book = pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)


def cells(book: Path, kind: str) -> list[Any]:
    return [cell for cell in jupytext.read(book).cells if cell.cell_type == kind]


def assigned(source: str) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def run(book: Path, parameters: str = "") -> list[Any]:
    """Return what the cells of a notebook end with, in order; ``parameters`` is run after those of the notebook."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    ends = []
    for number, cell in enumerate(cells(book, "code")):
        source = f"{cell.source}\n{parameters}" if "parameters" in cell.metadata.get("tags", ()) else cell.source
        *body, last = ast.parse(source).body
        shown = last.value if isinstance(last, ast.Expr) else ast.parse("None", mode="eval").body
        if not isinstance(last, ast.Expr):
            body.append(last)
        name = f"{book.name}, cell {number}"
        exec(compile(ast.Module(body, []), name, "exec"), namespace)  # noqa: S102 (our own notebook)
        ends.append(eval(compile(ast.Expression(shown), name, "eval"), namespace))  # noqa: S307
    return ends


def shows(value: Any) -> bool:
    """Say whether a notebook shows a value as a table, a figure, or a few words."""
    for method in ("_repr_html_", "_repr_png_"):
        if shown := getattr(value, method, lambda: None)():
            return "Estimate(" not in str(shown)
    return isinstance(value, str | int | list) and len(str(value)) < 300


def test_each_has_a_reduced_form() -> None:
    assert {book.stem for book in BOOKS} == set(REDUCED)


@every_book
def test_reduced(book: Path) -> None:
    ends = run(book, REDUCED[book.stem])
    silent = [number for number, value in enumerate(ends) if value is not None and not shows(value)]
    assert not silent, f"cells {silent} end with what does not show itself"
    assert sum(value is not None for value in ends) >= 10


@pytest.mark.slow
@every_book
def test_whole(book: Path) -> None:
    run(book)


@every_book
def test_it_is_a_lesson_of_short_cells(book: Path) -> None:
    code = cells(book, "code")
    assert len(code) >= 15
    assert not [cell.source for cell in code if len(cell.source.splitlines()) > 12]
    (parameters,) = (cell for cell in code if "parameters" in cell.metadata.get("tags", ()))
    assert assigned(parameters.source) == assigned(REDUCED[book.stem])


@every_book
def test_it_ends_with_exercises(book: Path) -> None:
    last = jupytext.read(book).cells[-1]
    assert last.cell_type == "markdown"
    assert last.source.startswith("## Exercises")
    assert 4 <= len(re.findall(r"^\d\. ", last.source, flags=re.MULTILINE)) <= 6


@every_book
def test_it_is_text_that_jupytext_would_write_the_same(book: Path) -> None:
    notebook = jupytext.read(book)
    assert not [cell for cell in notebook.cells if cell.get("outputs")]
    again = jupytext.reads(jupytext.writes(notebook, fmt="py:percent"), fmt="py:percent")
    assert [cell.source for cell in again.cells] == [cell.source for cell in notebook.cells]
