"""What a run found as a submission to HEPData: its yields, its limits, the spectra that were fitted, and the curves of CLs.

The format is that of https://hepdata-submission.readthedocs.io; the files are checked by hepdata-validator in our tests.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from fivesigma.core.format import NARROW
from fivesigma.report.answer import has_pseudo_data
from fivesigma.report.cells import Cell
from fivesigma.report.content import RunContent
from fivesigma.report.inference import observed_label
from fivesigma.report.limits import LIMIT_BAND
from fivesigma.report.sections import sections
from fivesigma.report.table_files import named_tables, printed
from fivesigma.report.tables import Column, Table

__all__ = ["CURVES", "SPECTRA", "WRITTEN_BY", "hepdata_submission"]

CURVES, SPECTRA = "cls-", "templates-"
"""How figures are called whose numbers are curves of CLs, and spectra."""
WRITTEN_BY = "Written by fivesigma"
"""How the comment of a submission says where it comes from."""
_LONGEST_NAME = 64  # a HEPData table's
_UNITS = re.compile(r"(.+?) \[([^\[\],]+)\]")
_NOTHING = "-"
"""What HEPData prints where there is no value."""

_Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A table of the submission: the name of its file, what HEPData calls it, and its variables."""

    file: str
    name: str
    description: str
    observables: tuple[str, ...]
    independent: list[_Json]
    dependent: list[_Json]


def hepdata_submission(content: RunContent, numbers: Mapping[str, Any]) -> dict[str, list[_Json]]:
    """Return the documents of each YAML file of a submission by the file's name, ``submission.yaml`` first.

    Parameters
    ----------
    content
        The run.
    numbers
        What figures drew by the figure's name: of those that begin with `CURVES` or `SPECTRA`.
    """
    analysis = content.config["analysis"]
    entries = [*_tables(content), *_planes(content), *_spectra(content, numbers), *_curves(content, numbers)]
    names = _short_names(entries)
    energy = 1000.0 * float(analysis["energy"])
    qualifiers = [{"name": "SQRT(S)", "value": float(analysis["energy"]), "units": "TeV"}]
    if analysis.get("luminosity"):
        qualifiers.append({"name": "LUMINOSITY", "value": float(analysis["luminosity"]), "units": "fb$^{-1}$"})
    files: dict[str, list[_Json]] = {
        f"{entry.file}.yaml": [
            {
                "independent_variables": entry.independent,
                "dependent_variables": [{**variable, "qualifiers": qualifiers} for variable in entry.dependent],
            }
        ]
        for entry in entries
    }
    described = [
        {
            "name": name,
            "description": entry.description,
            "keywords": [
                {"name": "cmenergies", "values": [energy]},
                {"name": "observables", "values": list(entry.observables)},
            ],
            "data_file": f"{entry.file}.yaml",
        }
        for name, entry in zip(names, entries, strict=True)
    ]
    comment = f"{analysis.get('title') or analysis['name']}. {WRITTEN_BY} {content.results['fivesigma']}."
    return {"submission.yaml": [{"comment": comment}, *described], **files}


def _short_names(entries: Iterable[_Entry]) -> list[str]:
    """Return names that differ and that HEPData takes."""
    names = list[str]()
    for entry in entries:
        name, copies = entry.name[:_LONGEST_NAME], 1
        while name in names:
            copies += 1
            name = f"{entry.name[: _LONGEST_NAME - 4]} ({copies})"
        names.append(name)
    return names


def _tables(content: RunContent) -> Iterator[_Entry]:
    """Yield the page's tables of yields and of inference that hold numbers; limit planes have their own."""
    chosen = [section for section in sections(content, {}) if section.identifier in ("yields", "inference")]
    planes = {f"{name}: " for name, _ in _limit_planes(content)}
    for file, table in named_tables(chosen).items():
        if any(table.caption.startswith(plane) for plane in planes):
            continue
        if dependent := list(_columns(table)):
            yield _Entry(
                file=file,
                name=table.caption,
                description=f"{table.caption}. {table.note}".strip(),
                observables=("N",) if file.startswith("yields") else ("MU", "CLS"),
                independent=_heads(table),
                dependent=dependent,
            )


def _heads(table: Table) -> list[_Json]:
    rows = [(group.title, row.head) for group in table.groups for row in group.rows]
    column = table.columns[0]
    first = _variable(column.text or "Name", ({"value": _head(head, column)} for _, head in rows))
    if not any(title for title, _ in rows):
        return [first]
    return [{"header": {"name": "Group"}, "values": [{"value": title or "all"} for title, _ in rows]}, first]


def _head(head: str, column: Column) -> float | str:
    if column.numeric:
        with contextlib.suppress(ValueError):
            return float(head.replace(NARROW, ""))
    return head or "value"


def _columns(table: Table) -> Iterator[_Json]:
    """Yield the columns of a table that hold any number; beside numbers what is no number is text."""
    for number, column in enumerate(table.columns[1:]):
        cells = [row.cells[number] for group in table.groups for row in group.rows]
        if any(cell.exact is not None for cell in cells):
            yield _variable(column.text or "Value", map(_value, cells))


def _value(cell: Cell) -> _Json:
    if cell.exact is None:
        return {"value": (cell.kind != "missing" and printed(cell)) or _NOTHING}
    return _measured(cell.exact.value, cell.exact.up, cell.exact.down)


