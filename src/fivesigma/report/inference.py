"""Limits, significances and what they are made of: the parts of the inference section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fivesigma.report.answer import Status
from fivesigma.report.cells import MISSING, Cell, cell
from fivesigma.report.format import aligned, number
from fivesigma.report.labels import LIMIT_BAND
from fivesigma.report.tables import Column, Group, Part, Row, Table, tables_of

__all__ = ["TYPE_NAMES", "inference_parts", "observed_word", "overview"]

TYPE_NAMES = {"counting": "counting experiment", "template_fit": "template fit"}
_PRINTED_ELSEWHERE = frozenset({"type", "limit_expected", "limit_observed", "breakdown"})


def observed_word(status: Status) -> str:
    """Return how observed numbers are headed: pseudo-data are never just called observed."""
    return "Observed (pseudo-data)" if status == "pseudo-data" else "Observed"


def overview(entries: Mapping[str, Mapping[str, Any]], status: Status) -> Table:
    """Return one row an inference: its expected and observed significance and limit."""
    word = observed_word(status)
    heads = ("Expected significance", f"{word} significance", "Expected limit on μ", f"{word} limit on μ")
    return Table(
        caption="Significances and limits",
        columns=(
            Column(text="Inference", numeric=False),
            Column(text="Type", numeric=False),
            *(Column(text=head) for head in heads),
        ),
        groups=(Group(rows=tuple(_overview_row(name, entry) for name, entry in entries.items())),),
        note="Upper limits at 95 % CL (CLs). Beside an expected limit: the ends of its ±1σ band, as differences from the median.",
    )


def _overview_row(name: str, entry: Mapping[str, Any]) -> Row:
    kind = str(entry.get("type", ""))
    return Row(
        head=name,
        cells=(
            Cell(text=TYPE_NAMES.get(kind, kind.replace("_", " "))),
            cell(entry.get("z_expected"), "z_expected"),
            cell(entry.get("z_observed"), "z_observed"),
            _banded(entry.get("limit_expected")),
            _limit(entry.get("limit_observed")),
        ),
    )


def _limit(value: float | None) -> Cell:
    return MISSING if value is None else Cell(text=number(value), kind="number")


def _banded(band: list[float] | None) -> Cell:
    if band is None:
        return MISSING
    low, median, high = band[1:4]
    texts = aligned([median, high - median, median - low])
    return Cell(text=texts[0], up=f"+{texts[1]}", down=f"−{texts[2]}", kind="number")


def inference_parts(entries: Mapping[str, Mapping[str, Any]], status: Status) -> Iterator[Part]:
    """Yield one part an inference: its limits, its breakdown, and every other field of its result."""
    for name, entry in entries.items():
        kind = str(entry.get("type", "inference"))
        tables = [*_limit_tables(entry, status), *_breakdown(entry), *_fields(entry, status)]
        yield Part(title=name, note=TYPE_NAMES.get(kind, kind.replace("_", " ")), tables=tuple(tables))


def _limit_tables(entry: Mapping[str, Any], status: Status) -> Iterator[Table]:
    if "limit_expected" not in entry and "limit_observed" not in entry:
        return
    band, observed = entry.get("limit_expected"), entry.get("limit_observed")
    known = [*(band or ()), *([] if observed is None else [observed])]
    texts = [Cell(text=text, kind="number") for text in aligned(known)]
    expected = texts[:5] if band else [MISSING] * 5
    cells = (*expected, texts[-1] if observed is not None else MISSING)
    yield Table(
        caption="Upper limit on μ at 95 % CL",
        columns=(
            Column(text="", numeric=False),
            *(Column(text=f"Expected {text}" if text == "median" else text) for text in LIMIT_BAND),
            Column(text=observed_word(status)),
        ),
        groups=(Group(rows=(Row(head="Limit on μ", cells=cells),)),),
    )


def _breakdown(entry: Mapping[str, Any]) -> Iterator[Table]:
    breakdown = entry.get("breakdown")
    if not breakdown:
        return
    ordered = sorted(breakdown.items(), key=lambda item: -(item[1] or 0.0))
    texts = iter(aligned([size for _, size in ordered if size is not None]))
    rows = tuple(
        Row(head=group, cells=(MISSING if size is None else Cell(text=next(texts), kind="number"),))
        for group, size in ordered
    )
    yield Table(
        caption="Uncertainty on μ by its source",
        columns=(Column(text="Source", numeric=False), Column(text="σ(μ)")),
        groups=(Group(rows=rows),),
    )


def _fields(entry: Mapping[str, Any], status: Status) -> Iterator[Table]:
    """Yield what is left of a result, pseudo-data named wherever something is called observed."""
    for table in tables_of("Result", {key: value for key, value in entry.items() if key not in _PRINTED_ELSEWHERE}):
        yield _named(table, observed_word(status))


def _named(table: Table, word: str) -> Table:
    groups = (
        replace(group, rows=tuple(replace(row, head=row.head.replace("Observed", word)) for row in group.rows))
        for group in table.groups
    )
    return replace(table, groups=tuple(groups))
