"""``fivesigma schema``."""

from __future__ import annotations

import json

import click

__all__ = ["schema"]


@click.command()
def schema() -> None:
    """Print what a YAML may say, as JSON schema, by which editors complete and check one while it is written."""
    from fivesigma.analysis.schema import Configuration

    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Configuration.model_json_schema()}
    click.echo(json.dumps({**described, "title": "An analysis of fivesigma"}, indent=1, ensure_ascii=False))
