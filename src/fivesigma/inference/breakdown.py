"""What each group of uncertainties costs the signal strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.inference.engine import Fit, Model
from fivesigma.inference.systematics import STATISTICS

__all__ = ["Breakdown", "breakdown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """What each group of uncertainties adds to the standard deviation of the strength, in quadrature, and the whole.

    ``expected`` says whether that is for Asimov data at μ = 1 or for the observed data.
    """

    groups: Mapping[str, float]
    total: float
    expected: bool


def breakdown(model: Model, fit: Fit) -> dict[str, float]:
    """Return what each group of nuisances adds to the standard deviation of the strength, in quadrature.

    ``σ² - σ²(group known)``, with all else free; "statistics" is σ with every nuisance known. From the covariance of
    ``fit`` by conditioning: ``C_mg C_gg⁻¹ C_gm``. Normalisations that nothing but the data constrain are a group like others:
    what they cost shrinks with the data of their control regions, but it is a cost of not knowing the background.
    """
    poi = model.poi
    nuisances = [i for i in range(len(model.parameters)) if i != poi and fit.covariance[i, i] > 0]
    groups: dict[str, list[int]] = {}
    for index in nuisances:
        groups.setdefault(model.parameters[index].group, []).append(index)
    total = float(fit.covariance[poi, poi])
    costs = {STATISTICS: total - _explained(fit.covariance, poi, nuisances)}
    costs |= {group: _explained(fit.covariance, poi, members) for group, members in groups.items()}
    return {group: float(np.sqrt(max(cost, 0.0))) for group, cost in costs.items()}


def _explained(covariance: Floats, poi: int, known: Sequence[int]) -> float:
    if not known:
        return 0.0
    shared = covariance[poi, known]
    return float(shared @ np.linalg.solve(covariance[np.ix_(known, known)], shared))
