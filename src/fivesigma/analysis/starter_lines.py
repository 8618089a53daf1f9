"""Lines of YAML: comments, lists, and texts quoted where they must be."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence

__all__ = ["comment", "flow", "listed", "quoted"]

_WIDTH = 118
_LARGEST_WHOLE = 2**53
_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"}


def comment(text: str, indent: str) -> Iterator[str]:
    """Yield a comment, broken into lines."""
    yield from textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def listed(key: str, values: Sequence[str]) -> Iterator[str]:
    """Yield a key with one text, or with a list of them."""
    if len(values) == 1:
        yield f"{key}: {quoted(values[0])}"
        return
    yield f"{key}:"
    yield from (f"      - {quoted(value)}" for value in values)


def flow(values: Sequence[float | str]) -> str:
    """Return numbers and texts in brackets; the word nan stands for itself."""
    shown = (_exact(v) if isinstance(v, float) else v if v == "nan" else quoted(v) for v in values)
    return f"[{', '.join(shown)}]"


def _exact(value: float) -> str:
    """Return a number as YAML reads the same back."""
    return f"{value:.0f}" if value == round(value) and abs(value) < _LARGEST_WHOLE else repr(value)


def quoted(text: str | None) -> str:
    """Return a text as YAML reads it back: bare where it is a simple word, else in double quotes."""
    text = text or ""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) and text.lower() not in _YAML_WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
