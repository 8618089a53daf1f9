"""Scans for a resonance without labels, as the page and the command line print them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fivesigma.core.format import count, number, percent, significance
from fivesigma.report.cells import MISSING, Cell, cell, interval, measured_cell, told_as
from fivesigma.report.tables import Column, Group, Row, Table

__all__ = ["global_p", "local_p", "probability", "scan_sentence", "scan_tables"]

_SMALLEST = 1e-300
_METHODS = {"bonferroni": "Bonferroni: p × trials, at most 1", "gross_vitells": "Gross and Vitells"}


def probability(value: float | None, log_value: float | None = None) -> str:
    """Return a probability in print; from its logarithm where it is too small for a number."""
    if value is None:
        return "—"
    if value < _SMALLEST and log_value is not None:
        return f"10^{log_value / math.log(10):.0f}".replace("-", "−")
    return number(value, 2)


def local_p(point: Mapping[str, Any]) -> str:
    """Return the local p-value of a point of a scan in print."""
    return probability(point["p_local"], point["log_p_local"])


def scan_sentence(entry: Mapping[str, Any], *, pseudo: bool) -> str:
    """Return in a sentence where the largest excess is, and how likely chance does as well anywhere."""
    best, masses = entry["best"], {row["mass"] for row in entry["windows"]}
    if best is None:
        lost = (
            "no selection of the scan could be fitted"
            if entry["trained"]
            else "no window of the scan could be looked at"
        )
        return f"{lost}."
    at = next(row for row in entry["windows"] if (row["mass"], row["efficiency"]) == (best["mass"], best["efficiency"]))
    where = f"at {number(best['mass'], 4)} GeV among the {percent(best['efficiency'])} of events that score highest"
    seen = f"{count(at['observed'])} events in the window, {number(at['expected'])} ± {number(at['expected_error'], 2)} expected"
    data = " of pseudo-data (simulated events, not collisions)" if pseudo else ""
    return (
        f"the scan{data} over {len(masses)} windows and {len(entry['efficiencies'])} selections finds its largest excess {where}:"
        f" {seen}, locally {significance(best['z_local'])}. {_globally(entry)}"
    )


def _globally(entry: Mapping[str, Any]) -> str:
    nulls = entry["null_experiments"]
    if not nulls:
        return f"Globally {global_p(entry)}, the local one times the {entry['trials']} trials."
    one = max(nulls, key=lambda null: null["p_value"]["value"])
    reached = sum(z >= entry["best"]["z_local"] for z in one["largest_z"])
    chance = f"{reached} of {one['experiments']} pseudo-experiments without a signal, trained anew, have as large a one"
    if (width := one["width"]) is not None and width["value"] > 1:
        calibrated = significance(entry["best"]["z_local"] / width["value"])
        chance += f"; in units of the scatter of local Z there, the excess is {calibrated}"
    return f"Globally {global_p(entry)}: {chance}."


def global_p(entry: Mapping[str, Any]) -> str:
    """Return the global p-value of a scan in print: "p ≤ 0.048" where it is a bound, or as small as pseudo-experiments can tell."""
    nulls = entry["null_experiments"]
    bound = not nulls or all(max(null["largest_z"]) < entry["best"]["z_local"] for null in nulls)
    return f"p {'≤' if bound else '='} {probability(entry['p_global']['value'])}"


def scan_tables(entry: Mapping[str, Any], observed: str) -> Iterator[Table]:
    """Yield the windows, the global p-values, and how inputs depend on the mass; ``observed`` heads what was observed."""
    if entry["trained"]:
        yield _windows_table(entry, observed)
    yield _procedure_table(entry)
    if entry["best"] is not None:
        yield _global_table(entry)
    yield _correlation_table(entry["correlations"])


def _windows_table(entry: Mapping[str, Any], observed: str) -> Table:
    heads = ["Events", "AUC"]
    for efficiency in entry["efficiencies"]:
        heads += [f"{percent(efficiency)}: {what}" for what in ("seen / expected", "local Z")]
    rows = {(row["mass"], row["efficiency"]): row for row in entry["windows"]}
    return Table(
        caption="Windows of the scan",
        columns=(Column(text="Mass [GeV]"), *(Column(text=head) for head in heads)),
        groups=(Group(rows=tuple(_window_row(entry, trained, rows) for trained in entry["trained"])),),
        note=f"{observed} events in the window beside those expected, which are of a fit outside the window to the events that the selection"
        " keeps. The fit knows that number to a factor: the relative error is one of its logarithm, over which local Z is averaged. The AUC is of telling the window"
        " from its sidebands by events that did not train: it says nothing of a signal. Local Z is signed and that of the one-sided p-value of"
        " an excess; a deficit has a p above one half and a negative Z, which for a discrete count is zero until it is one that less than half of the"
        " counts reach.",
    )


def _procedure_table(entry: Mapping[str, Any]) -> Table:
    """Return how the scan was made."""
    background, low_high = entry["background"], entry["range"]
    rows = {"Range": f"{number(low_high[0], 4)} to {number(low_high[1], 4)} GeV"}
    if (training := entry["training"]) is None:
        rows["Score"] = f"of the model “{entry['model']}”"
    else:
        parameters = ", ".join(f"{name} {value}" for name, value in training["parameters"].items())
        rows["Classifier"] = f"{training['use']}{f' ({parameters})' if parameters else ''}"
        rows["Inputs"] = ", ".join(entry["features"])
        rows["Inputs enter as"] = (
            "their quantiles among events of the same mass (decorrelated)" if training["decorrelated"] else "they are"
        )
        members = f"{training['members']} member{'s' if training['members'] > 1 else ''}"
        rows["Training"] = f"{training['folds']} folds, {members} each, window against sidebands; scored out of fold"
        of = {"all": "all masses", "sidebands": "the sidebands"}[training["efficiency_of"]]
        rows["Selections"] = f"{', '.join(map(percent, entry['efficiencies']))} of the events of {of}, in each fold"
    rows["Background"] = (
        f"{background['family']}, fitted outside each window, its order by F-test there; order {background['order']} for all events"
    )
    for null in entry["null_experiments"]:
        rows[f"Pseudo-experiments, {null['features']} features"] = (
            f"{null['experiments']}, with {null['members']} member{'s' if null['members'] > 1 else ''} a fold"
        )
    return Table(
        caption="How the scan was made",
        columns=(Column(text="Part", numeric=False), Column(text="How", numeric=False)),
        groups=(Group(rows=tuple(Row(head=head, cells=(Cell(text=text),)) for head, text in rows.items())),),
    )


def _window_row(entry: Mapping[str, Any], trained: Mapping[str, Any], rows: Mapping[Any, Mapping[str, Any]]) -> Row:
    here = [rows.get((trained["mass"], efficiency)) for efficiency in entry["efficiencies"]]
    cells = [cell(trained["inside"]), cell(trained["auc"], "auc")]
    for row in here:
        if row is None:
            cells += [MISSING] * 2
            continue
        expected = measured_cell(row["expected"], row["expected_error"])
        both = replace(expected, text=f"{count(row['observed'])} / {expected.text}", exact=None)  # two numbers
        cells += [both, cell(row["z_local"], "z_observed")]
    best = entry["best"]
    return Row(
        head=number(trained["mass"], 4), cells=tuple(cells), strong=best is not None and best["mass"] == trained["mass"]
    )


def _global_table(entry: Mapping[str, Any]) -> Table:
    rows = []
    if (p := entry["bonferroni"]) is not None:
        rows.append(_global_row(_METHODS["bonferroni"], p, bound=True))
    if (p := entry["gross_vitells"]) is not None:
        rows.append(_global_row(_METHODS["gross_vitells"], p))
    for null in entry["null_experiments"]:
        follow = "that follow the mass" if null["features"] == "conditional" else "independent of the mass"
        rows.append(
            _global_row(
                f"pseudo-experiments, features {follow}",
                null["p_value"],
                cell(null["experiments"]),
                told_as(number(null["mean_largest_absolute_z"]), null["mean_largest_absolute_z"]),
                told_as(number(null["expected_largest_absolute_z"]), null["expected_largest_absolute_z"]),
                MISSING
                if null["width"] is None
                else interval({key: null["width"][key] for key in ("value", "low", "high")}),
            )
        )
    heads = (
        "p-value",
        "68 % interval",
        "Experiments",
        "Largest |Z| on average",
        "if independent",
        "Scatter of local Z",
    )
    return Table(
        caption="Global p-value",
        columns=(Column(text="Method", numeric=False), *(Column(text=head) for head in heads)),
        groups=(Group(rows=tuple(rows)),),
        note="How often chance brings as large an excess anywhere in the scan. Bonferroni's bound trusts the local p-values;"
        " pseudo-experiments, drawn from a background model and trained anew, do not. Their p-value is (k + 1)/(N + 1) where k of N"
        " reach the observed one, and cannot be smaller than 1/(N + 1). All their local Z scatter by more than 1 as folds teach each other's"
        " estimators (Y. Bengio and Y. Grandvalet, JMLR 5 (2004) 1089, on what cross-validation does to variances), and by much more where"
        " selections shape the spectrum: a local Z means what it is divided by that.",
    )


def _global_row(method: str, p: Mapping[str, Any], *more: Cell, bound: bool = False) -> Row:
    both = f"{probability(p['low'])} to {probability(p['high'])}"
    ends = MISSING if bound else replace(told_as(both, p["low"]), exact=None)
    value = f"≤ {probability(p['value'])}" if bound else probability(p["value"])
    cells = (told_as(value, p["value"]), ends, *more)
    return Row(head=method, cells=cells + (MISSING,) * (6 - len(cells)))


def _correlation_table(correlations: Mapping[str, Any]) -> Table:
    left = any(row["decorrelated"] is not None for row in correlations["features"])
    threshold = correlations["threshold"]
    heads = ["Linear correlation", "Distance correlation"]
    heads += ["Linear, decorrelated", "Distance, decorrelated"] if left else []
    note = "A classifier can learn the mass from an input that follows it, and then the selected spectrum has a bump where the window is."
    note += " The classifier saw the decorrelated inputs." if left else ""
    note += "" if threshold is None else f" Inputs above {number(threshold)} are left out."
    return Table(
        caption="Inputs and the mass",
        columns=(
            Column(text="Input", numeric=False),
            *(Column(text=head) for head in heads),
            Column(text="Trained on", numeric=False),
        ),
        groups=(Group(rows=tuple(_correlation_row(row, left=left) for row in correlations["features"])),),
        note=note,
    )


def _correlation_row(row: Mapping[str, Any], *, left: bool) -> Row:
    cells = [cell(row["pearson"]), cell(row["distance"])]
    if left:
        after = row["decorrelated"]
        cells += [MISSING] * 2 if after is None else [cell(after["pearson"]), cell(after["distance"])]
    return Row(head=row["feature"], cells=(*cells, Cell(text="yes" if row["kept"] else "no")))
