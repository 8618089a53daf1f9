"""Tables of the page as files: CSV with numbers as they were computed, LaTeX with numbers as they are printed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pylatexenc.latexencode import (
    RULE_CALLABLE,
    RULE_REGEX,
    UnicodeToLatexConversionRule,
    UnicodeToLatexEncoder,
    unicode_to_latex,
)

from fivesigma.report.cells import Cell
from fivesigma.report.sections import Section
from fivesigma.report.tables import Row, Table

__all__ = ["named_tables", "printed", "to_csv", "to_latex"]

_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_MATHEMATICS = re.compile(r"(?<!\\)\$[^$]+(?<!\\)\$")
_ACCENTS = {
    "\N{COMBINING TILDE}": r"\tilde",
    "\N{COMBINING MACRON}": r"\bar",
    "\N{COMBINING CIRCUMFLEX ACCENT}": r"\hat",
}
"""Marks that particles bear; composed letters with them hardly exist."""


def named_tables(sections: Iterable[Section]) -> Mapping[str, Table]:
    """Return the tables of sections under names that are good for files, such as ``inference-shape-upper-limit``.

    The title of the part that a table stands in is put before its caption.
    """
    tables = dict[str, Table]()
    for section in sections:
        for part in section.parts:
            for table in part.tables:
                titled = replace(table, caption=f"{part.title}: {table.caption}") if part.title else table
                name = wanted = _slug(f"{section.identifier} {titled.caption}")
                copies = 1
                while name in tables:
                    copies += 1
                    name = f"{wanted}-{copies}"
                tables[name] = titled
    return tables


def _slug(text: str) -> str:
    text = text.replace("μ", "mu").replace("σ", "sigma")
    return re.sub(r"[^a-z0-9_.]+", "-", text.lower()).strip("-.")


def to_csv(table: Table) -> str:
    """Return a table as CSV (RFC 4180): numbers unrounded, errors in columns of their own, nothing where there is no number.

    Where any cell of a column has errors, ``X error up`` and ``X error down`` follow ``X``. Groups of rows that have a title
    say it in a first column.
    """
    rows = [(group.title, row) for group in table.groups for row in group.rows]
    grouped = any(title for title, _ in rows)
    columns = [[row.cells[i] for _, row in rows] for i in range(len(table.columns) - 1)]
    with_errors = [any(cell.exact is not None and cell.exact.up is not None for cell in cells) for cells in columns]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads = [table.columns[0].text or "name"]
    for column, errors in zip(table.columns[1:], with_errors, strict=True):
        heads += [column.text, *([f"{column.text} error up", f"{column.text} error down"] if errors else [])]
    writer.writerow([*(["group"] if grouped else []), *heads])
    for title, row in rows:
        entries = [item for cell, errors in zip(row.cells, with_errors, strict=True) for item in _numbers(cell, errors)]
        writer.writerow([*([title] if grouped else []), row.head, *entries])
    return text.getvalue()


def _numbers(cell: Cell, errors: bool) -> Iterator[str]:
    if cell.exact is None:
        yield "" if cell.kind == "missing" else printed(cell)
        yield from ("", "") if errors else ()
        return
    yield repr(_plain(cell.exact.value))
    if errors:
        yield from ("" if error is None else repr(float(error)) for error in (cell.exact.up, cell.exact.down))


def _plain(value: float) -> float:
    return int(value) if isinstance(value, int) else float(value)


def printed(cell: Cell) -> str:
    """Return what a cell prints, in one line of text."""
    if cell.up:
        return f"{cell.text} {cell.up} {cell.down}"
    return f"{cell.text} ± {cell.error}" if cell.error else cell.text


def to_latex(table: Table, label: str) -> str:
    r"""Return a table for a paper: ``\begin{table}`` with the rules of the package booktabs, numbers rounded as the page has them.

    Parameters
    ----------
    table
        What to write; what stands between dollars in its texts is mathematics already.
    label
        What ``\ref`` calls it, after ``tab:``.
    """
    columns = "".join("r" if column.numeric else "l" for column in table.columns[1:])
    lines = [r"\begin{table}", r"  \centering", f"  \\caption{{{_text(table.caption)}}}", f"  \\label{{tab:{label}}}"]
    lines += [f"  \\begin{{tabular}}{{l{columns}}}", r"    \toprule"]
    if table.headed:
        lines += [_line(_text(column.text) for column in table.columns), r"    \midrule"]
    for number, group in enumerate(table.groups):
        lines += [r"    \midrule"] if number else []
        if group.title:
            lines.append(f"    \\multicolumn{{{len(table.columns)}}}{{l}}{{\\emph{{{_text(group.title)}}}}} \\\\")
        lines += [_row(row) for row in group.rows]
    lines += [r"    \bottomrule", r"  \end{tabular}", r"\end{table}"]
    return "\n".join(["% needs \\usepackage{booktabs}", *lines]) + "\n"


def _line(entries: Iterable[str]) -> str:
    return f"    {' & '.join(entries)} \\\\"


def _row(row: Row) -> str:
    return _line([_text(row.head), *map(_entry, row.cells)])


def _entry(cell: Cell) -> str:
    value = _text(cell.text)
    if cell.up:
        return f"{value}$^{{{_text(cell.up)}}}_{{{_text(cell.down)}}}$"
    return rf"{value} $\pm$ {_text(cell.error)}" if cell.error else value


def _text(text: str) -> str:
    """Return a text for LaTeX; what stands between dollars as it is."""
    pieces, after = [], 0
    for found in _MATHEMATICS.finditer(text):
        pieces += [_escaped(text[after : found.start()]), found[0]]
        after = found.end()
    return "".join([*pieces, _escaped(text[after:])])


def _accented(text: str, place: int) -> tuple[int, str] | None:
    """Return how many characters a letter with its mark takes and what it is in LaTeX, None where none stands."""
    if (mark := _ACCENTS.get(text[place + 1 : place + 2])) is None:
        return None
    letter = rf"\mathrm{{{text[place]}}}" if text[place].isascii() else unicode_to_latex(text[place])
    return 2, rf"\ensuremath{{{mark}{{{letter}}}}}"


_ENCODER = UnicodeToLatexEncoder(
    unknown_char_policy="keep",
    conversion_rules=[
        UnicodeToLatexConversionRule(RULE_CALLABLE, _accented),
        UnicodeToLatexConversionRule(
            RULE_REGEX,
            [
                (re.compile("√(\\w+)"), r"\\ensuremath{\\sqrt{\1}}"),
                (re.compile("\N{NARROW NO-BREAK SPACE}"), r"\\,"),
                (
                    re.compile("⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+"),
                    lambda power: rf"\ensuremath{{^{{{power[0].translate(_SUPERSCRIPTS)}}}}}",
                ),
            ],
        ),
        "defaults",
    ],
)


def _escaped(text: str) -> str:
    return str(_ENCODER.unicode_to_latex(text))
