"""``fivesigma recipes``."""

from __future__ import annotations

import click

from fivesigma.cli.terminal import entry

__all__ = ["recipes"]

_INDENT = 17


@click.command()
def recipes() -> None:
    """List the analyses that come with the package, and the files of others that each reads with --data DIR."""
    from fivesigma.analysis import recipes as shipped
    from fivesigma.analysis.configuration import read_configuration
    from fivesigma.analysis.layouts import layouts_of

    for recipe in shipped.recipes():
        click.echo(entry(recipe.name, read_configuration(recipe.path).analysis.title, _INDENT))
        layouts = [read_configuration(recipe.path, path).layout for path in layouts_of(recipe.path)]
        for layout in filter(None, layouts):
            click.echo(entry("", f"--data DIR: {layout.title}", _INDENT))
        for source in dict.fromkeys(layout.source for layout in layouts if layout is not None and layout.source):
            click.echo(entry("", f"source: {source}", _INDENT))
