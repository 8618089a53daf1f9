"""What stands around the answer at the top of the page: the numbers beside it, and which inference it quotes."""

from __future__ import annotations

from dataclasses import dataclass

from fivesigma.report.answer import headline, status
from fivesigma.report.cells import Cell, cell, interval
from fivesigma.report.content import RunContent
from fivesigma.report.inference import expected_limit_cell, observed_label, observed_limit_cell, type_name
from fivesigma.report.limits import CONFIDENCE

__all__ = ["KeyNumber", "key_numbers", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumber:
    """A number beside the answer."""

    label: str
    value: Cell


def key_numbers(content: RunContent) -> tuple[KeyNumber, ...]:
    """Return the numbers that stand beside the answer; what is blind shows as such."""
    found = headline(content.results)
    numbers = []
    if found is not None:
        _, entry = found
        kind = status(content.results, content.config)
        numbers = [
            KeyNumber(label=f"expected limit on μ, {CONFIDENCE}, and its ±1σ band", value=expected_limit_cell(entry)),
            KeyNumber(label="expected significance", value=cell(entry.get("z_expected"), "z_expected")),
            KeyNumber(label=observed_label("observed limit on μ", kind), value=observed_limit_cell(entry)),
            KeyNumber(
                label=observed_label("observed significance", kind), value=cell(entry.get("z_observed"), "z_observed")
            ),
        ]
    aucs = {name: model["auc"] for name, model in content.results.get("models", {}).items() if model.get("auc")}
    if aucs:
        best = max(aucs, key=lambda name: float(aucs[name]["value"]))
        numbers.append(KeyNumber(label=f"highest AUC, out of fold ({best})", value=interval(aucs[best])))
    return tuple(numbers)


def source(content: RunContent) -> str:
    """Return which of several inferences the answer quotes."""
    entries, found = content.results.get("inference") or {}, headline(content.results)
    if found is None or len(entries) == 1:
        return ""
    return f"From the {type_name(found[1])} “{found[0]}”, one of {len(entries)} inferences of this run."
