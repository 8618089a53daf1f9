"""Pieces of files to one sample: joined, counted, duplicates removed and draws made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fivesigma.core.arrays import Bools, Floats, UInts
from fivesigma.core.errors import DataError
from fivesigma.core.expressions import Expression
from fivesigma.core.identity import entry_ids, ids_from_columns, ticket_of
from fivesigma.core.sample import CutflowRow, Sample, SampleInfo, Variation
from fivesigma.events.noticed import noticed
from fivesigma.events.selected import Selected, Tally
from fivesigma.events.source import Source

__all__ = ["Draw", "Pieces", "collect", "scaled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """How many of the events that may be drawn stay; the rest is set aside. ``name`` is whose draw it is."""

    events: int
    seed: int
    name: str


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is left of each piece of a source, in order, and whether its events are identified by their entry.

    ``part`` numbers the part of the sample that the source belongs to, with a sum of weights of its own.
    """

    source: Source
    by_entry: bool
    selected: Sequence[Selected]
    part: int = 0

    def ids(self, of: Callable[[Selected], UInts]) -> Iterator[UInts]:
        """Yield the identifiers of the events of each piece."""
        if not self.by_entry:
            yield from map(of, self.selected)
            return
        digest, before = self.source.digest(), 0
        for piece in self.selected:
            yield entry_ids(digest, of(piece) + np.uint64(before))
            before += piece.length


def scaled(piece: Selected, factor: float) -> Selected:
    """Return a piece whose weights are multiplied by a factor."""
    return replace(
        piece,
        weight=piece.weight * factor,
        weights={variation: weight * factor for variation, weight in piece.weights.items()},
        tallies=tuple(replace(t, total=t.total * factor, squares=t.squares * factor**2) for t in piece.tallies),
        weighed=None if piece.weighed is None else piece.weighed * factor,
    )


def collect(
    info: SampleInfo,
    sources: Sequence[Pieces],
    *,
    steps: Sequence[str],
    variation: Variation,
    watched: Sequence[Expression] = (),
    remove_duplicates: bool = False,
    draw: Draw | None = None,
) -> Sample:
    """Return the pieces of all sources as one sample.

    Parameters
    ----------
    info
        Who it is.
    sources
        The pieces of each source.
    steps
        What the rows of the cutflow are called: reading, then each cut.
    variation
        What was shifted, if anything was.
    watched
        What is asked of the columns, for findings about them.
    remove_duplicates
        Keep only the first of events with one identifier.
    draw
        Keep only so many of the events that may be drawn.

    Raises
    ------
    DataError
        If more events are to be drawn than there are.
    """
    flat = [piece for source in sources for piece in source.selected]
    ids = np.concatenate([ids for source in sources for ids in source.ids(lambda piece: piece.id)])
    cutflow = tuple(_row(step, [piece.tallies[i] for piece in flat]) for i, step in enumerate(steps))
    keep: Bools | slice = slice(None)
    if remove_duplicates or draw is not None:
        roll = np.concatenate([ids for source in sources for ids in source.ids(_roll)])
        stays, first_rows = _staying(info.name, flat, steps[0], roll, remove_duplicates, draw)
        passed = np.concatenate([_filled(piece.passed) for piece in flat])
        seen = np.concatenate([_marked(piece.seen) for piece in flat])
        keep = stays[seen & (passed == len(steps) - 1)]
        weight = np.concatenate([_filled(piece.weighed) for piece in flat])
        lost = [row.missing for row in cutflow]
        cutflow = (
            *first_rows,
            *(_counted(step, weight[stays & (passed >= i)], lost[i]) for i, step in enumerate(steps) if i),
        )
    return Sample(
        info=info,
        events={name: _concatenated([piece.columns[name] for piece in flat])[keep] for name in flat[0].columns},
        weight=np.concatenate([piece.weight for piece in flat])[keep],
        weights={key: np.concatenate([piece.weights[key] for piece in flat])[keep] for key in flat[0].weights},
        id=ids[keep],
        variation=variation,
        cutflow=cutflow,
        generated=_generated(sources),
        findings=tuple(noticed(info, flat, cutflow, watched)),
    )


