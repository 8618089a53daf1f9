"""Files to a `Sample`: ``read(files).select(cuts).weigh(weight).sample(name, kind=...)``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.expressions import Expression
from fivesigma.core.parallel import Workers
from fivesigma.core.sample import NOMINAL, Kind, Sample, SampleInfo, Variation
from fivesigma.events.blinding import Blinding
from fivesigma.events.collect import Draw, Pieces, collect, scaled
from fivesigma.events.cross_section import CrossSection
from fivesigma.events.files import located, sources_of
from fivesigma.events.formats.named_columns import check_named
from fivesigma.events.given import (
    condition_of,
    edges_of,
    expression_of,
    expressions_of,
    missing_of,
    names_of,
    require_count,
    require_kind,
    require_positive,
    require_workers,
)
from fivesigma.events.identify import identity_of
from fivesigma.events.missing import MissingValues
from fivesigma.events.selection import Selection
from fivesigma.events.source import Source
from fivesigma.events.stream import over_pieces
from fivesigma.events.streamed_histogram import Filling, StreamedHistogram, added

__all__ = ["EventFiles", "lacking_columns", "read", "sample_of"]

_SMALLEST = 1e-100


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFiles:
    """Files, and what is to be done with their events; nothing is read before `sample` or `histogram`.

    Attributes
    ----------
    sources
        Where the events are, read in this order.
    cuts
        Conditions by name, in the order in which they are applied.
    weight
        Expected events per event, or with a ``cross_section`` the weight that it scales; 1 if None, and always 1 for data.
    weights
        The same for variations that touch weights only.
    cross_section
        What scales weights to expected events, if they are not that already.
    missing
        Values that stand for "not there"; None if nothing may be missing.
    shift, variation
        Columns as a systematic variation has them, and which it is.
    id_columns
        Columns that identify an event; recognised by name if empty.
    blinding
        Data events that are dropped as they are read, before anything is counted.
    drawn
        Events of which only a number stays; see `inject`.
    """

    sources: tuple[Source, ...]
    cuts: Mapping[str, Expression] = field(default_factory=dict)
    weight: Expression | None = None
    weights: Mapping[Variation, Expression] = field(default_factory=dict)
    cross_section: CrossSection | None = None
    missing: MissingValues | None = None
    shift: Mapping[str, Expression] = field(default_factory=dict)
    variation: Variation = NOMINAL
    id_columns: tuple[str, ...] = ()
    blinding: Blinding | None = None
    drawn: Expression | None = None
    draw: Draw | None = None

    def select(self, *cuts: str, **named: str) -> EventFiles:
        """Return the same with further cuts: an event stays if all hold.

        Raises
        ------
        ExpressionError
            If a cut cannot be read.
        FivesigmaError
            If two cuts bear one name, or one is no text.
        """
        pairs = [*((str(cut), cut) for cut in cuts), *named.items()]
        new = {name: condition_of(cut, "a cut") for name, cut in pairs}
        if doubled := set(new) & set(self.cuts):
            raise DataError(f"two cuts are called {min(doubled)!r}")
        return replace(self, cuts={**self.cuts, **new})

    def weigh(self, weight: float | str) -> EventFiles:
        """Return the same with the weight per event as an expression: expected events, or what `normalise` scales."""
        return replace(self, weight=expression_of(weight, "a weight"))

    def normalise(
        self,
        *,
        luminosity: float,
        cross_section: float | str,
        filter_efficiency: float | str = 1.0,
        k_factor: float | str = 1.0,
        sum_of_weights: float | str | None = None,
        generator_weight: float | str | None = None,
        skimmed: bool = False,
    ) -> EventFiles:
        """Return the same with weights scaled by σ·L·ε·k/Σw.

        Every factor is a number, or an expression over columns such as ``"XS"`` where each file has its own.

        Parameters
        ----------
        luminosity
            In fb⁻¹.
        cross_section
            In pb.
        filter_efficiency, k_factor
            Of the generator's filter; higher over computed order.
        sum_of_weights
            Of all generated events; summed over the events of the files if None.
        generator_weight
            What ``sum_of_weights`` sums; the weight of `weigh` if None. Else it multiplies that, which then holds corrections only.

        skimmed
            Whether the files hold only a part of what was generated: their own sum of weights is then not compared.

        Raises
        ------
        ExpressionError
            If a text is no expression.
        FivesigmaError
            If a factor is neither text nor number, or the luminosity not above zero.
        """
        require_positive(luminosity, "luminosity")
        sums = {"sum_of_weights": sum_of_weights, "generator_weight": generator_weight}
        declared = {name: None if value is None else expression_of(value, name) for name, value in sums.items()}
        scale = CrossSection(
            luminosity=luminosity,
            cross_section=expression_of(cross_section, "cross_section"),
            filter_efficiency=expression_of(filter_efficiency, "filter_efficiency"),
            k_factor=expression_of(k_factor, "k_factor"),
            **declared,
            skimmed=skimmed,
        )
        return replace(self, cross_section=scale)

    def vary(self, systematic: str, **weights: float | str) -> EventFiles:
        """Return the same with weights for the variations of a systematic, as in ``vary("pileup", up="w_up", down="w_down")``.

        Each stands in for the weight of `weigh`; events, cuts and features stay as they are and are not copied.
        """
        if not weights:
            raise FivesigmaError(f"{systematic}: no weights are given, such as up='w_up', down='w_down'")
        new = {Variation(systematic, label): text for label, text in expressions_of(weights, systematic).items()}
        return replace(self, weights={**self.weights, **new})

    def shifted(self, systematic: str, label: str, columns: Mapping[str, str]) -> EventFiles:
        """Return a variation of the same: named columns become something else, as in ``{"lep_pt": "lep_pt * 1.02"}``.

        Everything is computed from the shifted columns; an event keeps its identifier and so its fold.
        """
        shift = expressions_of(columns, systematic)
        return replace(self, shift=shift, variation=Variation(systematic, label), weights={})

    def blind(self, condition: str, observables: Mapping[str, str] | None = None) -> EventFiles:
        """Return the same with data events dropped as they are read where ``condition`` holds; simulation is not touched.

        Parameters
        ----------
        condition
            What is blind, as an expression over columns and over ``observables``, themselves expressions by name.
        """
        named = expressions_of(observables or {}, "observables")
        return replace(self, blinding=Blinding(condition=condition_of(condition, "what is blind"), observables=named))

    def inject(self, condition: str, events: int, *, seed: int, name: str = "signal") -> EventFiles:
        """Return the same with only so many of the events that fulfil a condition, as read; the rest is set aside.

        Which of them stay depends on their identifiers and the seed alone.
        """
        require_count(events, "how many events are injected")
        draw = Draw(events=events, seed=seed, name=name)
        return replace(self, drawn=condition_of(condition, "which events are signal"), draw=draw)

    def sample(
        self,
        name: str,
        *,
        kind: Kind,
        label: str = "",
        pseudo: bool = False,
        columns: Iterable[str] | Mapping[str, str] | None = None,
        remove_duplicates: bool = False,
        workers: Workers | None = None,
    ) -> Sample:
        """Read the files and return what the cuts leave.

        Parameters
        ----------
        name, kind, label, pseudo
            Who the sample is, see `SampleInfo`.
        columns
            What the sample keeps: names of columns, or expressions by name; all columns of numbers of the first file if None.
        remove_duplicates
            Keep only the first of events with one identifier.
        workers
            Who reads; this process if None. The numbers are the same.

        Raises
        ------
        DataError
            If a file cannot be read, lacks a column, or weights are not finite, sum to nothing or below zero.
        FivesigmaError
            If there is no such kind of sample.
        """
        require_kind(kind)
        require_workers(workers)
        info = SampleInfo(name=name, kind=kind, label=label, pseudo=pseudo)
        return sample_of([self], info, columns=columns, remove_duplicates=remove_duplicates, workers=workers)

    def histogram(
        self, expression: str, edges: Sequence[float], *, kind: Kind = "background", workers: Workers | None = None
    ) -> StreamedHistogram:
        """Return the weighted histogram of an expression after the cuts; no event is kept in memory.

        Parameters
        ----------
        expression
            What is filled.
        edges
            Rising edges of the bins, shape (bins + 1,); the last bin holds its upper edge.
        kind
            Data count one each.
        workers
            Who reads; this process if None.
        """
        require_kind(kind)
        require_workers(workers)
        selection = _selection(self, kind, {"value": expression_of(expression, "what is filled")})
        filling = Filling(selection, edges_of(edges))
        return added([piece for pieces in over_pieces(self.sources, filling, workers) for piece in pieces])


def read(
    files: Any,
    *,
    tree: str | Sequence[str] | None = None,
    id_columns: str | Sequence[str] = (),
    friends: str | Sequence[str] = (),
    missing: float | Sequence[float] | Mapping[str, float | Sequence[float]] | None = None,
    header: Sequence[str] | None = None,
    folder: str | Path = Path(),
) -> EventFiles:
    """Name the files of a sample, with patterns if wanted, or hand in a table that is in memory.

    Parameters
    ----------
    files
        ROOT (TTree or RNTuple), Parquet, CSV or HDF5 files, by name or pattern, relative to ``folder``; see
        `fivesigma.events.files.located`. Or one table: pandas, polars, Arrow, awkward, or a mapping of arrays.
    tree
        Name of the tree in ROOT files or of the key in HDF5 files; their only one if None. Several are read one after the other.
    id_columns
        Columns that together identify an event; run, luminosity block and event number are recognised by name.
        Without any, a simulated event is its file's digest and entry number, a data event its whole content.
    friends
        Where further columns of the same events lie; see `fivesigma.events.files.sources_of`.
    missing
        Values that stand for "not there", as -9999, in any column or by column; NaN among them if files hold it.
    header
        Names of the columns of CSV files that have no line with them.

    Raises
    ------
    DataError
        If a name or pattern finds no file.
    """
    sources: tuple[Source, ...]
    if isinstance(files, str | Path) or (isinstance(files, Sequence) and all(isinstance(f, str | Path) for f in files)):
        if not isinstance(files, str | Path) and not files:
            raise DataError("no files are given")
        found = located(files, Path(folder))
        others = names_of(friends, "friends")
        trees = None if tree is None else names_of(tree, "tree")
        sources = sources_of(found, tree=trees, friends=others, header=header, folder=Path(folder))
    else:
        from fivesigma.events.formats.frames import frame  # noqa: PLC0415 - who reads files alone does not wait for what tables need

        sources = (frame(files),)
    identity = tuple(names_of(id_columns, "id_columns"))
    return EventFiles(sources=sources, id_columns=identity, missing=missing_of(missing))


def sample_of(
    parts: Sequence[EventFiles],
    info: SampleInfo,
    *,
    columns: Iterable[str] | Mapping[str, str] | None = None,
    remove_duplicates: bool = False,
    workers: Workers | None = None,
) -> Sample:
    """Return several parts as one sample, such as processes or data-taking periods with weights of their own.

    Parameters
    ----------
    parts
        The parts, with cuts of the same names.
    info
        Who the sample is.
    columns, remove_duplicates, workers
        As for `EventFiles.sample`.

    Raises
    ------
    DataError
        As for `EventFiles.sample`.
    """
    keep = _kept(columns, parts[0].sources[0])
    draw = next((part.draw for part in parts if part.draw is not None), None)
    together = remove_duplicates or draw is not None
    pieces = [
        piece
        for number, part in enumerate(parts)
        for piece in _pieces(part, number, _selection(part, info.kind, keep, together=together, watch=True), workers)
    ]
    hides = info.kind == "data" and parts[0].blinding is not None
    sample = collect(
        info,
        pieces,
        steps=["read, signal regions dropped" if hides else "read", *parts[0].cuts],
        variation=parts[0].variation,
        watched=[*parts[0].cuts.values(), *(expression for expression in keep.values() if expression is not None)],
        remove_duplicates=remove_duplicates,
        draw=draw,
    )
    if info.kind != "data":
        _check_sum(sample, parts[0].sources[0].name)
    return sample


def lacking_columns(part: EventFiles, kind: Kind, columns: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the columns of the first source of a part, before any event is read: nothing, or a line for each.

    Parameters
    ----------
    part
        Files, and what is asked of them.
    kind
        Data need no weight.
    columns
        What is kept, expressions by name.

    Raises
    ------
    DataError
        If the source cannot be read.
    """
    source, lines = part.sources[0], []
    there = source.columns()
    wanted = _selection(part, kind, _kept(columns, source)).names(there)
    for name in sorted(wanted - there.keys()):
        try:
            check_named(source.name, there, [name])
        except DataError as error:
            lines.append(str(error))
    return lines


