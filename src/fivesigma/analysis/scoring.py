"""The score of a model of a run, added to event files: each event by the estimators of its own fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fivesigma.analysis.event_scores import EventScores
from fivesigma.analysis.event_writers import SUFFIXES, TEXTLESS, ColumnType, type_of, widened, writing_events
from fivesigma.analysis.scoring_sources import FileToScore, files_to_score
from fivesigma.analysis.stored_models import open_run
from fivesigma.core.errors import DataError
from fivesigma.events.source import Columns

__all__ = ["Scored", "score_files"]

_TREE = "Events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What was written.

    Attributes
    ----------
    events, without
        How many events there are, and how many of them have no score.
    lacking
        In how many each input could not be computed, by its name.
    left_out
        Columns that the output cannot hold, or that not all of the files have.
    by_entry
        Files whose events nothing but their place identifies, and that are no files of the run.
    """

    events: int
    without: int
    lacking: Mapping[str, int]
    left_out: tuple[str, ...]
    by_entry: tuple[str, ...]


def score_files(
    root: Path,
    model: str,
    files: Sequence[str],
    output: Path,
    *,
    name: str | None = None,
    at: Mapping[str, float] | None = None,
    friends_in: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Scored:
    """Write all events of files with their scores; no cut is applied, and they stay in their order.

    Columns ``NAME`` (on the common scale), ``NAME_raw`` and ``NAME_fold`` are added, the first two for each point of a signal grid
    that the model is parametrised in. They are NaN where an input cannot be computed.

    Parameters
    ----------
    root, model
        The run directory and the name of the model.
    files
        Names of files, or patterns.
    output
        A file that is not there yet, and ends as one of `fivesigma.analysis.event_writers.SUFFIXES`.
    name
        What the columns are called; as the model if None.
    at
        Parameters of the point of a grid to score at; each if None.
    friends_in
        The folder that names of friends are relative to; that of each file if None.
    tell
        Told of each file as it begins.

    Raises
    ------
    DataError
        If there is no such run, model or point, a file lacks a column or has one of these names already, or the output is there
        or cannot be written.
    LeakError
        If an event would be scored by an estimator that saw it.
    """
    _require_new(output)
    run = open_run(root)
    scores = EventScores.of(run.model(run.require(model), run.events()), run.config, name or model, at)
    chosen = tuple(files_to_score(run, files, friends_in))
    for file in chosen:
        scores.require_free(file)
    tree = run.config.events.tree
    writing = _Writing(chosen, scores, output, tree if isinstance(tree, str) else _TREE, _kept(chosen, output))
    types = writing.first_types()
    while True:  # once, unless a column turns out to be wider than in the first piece of each file
        try:
            return writing.write(types, tell)
        except _WiderError as error:
            types = error.types


def _require_new(output: Path) -> None:
    if output.suffix not in SUFFIXES:
        raise DataError(
            f"{output}: is written as {' or '.join(SUFFIXES)}, not as {output.suffix or 'a file without suffix'}"
        )
    if output.exists():
        raise DataError(f"{output}: is there already; remove it, or give another name")
    if not output.parent.is_dir():
        raise DataError(f"{output}: there is no folder {output.parent}")


def _kept(files: Sequence[FileToScore], output: Path) -> tuple[str, ...]:
    """Return the columns that are written: those of the first file, as far as the output can hold them and all files have them."""
    unknown = {"other", "text"} if output.suffix in TEXTLESS else {"other"}
    shared = set.intersection(*(set(file.columns) for file in files))
    return tuple(name for name, info in files[0].columns.items() if info.kind not in unknown and name in shared)


class _WiderError(Exception):
    """A piece does not fit the types of the columns as far as they are known."""

    def __init__(self, types: dict[str, ColumnType]) -> None:
        super().__init__()
        self.types = types


@dataclass(slots=True)
class _Tally:
    events: int = 0
    without: int = 0
    lacking: Counter[str] = field(default_factory=Counter)
    by_entry: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Writing:
    """What is written, from what, and where."""

    files: tuple[FileToScore, ...]
    scores: EventScores
    output: Path
    tree: str
    kept: tuple[str, ...]

    def first_types(self) -> dict[str, ColumnType]:
        """Return the types of the kept columns as the first piece of each file has them."""
        types: dict[str, ColumnType] = {}
        for file in self.files:
            table = next(iter(file.source.read(self.kept, file.source.spans()[:1])))
            found = {name: type_of(table.columns[name]) for name in self.kept}
            types = widened(file.source.name, types or found, found)
        return types

    def write(self, types: Mapping[str, ColumnType], tell: Callable[[str], None]) -> Scored:
        """Write all events; _WiderError if columns must be of other types."""
        tally = _Tally()
        with writing_events(self.output, {**types, **self.scores.types()}, tree=self.tree) as writer:
            for file in self.files:
                tell(f"Scoring {file.source.name}")
                for columns in self._pieces(file, tally):
                    found = widened(file.source.name, types, {name: type_of(columns[name]) for name in types})
                    if found != types:
                        raise _WiderError(found)
                    writer.write(columns)
        return Scored(
            events=tally.events,
            without=tally.without,
            lacking=dict(tally.lacking),
            left_out=tuple(dict.fromkeys(c for file in self.files for c in file.columns if c not in self.kept)),
            by_entry=tuple(tally.by_entry),
        )

    def _pieces(self, file: FileToScore, tally: _Tally) -> Iterator[Columns]:
        """Yield the columns of each piece of a file, the scores among them."""
        for piece in self.scores.pieces(file, self.kept):
            tally.events += piece.events
            tally.without += piece.without
            tally.lacking.update(piece.lacking)
            if piece.by_entry and not file.samples:
                tally.by_entry[file.source.name] = None
            yield piece.columns
