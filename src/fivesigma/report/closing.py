"""What ends the page: the findings, where the results come from, and the configuration that made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fivesigma.core.explanations import explanations
from fivesigma.report.cells import cell
from fivesigma.report.labels import column_label, row_label
from fivesigma.report.tables import Part, depth, pairs, tables_of

__all__ = ["FindingView", "finding_views", "outline", "provenance_part"]

_SEVERITIES = ("serious", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding as the page prints it; what its code means stands with the first of that code."""

    severity: str
    code: str
    subject: str
    message: str
    evidence: str
    meaning: str


def finding_views(results: Mapping[str, Any]) -> tuple[FindingView, ...]:
    """Return the findings, the most serious first."""
    findings = sorted(results.get("findings") or (), key=lambda finding: _SEVERITIES.index(finding["severity"]))
    first = {finding["code"]: place for place, finding in reversed(list(enumerate(findings)))}
    return tuple(
        FindingView(
            severity=finding["severity"],
            code=finding["code"],
            subject=finding.get("subject") or "",
            message=finding["message"].rstrip(".") + ".",
            evidence="; ".join(
                f"{key.replace('_', ' ')} {cell(item, key).text}"
                for key, item in (finding.get("evidence") or {}).items()
            ),
            meaning=explanations().get(finding["code"], "") if first[finding["code"]] == place else "",
        )
        for place, finding in enumerate(findings)
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
