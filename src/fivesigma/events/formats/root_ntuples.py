"""An RNTuple as uproot gives it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import awkward as ak
import xxhash

from fivesigma.events.formats.root_columns import BROKEN, RootColumn, columns_of, values
from fivesigma.events.source import Span

__all__ = ["Ntuple"]

_CHECKSUM = 8
"""Bytes of the XXH3 checksum after pages and envelopes."""


class Ntuple:
    """An RNTuple of an open file; see `OpenTable`.

    uproot does not look at the checksums of pages and of lists of pages: that is done here, so that damage is found.

    Attributes
    ----------
    entries
        The number of events.
    columns
        The columns by name; members of structures with dots, as in ``jets.pt``.
    """

    def __init__(self, ntuple: Any) -> None:
        self._ntuple = ntuple
        for record in ntuple.footer.cluster_group_records:
            link = record.page_list_link
            chunk, _ = ntuple.read_locator(link.locator, link.env_uncomp_size)
            _verify(chunk.raw_data, "a list of pages")
        self.entries = int(ntuple.num_entries)
        self._boundaries = [*(int(cluster.num_first_entry) for cluster in ntuple.cluster_summaries), self.entries]
        self.columns: Mapping[str, RootColumn] = {
            column: found
            for field in ntuple.fields
            for column, found in columns_of(field.name, field.name, *_described(field))
        }

    def boundaries(self) -> Sequence[int]:
        """Return the entries at which clusters start, and the number of entries."""
        return self._boundaries

    def pieces(self, column: RootColumn) -> Sequence[Span]:  # noqa: ARG002 - a cluster holds all columns
        """Return the entries of the clusters."""
        return [Span(*ends) for ends in pairwise(self._boundaries)]

    def read(self, columns: Mapping[str, RootColumn], span: Span, step: int) -> Iterator[dict[str, Any]]:
        """Yield columns of every ``step`` entries of a span.

        Whole clusters are read and held, for uproot reads no less, and would read them again for the next entries.
        """
        paths = {".".join(column.field) for column in columns.values()}
        block, held = Span(0, -1), None
        for start in range(span.start, max(span.stop, span.start + 1), step):
            stop = min(start + step, span.stop)
            if held is None or not block.start <= start <= stop <= block.stop:
                clusters = self._clusters(start, stop)
                block = Span(self._boundaries[clusters.start], self._boundaries[clusters.stop])
                held = self._read(paths, clusters, block)
            piece = slice(start - block.start, stop - block.start)
            yield {name: values(held[column.field[0]][piece], column.field[1:]) for name, column in columns.items()}

    def _clusters(self, start: int, stop: int) -> range:
        """Return the numbers of the clusters that hold some entries."""
        first = max(bisect_right(self._boundaries, start) - 1, 0)
        return range(first, max(bisect_left(self._boundaries, stop), first))

    def _read(self, paths: Collection[str], clusters: range, block: Span) -> ak.Array:
        for column in self._columns(paths):
            for cluster in clusters:
                links = self._ntuple.page_link_list[cluster]
                for page in links[column].pages if column < len(links) else ():
                    self._verify_page(page)
        return self._ntuple.arrays(
            filter_field=lambda field: field.path in paths, entry_start=block.start, entry_stop=block.stop
        )

    def _columns(self, paths: Collection[str]) -> Iterator[int]:
        """Yield the numbers of the columns on disk in which fields, what they contain, and what contains them lie."""
        for number, record in enumerate(self._ntuple.column_records):
            field = self._ntuple.all_fields[record.field_id]
            while field.path is None:
                field = field.parent
            own = f"{field.path}."
            if any(f"{path}.".startswith(own) or own.startswith(f"{path}.") for path in paths):
                yield number

    def _verify_page(self, page: Any) -> None:
        if page.has_checksum:
            start = page.locator.offset
            stop = start + page.locator.num_bytes + _CHECKSUM
            _verify(self._ntuple.file.source.chunk(start, stop).raw_data, f"the page at byte {start}")


def _described(field: Any) -> tuple[str, Any]:
    """Return the type of a field and its form in awkward; None where uproot cannot read it."""
    try:
        form, _ = field.to_akform()
        return str(field.typename), form.contents[0]
    except BROKEN:
        return "unknown", None


def _verify(content: Any, what: str) -> None:
    """Raise ValueError unless bytes end with the checksum of those before."""
    if xxhash.xxh3_64_intdigest(content[:-_CHECKSUM]) != int.from_bytes(content[-_CHECKSUM:], "little"):
        raise ValueError(f"{what} does not match its checksum")
