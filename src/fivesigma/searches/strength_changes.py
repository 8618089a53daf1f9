"""How systematics move the events above a cut in a score: each one's signed change of signal and background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.sample import Variation
from fivesigma.inference.systematics import Normalisation, ShapeSystematic, Systematic
from fivesigma.searches.varied_scores import ScoredEvents, VariedScores
from fivesigma.statistics.quadrature import quadrature

__all__ = ["GROUPS", "Group", "StrengthChanges", "require_groups", "strength_changes"]

Group: TypeAlias = Literal["signal", "background", "luminosity", "detector"]
"""Under what a systematic's cost on the signal strength is counted."""
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthChanges:
    """The events by which each of s systematics, at +1 σ, changes what lies above each of m cuts in each of k folds.

    Attributes
    ----------
    systematics
        In the order of ``events``.
    events
        Changes of signal and of background, with their signs, shape (s, 2, k, m).
    """

    systematics: tuple[Systematic, ...]
    events: Floats

    def of(self, folds: Bools, scale: float = 1.0) -> Floats:
        """Return the changes in the folds that a mask of shape (k,) keeps, multiplied by ``scale``: shape (s, 2, m)."""
        changes: Floats = self.events[:, :, folds].sum(axis=2) * scale
        return changes

    def at(self, places: Sequence[int]) -> Floats:
        """Return the changes with each fold at its own cut, given by its place, shape (s, 2, 1)."""
        changes: Floats = self.events[:, :, np.arange(len(places)), places].sum(axis=2, keepdims=True)
        return changes

    def by_group(self, changes: Floats) -> dict[Group, Floats]:
        """Return what the systematics of each group change in signal and background together, in quadrature: shape (m,)."""
        sizes, none = np.abs(changes.sum(axis=1)), np.zeros(changes.shape[-1])
        groups = [systematic.of_group for systematic in self.systematics]
        return {
            group: quadrature(none, *(size for size, of in zip(sizes, groups, strict=True) if of == group))
            for group in GROUPS
        }


def require_groups(systematics: Sequence[Systematic]) -> None:
    """Raise FivesigmaError where a systematic counts under none of the groups that a signal strength is told in."""
    for systematic in systematics:
        if systematic.of_group not in GROUPS:
            raise FivesigmaError(
                f"systematic {systematic.name!r}: a signal strength is told without a group {systematic.of_group!r}"
                f"{suggestion(systematic.of_group, GROUPS)}"
            )


def strength_changes(
    nominal: ScoredEvents, systematics: Sequence[Systematic], varied: Sequence[VariedScores], cuts: Floats
) -> StrengthChanges:
    """Return how each systematic changes the events above each of m ascending cuts.

    All samples that a systematic moves, move together: their changes add with their signs. A normalisation of size r changes
    N events by r N. One that is varied to both sides changes them by half the difference of up and down, one to one side by the
    difference to the nominal ones.

    Raises
    ------
    FivesigmaError
        If a systematic lacks a variation, or has one too many.
    """
    changes = [_change(nominal, systematic, varied, cuts) for systematic in systematics]
    shape = (len(changes), 2, nominal.scores.folds, len(cuts))
    return StrengthChanges(systematics=tuple(systematics), events=np.reshape(changes, shape).astype(np.float64))


def _change(
    nominal: ScoredEvents, systematic: Systematic, varied: Sequence[VariedScores], cuts: Floats
) -> tuple[Floats, Floats]:
    """Return the changes of signal and of background, each of shape (k, m)."""
    kinds = (nominal.dataset.names("signal"), nominal.dataset.names("background"))
    moved = [[name for name in names if systematic.moves(name)] for names in kinds]
    if isinstance(systematic, Normalisation):
        signal, background = (systematic.size * nominal.above(cuts, names) for names in moved)
        return signal, background
    if not isinstance(systematic, ShapeSystematic):
        raise TypeError(f"{type(systematic).__name__} {systematic.name!r} is neither a normalisation nor a shape")
    sides = _sides(nominal, systematic, varied)
    signal, background = (
        np.sum([factor * _difference(nominal, side, varied, names, cuts) for side, factor in sides], axis=0)
        for names in moved
    )
    return signal, background


def _sides(
    nominal: ScoredEvents, systematic: ShapeSystematic, varied: Sequence[VariedScores]
) -> list[tuple[Variation, float]]:
    """Return the variations of a systematic and what each counts in the change."""
    what, there = f"systematic {systematic.name!r}", _varied_samples(nominal, systematic.name, varied)
    if not there:
        known = sorted({v.systematic for v in (*nominal.dataset.weights, *(other.variation for other in varied))})
        raise FivesigmaError(f"{what}: there are no varied events or weights of it{suggestion(systematic.name, known)}")
    wanted = {"up", "down"} if systematic.combine == "two-sided" else set(there)
    if set(there) != wanted or (systematic.combine == "one-sided" and len(there) > 1):
        sides = "variations up and down" if systematic.combine == "two-sided" else "one variation"
        raise FivesigmaError(f"{what}: {systematic.combine} takes {sides}; there are {', '.join(sorted(there))}")
    for label, samples in there.items():
        asked = set().union(*there.values()) if systematic.samples is None else set(systematic.samples)
        if lacking := sorted(asked - samples):
            raise FivesigmaError(f"{what}: there are no varied events of {', '.join(lacking)} for {label}")
    factor = {"up": 0.5, "down": -0.5} if systematic.combine == "two-sided" else {"down": -1.0}
    return [(Variation(systematic.name, label), factor.get(label, 1.0)) for label in there]


def _varied_samples(nominal: ScoredEvents, name: str, varied: Sequence[VariedScores]) -> dict[str, set[str]]:
    """Return which samples there are of each variation of a systematic, by its label."""
    there = {v.label: set(nominal.samples) for v in nominal.dataset.weights if v.systematic == name}
    for other in varied:
        if other.variation.systematic == name:
            there.setdefault(other.variation.label, set()).update(other.events.samples)
    return there


def _difference(
    nominal: ScoredEvents, variation: Variation, varied: Sequence[VariedScores], samples: Sequence[str], cuts: Floats
) -> Floats:
    """Return what a variation changes in some samples, shape (k, m); those that it does not list stay."""
    if variation in nominal.dataset.weights:
        shift = nominal.dataset.weights[variation] - nominal.dataset.weight
        return nominal.above(cuts, samples, shift)
    total = np.zeros((nominal.scores.folds, len(cuts)))
    for one in (other for other in varied if other.variation == variation):
        moved = [name for name in samples if name in one.events.samples]
        total += one.events.above(cuts, moved) - nominal.above(cuts, moved)
    return total
