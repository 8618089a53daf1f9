"""Files to a `Sample`: ``read(files).select(cuts).weigh(weight).sample(name, kind=...)``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, UInts
from fivesigma.core.errors import DataError, ExpressionError
from fivesigma.core.expressions import Expression
from fivesigma.core.identity import entry_ids, file_digest, ids_from_columns
from fivesigma.core.sample import CutflowRow, Kind, Sample, SampleInfo
from fivesigma.events.files import find_files, flat_columns, read_columns

__all__ = ["Blinding", "EventFiles", "read"]

_EVENT_NAMES = ("event", "Event", "eventNumber", "EventNumber", "evt", "event_id", "id")
_RUN_NAMES = ("run", "Run", "runNumber", "RunNumber")
_LUMI_NAMES = ("lumi", "luminosityBlock", "LumiSec", "LumiBlock", "lumiBlock", "ls")

_SMALLEST = 1e-100

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blinding:
    """Which data events are never looked at: ``condition`` over ``observables`` and ``inputs``, expressions over columns.

    Inputs are rounded to single precision as a `Dataset` rounds them, so that a region is the same here as there.
    """

    condition: Expression
    observables: Mapping[str, Expression]
    inputs: Mapping[str, Expression] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The columns needed to decide."""
        named = {**self.inputs, **self.observables}
        direct = self.condition.names - set(named)
        return direct.union(*(named[name].names for name in self.condition.names & set(named)))

    def hidden(self, columns: Columns, length: int) -> Bools:
        """Return which events, shape (n,), are blind."""
        values = {}
        for name in self.condition.names & {*self.inputs, *self.observables}:
            is_input = name in self.inputs
            value = (self.inputs if is_input else self.observables)[name].values(columns, length)
            values[name] = value.astype(np.float32).astype(np.float64) if is_input else value
        return self.condition.mask(columns | values, length)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFiles:
    """Files, and what is to be done with their events; nothing is read before `sample`.

    Attributes
    ----------
    files
        The files, read in this order.
    tree
        Name of the TTree in ROOT files; their only one if None.
    cuts
        Conditions by name, in the order in which they are applied.
    weight
        Expected events per event; 1 if None, and always 1 for data.
    id_columns
        Columns that identify an event; recognised by name if empty.
    blinding
        Data events that are dropped as they are read, before anything is counted.
    """

    files: tuple[Path, ...]
    tree: str | None = None
    cuts: Mapping[str, Expression] = field(default_factory=dict)
    weight: Expression | None = None
    id_columns: tuple[str, ...] = ()
    blinding: Blinding | None = None

    def select(self, *cuts: str, **named: str) -> EventFiles:
        """Return the same with further cuts: an event stays if all hold.

        Raises
        ------
        ExpressionError
            If a cut cannot be read.
        FivesigmaError
            If two cuts bear one name.
        """
        new = {cut: Expression(cut) for cut in cuts} | {name: Expression(cut) for name, cut in named.items()}
        if doubled := set(new) & set(self.cuts):
            raise DataError(f"two cuts are called {min(doubled)!r}")
        return replace(self, cuts={**self.cuts, **new})

    def weigh(self, weight: str) -> EventFiles:
        """Return the same with the expected events per event, at the analysis luminosity, as an expression."""
        return replace(self, weight=Expression(weight))

    def blind(self, condition: str, observables: Mapping[str, str] | None = None) -> EventFiles:
        """Return the same with data events dropped as they are read where ``condition`` holds; simulation is not touched.

        Parameters
        ----------
        condition
            What is blind, as an expression over columns and over ``observables``, themselves expressions by name.
        """
        named = {name: Expression(text) for name, text in (observables or {}).items()}
        return replace(self, blinding=Blinding(condition=Expression(condition), observables=named))

    def sample(
        self,
        name: str,
        *,
        kind: Kind,
        label: str = "",
        pseudo: bool = False,
        columns: Iterable[str] | None = None,
        remove_duplicates: bool = False,
    ) -> Sample:
        """Read the files and return what the cuts leave.

        Parameters
        ----------
        name, kind, label, pseudo
            Who the sample is, see `SampleInfo`.
        columns
            Which columns the sample keeps; all flat ones of the first file if None.
        remove_duplicates
            Keep only the first of events with one identifier.

        Raises
        ------
        DataError
            If a file cannot be read, lacks a column, or weights are not finite, sum to nothing or below zero.
        """
        info = SampleInfo(name=name, kind=kind, label=label, pseudo=pseudo)
        keep = tuple(columns) if columns is not None else flat_columns(self.files[0], self.tree)
        is_data = kind == "data"
        parts = [self._read(path, keep, is_data=is_data) for path in self.files]
        events, weight, ids = _joined(parts)
        if not is_data:
            _check_weights(name, weight, self.files)
        hides = is_data and self.blinding is not None
        flow = [CutflowRow.of("read, signal regions dropped" if hides else "read", weight)]
        if remove_duplicates:
            first = np.zeros(len(ids), dtype=np.bool_)
            first[np.unique(ids, return_index=True)[1]] = True
            events, weight, ids = _kept(first, events, weight, ids)
            flow.append(CutflowRow.of("duplicates removed", weight))
        for step, cut in self.cuts.items():
            passed = self._mask(cut, events, len(ids))
            events, weight, ids = _kept(passed, events, weight, ids)
            flow.append(CutflowRow.of(step, weight))
        kept = {column: events[column] for column in keep}
        return Sample(info=info, events=kept, weight=weight, id=ids, cutflow=tuple(flow))

    def _read(self, path: Path, keep: Sequence[str], *, is_data: bool) -> tuple[Columns, Floats, UInts]:
        blinding = self.blinding if is_data else None
        there = flat_columns(path, self.tree)
        id_columns = self._identifying(there, is_data=is_data)
        wanted = set(keep).union(id_columns, *(cut.names for cut in self.cuts.values()))
        if self.weight is not None and not is_data:
            wanted |= self.weight.names
        if blinding is not None:
            wanted |= blinding.names
        columns, length = read_columns(path, wanted, self.tree)
        by_content = is_data and id_columns == tuple(there)
        ids = _identify(path, columns, id_columns, length, declared=() if by_content else id_columns)
        weight = np.ones(length)
        if self.weight is not None and not is_data:
            weight = self.weight.values(columns, length)
        if blinding is not None:
            return _kept(~blinding.hidden(columns, length), columns, weight, ids)
        return columns, weight, ids

    def _identifying(self, there: Sequence[str], *, is_data: bool) -> tuple[str, ...]:
        """Return the columns that identify an event: declared, recognised, or for data its whole content.

        Data are not identified by their entry number: an event would be another one in another trigger stream's file,
        and its fold would depend on how many blind events stand before it.
        """
        if self.id_columns:
            return self.id_columns
        event = next((name for name in _EVENT_NAMES if name in there), None)
        if event is not None:
            run = [next((name for name in names if name in there), None) for names in (_RUN_NAMES, _LUMI_NAMES)]
            return (*(name for name in run if name is not None), event)
        return tuple(there) if is_data else ()

    def _mask(self, cut: Expression, events: Columns, length: int) -> Bools:
        try:
            return cut.mask(events, length)
        except ExpressionError as error:
            raise DataError(f"{self.files[0]}: {error}") from error


