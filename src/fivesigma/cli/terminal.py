"""How long lines are: broken where a terminal ends, and whole for programs that read them."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

__all__ = ["entry", "line_length"]

_NARROWEST = 40


def line_length(elsewhere: int) -> int:
    """Return how many characters fit on a line of the terminal, or as many as COLUMNS says; ``elsewhere`` in a pipe or a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else elsewhere


def entry(name: str, text: str, indent: int) -> str:
    """Return a name and what is said of it, indented so far; below the name where little would fit beside it."""
    width = max(line_length(sys.maxsize), _NARROWEST)
    beside = indent <= width // 2
    margin = " " * (indent if beside else 4)
    lines = textwrap.fill(
        text,
        width,
        initial_indent=margin,
        subsequent_indent=margin,
        break_on_hyphens=False,
        break_long_words=False,
    )
    if not name:
        return lines
    return f"{name:<{indent - 1}} {lines.lstrip()}" if beside else f"{name}\n{lines}"
