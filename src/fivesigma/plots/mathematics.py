"""Whether the mathematics in a text can be set on a figure."""

from __future__ import annotations

from matplotlib.cbook import is_math_text
from matplotlib.mathtext import MathTextParser

__all__ = ["mathematics_fault"]


def mathematics_fault(text: str) -> str | None:
    """Return what is wrong with what stands between dollars in a text; None if it can be set, or if there is none."""
    if not is_math_text(text):
        return None
    try:
        MathTextParser("path").parse(text)
    except ValueError as error:
        return str(error).strip().splitlines()[-1]
    return None
