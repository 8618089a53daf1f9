"""TTree and RNTuple as uproot gives them, made alike: their columns, their clusters, and arrays of consecutive entries.

What is said here is about one open table; `root_files` opens it and puts its faults into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import awkward as ak
import numpy as np
import uproot

from fivesigma.events.source import ColumnInfo, ColumnKind, Span

__all__ = ["Field", "Ntuple", "OpenTable", "RootColumn", "Tree", "values"]

Field: TypeAlias = tuple[str, ...]
"""Where a column lies: the path of the branch or of the outermost field, then the names within the structures it holds."""


@dataclass(frozen=True, slots=True)
class RootColumn:
    """A column and the branch or field that it is read from."""

    info: ColumnInfo
    field: Field


class OpenTable(Protocol):
    """What `Tree` and `Ntuple` have in common."""

    entries: int
    columns: Mapping[str, RootColumn]

    def boundaries(self) -> Sequence[int]:
        """Return the entries at which clusters start, and after the last one the number of entries."""
        ...

    def pieces(self, path: str) -> Sequence[Span]:
        """Return the entries of what is decompressed as one for a branch or field."""
        ...

    def arrays(self, paths: Sequence[str], span: Span, step: int) -> Iterator[dict[str, ak.Array]]:
        """Yield branches or fields of every ``step`` entries from the start of a span to its end."""
        ...


class Tree:
    """A TTree."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self.entries = int(tree.num_entries)
        self._branches: dict[str, Any] = dict(tree.iteritems(recursive=True, full_paths=True))
        self.columns: Mapping[str, RootColumn] = dict(self._columns())

    def _columns(self) -> Iterator[tuple[str, RootColumn]]:
        taken: set[str] = set()
        for path, branch in self._branches.items():
            name = _plain(branch.name)
            if name in taken:
                name = _plain(path.replace("/", "."))
            taken.add(name)
            yield from _columns(name, path, str(branch.typename), _form(branch))

    def boundaries(self) -> Sequence[int]:
        """Return the entries at which the baskets of all branches end."""
        offsets = [branch.entry_offsets for branch in self._branches.values() if branch.num_baskets]
        if self.entries > max((last for *_, last in offsets), default=0) > 0:
            raise ValueError(f"the tree has {self.entries} entries, its branches have fewer")
        return sorted(set.intersection(*map(set, offsets))) if offsets else [0]

    def pieces(self, path: str) -> Sequence[Span]:
        """Return the baskets of a branch."""
        return [Span(*ends) for ends in pairwise(self._branches[path].entry_offsets)]

    def arrays(self, paths: Sequence[str], span: Span, step: int) -> Iterator[dict[str, ak.Array]]:
        """Yield branches, with no basket decompressed twice."""
        branches = {path: self._branches[path] for path in paths}
        self._check(branches.values(), span)
        if span.start == span.stop:
            yield {path: branch.array(entry_start=0, entry_stop=0) for path, branch in branches.items()}
            return
        wanted = [(path, branch.interpretation) for path, branch in branches.items()]
        yield from self._tree.iterate(
            wanted, entry_start=span.start, entry_stop=span.stop, step_size=step, language=_ByName(), how=dict
        )

    def _check(self, branches: Iterable[Any], span: Span) -> None:
        """Raise ValueError where uproot would wait for ever for a basket, or give fewer entries than were asked for."""
        seen: set[tuple[int, int]] = set()
        for branch in branches:
            if branch.num_entries != self.entries:
                raise ValueError(f"branch {branch.name!r} has {branch.num_entries} entries, its tree {self.entries}")
            if any(stop < start for start, stop in pairwise(branch.entry_offsets)):
                raise ValueError(f"the baskets of branch {branch.name!r} are out of order")
            for _, basket in branch.entries_to_ranges_or_baskets(*span):
                if isinstance(basket, tuple):
                    ends = (int(basket[0]), int(basket[1]))
                    if ends in seen or ends[0] <= 0 or ends[1] <= ends[0]:
                        raise ValueError(f"branch {branch.name!r} says that a basket lies at bytes {ends}")
                    seen.add(ends)


