"""``fivesigma run``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fivesigma.cli.completing import recipes_and_files

if TYPE_CHECKING:
    from fivesigma.analysis.run import FinishedRun
    from fivesigma.core.parallel import Workers

__all__ = ["cores", "run"]

_SERIOUS = 3
_STAGES = ("events", "models", "judgement", "inference", "page")


@click.command()
@click.argument("analysis", metavar="RECIPE|YAML", shell_complete=recipes_and_files)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where the event files are."
)
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Run directory [runs/NAME]."
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change the configuration: analysis.seed=7."
)
@click.option("--until", type=click.Choice(_STAGES), default="page", show_default=True, help="Last stage to do.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that compute [one per core].")
@click.option(
    "--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster that computes instead, as tcp://host:8786."
)
@click.option("--unblind", is_flag=True, help="Look at data in signal regions; this is recorded.")
@click.option("--fresh", is_flag=True, help="Do everything again, whatever stands.")
@click.option("--strict", is_flag=True, help="Exit with 3 if there are serious findings.")
def run(
    analysis: str,
    data: Path | None,
    output: Path | None,
    settings: tuple[str, ...],
    until: str,
    workers: int | None,
    dask: str | None,
    unblind: bool,
    fresh: bool,
    strict: bool,
) -> None:
    """Run an analysis from event files to a page: a recipe by name, or a YAML.

    A run that was stopped goes on where it stopped. Prints the path of the page.
    """
    # imported here so that --help stays light
    from fivesigma.analysis.recipes import find_analysis
    from fivesigma.analysis.run import run_analysis
    from fivesigma.cli.progress import Display

    if workers is not None and dask is not None:
        raise click.UsageError("--workers are processes of this machine, --dask a cluster: give one of both")
    path = find_analysis(analysis)
    with _workers(workers, dask) as pool, Display(timed=True) as display:
        finished = run_analysis(
            path,
            output,
            data=data,
            settings=settings,
            until=until,
            workers=pool,
            unblind=unblind,
            fresh=fresh,
            tell=display.tell,
            advance=display.advance,
        )
    _say(finished)
    if strict and any(finding.severity == "serious" for finding in finished.findings):
        sys.exit(_SERIOUS)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _workers(count: int | None, dask: str | None) -> Workers:
    if dask is not None:
        from fivesigma.core.cluster import connected

        return connected(dask)
    from fivesigma.core.parallel import Workers

    return Workers(count or cores())


def _say(finished: FinishedRun) -> None:
    for finding in finished.findings:
        if finding.severity != "info":
            of = "" if finding.subject in finding.message else f"{finding.subject}: "
            click.echo(f"{finding.severity}: {finding.code}: {of}{finding.message}", err=True)
    click.echo(finished.page or finished.directory)
