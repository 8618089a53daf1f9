"""What is examined before anybody believes what systematics cost on a signal strength."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.finding import Finding
from fivesigma.core.sample import Variation
from fivesigma.inference.systematics import ShapeSystematic, Systematic
from fivesigma.searches.strength_changes import StrengthChanges, events_in
from fivesigma.searches.varied_scores import ScoredEvents, VariedScores

__all__ = ["check_effects", "check_noise", "check_sides", "check_unused"]

_NOTABLE = 0.25  # part of the total δμ; what is less adds 3 % in quadrature at most


def check_effects(changes: StrengthChanges, model: str) -> Iterator[Finding]:
    """Yield a finding for each systematic that moves no event across any cut."""
    for systematic, events in zip(changes.systematics, changes.events, strict=True):
        if not events.any():
            yield Finding(
                code="systematic-without-effect",
                severity="warning",
                subject=f"{model}/{systematic.name}",
                message="it changes neither signal nor background above any cut; is what it varies used, and are its samples there?",
            )


def check_noise(
    systematics: Sequence[Systematic],
    costs: Mapping[str, float],
    errors: Mapping[str, float],
    *,
    total: float,
    model: str,
) -> Iterator[Finding]:
    """Yield a finding for each shape that costs much at the best cut, and of which few simulated events say how much.

    ``costs`` and ``errors`` are δμ of each systematic and its error by the simulation, ``total`` the whole δμ.
    """
    for systematic in systematics:
        cost, error = costs[systematic.name], errors[systematic.name]
        if isinstance(systematic, ShapeSystematic) and 2 * error > cost and max(cost, error) > _NOTABLE * total:
            yield Finding(
                code="shift-within-noise",
                severity="warning",
                subject=f"{model}/{systematic.name}",
                message=f"its δμ at the best cut, {cost:.2g} ± {error:.2g}, is hardly more than the noise of the simulated events that"
                " it carries over the cut; noise adds to the total and takes part in the choice of the cut",
                evidence={"cost": cost, "error": error},
            )


def check_sides(
    nominal: ScoredEvents,
    systematics: Sequence[Systematic],
    varied: Sequence[VariedScores],
    cuts: Sequence[float],
    *,
    signal: float,
    total: float,
) -> Iterator[Finding]:
    """Yield a finding for each systematic whose up and down move the events above the cuts of the folds to the same side."""
    for systematic in systematics:
        if not isinstance(systematic, ShapeSystematic) or systematic.combine != "two-sided":
            continue
        sides = [Variation(systematic.name, label) for label in ("up", "down")]
        up, down = (_moved(nominal, systematic, side, varied, np.asarray(cuts)) / signal for side in sides)
        if up * down > 0 and min(abs(up), abs(down)) > _NOTABLE * total:
            yield Finding(
                code="up-and-down-on-one-side",
                severity="warning",
                subject=f"{nominal.scores.model}/{systematic.name}",
                message=f"at the best cut up and down both {'raise' if up > 0 else 'lower'} the count, by {abs(up):.2g} and"
                f" {abs(down):.2g} in units of the signal; half their difference, {abs(up - down) / 2:.2g}, says less than either",
                evidence={"up": up, "down": down},
            )


def _moved(
    nominal: ScoredEvents,
    systematic: ShapeSystematic,
    side: Variation,
    varied: Sequence[VariedScores],
    cuts: Floats,
) -> float:
    """Return by how many events a variation changes the count above each fold's own cut."""
    moved = 0.0
    for sample in filter(systematic.moves, nominal.samples):
        for events, sign in ((events_in(nominal, side, varied, sample), 1), (nominal.of(sample), -1)):
            moved += sign * float(events.weight[events.value >= cuts[events.fold]].sum())
    return moved


def check_unused(
    nominal: ScoredEvents, systematics: Sequence[Systematic], varied: Sequence[VariedScores]
) -> Iterator[Finding]:
    """Yield a finding where there are variations that no systematic takes up."""
    there = {v.systematic for v in (*nominal.dataset.weights, *(other.variation for other in varied))}
    if unused := sorted(there - {systematic.name for systematic in systematics}):
        yield Finding(
            code="variation-not-used",
            severity="warning",
            subject=nominal.scores.model,
            message=f"events or weights were varied for {', '.join(unused)}, and no systematic takes that up",
            evidence={"systematics": unused},
        )
