"""A score that is in the files already, such as a published one: nothing is trained."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.classifiers import Part
from fivesigma.learning.ready_made import require_scores

__all__ = ["Column"]


class Column:
    """An input or an observable, taken as the score.

    Parameters
    ----------
    larger_is_signal
        Whether larger values are more like signal; its negative is the score if not.

    Raises
    ------
    ValueError
        If that is neither true nor false.
    """

    suffix: ClassVar[str] = ".json"
    prepares_with: ClassVar[tuple[str, ...]] = ()
    takes_missing: ClassVar[bool] = True
    takes_negative_weights: ClassVar[bool] = True
    trains_on: ClassVar[Literal["nothing"]] = "nothing"

    def __init__(self, *, larger_is_signal: bool = True) -> None:
        if not isinstance(larger_is_signal, bool):
            raise ValueError(f"larger_is_signal is true or false, not {larger_is_signal!r}")  # noqa: TRY004 - as all parameters
        self.larger_is_signal = larger_is_signal

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        return cls.__init__.__kwdefaults__ or {}

    def require_inputs(self, names: Sequence[str]) -> None:
        """Raise FivesigmaError unless there is one."""
        if len(names) != 1:
            raise FivesigmaError(f"inputs of column is the one score that it takes, not {', '.join(names) or 'none'}")

    def fit(self, _train: Part, _validation: Part, *, seed: int) -> None:
        """Learn nothing."""

    def score(self, X: Matrix) -> Floats:
        """Return the one input, shape (n,).

        Raises
        ------
        DataError
            If an event has no score.
        """
        values = np.asarray(X[:, 0], dtype=np.float64)
        return require_scores(values if self.larger_is_signal else -values)

    def describe(self) -> Mapping[str, Any]:
        """Return where the score comes from."""
        return {"score": "as it is in the files" if self.larger_is_signal else "the negative of what is in the files"}

    def history(self) -> Mapping[str, list[float]]:
        """Return no losses."""
        return {}

    def save(self, path: Path) -> None:
        """Write the parameter, which is all there is."""
        path.write_text(json.dumps({"larger_is_signal": self.larger_is_signal}) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            If the file is damaged, or was written of other parameters.
        """
        self = cls(**parameters)
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError(f"{path}: not a readable model: {error}") from error
        if stored != {"larger_is_signal": self.larger_is_signal}:
            raise DataError(f"{path}: damaged: it is not of larger_is_signal {self.larger_is_signal}")
        return self
