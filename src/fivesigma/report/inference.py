"""Limits, significances and what they are made of: the parts of the inference section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fivesigma.core.format import aligned, count
from fivesigma.report.anomaly import scan_tables
from fivesigma.report.answer import Status
from fivesigma.report.cells import MISSING, Cell, cell, told_as
from fivesigma.report.labels import row_label
from fivesigma.report.limit_plane import plane_table
from fivesigma.report.limits import CONFIDENCE, LIMIT_BAND, band_cells, expected_limit_cell, observed_limit_cell
from fivesigma.report.strength import reaching_sentence, strength_table
from fivesigma.report.tables import Column, Group, Part, Row, Table, tables_of

__all__ = [
    "OVERVIEW_TYPES",
    "inference_parts",
    "observed_label",
    "overview",
    "type_name",
]

_TYPE_NAMES = {
    "counting": "counting experiment",
    "cwola_scan": "scan for a resonance without labels",
    "limit_plane": "limits over a grid of signal points",
    "mass_fit": "mass fit",
    "strength_uncertainty": "uncertainties of a counted strength",
    "template_fit": "template fit",
}
OVERVIEW_TYPES = frozenset({"counting", "template_fit"})
"""Those that give a significance and a limit of one signal."""
_FROM_DATA = frozenset(map(row_label, ("observed", "z_observed", "mu", "goodness_of_fit")))
_SOURCES = {"statistics": "number of data events", "mc_statistics": "number of simulated events"}
_ONLY_IF_THERE = frozenset({"model", "cut", "cuts"})
_PRINTED_ELSEWHERE = frozenset({"type", "limit_expected", "limit_observed", "breakdown", "yields"})


def type_name(entry: Mapping[str, Any]) -> str:
    """Return what a type of inference is called in print."""
    kind = str(entry.get("type", "inference"))
    return _TYPE_NAMES.get(kind, kind.replace("_", " "))


def observed_label(label: str, status: Status) -> str:
    """Return how an observed number is headed: one from pseudo-data says so."""
    return f"{label} (pseudo-data)" if status == "pseudo-data" else label


def overview(entries: Mapping[str, Mapping[str, Any]], status: Status) -> Table:
    """Return one row a count or a template fit: its expected and observed significance and limit."""
    heads = (
        "Expected significance",
        observed_label("Observed significance", status),
        "Expected limit on μ",
        observed_label("Observed limit on μ", status),
    )
    return Table(
        caption="Significances and limits",
        columns=(
            Column(text="Inference", numeric=False),
            Column(text="Type", numeric=False),
            *(Column(text=head) for head in heads),
        ),
        groups=(
            Group(
                rows=tuple(
                    _overview_row(name, entry) for name, entry in entries.items() if entry["type"] in OVERVIEW_TYPES
                )
            ),
        ),
        note=f"Upper limits at {CONFIDENCE} (CLs). Beside an expected limit: the ends of its ±1σ band, as differences from the median.",
    )


def _overview_row(name: str, entry: Mapping[str, Any]) -> Row:
    return Row(
        head=name,
        cells=(
            Cell(text=type_name(entry)),
            cell(entry.get("z_expected"), "z_expected"),
            cell(entry.get("z_observed"), "z_observed"),
            expected_limit_cell(entry),
            observed_limit_cell(entry),
        ),
    )


def inference_parts(entries: Mapping[str, Mapping[str, Any]], status: Status) -> Iterator[Part]:
    """Yield one part an inference: its limits, its breakdown, and every other field of its result."""
    for name, entry in entries.items():
        if entry["type"] == "mass_fit":
            continue  # side by side in a table of their own
        if entry["type"] == "limit_plane":
            table = plane_table(entry, observed_label("Observed limit on μ", status))
            yield Part(title=name, note=f"{type_name(entry)} in {entry['observable']}", tables=(table,))
            continue
        if entry["type"] == "strength_uncertainty":
            note = f"{type_name(entry)} in region {entry['region']}. {reaching_sentence(entry)}".strip()
            yield Part(title=name, note=note, tables=(strength_table(entry),))
            continue
        if entry["type"] == "cwola_scan":
            scan = tuple(scan_tables(entry, observed_label("Observed", status)))
            yield Part(title=name, note=f"{type_name(entry)} in {entry['observable']}", tables=scan)
            continue
        tables = [*_limit_tables(entry, status), *_yields(entry, status), *_breakdown(entry), *_fields(entry, status)]
        yield Part(title=name, note=type_name(entry), tables=tuple(tables))


def _limit_tables(entry: Mapping[str, Any], status: Status) -> Iterator[Table]:
    if "limit_expected" not in entry and "limit_observed" not in entry:
        return
    cells = (*band_cells(entry), observed_limit_cell(entry))
    yield Table(
        caption=f"Upper limit on μ at {CONFIDENCE}",
        columns=(
            Column(text="", numeric=False),
            *(Column(text=f"Expected {text}" if text == "median" else text) for text in LIMIT_BAND),
            Column(text=observed_label("Observed", status)),
        ),
        groups=(Group(rows=(Row(head="Limit on μ", cells=cells),)),),
    )


def _yields(entry: Mapping[str, Any], status: Status) -> Iterator[Table]:
    """Yield the table of expected events before and after a fit, region by region."""
    if not (regions := entry.get("yields")):
        return
    fitted = any(region["total"]["postfit"] is not None for region in regions.values())
    heads = ["Before the fit, μ = 1", *(["After the fit"] if fitted else [])]
    keys = ["prefit", *(["postfit"] if fitted else [])]
    groups = []
    for name, region in regions.items():
        rows = [
            Row(head=sample, cells=tuple(cell(events[key]) for key in keys))
            for sample, events in region["samples"].items()
        ]
        rows.append(Row(head="Total", strong=True, cells=tuple(cell(region["total"][key]) for key in keys)))
        if region["observed"] is not None:
            seen = told_as(count(int(region["observed"])), region["observed"])
            rows.append(Row(head=observed_label("Observed", status), cells=(seen, *([Cell()] if fitted else []))))
        groups.append(Group(title=name, rows=tuple(rows)))
    yield Table(
        caption="Expected events",
        columns=(Column(text="Sample", numeric=False), *(Column(text=head) for head in heads)),
        groups=tuple(groups),
        note="Errors are those of systematics and of the simulation's statistics, correlated by the fit after it.",
    )


def _breakdown(entry: Mapping[str, Any]) -> Iterator[Table]:
    breakdown = entry.get("breakdown")
    if not breakdown:
        return
    ordered = sorted(breakdown.items(), key=lambda item: -(item[1] or 0.0))
    texts = iter(aligned([size for _, size in ordered if size is not None]))
    rows = tuple(
        Row(head=_SOURCES.get(group, group), cells=(MISSING if size is None else told_as(next(texts), size),))
        for group, size in ordered
    )
    yield Table(
        caption="Uncertainty on μ by its source",
        columns=(Column(text="Source", numeric=False), Column(text="σ(μ)")),
        groups=(Group(rows=rows),),
        note="What each group of uncertainties adds in quadrature.",
    )


def _fields(entry: Mapping[str, Any], status: Status) -> Iterator[Table]:
    """Yield what is left of a result, pseudo-data named wherever something is called observed."""
    fields = {
        key: value
        for key, value in entry.items()
        if key not in _PRINTED_ELSEWHERE and (value or key not in _ONLY_IF_THERE)
    }
    for table in tables_of("Result", fields):
        yield _named(table, status)


def _named(table: Table, status: Status) -> Table:
    groups = (
        replace(group, rows=tuple(replace(row, head=_head(row.head, status)) for row in group.rows))
        for group in table.groups
    )
    return replace(table, groups=tuple(groups))


def _head(head: str, status: Status) -> str:
    return observed_label(head, status) if head in _FROM_DATA else head
