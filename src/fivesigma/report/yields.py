"""What the selection kept: the samples' yields and their cutflow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fivesigma.core.format import count, percent
from fivesigma.report.cells import MISSING, Cell, cell, measured_cell, record_cells, told_as
from fivesigma.report.labels import column_label
from fivesigma.report.tables import Column, Group, Row, Table
from fivesigma.report.traced import computed

__all__ = ["cutflow_table", "sample_label", "sample_table", "variations_table"]

_SUM = "the sum of the rows above, errors in quadrature"
_FIRST_COLUMNS = ("kind", "events", "yield", "effective_events", "negative_weight_fraction")
_NOT_COLUMNS = frozenset({"pseudo", "yield_error", "label", "parameters"})


def sample_label(name: str, config: Mapping[str, Any]) -> str:
    """Return what a sample is called in print."""
    return str(config.get("samples", {}).get(name, {}).get("label") or name)


def sample_table(samples: Mapping[str, Mapping[str, Any]], config: Mapping[str, Any]) -> Table:
    """Return one row a sample, and the sum of the backgrounds where there are several."""
    present = dict.fromkeys(key for sample in samples.values() for key in sample if key not in _NOT_COLUMNS)
    keys = [key for key in _FIRST_COLUMNS if key in present] + [key for key in present if key not in _FIRST_COLUMNS]
    rows = [_sample_row(name, sample, keys, config) for name, sample in samples.items()]
    backgrounds = [sample for sample in samples.values() if sample.get("kind") == "background"]
    if len(backgrounds) > 1 and all(sample.get("yield") is not None for sample in backgrounds):
        rows.append(_total_row(backgrounds, keys))
    return Table(
        caption="Samples after the selection",
        columns=(
            Column(text="Sample", numeric=False),
            *(Column(text=column_label(key), numeric=key != "kind") for key in keys),
        ),
        groups=(Group(rows=tuple(rows)),),
        note="Yields are sums of weights at the analysis luminosity; their errors are those of the simulation's statistics.",
    )


def _sample_row(name: str, sample: Mapping[str, Any], keys: Sequence[str], config: Mapping[str, Any]) -> Row:
    cells = record_cells(sample)
    if sample.get("pseudo"):
        cells["kind"] = Cell(text="pseudo-data")
    if sample.get("kind") == "data" and isinstance(sample.get("yield"), int | float):
        cells["yield"] = measured_cell(sample["yield"], None)
    label = sample_label(name, config)
    return Row(head=label, note=name if label != name else "", cells=tuple(cells.get(key, MISSING) for key in keys))


def _total_row(backgrounds: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Row:
    """Add up samples, which are statistically independent: their errors add in quadrature."""
    error = math.hypot(*(sample.get("yield_error") or 0.0 for sample in backgrounds))
    total = {key: _sum(sample.get(key) or 0 for sample in backgrounds) for key in ("events", "yield")}
    known = {
        "events": replace(told_as(count(int(total["events"])), total["events"]), title=_SUM),
        "yield": replace(measured_cell(total["yield"], error), title=_SUM),
    }
    return Row(head="Total background", strong=True, cells=tuple(known.get(key, Cell()) for key in keys))


def _sum(values: Iterable[float]) -> float:
    terms = list(values)
    return computed(sum(terms), *terms)


def cutflow_table(cutflow: Mapping[str, Sequence[Mapping[str, Any]]], config: Mapping[str, Any]) -> Table:
    """Return the rows of every sample: raw events, weighted yield, efficiency of the step and of all up to it."""
    shown = _without_other_points(cutflow, config)
    lost = any(step.get("missing") for steps in cutflow.values() for step in steps)
    heads = ("Raw events", "Yield", "Step efficiency", "Cumulative", *(["Lost for lack of a value"] if lost else []))
    return Table(
        caption="Cutflow",
        columns=(Column(text="Step", numeric=False), *(Column(text=head) for head in heads)),
        groups=tuple(
            Group(
                title=sample_label(name, config),
                rows=tuple(_cutflow_row(steps, position, lost=lost) for position in range(len(steps))),
            )
            for name, steps in shown.items()
        ),
        note="Efficiencies are ratios of yields, so of sums of weights."
        + (" The cutflow.csv of a run has all points of the signal grid." if len(shown) < len(cutflow) else ""),
    )


def _without_other_points(
    cutflow: Mapping[str, Sequence[Mapping[str, Any]]], config: Mapping[str, Any]
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the cutflow without the points of a signal grid that the analysis is not judged by."""
    judged = (config.get("judgement") or {}).get("signal")
    if judged is None:
        return cutflow
    points = {name for name, sample in config.get("samples", {}).items() if sample.get("grid")}
    return {name: steps for name, steps in cutflow.items() if name not in points or name in judged}


def _cutflow_row(steps: Sequence[Mapping[str, Any]], position: int, *, lost: bool) -> Row:
    step = steps[position]
    previous = steps[position - 1] if position else None
    cumulative = step.get("efficiency_of_all")
    return Row(
        head=str(step["step"]),
        cells=(
            cell(step["events"], "events"),
            measured_cell(step["total"], step.get("error")),
            _ratio(step, previous),
            Cell() if cumulative is None else told_as(percent(cumulative), cumulative),
            *([cell(step["missing"], "events")] if lost else []),
        ),
    )


def variations_table(variations: Mapping[str, Mapping[str, float]], samples: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return by how much each variation moves the yield of each sample."""
    names = list(dict.fromkeys(name for moved in variations.values() for name in moved))
    return Table(
        caption="What variations do to yields",
        columns=(Column(text="Variation", numeric=False), *(Column(text=name) for name in names)),
        groups=(
            Group(
                rows=tuple(
                    Row(
                        head=variation.replace(".", ", "),
                        cells=tuple(_change(moved.get(name), samples[name]["yield"]) for name in names),
                    )
                    for variation, moved in variations.items()
                )
            ),
        ),
        note="Relative to the nominal yield after all cuts.",
    )


def _change(varied: float | None, nominal: float) -> Cell:
    if varied is None or not nominal:
        return MISSING
    change = computed(varied / nominal - 1, varied, nominal)
    return replace(told_as(f"{100 * change:+.2f} %".replace("-", "−"), change), title="relative to the nominal yield")


def _ratio(step: Mapping[str, Any], reference: Mapping[str, Any] | None) -> Cell:
    if reference is None:
        return Cell()
    if not reference["total"] or step["total"] is None:
        return Cell(text="—", kind="missing", title="nothing to divide by")
    efficiency = computed(step["total"] / reference["total"], step["total"], reference["total"])
    return replace(told_as(percent(efficiency), efficiency), title="the yield over that of the step before")
