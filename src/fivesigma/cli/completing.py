"""What a shell proposes after the Tab key; how it is switched on is in the documentation of the command line."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

__all__ = ["finding_codes", "models_of_the_run", "recipe_names", "recipes_and_files"]


def recipe_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the recipes that begin so."""
    from fivesigma.analysis.recipes import recipes

    return [CompletionItem(each.name) for each in recipes() if each.name.startswith(incomplete)]


def recipes_and_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the recipes that begin so, or leave it to the shell to find files."""
    return recipe_names(context, parameter, incomplete) or [CompletionItem(incomplete, type="file")]


def finding_codes(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the codes of findings that begin so."""
    from fivesigma.core.explanations import explanations

    return [CompletionItem(code) for code in explanations() if code.startswith(incomplete)]


def models_of_the_run(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the models, of the run that was named before, that begin so."""
    folder = context.params["run"] / "models"
    return [CompletionItem(path.name) for path in sorted(folder.glob(f"{incomplete}*")) if path.is_dir()]
