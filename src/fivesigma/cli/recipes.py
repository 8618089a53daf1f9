"""``fivesigma recipes``."""

from __future__ import annotations

import click

__all__ = ["recipes"]


@click.command()
def recipes() -> None:
    """List the analyses that come with the package."""
    from fivesigma.analysis import recipes as shipped
    from fivesigma.analysis.configuration import read_configuration

    for recipe in shipped.recipes():
        click.echo(f"{recipe.name:<16} {read_configuration(recipe.path).analysis.title}")