def _kept(columns: Iterable[str] | Mapping[str, str] | None, source: Source) -> dict[str, Expression | None]:
    if isinstance(columns, Mapping):
        return dict(expressions_of(columns, "columns"))
    if columns is None:
        columns = [name for name, info in source.columns().items() if info.kind in ("flat", "jagged")]
    return dict.fromkeys(names_of(columns, "columns"))


def _selection(
    part: EventFiles,
    kind: Kind,
    keep: Mapping[str, Expression | None],
    *,
    together: bool = False,
    watch: bool = False,
) -> Selection:
    return Selection(
        kind=kind,
        cuts=part.cuts,
        keep=keep,
        weight=part.weight,
        weights=part.weights,
        cross_section=part.cross_section,
        missing=part.missing,
        shift=part.shift,
        id_columns=part.id_columns,
        blinding=part.blinding if kind == "data" else None,
        draw=part.drawn,
        together=together,
        watch=watch,
    )


def _pieces(part: EventFiles, number: int, selection: Selection, workers: Workers | None) -> Iterator[Pieces]:
    """Yield what is left of each source of a part, its weights scaled by the sum over all of them where that was not declared."""
    done = over_pieces(part.sources, selection, workers)
    if part.cross_section is not None and part.cross_section.sum_of_weights is None and selection.kind != "data":
        total = math.fsum(total for pieces in done for piece in pieces for total in piece.generated.values())
        if not total > 0:
            raise DataError(
                f"{part.sources[0].name}: the generator weights sum to {total:.6g}; nothing can be scaled by that"
            )
        done = [[scaled(piece, 1 / total) for piece in pieces] for pieces in done]
    for source, selected in zip(part.sources, done, strict=True):
        yield Pieces(source, not identity_of(selection, source.columns()).columns, selected, number)


def _check_sum(sample: Sample, where: str) -> None:
    """Raise DataError unless the weights of all events that were read sum to a number of events."""
    read = sample.cutflow[0]
    if read.events and read.error < _SMALLEST:
        raise DataError(f"{where}: sample {sample.name!r}: all {read.events} weights are zero, or next to it")
    if read.events and read.total <= 0:
        raise DataError(
            f"{where}: sample {sample.name!r}: the weights sum to {read.total:.6g}, which is no expected number of events"
        )
