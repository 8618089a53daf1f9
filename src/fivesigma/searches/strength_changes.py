"""How systematics move the events above a cut in a score: each one's signed change, and its error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from fivesigma.core.arrays import Bools, Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.sample import Variation
from fivesigma.inference.systematics import Normalisation, ShapeSystematic, Systematic
from fivesigma.searches.varied_scores import CountedEvents, ScoredEvents, VariedScores
from fivesigma.statistics.quadrature import quadrature

__all__ = ["GROUPS", "Group", "StrengthChanges", "events_in", "require_groups", "strength_changes"]

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
        Changes of signal and background together, with their signs, shape (s, k, m).
    variances
        Of these changes, by the number of simulated events, shape (s, k, m). Events that are above a cut before and after a shift
        do not add to it.
    """

    systematics: tuple[Systematic, ...]
    events: Floats
    variances: Floats

    def of(self, folds: Bools, scale: float = 1.0) -> Floats:
        """Return the changes in the folds that a mask of shape (k,) keeps, multiplied by ``scale``: shape (s, m)."""
        changes: Floats = self.events[:, folds].sum(axis=1) * scale
        return changes

    def at(self, places: Sequence[int]) -> tuple[Floats, Floats]:
        """Return the changes with each fold at its own cut, given by its place, and their errors: each of shape (s, 1)."""
        changes, variances = (
            values[:, np.arange(len(places)), places].sum(axis=1, keepdims=True)
            for values in (self.events, self.variances)
        )
        return changes, np.sqrt(variances)

    def errors(self, group: Group) -> Floats:
        """Return the error of what the systematics of a group change in all folds, in quadrature: shape (m,).

        That of √Σd², with errors σ of the changes d, is √(Σ d²σ² / Σd²); √Σσ² where all of them are zero.
        """
        mine = [systematic.of_group == group for systematic in self.systematics]
        changes, variances = (np.square(self.events.sum(axis=1)[mine]), self.variances.sum(axis=1)[mine])
        total = changes.sum(axis=0)
        error: Floats = np.sqrt(
            np.divide((changes * variances).sum(axis=0), total, out=variances.sum(axis=0), where=total > 0)
        )
        return error

    def by_group(self, changes: Floats) -> dict[Group, Floats]:
        """Return what the systematics of each group change, in quadrature: of shape (m,), from changes of shape (s, m)."""
        groups, none = [systematic.of_group for systematic in self.systematics], np.zeros(changes.shape[-1])
        return {
            group: quadrature(none, *(size for size, of in zip(np.abs(changes), groups, strict=True) if of == group))
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
    shape = (len(systematics), nominal.scores.folds, len(cuts))
    events, variances = np.zeros(shape), np.zeros(shape)
    for place, systematic in enumerate(systematics):
        for counted, factor in _counted(nominal, systematic, varied):
            events[place] += factor * counted.after.above(cuts)
            variances[place] += factor**2 * counted.after.squared().above(cuts)
            if counted.before is not None:
                events[place] -= factor * counted.before.above(cuts)
                variances[place] += factor**2 * counted.before.squared().above(cuts)
                variances[place] -= 2 * factor**2 * counted.after.shared(counted.before).above(cuts)
    return StrengthChanges(systematics=tuple(systematics), events=events, variances=np.maximum(variances, 0.0))


@dataclass(frozen=True, slots=True)
class _Sides:
    """The events of a sample of which a change is the difference, or a part of the first alone."""

    after: CountedEvents
    before: CountedEvents | None


def _counted(
    nominal: ScoredEvents, systematic: Systematic, varied: Sequence[VariedScores]
) -> Iterator[tuple[_Sides, float]]:
    """Yield the events that the change of each sample is made of, and by what it is to be multiplied."""
    moved = [sample for sample in nominal.samples if systematic.moves(sample)]
    if isinstance(systematic, Normalisation):
        for sample in moved:
            yield _Sides(nominal.of(sample), None), systematic.size
        return
    if not isinstance(systematic, ShapeSystematic):
        raise FivesigmaError(
            f"systematic {systematic.name!r}: a {type(systematic).__name__} says of no count by how much it is moved"
        )
    after, before, factor = _sides(nominal, systematic, varied)
    for sample in moved:
        events = (events_in(nominal, variation, varied, sample) for variation in (after, before))
        yield _Sides(*events), factor


def events_in(
    nominal: ScoredEvents, variation: Variation | None, varied: Sequence[VariedScores], sample: str
) -> CountedEvents:
    """Return the events of a sample in a variation; the nominal ones where that does not concern the sample, or is None."""
    if variation is not None and variation in nominal.dataset.weights:
        return nominal.of(sample, nominal.dataset.weights[variation])
    for other in varied:
        if other.variation == variation and sample in other.events.samples:
            return other.events.of(sample)
    return nominal.of(sample)


def _sides(
    nominal: ScoredEvents, systematic: ShapeSystematic, varied: Sequence[VariedScores]
) -> tuple[Variation | None, Variation | None, float]:
    """Return the variations of which a change is the difference, None for the nominal events, and its factor."""
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
    up, down = (Variation(systematic.name, label) for label in ("up", "down"))
    if systematic.combine == "two-sided":
        return up, down, 0.5
    (label,) = there
    return (None, down, 1.0) if label == "down" else (Variation(systematic.name, label), None, 1.0)


def _varied_samples(nominal: ScoredEvents, name: str, varied: Sequence[VariedScores]) -> dict[str, set[str]]:
    """Return which samples there are of each variation of a systematic, by its label."""
    there = {v.label: set(nominal.samples) for v in nominal.dataset.weights if v.systematic == name}
    for other in varied:
        if other.variation.systematic == name:
            there.setdefault(other.variation.label, set()).update(other.events.samples)
    return there
