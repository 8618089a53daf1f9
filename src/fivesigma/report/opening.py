"""What stands around the answer at the top of the page: the numbers beside it, and which inference it quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fivesigma.core.format import number, percent
from fivesigma.report.anomaly import global_p, local_p
from fivesigma.report.answer import Status, headline, status
from fivesigma.report.cells import MISSING, Cell, cell, interval, measured_cell, told_as
from fivesigma.report.content import RunContent
from fivesigma.report.inference import observed_label, type_name
from fivesigma.report.limit_plane import excluded_points
from fivesigma.report.limits import CONFIDENCE, expected_limit_cell, observed_limit_cell
from fivesigma.report.mass_fits import mass_fits_of
from fivesigma.report.strength import counted_with_simulation, first_strength
from fivesigma.report.traced import computed

__all__ = ["KeyNumber", "key_numbers", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumber:
    """A number beside the answer."""

    label: str
    value: Cell


def key_numbers(content: RunContent) -> tuple[KeyNumber, ...]:
    """Return the numbers that stand beside the answer; what is blind shows as such."""
    found = headline(content.results)
    numbers = []
    if found is not None:
        numbers = _of_inference(found[1], content.results["inference"], status(content.results, content.config))
    aucs = {name: model["auc"] for name, model in content.results.get("models", {}).items() if model.get("auc")}
    if aucs:
        best = max(aucs, key=lambda name: float(aucs[name]["value"]))
        numbers.append(KeyNumber(label=f"highest AUC, out of fold ({best})", value=interval(aucs[best])))
    return tuple(numbers)


def _of_inference(entry: Mapping[str, Any], entries: Mapping[str, Any], kind: Status) -> list[KeyNumber]:
    match entry["type"]:
        case "limit_plane":
            return _of_plane(entry, kind)
        case "mass_fit":
            return [_of_stage(fit) for fit in mass_fits_of(entries).values()]
        case "strength_uncertainty":
            return _of_strength(entry)
        case "cwola_scan":
            return _of_scan(entry)
        case _:
            return _of_one_signal(entry, kind)


def _of_stage(fit: Mapping[str, Any]) -> KeyNumber:
    return KeyNumber(label=f"expected significance, {fit['stage']}", value=cell(fit["z"], "z_expected"))


def _of_strength(entry: Mapping[str, Any]) -> list[KeyNumber]:
    row = first_strength(entry)
    counted, fitted = counted_with_simulation(row), row["fit"]["total"]
    return [
        KeyNumber(label=f"μ by a count above the best cut ({row['model']})", value=_around_one(row["total"])),
        KeyNumber(label="the same, with the statistics of the simulation", value=_around_one(counted)),
        KeyNumber(label="by a fit of the whole score, with these too", value=_around_one(fitted)),
    ]


def _around_one(error: float) -> Cell:
    return measured_cell(computed(1.0, error), error)


def _of_scan(entry: Mapping[str, Any]) -> list[KeyNumber]:
    if (best := entry["best"]) is None:
        return []
    place = f"{number(best['mass'], 4)} GeV, {percent(best['efficiency'])} of events"
    return [
        KeyNumber(label=f"largest local significance ({place})", value=cell(best["z_local"], "z_observed")),
        KeyNumber(label="local p-value there", value=told_as(local_p(best), best["p_local"])),
        KeyNumber(
            label="global p-value, anywhere in the scan",
            value=told_as(global_p(entry).removeprefix("p ").removeprefix("= "), entry["p_global"]["value"]),
        ),
    ]


def _of_one_signal(entry: Mapping[str, Any], kind: Status) -> list[KeyNumber]:
    return [
        KeyNumber(label=f"expected limit on μ, {CONFIDENCE}, and its ±1σ band", value=expected_limit_cell(entry)),
        KeyNumber(label="expected significance", value=cell(entry.get("z_expected"), "z_expected")),
        KeyNumber(label=observed_label("observed limit on μ", kind), value=observed_limit_cell(entry)),
        KeyNumber(
            label=observed_label("observed significance", kind), value=cell(entry.get("z_observed"), "z_observed")
        ),
    ]


def _of_plane(entry: Mapping[str, Any], kind: Status) -> list[KeyNumber]:
    """Return how many points of a signal grid are excluded."""
    told = []
    for label, key in (("expected", "limit_expected"), (observed_label("observed", kind), "limit_observed")):
        excluded, points = excluded_points(entry, key)
        value = Cell(text=f"{excluded} of {points}", kind="number") if points else MISSING
        told.append(KeyNumber(label=f"signal points excluded at {CONFIDENCE}, {label}", value=value))
    return told


def source(content: RunContent) -> str:
    """Return which of several inferences the answer quotes, and why that one where there are several of its kind."""
    entries, found = content.results.get("inference") or {}, headline(content.results)
    if found is None or len(entries) == 1:
        return ""
    if len(fits := mass_fits_of(entries)) > 1 and found[0] in fits:
        return f"From {len(fits)} mass fits, of {len(entries)} inferences of this run."
    name, entry = found
    of = f" of “{entry['observable']}”" if entry.get("observable") else ""
    alike = sum(other["type"] == entry["type"] for other in entries.values())
    why = ": of its kind the first that the YAML names, as the best of several would flatter" if alike > 1 else ""
    return f"From the {type_name(entry)} “{name}”{of}, one of {len(entries)} inferences of this run{why}."
