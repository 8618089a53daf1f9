"""Array types by the shapes we speak of, and the checks that every noun makes when it is built."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bools", "Bytes", "Floats", "Ints", "Matrix", "UInts", "require_length"]

Floats: TypeAlias = NDArray[np.float64]
Matrix: TypeAlias = NDArray[np.float32]
Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]
UInts: TypeAlias = NDArray[np.uint64]
Bytes: TypeAlias = NDArray[np.int8]


def require_length(length: int, /, **arrays: NDArray[np.generic]) -> None:
    """Raise ValueError unless every array has ``length`` as its first dimension."""
    for name, array in arrays.items():
        if array.shape[:1] != (length,):
            raise ValueError(f"{name} has shape {array.shape}, expected first dimension {length}")
