"""Event files to be scored, read as the run read those of its samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from fivesigma.analysis.schema import Configuration, Part
from fivesigma.analysis.stored_models import StoredRun
from fivesigma.core.identity import file_digest
from fivesigma.core.sample import Kind
from fivesigma.events.files import FoundFile, filled, located, placeholders, sources_of
from fivesigma.events.friends import Friends
from fivesigma.events.parameters import Parametrised
from fivesigma.events.source import ColumnInfo, Source

__all__ = ["FileToScore", "files_to_score"]

_MOST_VALUES = 20_000_000
"""Values that are held at once: all columns of a piece of a file are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToScore:
    """Events to be scored.

    Attributes
    ----------
    source
        All columns that expressions may name, those of friends and parameters of the file's name among them.
    columns
        The columns of the file itself.
    samples
        Names of the samples of the run that it is a file of; none if it is another one.
    kind
        As which kind of sample it is read: data without identifying columns are identified by their content.
    """

    source: Source
    columns: Mapping[str, ColumnInfo]
    samples: tuple[str, ...]
    kind: Kind


def files_to_score(run: StoredRun, patterns: Sequence[str], friends_in: Path | None) -> Iterator[FileToScore]:
    """Yield the events of files, in the order in which they are named; several trees of a file one after the other.

    Parameters
    ----------
    run
        Whose configuration says how files are read.
    patterns
        Names of files, or patterns.
    friends_in
        The folder that names of friends are relative to; that of each file if None.

    Raises
    ------
    DataError
        If a file, a tree or a friend is not there.
    """
    config, events = run.config, run.config.events
    for found in located(patterns):
        known = _parts_with(run, found.path)
        samples = tuple(dict.fromkeys(sample for sample, _ in known))
        parameters = _in_name(config, found.path)
        if samples:
            parameters |= config.samples[samples[0]].parameters
        sources = sources_of(
            [FoundFile(path=found.path, parameters=parameters)],
            tree=next((part.tree for _, part in known if part.tree is not None), events.tree),
            friends=events.friends,
            header=events.header,
            folder=friends_in or found.path.parent,
        )
        are_data = bool(samples) and all(config.samples[sample].kind == "data" for sample in samples)
        for source in sources:
            columns = _of_file(source).columns()
            yield FileToScore(
                source=source.in_pieces(max(_MOST_VALUES // max(len(columns), 1), 1)),
                columns=columns,
                samples=samples,
                kind="data" if are_data else "background",
            )


def _parts_with(run: StoredRun, path: Path) -> list[tuple[str, Part]]:
    """Return the samples of the run, and which parts of them, that a file is read for."""
    names = _names_in_run(run, path)
    return [
        (sample, part)
        for sample, configured in run.config.samples.items()
        for part in configured.parts.values()
        for pattern in part.files or ()
        if any(fnmatchcase(name, _with_stars(pattern)) for name in names)
    ]


def _names_in_run(run: StoredRun, path: Path) -> list[str]:
    """Return what the run calls a file: by its content, or where that was not recorded yet by its name."""
    if (run.directory.root / "provenance.json").is_file():
        inputs = run.directory.read_json("provenance.json")["inputs"]
        digest = file_digest(path)
        return [name for name, known in inputs.items() if known == digest]
    parts = path.resolve().parts
    return ["/".join(parts[-depth:]) for depth in range(1, len(parts))]


def _with_stars(pattern: str) -> str:
    return filled(pattern, dict.fromkeys(placeholders(pattern), "*"))


def _in_name(config: Configuration, path: Path) -> dict[str, float]:
    """Return the numbers that a file's name bears, if it is like a pattern of a sample."""
    patterns = {Path(p).name for s in config.samples.values() for part in s.parts.values() for p in part.files or ()}
    for pattern in sorted(pattern for pattern in patterns if placeholders(pattern)):
        if fnmatchcase(path.name, _with_stars(pattern)):
            found = [file for file in located(pattern, path.parent) if file.path == path]
            return dict(found[0].parameters) if found else {}
    return {}


def _of_file(source: Source) -> Source:
    """Return the source without what lies beside it."""
    while isinstance(source, Parametrised | Friends):
        source = source.source if isinstance(source, Parametrised) else source.main
    return source