def _generated(sources: Sequence[Pieces]) -> tuple[tuple[float | None, float], ...]:
    found: dict[tuple[int, float | None], list[float]] = {}
    for source in sources:
        for piece in source.selected:
            for declared, total in piece.generated.items():
                found.setdefault((source.part, declared), []).append(total)
    return tuple((declared, math.fsum(totals)) for (_, declared), totals in found.items())


def _staying(
    name: str, flat: Sequence[Selected], step: str, roll: UInts, remove_duplicates: bool, draw: Draw | None
) -> tuple[Bools, tuple[CutflowRow, ...]]:
    """Return which events of the roll stay and are seen, and the rows of the cutflow up to there.

    Signal is drawn before the signal region is hidden: of what is injected, as much lies outside as when all is looked at.
    """
    weight = np.concatenate([_filled(piece.weighed) for piece in flat])
    seen = np.concatenate([_marked(piece.seen) for piece in flat])
    stays, rows = np.ones(len(roll), dtype=np.bool_), [_counted(step, weight[seen])]
    if remove_duplicates:  # first: as many of the signal events as are said are different ones
        stays = np.zeros(len(roll), dtype=np.bool_)
        stays[np.unique(_keys(flat, roll), return_index=True)[1]] = True
        rows.append(_counted("duplicates removed", weight[stays & seen]))
    if draw is not None:
        chosen = stays & np.concatenate([_chosen(piece) for piece in flat])
        stays &= ~chosen | _drawn(name, roll, chosen, draw)
        rows.append(
            _counted(f"{draw.events:,} of {np.count_nonzero(chosen):,} signal events injected", weight[stays & seen])
        )
    return stays & seen, tuple(rows)


def _keys(flat: Sequence[Selected], roll: UInts) -> UInts:
    """Return what duplicates agree in: the identifier, and of simulation, whose numbers may start anew, the content."""
    content = [piece.content for piece in flat if piece.content is not None]
    return ids_from_columns([roll, np.concatenate(content)]) if content else roll


def _drawn(name: str, roll: UInts, chosen: Bools, draw: Draw) -> Bools:
    where = np.flatnonzero(chosen)
    if draw.events > len(where):
        raise DataError(f"sample {name!r}: {draw.events} events are to be injected, but there are {len(where)}")
    tickets = ticket_of(roll[where], seed=draw.seed, draw=draw.name)
    drawn = np.zeros(len(roll), dtype=np.bool_)
    drawn[where[np.argsort(tickets, kind="stable")[: draw.events]]] = True
    return drawn


def _roll(piece: Selected) -> UInts:
    return piece.roll if piece.roll is not None else np.zeros(0, dtype=np.uint64)


def _marked(marks: Bools | None) -> Bools:
    return marks if marks is not None else np.zeros(0, dtype=np.bool_)


def _filled(array: Any) -> Any:
    return array if array is not None else np.zeros(0)


def _chosen(piece: Selected) -> Bools:
    return piece.chosen if piece.chosen is not None else np.zeros(len(_roll(piece)), dtype=np.bool_)


def _row(step: str, tallies: Sequence[Tally]) -> CutflowRow:
    return CutflowRow(
        step=step,
        events=sum(tally.events for tally in tallies),
        total=math.fsum(tally.total for tally in tallies),
        error=math.sqrt(math.fsum(tally.squares for tally in tallies)),
        missing=sum(tally.missing for tally in tallies),
    )


def _counted(step: str, weight: Floats, missing: int = 0) -> CutflowRow:
    return replace(CutflowRow.of(step, weight), missing=missing)


def _concatenated(parts: Sequence[Any]) -> Any:
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.concatenate(parts)
    import awkward as ak  # noqa: PLC0415 - who has no lists does not wait for awkward

    return ak.concatenate(parts)
