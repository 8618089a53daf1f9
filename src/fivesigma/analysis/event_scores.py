"""The scores of the events of a file, piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from fivesigma.analysis.event_writers import ColumnType
from fivesigma.analysis.resolve import point_name
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.scoring_inputs import Seen, ToSee, to_see
from fivesigma.analysis.scoring_sources import FileToScore
from fivesigma.core.arrays import UInts
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, suggestion
from fivesigma.core.identity import entry_ids, fold_of
from fivesigma.core.numbers import digits
from fivesigma.core.sample import Kind, SampleInfo
from fivesigma.events.identify import identity_of
from fivesigma.events.source import Columns
from fivesigma.learning.fitted_model import FittedModel, Point

__all__ = ["EventScores", "ScoredPiece"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPiece:
    """Some events of a file.

    Attributes
    ----------
    columns
        What was asked for, and the scores, each of shape (n,); the score of an event without one is NaN.
    events, without
        How many events there are, and how many of them have no score.
    lacking
        In how many each input cannot be computed, by its name.
    by_entry
        Whether nothing but its place in the file identifies an event.
    """

    columns: Columns
    events: int
    without: int
    lacking: Mapping[str, int]
    by_entry: bool


@dataclass(frozen=True, slots=True)
class _Identified:
    """As what events are identified."""

    kind: Kind
    id_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventScores:
    """A model, and what it is to score.

    Attributes
    ----------
    model
        The model.
    to_see
        What it takes of events.
    id_columns
        Columns that identify an event; recognised by name if empty.
    names
        What its score is called at each point of a grid; under the empty point if it knows of none.
    fold
        What the column of folds is called.
    """

    model: FittedModel
    to_see: ToSee
    id_columns: tuple[str, ...]
    names: Mapping[Point, str]
    fold: str

    @classmethod
    def of(
        cls, model: FittedModel, config: Configuration, name: str, at: Mapping[str, float] | None = None
    ) -> EventScores:
        """Return what scores events as ``name``, at one point of a grid or at each.

        Raises
        ------
        DataError
            If the model has no such parameter, or point.
        """
        grid = model.spec.parametrised
        names = {point: point_name(name, dict(zip(grid, point, strict=True))) for point in model.points}
        if at is not None:
            names = {_point(model, at): name}
        return cls(
            model=model,
            to_see=to_see(model, config),
            id_columns=tuple(config.events.id),
            names=names,
            fold=f"{name}_fold",
        )

    def types(self) -> dict[str, ColumnType]:
        """Return the types of the columns of scores."""
        number, fold = (ColumnType("flat", np.dtype(dtype)) for dtype in (np.float64, np.int8))
        scores = {column: number for name in self.names.values() for column in (name, f"{name}_raw")}
        return {**scores, self.fold: fold}

    def require_free(self, file: FileToScore) -> None:
        """Raise DataError if a file has a column that is called as one of the scores."""
        if taken := [name for name in self.types() if name in file.columns]:
            raise DataError(
                f"{file.source.name}: has a column {taken[0]!r} already; give the score another name with --name"
            )

    def pieces(self, file: FileToScore, kept: Collection[str]) -> Iterator[ScoredPiece]:
        """Yield the events of a file with their scores and the columns that are kept.

        Raises
        ------
        DataError
            If the file lacks a column or cannot be read, or a column that identifies events does not.
        LeakError
            If an event would be scored by an estimator that saw it.
        """
        source, before = file.source, 0
        identity = identity_of(_Identified(file.kind, self.id_columns), source.columns())
        digest = None if identity.columns else source.digest()
        spans = source.spans()
        tables = source.read({*kept, *self.to_see.names, *identity.columns}, spans)
        for span, table in zip(spans, tables, strict=True):
            ids = identity.ids(source, span, table)
            if digest is not None:
                ids = entry_ids(digest, ids + np.uint64(before))
            before += table.length
            columns: Columns = {name: table.columns[name] for name in kept}
            seen = self.to_see.of(source.name, table, ids)
            self._require_unseen(seen.dataset, file)
            yield ScoredPiece(
                columns=columns | self._scores(seen, ids),
                events=table.length,
                without=int(np.count_nonzero(~seen.computed)),
                lacking=seen.lacking,
                by_entry=digest is not None,
            )

    def _scores(self, seen: Seen, ids: UInts) -> Columns:
        """Return the columns of scores of the events of a piece, of which ``seen`` are those that have one."""
        columns: Columns = {self.fold: fold_of(ids, seed=self.model.seed, folds=self.model.folds)}
        for point, name in self.names.items():
            scores = self.model.score(seen.dataset, point)
            for column, values in ((name, scores.value), (f"{name}_raw", scores.raw)):
                columns[column] = np.full(len(ids), np.nan)
                columns[column][seen.computed] = values
        return columns

    def _require_unseen(self, dataset: Dataset, file: FileToScore) -> None:
        """Raise LeakError if an estimator saw an event of its own fold, as one of any sample that the file may be of."""
        fold = fold_of(dataset.id, seed=self.model.seed, folds=self.model.folds)
        for name in file.samples or (*self.model.signal, *self.model.background):
            named = replace(dataset, samples=(SampleInfo(name=name, kind=file.kind),))
            self.model.ledger.require_unseen(named, fold, self.model.name)


def _point(model: FittedModel, at: Mapping[str, float]) -> Point:
    """Return the point of these parameters."""
    grid = model.spec.parametrised
    if not grid:
        raise DataError(f"model {model.name!r} is not parametrised; it has one score, at no {next(iter(at), 'point')}")
    for name in at:
        if name not in grid:
            raise DataError(f"model {model.name!r}: no parameter {name!r}{suggestion(name, grid)}")
    if lacking := [name for name in grid if name not in at]:
        raise DataError(f"model {model.name!r} is parametrised in {', '.join(grid)}; {lacking[0]} is not given")
    point = tuple(at[name] for name in grid)
    if point not in model.points:
        asked, known = _shown(grid, point), "; ".join(_shown(grid, other) for other in model.points)
        raise DataError(f"model {model.name!r} has no score at {asked}; its points are {known}")
    return point


def _shown(grid: tuple[str, ...], point: Point) -> str:
    return ",".join(f"{name}={digits(value)}" for name, value in zip(grid, point, strict=True))
