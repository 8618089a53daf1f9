"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from fivesigma.core.display import facts

__all__ = ["Finding", "Severity", "remarks"]

Severity: TypeAlias = Literal["info", "warning", "serious"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A code that has a page of its own, how bad it is, what it is about, a sentence, and the numbers behind it."""

    code: str
    severity: Severity
    subject: str
    message: str
    evidence: Mapping[str, float | int | str | list[str]] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        return facts(f"{self.severity}: {self.code}", {"about": self.subject, "what": self.message}).html


def remarks(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return findings as sentences below a table, the code first."""
    return tuple(f"{finding.code}: {finding.message}" for finding in findings)
