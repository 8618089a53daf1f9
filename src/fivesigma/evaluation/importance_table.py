"""All that is said of each input side by side: how well it separates alone, and what each model makes of it; and what is notable in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding
from fivesigma.evaluation.importance import Importances
from fivesigma.evaluation.separation import Separation

__all__ = ["ImportanceRow", "ImportanceTable", "importance_table", "one_input_decides", "unused_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportanceRow:
    """One input, or a group of correlated ones.

    Attributes
    ----------
    inputs
        Its name, or their names.
    separation
        What it does alone; None for a group.
    importance
        By model, the drop of its AUC; None for a model that does not take it.
    rank
        By model, the place among its inputs, the most important first, from 1; none for a group.
    """

    inputs: tuple[str, ...]
    separation: Separation | None
    importance: Mapping[str, Estimate | None]
    rank: Mapping[str, int]

    @property
    def mean(self) -> float:
        """The mean importance over the models that take it; 0 if none does."""
        drops = [drop.value for drop in self.importance.values() if drop is not None]
        return float(np.mean(drops)) if drops else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportanceTable:
    """The inputs, and below them the groups, each by their mean importance over the models, the largest first."""

    models: tuple[str, ...]
    rows: tuple[ImportanceRow, ...]
    groups: tuple[ImportanceRow, ...]


def importance_table(separations: Sequence[Separation], importances: Sequence[Importances]) -> ImportanceTable:
    """Return what is said of each input side by side.

    Parameters
    ----------
    separations
        Of each input, as `fivesigma.evaluation.separation.separation` returns them.
    importances
        Of each model.
    """
    alone = {result.feature: result for result in separations}
    ranks = {result.model: _ranks(result) for result in importances}
    names = dict.fromkeys([*alone, *(inputs[0] for rank in ranks.values() for inputs in rank)])
    groups = dict.fromkeys(found.inputs for result in importances for found in result.groups)

    def row(inputs: tuple[str, ...]) -> ImportanceRow:
        return ImportanceRow(
            inputs=inputs,
            separation=alone.get(inputs[0]) if len(inputs) == 1 else None,
            importance={result.model: result.of(*inputs) for result in importances},
            rank={model: rank[inputs] for model, rank in ranks.items() if inputs in rank},
        )

    return ImportanceTable(
        models=tuple(ranks),
        rows=_sorted([row((name,)) for name in names]),
        groups=_sorted([row(group) for group in groups]),
    )


def unused_inputs(importances: Sequence[Importances], *, share: float = 0.01) -> tuple[Finding, ...]:
    """Return a note for each input that no model looks at.

    Those are the inputs whose importance, and that of each group they are in, lies with its interval doubled below ``share`` of what
    the AUC has beyond ½, in every model that takes them: where too few events leave it open, nothing is said.
    """
    names = dict.fromkeys(found.inputs[0] for result in importances for found in result.inputs)
    return tuple(
        Finding(
            code="unused-input",
            severity="info",
            subject=name,
            message=f"no model looks at {name}: with that of other events the AUC loses less than {100 * share:g} % of what it has beyond ½",
            evidence={"share": share, **{f"drop of {model}": drop for model, drop in drops.items()}},
        )
        for name in names
        if (drops := _unused(name, importances, share)) is not None
    )


def one_input_decides(importances: Sequence[Importances], *, share: float = 0.9) -> tuple[Finding, ...]:
    """Return a warning for each model of several inputs that owes one of them more than ``share`` of its AUC beyond ½."""
    return tuple(
        Finding(
            code="one-input-decides",
            severity="warning",
            subject=f"{result.model} and {found.inputs[0]}",
            message=f"{result.model} lives on {found.inputs[0]}: with that of other events its AUC of {result.auc.value:.3f} drops by"
            f" {found.drop}, {100 * found.drop.value / (result.auc.value - 0.5):.0f} % of what it has beyond ½",
            evidence={"drop": found.drop.value, "low": found.drop.low, "auc": result.auc.value, "share": share},
        )
        for result in importances
        if len(result.inputs) > 1 and result.auc.low > 0.5
        for found in result.inputs
        if found.drop.low > share * (result.auc.value - 0.5)
    )


def _ranks(result: Importances) -> dict[tuple[str, ...], int]:
    ordered = sorted(result.inputs, key=lambda found: -found.drop.value)
    return {found.inputs: place for place, found in enumerate(ordered, start=1)}


def _sorted(rows: list[ImportanceRow]) -> tuple[ImportanceRow, ...]:
    return tuple(sorted(rows, key=lambda row: -row.mean))


def _unused(name: str, importances: Sequence[Importances], share: float) -> dict[str, float] | None:
    """Return how much each model that takes an input owes to it, if that is little in all of them; else None."""
    drops = {}
    for result in importances:
        alone = result.of(name)
        if alone is None:
            continue
        together = [found.drop for found in result.groups if name in found.inputs]
        least = share * (result.auc.value - 0.5)
        if any(drop.value + 2 * drop.error >= least for drop in (alone, *together)):
            return None
        drops[result.model] = alone.value
    return drops or None
