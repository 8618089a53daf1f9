"""``fivesigma explain``."""

from __future__ import annotations

import textwrap

import click

from fivesigma.cli.completing import finding_codes
from fivesigma.cli.terminal import entry, line_length

__all__ = ["explain"]

_INDENT, _READABLE = 31, 100


@click.command()
@click.argument("code", required=False, shell_complete=finding_codes)
def explain(code: str | None) -> None:
    """Say what a finding of this CODE means and what to do about it; without one, list the codes."""
    from fivesigma.core import explanations
    from fivesigma.core.errors import FivesigmaError

    if code is None:
        for name, text in explanations.explanations().items():
            click.echo(entry(name, _first_sentence(text), _INDENT))
        return
    try:
        text = explanations.explain(code)
    except FivesigmaError as error:
        raise click.UsageError(f"{error}; `fivesigma explain` lists them") from error
    width = min(line_length(_READABLE), _READABLE)
    click.echo("\n\n".join([code, *(textwrap.fill(part, width) for part in text.split("\n\n"))]))


def _first_sentence(text: str) -> str:
    """Return the first sentence in one line."""
    return " ".join(text.split()).partition(". ")[0].rstrip(".")
