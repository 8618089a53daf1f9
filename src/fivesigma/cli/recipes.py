"""``fivesigma recipes``."""

from __future__ import annotations

import click

__all__ = ["recipes"]


@click.command()
def recipes() -> None:
    """List the analyses that come with the package, and the files of others that each reads with --data DIR."""
    from fivesigma.analysis import recipes as shipped
    from fivesigma.analysis.configuration import read_configuration
    from fivesigma.analysis.layouts import layouts_of

    for recipe in shipped.recipes():
        click.echo(f"{recipe.name:<16} {read_configuration(recipe.path).analysis.title}")
        layouts = [read_configuration(recipe.path, path).layout for path in layouts_of(recipe.path)]
        for layout in filter(None, layouts):
            click.echo(f"{'':<16} --data DIR: {layout.title}")
        for source in dict.fromkeys(layout.source for layout in layouts if layout is not None and layout.source):
            click.echo(f"{'':<16} from: {source}")
