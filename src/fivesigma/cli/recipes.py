"""``fivesigma recipes``."""

from __future__ import annotations

import click

__all__ = ["recipes"]


@click.command()
def recipes() -> None:
    """List the analyses that come with the package."""
    from fivesigma.analysis import recipes as shipped  # noqa: PLC0415 - so that --help stays light
    from fivesigma.analysis.configuration import load_configuration  # noqa: PLC0415

    for recipe in shipped.recipes():
        click.echo(f"{recipe.name:<16} {load_configuration(recipe.path).analysis.title}")
