"""What the events of a first analysis weigh, and where its signal lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fivesigma.analysis.starter_columns import Feature, weight_column
from fivesigma.analysis.starter_tables import StarterTable
from fivesigma.core.arrays import Floats
from fivesigma.core.expression_text import written
from fivesigma.core.expressions import Expression
from fivesigma.events.formats.opening import open_source
from fivesigma.events.missing import MissingValues
from fivesigma.statistics.weighted import effective_events, weighted_quantile

__all__ = ["Weighed", "Window", "weighed", "window"]

_KEPT = 500_000
_SIGNAL_ENDS = (0.05, 0.95)
_NARROW, _FEWEST = 0.4, 20.0
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A sample's events.

    Attributes
    ----------
    column
        The column that weighs them; None if they count one each.
    of_generator
        Whether that is the generator's weight, which cross section and luminosity are still to scale.
    events, total, squares
        How many there are, Σw and Σw².
    remark
        What is wrong with the weights, if something is.
    values, weights
        Observables and weights of the first half million, each of shape (n,).
    """

    column: str | None
    of_generator: bool
    events: int
    total: float
    squares: float
    remark: str
    values: Mapping[str, Floats]
    weights: Floats

    @property
    def weight(self) -> str | None:
        """The column as an expression writes it."""
        return None if self.column is None else written(self.column)


@dataclass(frozen=True, slots=True)
class Window:
    """Where an observable holds nine tenths of the signal and much less of the background."""

    observable: str
    low: float
    high: float


def weighed(table: StarterTable, observables: Sequence[Feature], missing: MissingValues) -> Weighed:
    """Return what the events of a sample weigh; weights that sum to no positive number are not used, and remarked on."""
    column, of_generator = weight_column(table) if table.kind != "data" else (None, False)
    found = _read(table, column, of_generator, observables, missing, "")
    if column is None or (np.isfinite(found.total) and found.total > 0):
        return found
    what = f"sum to {found.total:.3g}, which is no expected number of events"
    if not np.isfinite(found.total):
        what = "are missing or infinite in some events"
    remark = f"the weights in {column} {what}: say what an event weighs"
    return _read(table, None, False, observables, missing, remark)


def window(samples: Sequence[tuple[StarterTable, Weighed]], observables: Sequence[Feature]) -> Window | None:
    """Return where the signal lies in the observable that tells it best from background; None if none does well."""
    best, least = None, _NARROW
    for feature in observables:
        signal, background = (_joined(samples, kind, feature.name) for kind in ("signal", "background"))
        if not all(len(weight) and weight.sum() > 0 for _, weight in (signal, background)):
            continue
        low, high = (_rounded(value) for value in weighted_quantile(signal[0], _SIGNAL_ENDS, signal[1]))
        values, weight = background
        inside = (low < values) & (values < high)
        fraction = float(weight[inside].sum() / weight.sum())
        enough = min(effective_events(weight[part]) for part in (inside, ~inside)) >= _FEWEST
        if low < high and enough and 0 < fraction < least:
            best, least = Window(feature.name, low, high), fraction
    return best


def _read(
    table: StarterTable,
    column: str | None,
    of_generator: bool,
    observables: Sequence[Feature],
    missing: MissingValues,
    remark: str,
) -> Weighed:
    events, total, squares, kept = 0, 0.0, 0.0, 0
    weights, values = [np.empty(0)], {feature.name: [np.empty(0)] for feature in observables}
    for weight, found in _pieces(table, column, observables, missing):
        events, total, squares = events + len(weight), total + float(weight.sum()), squares + float(weight @ weight)
        if kept < _KEPT:
            kept += len(weight)
            weights.append(weight)
            for name, piece in found.items():
                values[name].append(piece)
    return Weighed(
        column=column,
        of_generator=of_generator,
        events=events,
        total=total,
        squares=squares,
        remark=remark,
        values={name: np.concatenate(pieces) for name, pieces in values.items()},
        weights=np.concatenate(weights),
    )


def _pieces(
    table: StarterTable, column: str | None, observables: Sequence[Feature], missing: MissingValues
) -> Iterator[tuple[Floats, dict[str, Floats]]]:
    """Yield weights and observables of a sample's events, each of shape (n,), piece by piece."""
    select = Expression(table.select) if table.select is not None else None
    features = {feature.name: Expression(feature.expression) for feature in observables}
    names = {column} if column is not None else set[str]()
    names = names.union(*(e.names for e in (*features.values(), *([select] if select is not None else []))))
    source = open_source(table.path, table.tree)
    for piece in source.read(sorted(names), source.spans()):
        columns = {name: missing.replaced(name, values) for name, values in piece.columns.items()}
        chosen = np.ones(piece.length, dtype=np.bool_) if select is None else select.mask(columns, piece.length)
        weight = np.ones(piece.length) if column is None else np.asarray(columns[column], dtype=np.float64)
        yield weight[chosen], {name: e.values(columns, piece.length)[chosen] for name, e in features.items()}


def _joined(samples: Sequence[tuple[StarterTable, Weighed]], kind: str, name: str) -> tuple[Floats, Floats]:
    parts = [w for table, w in samples if table.kind == kind]
    values = np.concatenate([np.empty(0), *(part.values[name] for part in parts)])
    weight = np.concatenate([np.empty(0), *(part.weights for part in parts)])
    there = np.isfinite(values)
    return values[there], weight[there]


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
