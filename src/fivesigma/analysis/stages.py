"""Stages, their keys, and what is done again.

A stage's key is the digest of its part of the configuration, the seed, the digests of its inputs and the code. What a later
stage depends on is an earlier one's *outcome*, not its key: while an analysis is blind, nothing after the reading of events
depends on data that were dropped, not even through a digest.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fivesigma.analysis.directory import RunDirectory
from fivesigma.core.errors import DataError
from fivesigma.core.finding import Finding
from fivesigma.core.identity import digest, file_digest
from fivesigma.core.provenance import code_digest, library_versions
from fivesigma.report.content import FigureSection

__all__ = ["FINAL", "FigureNote", "Outcome", "Stages", "outcome_digest"]

FINAL = ("results.json", "report.html", "findings.json", "provenance.json")
"""What stands only while everything it was made from does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureNote:
    """What the page says of a figure; its files are ``figures/<name>.svg``, ``.pdf`` and ``.json`` (the numbers drawn).

    ``detail`` is whether the page shows it only when asked to: one of many alike, of a single model or fit.
    """

    name: str
    section: FigureSection
    title: str
    caption: str
    alt: str
    detail: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """The figure's files."""
        return tuple(f"figures/{self.name}.{suffix}" for suffix in ("svg", "pdf", "json"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a stage made: values for ``results.json`` or later stages, findings, figures, and the files it wrote."""

    value: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    figures: tuple[FigureNote, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def all_files(self) -> frozenset[str]:
        """The files it wrote, those of its figures among them."""
        return frozenset(self.files).union(*(note.files for note in self.figures))


@dataclass(slots=True)
class Stages:
    """The stages of one run.

    Attributes
    ----------
    directory
        Where the run lives.
    fresh
        Whether to redo all.
    tell
        Called with a sentence as each stage begins.
    redone
        Names of the stages that were performed, in order.
    """

    directory: RunDirectory
    fresh: bool = False
    tell: Callable[[str], None] = lambda _: None
    redone: list[str] = field(default_factory=list)

    def standing(self, name: str, parts: Sequence[object]) -> Outcome | None:
        """Return what the stage made before, if its key stands and its files are there."""
        if self.fresh and name not in self.redone:
            return None
        try:
            key, outcome = self._read(name)
        except DataError:
            return None
        return outcome if key == _key(name, parts) and self._whole(name) else None

    def _whole(self, name: str) -> bool:
        """Return whether every file of a stage is there and as long as it was."""
        sizes = self.directory.read_json(f"stages/{name}.json")["sizes"]
        return all(
            (path := self.directory.root / file).is_file() and size in (None, path.stat().st_size)
            for file, size in sizes.items()
        )

    def recorded(self, name: str) -> Outcome:
        """Return what a stage made, whatever it was made from; DataError if it did not end."""
        return self._read(name)[1]

    def _read(self, name: str) -> tuple[str, Outcome]:
        record = self.directory.read_json(f"stages/{name}.json")
        try:
            if record.pop("digest") != _digest_of(record):
                raise DataError(f"{self.directory.root}/stages/{name}.json: was changed since the stage recorded it")
            return record["key"], _from_record(record)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{self.directory.root}/stages/{name}.json: not a record of a stage") from error

    def forget(self, name: str) -> None:
        """Note that a stage is about to be done again: what it left no longer counts, nor what was made of it at the end."""
        self.directory.remove(f"stages/{name}.json", *FINAL)

    def forget_others(self, name: str, parts: Sequence[object]) -> None:
        """Remove all that any stage left if this one was made from something else: nothing of that stays beside the new."""
        try:
            key, _ = self._read(name)
        except DataError:
            return
        if key == _key(name, parts):
            return
        for record in sorted((self.directory.root / "stages").glob("*.json")):
            with contextlib.suppress(DataError):
                self.directory.remove(*self._read(record.stem)[1].files)
            self.forget(record.stem)

    def keep(self, name: str, parts: Sequence[object], outcome: Outcome) -> Outcome:
        """Record what a stage made; only from now on does it count."""
        sizes = {file: self._size(file) for file in sorted(outcome.all_files)}
        record = {"key": _key(name, parts), **_to_record(outcome), "sizes": sizes}
        self.directory.write_json(f"stages/{name}.json", {**record, "digest": _digest_of(record)})
        self.redone.append(name)
        return outcome

    def _size(self, file: str) -> int | None:
        """Return a file's length, None where the time that training took is among its content."""
        return None if file.endswith("/model.json") else (self.directory.root / file).stat().st_size

    def perform(self, name: str, parts: Sequence[object], what: str, work: Callable[[], Outcome]) -> Outcome:
        """Return the stage's outcome, doing the work unless its key stands.

        Parameters
        ----------
        name
            The stage, which names its record.
        parts
            All that the outcome depends on, as JSON values.
        what
            What to tell the user.
        work
            Does it.
        """
        if (before := self.standing(name, parts)) is not None:
            return before
        self.tell(what)
        self.forget(name)
        return self.keep(name, parts, work())


def outcome_digest(directory: RunDirectory, outcome: Outcome) -> str:
    """Return a digest of what a stage made, times and pictures aside, which later stages put into their keys."""
    arrays = {
        name: file_digest(directory.root / name) for name in outcome.files if name.endswith((".safetensors", ".skops"))
    }
    return digest([_timeless(outcome.value), arrays])


def _digest_of(record: dict[str, Any]) -> str:
    """Return a digest of what a stage recorded, times aside, and its key, which may depend on events that stay unseen."""
    return digest(_timeless({name: entry for name, entry in record.items() if name != "key"}))


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key != "seconds"}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def _key(name: str, parts: Sequence[object]) -> str:
    return digest([name, code_digest(), library_versions(), *parts])


def _to_record(outcome: Outcome) -> dict[str, Any]:
    figures = [dataclasses.asdict(note) for note in outcome.figures]
    findings = [dataclasses.asdict(finding) for finding in outcome.findings]
    return {"value": outcome.value, "findings": findings, "figures": figures, "files": sorted(outcome.all_files)}


def _from_record(record: dict[str, Any]) -> Outcome:
    return Outcome(
        value=record["value"],
        findings=tuple(Finding(**finding) for finding in record["findings"]),
        figures=tuple(FigureNote(**note) for note in record["figures"]),
        files=tuple(record["files"]),
    )
