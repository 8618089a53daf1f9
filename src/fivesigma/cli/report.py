"""``fivesigma report``."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["report"]


@click.command()
@click.argument("run", type=click.Path(file_okay=False, path_type=Path))
def report(run: Path) -> None:
    """Write the page of RUN again, from its results. Prints its path."""
    from fivesigma.analysis.page_stage import write_page_again

    click.echo(write_page_again(run))
