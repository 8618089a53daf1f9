"""What a check found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["Finding", "Severity"]

Severity: TypeAlias = Literal["info", "warning", "serious"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A code that has a page of its own, how bad it is, what it is about, a sentence, and the numbers behind it."""

    code: str
    severity: Severity
    subject: str
    message: str
    evidence: Mapping[str, float | int | str | list[str]] = field(default_factory=dict)
