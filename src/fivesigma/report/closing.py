"""What ends the page: the findings, where the results come from, and the configuration that made them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fivesigma.core.explanations import explanations
from fivesigma.core.format import MINUS
from fivesigma.core.version import DOCUMENTATION
from fivesigma.report.cells import cell
from fivesigma.report.labels import column_label, row_label
from fivesigma.report.tables import Part, depth, pairs, tables_of

__all__ = ["FindingGroup", "FindingView", "finding_groups", "outline", "provenance_part"]

_SEVERITIES = ("serious", "warning", "info")


_NEGATIVE = re.compile(r"(?<![\w.)\]])-(?=\.?\d)")
"""The hyphen that a number of a message begins with, and none between words and numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding as the page prints it."""

    subject: str
    message: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingGroup:
    """The findings of one code that are equally bad; what the code means stands with the first group of that code."""

    severity: str
    code: str
    findings: tuple[FindingView, ...]
    meaning: str

    @property
    def link(self) -> str:
        """Where the documentation explains it."""
        return f"{DOCUMENTATION}reference/findings.html#{self.code}"


def finding_groups(findings: Iterable[Mapping[str, Any]] | None) -> tuple[FindingGroup, ...]:
    """Return the findings, the most serious first."""
    groups: dict[tuple[str, str], list[FindingView]] = {}
    for finding in sorted(findings or (), key=lambda finding: _SEVERITIES.index(finding["severity"])):
        groups.setdefault((finding["severity"], finding["code"]), []).append(_view(finding))
    first = {code: severity for severity, code in reversed(groups)}
    return tuple(
        FindingGroup(
            severity=severity,
            code=code,
            findings=tuple(views),
            meaning=explanations().get(code, "") if first[code] == severity else "",
        )
        for (severity, code), views in groups.items()
    )


def _view(finding: Mapping[str, Any]) -> FindingView:
    evidence = finding.get("evidence") or {}
    return FindingView(
        subject=finding.get("subject") or "",
        message=_NEGATIVE.sub(MINUS, finding["message"].rstrip(".") + "."),
        evidence="; ".join(f"{key.replace('_', ' ')} {cell(item, key).text}" for key, item in evidence.items()),
    )


def outline(value: Any, indent: int = 0) -> str:
    """Return nested mappings as indented text, each leaf as strict JSON."""
    lines = []
    for key, item in value.items():
        nested = isinstance(item, Mapping) and item
        text = "\n" + outline(item, indent + 2) if nested else " " + json.dumps(item, ensure_ascii=False, default=str)
        lines.append(f"{' ' * indent}{key}:{text}")
    return "\n".join(lines)


def provenance_part(provenance: Mapping[str, Any]) -> Part:
    """Return where the results come from; names of packages, files and the like stay as they are."""
    flat = {key: value for key, value in provenance.items() if depth(value) == 0}
    tables = [pairs("Run", flat)] if flat else []
    for key, value in provenance.items():
        match depth(value):
            case 0:
                continue
            case 1:
                tables.append(pairs(column_label(key), value, name=row_label))
            case _:
                tables.extend(tables_of(column_label(key), value))
    return Part(tables=tuple(tables))
