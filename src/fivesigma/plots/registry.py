"""``plot(result)``: the figure for a result, picked by its type."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from functools import cache, singledispatch
from typing import Any, TypeVar

from matplotlib.figure import Figure

from fivesigma import plots
from fivesigma.core.errors import FivesigmaError
from fivesigma.plots.style import Context, styled

__all__ = ["plot", "register", "register_several"]

Draw = TypeVar("Draw", bound=Callable[..., Figure])


def plot(result: Any, *, context: Context | None = None, **options: Any) -> Figure:
    """Return the figure for a result, or for several of one type in one figure.

    Parameters
    ----------
    result
        A result of any type that a module of this room knows, or a list or tuple of results of one such type.
    context
        What stands at the top; nothing if None.
    **options
        What the function that draws this type takes besides.

    Raises
    ------
    FivesigmaError
        If there is no figure for such a result.
    """
    _load()
    context = context or Context()
    draw = _draw_several(_one_type(result)) if isinstance(result, list | tuple) else _draw_one(result)
    return draw(result, context=context, **options)


def register(kind: type) -> Callable[[Draw], Draw]:
    """Decorate the function that draws one result of type ``kind``; it then draws in our style."""

    def decorate(draw: Draw) -> Draw:
        drawn = styled(draw)
        _draw_one.register(kind, lambda _: drawn)
        return drawn

    return decorate


def register_several(kind: type) -> Callable[[Draw], Draw]:
    """Decorate the function that draws results of type ``kind``, one or several, in one figure; it takes a sequence."""

    def decorate(draw: Draw) -> Draw:
        drawn = styled(draw)
        _draw_one.register(kind, lambda _: lambda result, **options: drawn([result], **options))
        _draw_several.register(kind, lambda _: drawn)
        return drawn

    return decorate


@cache
def _load() -> None:
    """Import every module of this room, so that each has registered its figures."""
    for module in pkgutil.iter_modules(plots.__path__, f"{plots.__name__}."):
        importlib.import_module(module.name)


def _one_type(results: Sequence[Any]) -> Any:
    kinds = sorted({type(result).__name__ for result in results})
    if len(kinds) != 1:
        raise FivesigmaError(f"one figure holds results of one type, not {', '.join(kinds) or 'nothing'}")
    return results[0]


@singledispatch
def _draw_one(result: object) -> Callable[..., Figure]:
    raise FivesigmaError(f"there is no figure for a {type(result).__name__}; there are for: {_known(_draw_one)}")


@singledispatch
def _draw_several(result: object) -> Callable[..., Figure]:
    name = type(result).__name__
    raise FivesigmaError(f"there is no figure for several {name} together; there are for: {_known(_draw_several)}")


def _known(dispatcher: Any) -> str:
    return ", ".join(sorted(kind.__name__ for kind in dispatcher.registry if kind is not object))
