"""Classifiers that other distributions offer: entry points of the group ``fivesigma.models``, each a name and an adapter.

A distribution says in its ``pyproject.toml``::

    [project.entry-points."fivesigma.models"]
    my_trees = "my_package.adapters:MyTrees"

and its class follows `fivesigma.learning.classifiers.Classifier`. Nothing of it is imported before a model asks for the name.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from fivesigma.core.errors import FivesigmaError, first_line
from fivesigma.learning.classifiers import Classifier

__all__ = ["GROUP", "load_plugin", "plugin_names", "plugin_version"]

GROUP = "fivesigma.models"


def plugin_names() -> tuple[str, ...]:
    """Return the names that installed distributions offer."""
    return tuple(_offers())


def plugin_version(name: str) -> str | None:
    """Return which distributions offer a name, with their versions; None if none does."""
    offers = _offers().get(name)
    if offers is None:
        return None
    return ", ".join(
        sorted({f"{_maker(offer)} {offer.dist.version if offer.dist else ''}".strip() for offer in offers})
    )


def load_plugin(name: str) -> type[Classifier]:
    """Return the adapter that is offered by a name.

    Raises
    ------
    FivesigmaError
        If several distributions offer the name, or what is offered cannot be imported or is no classifier of ours.
    """
    offers = _offers()[name]
    makers = ", ".join(sorted({_maker(offer) for offer in offers}))
    if len({offer.value for offer in offers}) > 1:
        raise FivesigmaError(f"classifier {name!r} is offered by several distributions: {makers}")
    try:
        adapter: type[Classifier] = offers[0].load()
    except (ImportError, AttributeError) as error:
        raise FivesigmaError(f"classifier {name!r} of {makers} cannot be imported: {first_line(error)}") from error
    needed = (each for each in (*Classifier.__annotations__, *vars(Classifier)) if not each.startswith("_"))
    # whether it takes missing values may depend on its parameters, and so be known of an instance alone
    if lacking := [each for each in needed if each != "takes_missing" and not hasattr(adapter, each)]:
        raise FivesigmaError(f"classifier {name!r} of {makers} is none that fivesigma can train: it lacks {lacking[0]}")
    return adapter


@cache
def _offers() -> dict[str, list[EntryPoint]]:
    offers: dict[str, list[EntryPoint]] = {}
    for offer in entry_points(group=GROUP):
        offers.setdefault(offer.name, []).append(offer)
    return offers


def _maker(offer: EntryPoint) -> str:
    return offer.dist.name if offer.dist else "an unnamed distribution"
