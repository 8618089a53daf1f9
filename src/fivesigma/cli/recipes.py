"""``fivesigma recipes``."""

from __future__ import annotations

import shutil
import sys
import textwrap

import click

__all__ = ["recipes"]


@click.command()
def recipes() -> None:
    """List the analyses that come with the package, and the files of others that each reads with --data DIR."""
    from fivesigma.analysis import recipes as shipped
    from fivesigma.analysis.configuration import read_configuration
    from fivesigma.analysis.layouts import layouts_of

    for recipe in shipped.recipes():
        _say(recipe.name, read_configuration(recipe.path).analysis.title)
        layouts = [read_configuration(recipe.path, path).layout for path in layouts_of(recipe.path)]
        for layout in filter(None, layouts):
            _say("", f"--data DIR: {layout.title}")
        for source in dict.fromkeys(layout.source for layout in layouts if layout is not None and layout.source):
            _say("", f"from: {source}")


def _say(name: str, text: str) -> None:
    """Print a name and what is said of it, lines broken where a terminal ends; elsewhere, for programs, they are whole."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    indent = " " * 17
    text = textwrap.fill(text, max(width, 40), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    click.echo(f"{name:<16} {text.lstrip()}")
