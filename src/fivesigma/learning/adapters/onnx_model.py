"""A trained model from elsewhere, as an ONNX file: nothing is trained here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from fivesigma.core.arrays import Floats, Matrix
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.learning.adapters.onnx_files import open_onnx
from fivesigma.learning.classifiers import Part
from fivesigma.learning.ready_made import require_scores

__all__ = ["OnnxModel"]


class OnnxModel:
    """A model of one input of shape (events, inputs), and an output of one score or of the probabilities of two classes.

    Parameters
    ----------
    file
        The path of the file.
    output
        The name of the output to take; needed where several could be it.

    Raises
    ------
    ValueError
        If no file is given.
    TypeError
        If what is given is no path.
    DataError
        If it is missing or damaged, or no model that scores events.
    """

    suffix: ClassVar[str] = ".onnx"
    prepares_with: ClassVar[tuple[str, ...]] = ()
    takes_missing: ClassVar[bool] = True
    takes_negative_weights: ClassVar[bool] = True
    trains_on: ClassVar[Literal["nothing"]] = "nothing"

    def __init__(self, *, file: str | None = None, output: str | None = None) -> None:
        if not file:
            raise ValueError("give the path of the model as `file`")
        if not isinstance(file, str | PathLike):
            raise TypeError(f"file is the path of the model, not {file!r:.80}")
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            raise DataError(f"{file}: cannot be read: {error.strerror}") from error
        self._open(content, Path(file).name, output)

    def _open(self, content: bytes, called: str, output: str | None) -> None:
        self._output, self._model = output, open_onnx(content, called, output)

    @classmethod
    def parameters(cls) -> Mapping[str, Any]:
        """Return the parameters that may be set, with their defaults."""
        return cls.__init__.__kwdefaults__ or {}

    def require_inputs(self, names: Sequence[str]) -> None:
        """Raise FivesigmaError unless the file takes so many inputs; one that does not say takes any number."""
        model = self._model
        if model.inputs not in (None, len(names)):
            raise FivesigmaError(
                f"{model.called} takes {model.inputs} inputs in {model.takes.name!r}, given are {len(names)}: {', '.join(names)}"
            )

    def fit(self, _train: Part, _validation: Part, *, seed: int) -> None:
        """Learn nothing."""

    def score(self, X: Matrix) -> Floats:
        """Return the model's score, shape (n,).

        Raises
        ------
        DataError
            If the model cannot be run on such inputs, or gives something else than a score for each event.
        """
        return require_scores(self._model.scores(X))

    def describe(self) -> Mapping[str, Any]:
        """Return which file it is, which output is the score, and what made it."""
        made_by = self._model.session.get_modelmeta().producer_name
        return {
            "file": self._model.called,
            "score": f"output {self._model.gives.name!r}",
            **({"made by": made_by} if made_by else {}),
        }

    def history(self) -> Mapping[str, list[float]]:
        """Return no losses."""
        return {}

    def save(self, path: Path) -> None:
        """Write the file again, as it was read."""
        path.write_bytes(self._model.content)

    @classmethod
    def load(cls, path: Path, parameters: Mapping[str, Any]) -> Self:
        """Read what `save` wrote; the file that it was first read from is not looked for."""
        self = cls.__new__(cls)
        self._open(path.read_bytes(), Path(str(parameters["file"])).name, parameters.get("output"))
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Return what it is opened from."""
        return {"content": self._model.content, "called": self._model.called, "output": self._output}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._open(**state)
