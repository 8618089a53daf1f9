"""Tables that show themselves: as HTML in a notebook, as text anywhere else.

A result's ``_repr_html_`` is one `table` or `facts` of what one asks it first; its figure is `fivesigma.plot`'s business, the
whole of it the page's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from fivesigma.core.estimate import Estimate
from fivesigma.core.format import asymmetric, count, measured, number

__all__ = ["Entry", "Table", "band", "facts", "table"]

Entry: TypeAlias = str | int | float | Estimate | tuple[float, float] | None
"""What a cell may hold; a pair is a value and its error."""

_STYLE = "text-align:left"
_CAPTION = "caption-side:top;text-align:left;font-weight:bold"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Table:
    """A table of texts.

    Attributes
    ----------
    title
        What it is of; nothing stands above it if empty.
    columns
        The heads, that of the names of the rows first; none if empty.
    rows
        The rows, each with its name first.
    notes
        Sentences below.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    @property
    def html(self) -> str:
        """The table as HTML, everything in it escaped."""
        heads = "".join(
            f'<th style="{_STYLE if not i else ""}">{escape(text)}</th>' for i, text in enumerate(self.columns)
        )
        parts = [f'<caption style="{_CAPTION}">{escape(self.title)}</caption>' if self.title else ""]
        parts += [f"<thead><tr>{heads}</tr></thead>" if heads else "", "<tbody>", *map(_row, self.rows), "</tbody>"]
        return f"<table>{''.join(parts)}</table>" + "".join(f"<p>{escape(note)}</p>" for note in self.notes)

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        lines = [line for line in (self.columns, *self.rows) if line]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        first, *others = widths or [0]
        texts = [
            "  ".join(
                [line[0].ljust(first), *(text.rjust(width) for text, width in zip(line[1:], others, strict=True))]
            )
            for line in lines
        ]
        return "\n".join([*([self.title] if self.title else []), *texts, *self.notes])


def _row(texts: Sequence[str]) -> str:
    head, *cells = texts
    return (
        f'<tr><th style="{_STYLE}">{escape(head)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
    )


def table(rows: Mapping[str, Mapping[str, Entry]], title: str = "", *, notes: Iterable[str] = ()) -> Table:
    """Return a table of records: a row for each name, a column for each field that any of them has.

    Numbers are rounded as physicists do it, estimates by the PDG's rule.
    """
    columns = dict.fromkeys(field for record in rows.values() for field in record)
    return Table(
        title=title,
        columns=("", *columns),
        rows=tuple((name, *(_text(record.get(field, "")) for field in columns)) for name, record in rows.items()),
        notes=tuple(notes),
    )


def facts(title: str, values: Mapping[str, Entry], *, notes: Iterable[str] = ()) -> Table:
    """Return a table of two columns: what it is, and its value."""
    rows = tuple((name, _text(value)) for name, value in values.items())
    return Table(title=title, columns=(), rows=rows, notes=tuple(notes))


def band(expected: Sequence[float]) -> str:
    """Return an expected band, at -2, -1, 0, +1, +2 σ, as "median [−1 σ, +1 σ]"."""
    _, low, median, high, _ = expected
    return f"{number(median)} [{number(low)}, {number(high)}]"


def _text(entry: Entry) -> str:
    if isinstance(entry, str):
        return entry
    if entry is None or isinstance(entry, bool):
        return "—" if entry is None else "yes" if entry else "no"
    if isinstance(entry, tuple):
        return measured(*entry)
    if isinstance(entry, Estimate):
        return _estimate(entry)
    return count(entry) if isinstance(entry, int) else number(float(entry), 4)


def _estimate(estimate: Estimate) -> str:
    value, low, high = estimate.value, estimate.low, estimate.high
    if not low <= value <= high or low == high:
        return f"{number(value)} [{number(low)}, {number(high)}]" if high > low else number(value)
    text, up, down = asymmetric(value, low, high)
    return f"{text} ± {up}" if up == down else f"{text} +{up} −{down}"
