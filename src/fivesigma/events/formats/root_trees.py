"""A TTree as uproot gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import uproot

from fivesigma.events.formats.root_columns import BROKEN, RootColumn, columns_of, values
from fivesigma.events.source import Span

__all__ = ["Tree"]


class Tree:
    """A TTree of an open file; see `OpenTable`.

    Attributes
    ----------
    entries
        The number of events.
    columns
        The columns by name: branches are called as in the file, without the brackets of an array and the dot of a split
        one; of branches with one name those after the first are called by their path, with dots.
    """

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._branches: dict[str, Any] = dict(tree.iteritems(recursive=True, full_paths=True))
        self.entries = int(tree.num_entries)
        self.columns: Mapping[str, RootColumn] = dict(self._columns())

    def _columns(self) -> Iterator[tuple[str, RootColumn]]:
        taken: set[str] = set()
        for path, branch in self._branches.items():
            name = _plain(branch.name)
            if name in taken:
                name = ".".join(map(_plain, path.split("/")))
            taken.add(name)
            yield from columns_of(name, path, *_described(branch))

    def boundaries(self) -> Sequence[int]:
        """Return the entries at which a basket of every branch of numbers starts, and where the last ends."""
        if self.entries > max((branch.num_entries for branch in self._branches.values()), default=0):
            raise ValueError(f"the tree says it has {self.entries} entries, but no branch has so many")
        used = {column.field[0] for column in self.columns.values() if column.info.kind in ("flat", "jagged")}
        offsets = [self._branches[path].entry_offsets for path in used if self._branches[path].num_baskets]
        return sorted(set.intersection(*map(set, offsets))) if offsets else [0]

    def pieces(self, column: RootColumn) -> Sequence[Span]:
        """Return the entries of the baskets of a column."""
        return [Span(*ends) for ends in pairwise(self._branches[column.field[0]].entry_offsets)]

    def read(self, columns: Mapping[str, RootColumn], span: Span, step: int) -> Iterator[dict[str, Any]]:
        """Yield columns of every ``step`` entries of a span; no basket is decompressed twice."""
        branches = {path: self._branches[path] for path in sorted({column.field[0] for column in columns.values()})}
        self._check(branches.values(), span)
        for arrays in self._arrays(branches, span, step):
            yield {name: values(arrays[column.field[0]], column.field[1:]) for name, column in columns.items()}

    def _arrays(self, branches: Mapping[str, Any], span: Span, step: int) -> Iterator[Mapping[str, Any]]:
        if span.start == span.stop:
            return iter([{path: branch.array(entry_stop=0) for path, branch in branches.items()}])
        readings = [(path, branch.interpretation) for path, branch in branches.items()]
        ends = {"entry_start": span.start, "entry_stop": span.stop, "step_size": step}
        return iter(self._tree.iterate(readings, **ends, language=_ByName(), library="ak", how=dict))

    def _check(self, branches: Iterable[Any], span: Span) -> None:
        """Raise ValueError where uproot would wait for ever for a basket, or give other entries than were asked for."""
        seen: set[tuple[int, int]] = set()
        for branch in branches:
            if branch.num_entries != self.entries:
                raise ValueError(f"branch {branch.name!r} has {branch.num_entries} entries, its tree {self.entries}")
            if any(stop < start for start, stop in pairwise(branch.entry_offsets)):
                raise ValueError(f"the baskets of branch {branch.name!r} do not follow one another")
            for _, basket in branch.entries_to_ranges_or_baskets(*span):
                if isinstance(basket, tuple):
                    ends = (int(basket[0]), int(basket[1]))
                    if ends in seen or not 0 < ends[0] < ends[1]:
                        raise ValueError(
                            f"a basket of branch {branch.name!r} cannot lie at bytes {ends[0]} to {ends[1]}"
                        )
                    seen.add(ends)


class _ByName(uproot.language.Language):  # type: ignore[misc]  # uproot has no types
    """Gives branches as they are: no name in a file is ever read as an expression."""

    def compute_expressions(self, _tree: Any, arrays: Any, expression_context: Any, *_: Any) -> dict[str, Any]:
        """Return the arrays of branches by their paths."""
        return {path: arrays[context["branches"][-1].cache_key] for path, context in expression_context}


def _plain(name: str) -> str:
    """Return the name of a branch without the size of its array (``x[4]`` is x) and the dot of a split one."""
    return name.partition("[")[0].rstrip(".")


def _described(branch: Any) -> tuple[str, Any]:
    """Return the type of a branch and its form in awkward; None where uproot cannot read it, or finds it split in others."""
    try:
        typename, reading = str(branch.typename), branch.interpretation
        is_split = isinstance(reading, uproot.interpretation.grouped.AsGrouped)
        return typename, None if is_split else reading.awkward_form(branch.file)
    except (
        *BROKEN,
        uproot.interpretation.objects.CannotBeAwkward,
        uproot.interpretation.identify.UnknownInterpretation,
    ):
        return "unknown", None
