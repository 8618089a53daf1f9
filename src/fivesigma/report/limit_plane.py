"""Limits over a signal grid, as the page and the command line print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fivesigma.core.numbers import digits
from fivesigma.report.cells import cell
from fivesigma.report.limits import CONFIDENCE, expected_limit_cell, observed_limit_cell
from fivesigma.report.tables import Column, Group, Row, Table

__all__ = ["excluded_points", "plane_sentence", "plane_table"]

_FEW = 6


def excluded_points(entry: Mapping[str, Any], key: str) -> tuple[int, int]:
    """Return how many points have a limit below μ = 1, and how many have a limit; ``key`` says expected or observed."""
    limits = [point[key] for point in entry["points"] if point[key] is not None]
    numbers = [limit[2] if isinstance(limit, list | tuple) else limit for limit in limits]
    return sum(number < 1 for number in numbers), len(numbers)


def plane_sentence(entry: Mapping[str, Any], *, pseudo: bool) -> str:
    """Return in a sentence how much of the grid is excluded."""
    expected, points = excluded_points(entry, "limit_expected")
    observed, seen = excluded_points(entry, "limit_observed")
    told = f"{expected} of {points} signal points are expected to be excluded at {CONFIDENCE}{_which(entry, expected)}"
    if not seen:
        return f"{told}."
    return f"{told}, {observed} of {seen} are by the {'pseudo-data' if pseudo else 'data'}."


def _which(entry: Mapping[str, Any], expected: int) -> str:
    """Return the points that are expected to be excluded, if they are few: "(m_stop, m_lsp = (250, 220))"."""
    if not 0 < expected <= _FEW:
        return ""
    excluded = [point for point in entry["points"] if point["limit_expected"] and point["limit_expected"][2] < 1]
    places = [", ".join(map(digits, point["parameters"].values())) for point in excluded]
    shown = [f"({place})" if len(entry["parameters"]) > 1 else place for place in places]
    return f" ({', '.join(entry['parameters'])} = {', '.join(shown)})"


def plane_table(entry: Mapping[str, Any], observed: str) -> Table:
    """Return the limits at every point; ``observed`` heads what was observed."""
    names = list(entry["parameters"])
    cross_section = any(point["cross_section_limit"] for point in entry["points"])
    heads = [*names[1:], "Expected limit on μ", observed, "Expected significance"]
    heads += ["Cross-section [pb]", "Expected limit [pb]"] if cross_section else []
    published = _published(entry)
    heads += published
    return Table(
        caption=f"Upper limits at {CONFIDENCE} over the grid",
        columns=(Column(text=names[0]), *(Column(text=head) for head in heads)),
        groups=(
            Group(
                rows=tuple(
                    _row(point, names, [row[place] for row in published.values()], with_cross_section=cross_section)
                    for place, point in enumerate(entry["points"])
                )
            ),
        ),
        note="Beside an expected limit: the ends of its ±1σ band, as differences from the median.",
    )


def _published(entry: Mapping[str, Any]) -> dict[str, list[float | None]]:
    """Return the published limits beside each point, in pb, by what heads their column."""
    columns = {}
    for name, other in (entry.get("published") or {}).items():
        for kind in ("expected", "observed"):
            values = [point[f"published_{kind}"] for point in other["points"]]
            if any(value is not None for value in values):
                columns[f"{name}, {kind} [pb]"] = values
    return columns


def _row(
    point: Mapping[str, Any], names: list[str], published: Sequence[float | None], *, with_cross_section: bool
) -> Row:
    cells = [cell(point["parameters"][name], name) for name in names[1:]]
    cells += [expected_limit_cell(point), observed_limit_cell(point), cell(point["z_expected"], "z_expected")]
    if with_cross_section:
        limit = point["cross_section_limit"]
        cells += [cell(point["cross_section"], "cross_section"), cell(limit and limit["expected"][2], "limit")]
    cells += [cell(value, "limit") for value in published]
    return Row(head=digits(point["parameters"][names[0]]), cells=tuple(cells), note=point["failure"] or "")
