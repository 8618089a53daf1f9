"""``fivesigma explain``."""

from __future__ import annotations

import click

from fivesigma.cli.completing import finding_codes

__all__ = ["explain"]


@click.command()
@click.argument("code", required=False, shell_complete=finding_codes)
def explain(code: str | None) -> None:
    """Say what a finding of this CODE means and what to do about it; without one, list the codes."""
    from fivesigma.core import explanations
    from fivesigma.core.errors import FivesigmaError

    if code is None:
        for name, text in explanations.explanations().items():
            click.echo(f"{name:<30} {_first_sentence(text)}")
        return
    try:
        text = explanations.explain(code)
    except FivesigmaError as error:
        raise click.UsageError(f"{error}; `fivesigma explain` lists them") from error
    click.echo(f"{code}\n\n{text}")


def _first_sentence(text: str) -> str:
    """Return the first sentence in one line."""
    return " ".join(text.split()).partition(". ")[0].rstrip(".")
