"""What each finding means and what to do about it: the texts of ``findings.md``, which the documentation shows too."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from fivesigma.core.errors import FivesigmaError, suggestion

__all__ = ["explain", "explanations"]

_SECTION = re.compile(r"^## `([\w-]+)`\n+(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@cache
def explanations() -> dict[str, str]:
    """Return the text for each code of a finding, in the alphabet's order, as Markdown without links."""
    page = resources.files("fivesigma.core").joinpath("findings.md").read_text(encoding="utf-8")
    return {code: _LINK.sub(r"\1", text).strip() for code, text in _SECTION.findall(page)}


def explain(code: str) -> str:
    """Return what a finding of this code means.

    Raises
    ------
    FivesigmaError
        If there is no such code.
    """
    texts = explanations()
    if code not in texts:
        raise FivesigmaError(f"no finding has the code {code!r}{suggestion(code, texts)}")
    return texts[code]
