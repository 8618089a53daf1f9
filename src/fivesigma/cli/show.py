"""``fivesigma show``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

__all__ = ["show"]


@click.command()
@click.argument("run", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print results.json as it is.")
def show(run: Path, as_json: bool) -> None:
    """Print the results of RUN."""
    from fivesigma.analysis.directory import RunDirectory

    results = RunDirectory(run).read_json("results.json")
    if as_json:
        click.echo(json.dumps(results, indent=1, ensure_ascii=False))
        return
    _print(run, results)


def _print(run: Path, results: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from fivesigma.analysis.configuration import load_configuration
    from fivesigma.report.answer import answer

    console = Console(highlight=False)
    console.print(answer(results, load_configuration(run / "config.yaml").model_dump()), markup=False)
    samples = Table("Sample", "Kind", "Events", "Yield", title="Samples")
    for name, sample in results["samples"].items():
        kind = f"pseudo-{sample['kind']}" if sample["pseudo"] else sample["kind"]
        samples.add_row(name, kind, f"{sample['events']:,}", f"{sample['yield']:.4g} ± {sample['yield_error']:.2g}")
    models = Table("Model", "AUC, out of fold", "AUC, training events", title="Models")
    for name, model in results["models"].items():
        models.add_row(name, *(_interval(model[key]) for key in ("auc", "auc_train")))
    word = "pseudo-data" if any(sample["pseudo"] for sample in results["samples"].values()) else "observed"
    heads = ("Inference", "Z expected", f"Z {word}", "μ < expected", f"μ < {word}")
    inference = Table(*heads, title="Inference; upper limits at 95 % CL")
    for name, entry in results["inference"].items():
        numbers = (entry["z_expected"], entry["z_observed"], entry["limit_expected"][2], entry["limit_observed"])
        inference.add_row(name, *("—" if n is None else f"{n:.3g}" for n in numbers))
    for table in (samples, models, inference):
        if table.row_count:
            console.print(table)
    for finding in results["findings"]:
        console.print(f"{finding['severity']}: {finding['code']}: {finding['message']}", markup=False)


def _interval(estimate: dict[str, float]) -> str:
    return f"{estimate['value']:.4f} [{estimate['low']:.4f}, {estimate['high']:.4f}]"