def _measured(value: float | None, up: float | None = None, down: float | None = None, label: str = "") -> _Json:
    """Return a value with its errors, a word where there is none."""
    if value is None:
        return {"value": _NOTHING}
    if up is None or down is None:
        return {"value": float(value)}
    error = {"symerror": float(up)} if up == down else {"asymerror": {"plus": float(up), "minus": -float(down)}}
    return {"value": float(value), "errors": [{**error, **({"label": label} if label else {})}]}


def _variable(name: str, values: Iterable[_Json], units: str = "") -> _Json:
    """Return a variable; its unit is what its name has in brackets at its end, where it is not given."""
    if not units and (said := _UNITS.fullmatch(name)):
        name, units = said.groups()
    return {"header": {"name": name, **({"units": units} if units else {})}, "values": list(values)}


def _limit_planes(content: RunContent) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, entry in (content.results.get("inference") or {}).items():
        if entry["type"] == "limit_plane":
            yield name, entry


def _planes(content: RunContent) -> Iterator[_Entry]:
    """Yield the limits over each grid of signals."""
    for name, entry in _limit_planes(content):
        points = entry["points"]
        independent = [
            _variable(parameter, ({"value": point["parameters"][parameter]} for point in points))
            for parameter in entry["parameters"]
        ]
        yield _Entry(
            file=f"inference-{_file(name)}",
            name=f"{name}: upper limits over the grid",
            description=f"Upper limits (CLs, {100 * entry['level']:g} %) on the strength and on the cross-section of each signal point,"
            f" from {entry['observable']}. Errors of what is expected are the ends of its 1 sigma band.",
            observables=("MU", "SIG"),
            independent=independent,
            dependent=list(_plane_variables(points, _observed(content))),
        )


def _plane_variables(points: Sequence[Mapping[str, Any]], observed: str) -> Iterator[_Json]:
    on_cross_section = [point["cross_section_limit"] or {"expected": None, "observed": None} for point in points]
    for what, units, bands, seen in (
        ("limit on mu", "", [p["limit_expected"] for p in points], [p["limit_observed"] for p in points]),
        (
            "limit on the cross-section",
            "pb",
            [limit["expected"] for limit in on_cross_section],
            [limit["observed"] for limit in on_cross_section],
        ),
    ):
        if any(band is not None for band in bands):
            yield _variable(f"Expected {what}", map(_expected, bands), units)
        if any(limit is not None for limit in seen):
            yield _variable(f"{observed} {what}", map(_measured, seen), units)


def _expected(band: Sequence[float] | None) -> _Json:
    if band is None:
        return _measured(None)
    return _measured(band[2], band[3] - band[2], band[2] - band[1], "1 sigma")


def _observed(content: RunContent) -> str:
    return observed_label("Observed", "pseudo-data" if has_pseudo_data(content.results) else "observed")


def _spectra(content: RunContent, numbers: Mapping[str, Any]) -> Iterator[_Entry]:
    """Yield each spectrum of one observable: its samples, their sum with its error, and what was observed."""
    observed = _observed(content)
    for figure, drawn in numbers.items():
        if not figure.startswith(SPECTRA) or len(axes := drawn["binning"]["axes"]) != 1:
            continue
        total = [sum(sample) for sample in zip(*drawn["values"], strict=True)]
        dependent = [
            *(
                _variable(sample["label"] or sample["name"], map(_measured, values))
                for sample, values in zip(drawn["samples"], drawn["values"], strict=True)
            ),
            _variable("Total", (_measured(n, error, error) for n, error in zip(total, drawn["error"], strict=True))),
            *([_variable(observed, map(_measured, drawn["observed"]))] if drawn["observed"] is not None else []),
        ]
        bins = ({"low": low, "high": high} for low, high in pairwise(axes[0]["edges"]))
        yield _Entry(
            file=_file(figure),
            name=f"{figure.removeprefix(SPECTRA)}: spectrum",
            description=f"Events in bins of {axes[0]['label'] or axes[0]['name']},"
            f" {'after the fit' if drawn['postfit'] else 'before the fit, for a signal strength of 1'}.",
            observables=("N",),
            independent=[_variable(axes[0]["label"] or axes[0]["name"], bins)],
            dependent=dependent,
        )


def _curves(content: RunContent, numbers: Mapping[str, Any]) -> Iterator[_Entry]:
    """Yield CLs against the signal strength: expected with its bands, and observed."""
    observed = _observed(content)
    for figure, drawn in numbers.items():
        if not figure.startswith(CURVES):
            continue
        bands = {f"Expected, {name}": values for name, values in zip(LIMIT_BAND, drawn["expected"], strict=True)}
        curves = {**bands, **({observed: drawn["observed"]} if drawn["observed"] is not None else {})}
        yield _Entry(
            file=_file(figure),
            name=f"{figure.removeprefix(CURVES)}: CLs",
            description=f"CLs against the signal strength; what lies below {1 - drawn['level']:.2g} is excluded.",
            observables=("CLS",),
            independent=[_variable("mu", ({"value": float(mu)} for mu in drawn["mu"]))],
            dependent=[_variable(name, map(_measured, values)) for name, values in curves.items()],
        )


def _file(name: str) -> str:
    return name.replace("/", "-").replace(" ", "-")