class Ntuple:
    """An RNTuple."""

    def __init__(self, ntuple: Any) -> None:
        self._ntuple = ntuple
        self.entries = int(ntuple.num_entries)
        form, _ = ntuple.to_akform()
        self.columns: Mapping[str, RootColumn] = {
            column: found
            for name, content in zip(form.fields, form.contents, strict=True)
            for column, found in _columns(name, name, str(ntuple[name].typename), content)
        }

    def boundaries(self) -> Sequence[int]:
        """Return where clusters start, and the number of entries."""
        starts = [int(cluster.num_first_entry) for cluster in self._ntuple.cluster_summaries]
        return [*starts, self.entries]

    def pieces(self, path: str) -> Sequence[Span]:  # noqa: ARG002 - a cluster holds all fields
        """Return the clusters."""
        return [Span(*ends) for ends in pairwise(self.boundaries())]

    def arrays(self, paths: Sequence[str], span: Span, step: int) -> Iterator[dict[str, ak.Array]]:
        """Yield fields, read by whole clusters: uproot reads no less, and would read them again for the next entries."""
        block, held = Span(0, 0), ak.Array([])
        for start in range(span.start, max(span.stop, span.start + 1), step):
            stop = min(start + step, span.stop)
            if not block.start <= start <= stop <= block.stop or not block.stop:
                block = self._clusters(start, stop)
                held = self._read(paths, block)
            yield {path: held[path][start - block.start : stop - block.start] for path in paths}

    def _clusters(self, start: int, stop: int) -> Span:
        boundaries = self.boundaries()
        return Span(
            max(boundary for boundary in boundaries if boundary <= start),
            min((boundary for boundary in boundaries if boundary >= stop), default=self.entries),
        )

    def _read(self, paths: Sequence[str], block: Span) -> ak.Array:
        return self._ntuple.arrays(
            filter_field=lambda field: field.path in paths, entry_start=block.start, entry_stop=block.stop
        )


class _ByName(uproot.language.Language):  # type: ignore[misc]  # uproot has no types
    """Gives branches as they are: no name of a branch is ever read as an expression."""

    def compute_expressions(
        self,
        hasbranches: Any,  # noqa: ARG002 - uproot's signature
        arrays: Mapping[str, Any],
        expression_context: Sequence[tuple[str, Mapping[str, Any]]],
        keys: Any,  # noqa: ARG002
        aliases: Any,  # noqa: ARG002
        file_path: str,  # noqa: ARG002
        object_path: str,  # noqa: ARG002
    ) -> dict[str, Any]:
        return {path: arrays[context["branches"][-1].cache_key] for path, context in expression_context}


def values(array: ak.Array, field: Field) -> Any:
    """Return a column out of the branch or field that holds it: numpy numbers, or lists of them; null as NaN."""
    for name in field[1:]:
        array = array[name]
    if "?" in str(array.layout.form.type):
        array = ak.fill_none(ak.values_astype(array, np.float64), np.nan)
    return ak.to_numpy(array, allow_missing=False) if array.ndim == 1 else ak.from_regular(array, axis=1)


def _plain(name: str) -> str:
    """Return the name of a branch without the dot of a split one and without the size of its array: ``x[4]`` is x."""
    return name.partition("[")[0].rstrip(".")


def _form(branch: Any) -> Any:
    """Return what the branch holds as a form of awkward; None where uproot cannot read it, or splits it in others."""
    reading = branch.interpretation
    if isinstance(reading, (uproot.interpretation.grouped.AsGrouped, Exception)):
        return None
    try:
        return reading.awkward_form(branch.file)
    except uproot.interpretation.objects.CannotBeAwkward:
        return None


def _columns(name: str, path: str, typename: str, form: Any) -> Iterator[tuple[str, RootColumn]]:
    """Yield a branch or field as a column, and what lies within structures as columns with dots in their names."""
    yield name, RootColumn(ColumnInfo(name=name, type=typename, kind=_kind(form)), (path,))
    for inner, part, kind in _parts(form):
        full = ".".join((name, *inner))
        yield full, RootColumn(ColumnInfo(name=full, type=str(part.type), kind=kind), (path, *inner))


def _parts(form: Any) -> Iterator[tuple[Field, Any, ColumnKind]]:
    if form is None:
        return
    is_list = form.is_list
    record = form.content if is_list else form
    if not record.is_record:
        return
    for name, content in zip(record.fields, record.contents, strict=True):
        kind = _kind(content)
        yield (name,), content, ("jagged" if kind == "flat" else "other") if is_list else kind
        if not is_list:
            yield from (((name, *inner), part, below) for inner, part, below in _parts(content))


def _kind(form: Any) -> ColumnKind:
    if form is None:
        return "other"
    if form.parameter("__array__") in ("string", "bytestring"):
        return "text"
    if form.is_numpy and np.dtype(form.primitive).kind in "biuf":
        return ("flat", "jagged")[form.purelist_depth - 1] if form.purelist_depth < 3 else "other"
    if form.is_list and not form.content.is_list and _kind(form.content) == "flat":
        return "jagged"
    if form.is_option and not form.content.is_list and _kind(form.content) == "flat":
        return "flat"
    return "other"
