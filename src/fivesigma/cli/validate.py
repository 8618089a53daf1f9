"""``fivesigma validate``."""

from __future__ import annotations

from pathlib import Path

import click

from fivesigma.cli.completing import recipes_and_files

__all__ = ["validate"]


@click.command()
@click.argument("analysis", metavar="RECIPE|YAML", shell_complete=recipes_and_files)
def validate(analysis: str) -> None:
    """Check a YAML without reading any events; all that is wrong is said at once."""
    from fivesigma.analysis.configuration import load_configuration
    from fivesigma.analysis.recipes import recipes

    path = {recipe.name: recipe.path for recipe in recipes()}.get(analysis, Path(analysis))
    config = load_configuration(path)
    click.echo(
        f"{path}: valid: {len(config.samples)} samples, {len(config.features.inputs)} inputs, {len(config.models)} models,"
        f" {len(config.inference)} inferences"
    )
