"""The layout of a run directory, and writes that leave nothing half-written."""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fivesigma.core.errors import DataError

__all__ = ["RESULTS_SCHEMA", "RunDirectory"]

RESULTS_SCHEMA = 1
"""Of ``results.json``; another number where what a field means was changed."""
_TEMPORARY = ".part-"
_LOCK = ".lock"
_HALF_WRITTEN = (f"{_TEMPORARY}*", ".*.part")
"""What is written here, and what figures are written as, before they are moved to their place."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """A run's files by what they are; everything is written beside its place and then moved there."""

    root: Path

    def create(self) -> None:
        """Make the directory.

        Raises
        ------
        DataError
            If it cannot be made, or holds something that is not a run.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            there = sorted(path.name for path in self.root.iterdir())
            if there and not self._is_run():
                raise DataError(f"{self.root}: holds {there[0]!r} and is no run directory; give another --output")
            (self.root / "stages").mkdir(exist_ok=True)
        except OSError as error:
            raise DataError(f"{self.root}: cannot be made: {error.strerror}") from error

    def _clear(self) -> None:
        for left in [path for pattern in _HALF_WRITTEN for path in self.root.rglob(pattern)]:
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)

    def _is_run(self) -> bool:
        """Return whether there is a folder of stages, and nothing in it but their records."""
        stages = self.root / "stages"
        return stages.is_dir() and all(
            path.suffix == ".json" or path.name.startswith(_TEMPORARY) for path in stages.iterdir()
        )

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Hold the directory for one run, and clear what a killed one may have left half-written.

        Raises
        ------
        DataError
            If another run is at work there.
        """
        with (self.root / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DataError(f"{self.root}: another run is at work there") from error
            self._clear()
            try:
                yield
            finally:
                (self.root / _LOCK).unlink(missing_ok=True)

    def remove(self, *names: str) -> None:
        """Remove files of the run, if they are there."""
        for name in names:
            (self.root / name).unlink(missing_ok=True)

    def sweep(self, folders: Iterable[str], keep: Collection[str]) -> None:
        """Remove what lies in ``folders`` and is not among the files to ``keep``: it belongs to another configuration."""
        for folder in folders:
            for path in sorted((self.root / folder).rglob("*"), reverse=True):
                if path.is_dir():
                    if not any(path.iterdir()):
                        path.rmdir()
                elif str(path.relative_to(self.root)) not in keep:
                    path.unlink()

    def path(self, name: str) -> Path:
        """Return the path of a file of the run, its folder made."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write_text(self, name: str, text: str) -> None:
        """Write a file at once or not at all."""
        with self.writing_file(name) as part:
            part.write_text(text, encoding="utf-8")

    def write_json(self, name: str, value: object) -> None:
        """Write strict JSON: a NaN in it is a fault of ours, and raises ValueError."""
        self.write_text(name, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    def read_text(self, name: str) -> str:
        """Read a file; DataError if it is missing or damaged."""
        with self._reading(name):
            return (self.root / name).read_text(encoding="utf-8")

    def read_json(self, name: str) -> Any:
        """Read what `write_json` wrote, which has no NaN and no infinity; errors as for `read_text`."""
        with self._reading(name):
            return json.loads(
                (self.root / name).read_text(encoding="utf-8"), parse_constant=_refuse, parse_float=_finite
            )

    def read_results(self) -> dict[str, Any]:
        """Read ``results.json``.

        Raises
        ------
        DataError
            If it is missing or damaged, or was written in a way that this version does not read.
        """
        values = self.read_json("results.json")
        if not isinstance(values, dict) or values.get("schema") != RESULTS_SCHEMA:
            given = f"schema {values.get('schema')}" if isinstance(values, dict) else "no results"
            raise DataError(f"{self.root / 'results.json'}: {given}; this version reads schema {RESULTS_SCHEMA}")
        return values

    def write_arrays(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write arrays as safetensors."""
        # the library writes the memory of an array as it lies, whatever the strides
        contiguous = {key: np.asarray(array, order="C") for key, array in arrays.items()}
        with self.writing_file(name) as part:
            save_file(contiguous, part)

    def read_arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Read what `write_arrays` wrote; errors as for `read_text`."""
        with self._reading(name):
            return dict(load_file(self.root / name))

    @contextlib.contextmanager
    def writing_folder(self, name: str) -> Iterator[Path]:
        """Give a folder to fill; it takes its place when the block ends without an error."""
        place = self.path(name)
        with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=self.root) as outer:
            part = Path(outer) / place.name
            part.mkdir()
            yield part
            if place.exists():
                shutil.rmtree(place)
            part.replace(place)

    @contextlib.contextmanager
    def writing_file(self, name: str) -> Iterator[Path]:
        """Give a path to write to; it takes the place of the file when the block ends without an error."""
        place = self.path(name)
        part = place.with_name(f"{_TEMPORARY}{os.getpid()}-{place.name}")
        try:
            yield part
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, SafetensorError) as error:
            raise DataError(f"{self.root / name}: not there or not readable; is {self.root} a finished run?") from error


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