def read(
    files: str | Path | Sequence[str | Path],
    *,
    tree: str | None = None,
    id_columns: Sequence[str] = (),
    folder: Path = Path(),
) -> EventFiles:
    """Name the files of a sample, with glob patterns if wanted.

    Parameters
    ----------
    files
        ROOT, Parquet or CSV files, by name or pattern, relative to ``folder``.
    tree
        Name of the TTree in ROOT files; their only one if None.
    id_columns
        Columns that together identify an event; run, luminosity block and event number are recognised by name.
        Without any, a simulated event is its file's digest and entry number, a data event its whole content.

    Raises
    ------
    DataError
        If a name or pattern finds no file.
    """
    return EventFiles(files=find_files(files, folder), tree=tree, id_columns=tuple(id_columns))


def _identify(
    path: Path, columns: Columns, id_columns: Sequence[str], length: int, *, declared: Sequence[str]
) -> UInts:
    for name in declared:
        if missing := int(np.count_nonzero(~np.isfinite(columns[name].astype(np.float64)))):
            raise DataError(
                f"{path}: column {name!r} identifies events, but is empty or infinite in {missing} of {length}"
            )
    if id_columns:
        return ids_from_columns([columns[name] for name in id_columns])
    return entry_ids(file_digest(path), np.arange(length))


def _joined(parts: Sequence[tuple[Columns, Floats, UInts]]) -> tuple[Columns, Floats, UInts]:
    names = set.intersection(*(set(columns) for columns, _, _ in parts))
    events = {name: np.concatenate([columns[name] for columns, _, _ in parts]) for name in names}
    return events, np.concatenate([w for _, w, _ in parts]), np.concatenate([i for _, _, i in parts])


def _kept(mask: Bools, events: Columns, weight: Floats, ids: UInts) -> tuple[Columns, Floats, UInts]:
    return {name: column[mask] for name, column in events.items()}, weight[mask], ids[mask]


def _check_weights(name: str, weight: Floats, files: Sequence[Path]) -> None:
    where = f"{files[0]}" + (f" and {len(files) - 1} more" if len(files) > 1 else "")
    if wrong := int(np.count_nonzero(~np.isfinite(weight))):
        row = int(np.flatnonzero(~np.isfinite(weight))[0])
        raise DataError(f"{where}: sample {name!r}: {wrong} weights are NaN or infinite, the first in event {row}")
    largest = float(np.abs(weight).max(initial=0.0))
    if largest and not _SMALLEST < largest < 1 / _SMALLEST:
        raise DataError(
            f"{where}: sample {name!r}: weights up to {largest:.3g} cannot be summed and squared as numbers"
        )
    total = float(weight.sum())
    if len(weight) and not np.any(weight):
        raise DataError(f"{where}: sample {name!r}: all {len(weight)} weights are zero")
    if total <= 0 and len(weight):
        raise DataError(
            f"{where}: sample {name!r}: the weights sum to {total:.6g}, which is no expected number of events"
        )
