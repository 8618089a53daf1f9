"""``fivesigma explore``."""

from __future__ import annotations

from pathlib import Path

import click

from fivesigma.cli.completing import recipes_and_files

__all__ = ["explore"]


@click.command()
@click.argument("analysis", metavar="RECIPE|YAML", shell_complete=recipes_and_files)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where the event files are."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="The page [explore-NAME.html].",
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change the configuration: analysis.seed=7."
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes that compute [one per core].")
def explore(
    analysis: str, data: Path | None, output: Path | None, settings: tuple[str, ...], workers: int | None
) -> None:
    """Look at the events of an analysis, before any model, on one page.

    Cutflow, weighted distributions by sample, correlations in signal and background, pairs of features, missing values. Data in
    signal regions are dropped as they are read if the analysis is blind. Prints the path of the page.
    """
    # imported here so that --help stays light
    from fivesigma.analysis.explore import explore as write_page
    from fivesigma.analysis.recipes import find_analysis
    from fivesigma.cli.progress import Display
    from fivesigma.cli.run import cores
    from fivesigma.core.parallel import Workers

    path = find_analysis(analysis)
    with Workers(workers or cores()) as pool, Display() as display:
        page = write_page(path, output, data=data, settings=settings, workers=pool, tell=display.tell)
    click.echo(page)
