"""``fivesigma validate``."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["validate"]


@click.command()
@click.argument("yaml", type=click.Path(dir_okay=False, path_type=Path))
def validate(yaml: Path) -> None:
    """Check a YAML without reading any events; all that is wrong is said at once."""
    from fivesigma.analysis.configuration import load_configuration

    config = load_configuration(yaml)
    click.echo(
        f"{yaml}: valid: {len(config.samples)} samples, {len(config.features.inputs)} inputs, {len(config.models)} models,"
        f" {len(config.inference)} inferences"
    )
