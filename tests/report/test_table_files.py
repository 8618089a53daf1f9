from __future__ import annotations

import csv
import io
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.report.cells import MISSING, Cell, cell, interval, measured_cell
from fivesigma.report.content import RunContent
from fivesigma.report.sections import Section, sections
from fivesigma.report.table_files import named_tables, printed, to_csv, to_latex
from fivesigma.report.tables import Column, Group, Part, Row, Table


def table(*cells: Cell, title: str = "", caption: str = "Yields", head: str = "tt̄") -> Table:
    columns = (Column(text="Sample", numeric=False), *(Column(text=f"c{i}") for i in range(len(cells))))
    return Table(caption=caption, columns=columns, groups=(Group(title=title, rows=(Row(head=head, cells=cells),)),))


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_csv_has_numbers_unrounded_and_errors_in_columns_of_their_own() -> None:
    made = table(measured_cell(341.217, 1.932), interval({"value": 1.08, "low": 0.81, "high": 1.41}), cell(31207))
    head, row = read(to_csv(made))
    assert head == ["Sample", "c0", "c0 error up", "c0 error down", "c1", "c1 error up", "c1 error down", "c2"]
    assert row[:4] == ["tt̄", "341.217", "1.932", "1.932"]
    assert [float(item) for item in row[4:7]] == pytest.approx([1.08, 0.33, 0.27])
    assert row[7] == "31207"


def test_csv_leaves_empty_what_is_not_there_and_prints_what_is_no_number() -> None:
    made = table(MISSING, Cell(text="yes, or no"), Cell(text="12 / 11", error="2", kind="number"))
    assert read(to_csv(made))[1] == ["tt̄", "", "yes, or no", "12 / 11 ± 2"]


def test_csv_names_groups_where_there_are_some() -> None:
    assert read(to_csv(table(cell(1), title="window"))) == [["group", "Sample", "c0"], ["window", "tt̄", "1"]]


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(1e-300, 1e300))
def test_csv_loses_no_digit(value: float, error: float) -> None:
    row = read(to_csv(table(measured_cell(value, error))))[1]
    assert [float(item) for item in row[1:]] == [value, error, error]


def test_what_a_cell_prints() -> None:
    assert printed(Cell(text="1.1", up="+0.3", down="−0.2")) == "1.1 +0.3 −0.2"
    assert printed(Cell(text="1.1", error="0.2")) == "1.1 ± 0.2"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("t̃ → χ̃⁰₁", r"\ensuremath{\tilde{\mathrm{t}}} {\textrightarrow} \ensuremath{\tilde{\ensuremath{\chi}}}"),
        ("S/√B", r"S/\ensuremath{\sqrt{B}}"),
        ("50 % & #1_a {x} \\ ^ ~", r"50 \% \& \#1\_a \{x\} {\textbackslash} {\textasciicircum} {\textasciitilde}"),
        ("12\N{NARROW NO-BREAK SPACE}345", r"12\,345"),
        ("2 × 10⁻⁵", r"2 {\texttimes} 10\ensuremath{^{-5}}"),
        ("$m_{4\\ell}$ in 5 %", r"$m_{4\ell}$ in 5 \%"),
    ],
)
def test_latex_of_texts(text: str, latex: str) -> None:
    assert f"    {latex}" in to_latex(table(head=text), "yields")


def test_latex_of_numbers_is_what_the_page_prints() -> None:
    made = to_latex(table(measured_cell(341.217, 1.932), interval({"value": 1.08, "low": 0.81, "high": 1.41})), "y")
    assert r"341.2 $\pm$ 1.9 & 1.08$^{+0.33}_{\ensuremath{-}0.27}$ \\" in made


def test_latex_is_a_table_with_rules_of_booktabs() -> None:
    lines = to_latex(table(cell(1), title="window"), "yields").splitlines()
    assert lines[0] == r"% needs \usepackage{booktabs}"
    assert [line.strip() for line in lines[1:]] == [
        r"\begin{table}",
        r"\centering",
        r"\caption{Yields}",
        r"\label{tab:yields}",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"Sample & c0 \\",
        r"\midrule",
        r"\multicolumn{2}{l}{\emph{window}} \\",
        r"t\ensuremath{\bar{\mathrm{t}}} & 1 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]


def test_every_table_of_a_page_has_a_name_of_its_own_and_is_latex_without_an_open_brace(content: RunContent) -> None:
    tables = named_tables(sections(content, {}))
    made = {name: to_latex(each, name) for name, each in tables.items()}
    assert {
        "yields-cutflow",
        "inference-significances-and-limits",
        "inference-shape-upper-limit-on-mu-at-95-cl",
    } <= set(tables)
    assert len(tables) == sum(len(part.tables) for section in sections(content, {}) for part in section.parts)
    for text in made.values():
        bare = re.sub(r"\\[{}]", "", text)
        assert bare.count("{") == bare.count("}")
        rows = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
        assert len({len(re.findall(r"(?<!\\)&", line)) for line in rows}) == 1


def test_tables_of_one_caption_get_numbers(content: RunContent) -> None:
    twice = [*sections(content, {}), *sections(content, {})]
    assert {"yields-cutflow", "yields-cutflow-2"} <= set(named_tables(twice))


def test_no_table_takes_the_name_of_one_whose_caption_ends_in_a_number() -> None:
    captions = ("fit 2", "fit", "Fit", "fit")
    section = Section(
        identifier="x", title="", parts=(Part(tables=tuple(table(cell(1), caption=c) for c in captions)),)
    )
    assert [each.caption for each in named_tables([section]).values()] == list(captions)


def test_limits_are_whole_in_csv(content: RunContent) -> None:
    tables = named_tables(sections(content, {}))
    rows = read(to_csv(tables["inference-significances-and-limits"]))
    shape = dict(zip(rows[0], rows[1], strict=True))
    assert float(shape["Expected limit on μ"]) == 0.419
    assert math.isclose(float(shape["Expected limit on μ error up"]), 0.599 - 0.419)
    assert float(next(value for key, value in shape.items() if key.startswith("Observed limit"))) == 0.451
