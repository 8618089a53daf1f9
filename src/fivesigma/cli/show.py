"""``fivesigma show``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fivesigma.core.numbers import digits

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["show"]


@click.command()
@click.argument("run", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print results.json as it is.")
def show(run: Path, as_json: bool) -> None:
    """Print the results of RUN."""
    from fivesigma.analysis.directory import RunDirectory
    from fivesigma.core.errors import DataError

    directory = RunDirectory(run)
    if not (run / "results.json").is_file() and (run / "cutflow.json").is_file() and not as_json:
        _print_cutflow(directory.read_json("cutflow.json"))
        return
    results = directory.read_results()
    if as_json:
        click.echo(json.dumps(results, indent=1, ensure_ascii=False))
        return
    try:
        _print(run, results)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"{run / 'results.json'}: damaged, or written by another version") from error


def _print_cutflow(cutflow: dict[str, list[dict[str, Any]]]) -> None:
    """Print what a run that was stopped early has: its cutflow."""
    from rich.console import Console

    from fivesigma.core.format import measured

    table = _table("Sample", "Step", "Events", "Yield", title="Cutflow; the run did not come to results")
    for sample, rows in cutflow.items():
        for row in rows:
            table.add_row(sample, row["step"], f"{row['events']:,}", measured(row["total"], row["error"]))
    Console(highlight=False).print(table)


def _print(run: Path, results: dict[str, Any]) -> None:
    from rich.console import Console

    from fivesigma.analysis.configuration import read_configuration
    from fivesigma.core.format import measured
    from fivesigma.report.answer import answer

    console = Console(highlight=False)
    console.print(answer(results, read_configuration(run / "config.yaml").model_dump()), markup=False)
    samples = _table("Sample", "Kind", "Events", "Yield", title="Samples")
    for name, sample in results["samples"].items():
        kind = f"pseudo-{sample['kind']}" if sample["pseudo"] else sample["kind"]
        samples.add_row(name, kind, f"{sample['events']:,}", measured(sample["yield"], sample["yield_error"]))
    models = _table("Model", "AUC, out of fold", "AUC, training events", title="Models")
    for name, model in results["models"].items():
        if model["auc"] is None:  # of a scan, whose table says more
            continue
        models.add_row(name, *(_interval(model[key]) for key in ("auc", "auc_train")))
    word = "pseudo-data" if any(sample["pseudo"] for sample in results["samples"].values()) else "observed"
    heads = ("Inference", "Z expected", f"Z {word}", "μ < expected", f"μ < {word}")
    inference = _table(*heads, title="Inference; upper limits at 95 % CL")
    for name, entry in results["inference"].items():
        if (apart := _APART.get(entry["type"])) is not None:
            apart(console, name, entry, word)
            continue
        if entry["type"] == "mass_fit":
            inference.add_row(name, *map(_number, (entry["z"], entry["z_observed"], None, None)))
            continue
        numbers = (entry["z_expected"], entry["z_observed"], entry["limit_expected"][2], entry["limit_observed"])
        inference.add_row(name, *map(_number, numbers))
    for table in (samples, models, inference):
        if table.row_count:
            console.print(table)
    for finding in results["findings"]:
        of = "" if finding["subject"] in finding["message"] else f"{finding['subject']}: "
        console.print(f"{finding['severity']}: {finding['code']}: {of}{finding['message']}", markup=False)


def _print_strength(console: Console, name: str, entry: dict[str, Any], _word: str) -> None:
    from fivesigma.report.strength import counted_with_simulation

    heads = {"cut": "Cut", "statistics": "Statistics", "systematic": "Systematics", "total": "Total"}
    table = _table(
        "Model", *heads.values(), "With simulation", "Fit", title=f"{name}: uncertainty of μ at the best cut"
    )
    for row in entry["table"]:
        sizes = [*(row[key] for key in heads), counted_with_simulation(row), row["fit"]["total"]]
        table.add_row(row["model"], *map(_number, sizes))
    console.print(table)


def _print_scan(console: Console, name: str, entry: dict[str, Any], word: str) -> None:
    from fivesigma.report.anomaly import local_p

    heads = ("Mass [GeV]", "Efficiency", word.capitalize(), "Expected", "Z local", "p local")
    table = _table(*heads, title=f"{name}: windows of the scan")
    for row in entry["windows"]:
        expected = f"{row['expected']:.1f} ± {row['expected_error']:.1f}"
        counts = (f"{row['mass']:g}", f"{row['efficiency']:g}", f"{row['observed']:.0f}", expected)
        table.add_row(*counts, f"{row['z_local']:.2f}", local_p(row))
    if table.row_count:
        console.print(table)


def _print_plane(console: Console, name: str, entry: dict[str, Any], word: str) -> None:
    table = _table(*entry["parameters"], "Z expected", "μ < expected", f"μ < {word}", title=f"{name}: 95 % CL")
    for point in entry["points"]:
        band = point["limit_expected"]
        values = (point["z_expected"], band and band[2], point["limit_observed"])
        places = [digits(point["parameters"][parameter]) for parameter in entry["parameters"]]
        table.add_row(*places, *map(_number, values))
    console.print(table)


_APART = {"cwola_scan": _print_scan, "limit_plane": _print_plane, "strength_uncertainty": _print_strength}
"""Inferences with a table of their own."""


def _number(value: float | None) -> str:
    """Return a number, a dash where there is none."""
    from fivesigma.core.format import number

    return "—" if value is None else number(value)


def _table(*heads: str, title: str) -> Table:
    """Return a table without rows, whose names are broken but never cut where the terminal is narrow."""
    from rich.table import Table

    table = Table(title=title)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _interval(estimate: dict[str, float] | None) -> str:
    if estimate is None:  # of a score from elsewhere nobody knows the training events
        return "—"
    return f"{estimate['value']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"
