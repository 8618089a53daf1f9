"""Which library Keras computes with, and its start: quiet, on one thread, without a change to what the user has set."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from fivesigma.core.errors import FivesigmaError

__all__ = ["chosen_backend", "installed_backend"]

_BACKENDS = ("tensorflow", "torch", "jax")
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "0"}
"""TensorFlow's chatter at its start, and rounding that depends on the processor, which it announces there."""


def installed_backend() -> str | None:
    """Return the library to compute with: that of ``KERAS_BACKEND``, else the first there is; None without Keras or any.

    Raises
    ------
    FivesigmaError
        If ``KERAS_BACKEND`` names one that is not there or cannot train.
    """
    if not _is_there("keras"):
        return None
    asked = os.environ.get("KERAS_BACKEND")
    if asked and (asked not in _BACKENDS or not _is_there(asked)):
        raise FivesigmaError(f"KERAS_BACKEND is {asked!r}: not installed, or none of {', '.join(_BACKENDS)}")
    return asked or next(filter(_is_there, _BACKENDS), None)


@contextlib.contextmanager
def chosen_backend() -> Iterator[None]:
    """Let Keras be imported with `installed_backend`, and TensorFlow without a word; what was set before stands afterwards."""
    before = dict(os.environ)
    os.environ["KERAS_BACKEND"] = installed_backend() or ""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        yield
    finally:
        for name in ("KERAS_BACKEND", *_QUIET):
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


def _is_there(library: str) -> bool:
    if library in sys.modules:
        return True
    try:
        return find_spec(library) is not None
    except ImportError:
        return False
