"""What Keras needs around it to compute with PyTorch as the other adapters do."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import torch

__all__ = ["held"]


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold PyTorch to one thread, so that sums are made in one order, and let Keras turn its tensors into arrays."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings():
            # PyTorch's __array__ does not know the keyword that numpy 2 gives it, and Keras calls it with nothing else to call
            warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy", DeprecationWarning)
            yield
    finally:
        torch.set_num_threads(before)
