"""Where networks are trained, and how many at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

__all__ = ["gathered_at_once", "networks_at_once", "one_thread", "stack_size", "training_device"]

_STACK_ON_PROCESSOR = 10
_STACK_ON_ACCELERATOR = 1024
_BATCH_ON_PROCESSOR = 3 * 2**20
"""Bytes that a step may write: beyond, waiting for memory costs more than calling PyTorch more often does."""
_GATHERED_ON_PROCESSOR = 4 * 2**20
_GATHERED_ON_ACCELERATOR = 256 * 2**20


def training_device() -> torch.device:
    """Return an NVIDIA or AMD GPU if there is one, else Apple's, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def stack_size(device: torch.device, *, batch: int) -> int:
    """Return how many networks one task trains, given the bytes of one's batch.

    On a processor no more than step together, so that workers share what there is to do.
    """
    if device.type != "cpu":
        return _STACK_ON_ACCELERATOR
    return min(_STACK_ON_PROCESSOR, networks_at_once(device, batch=batch, resident=0))


def networks_at_once(device: torch.device, *, batch: int, resident: int) -> int:
    """Return how many networks step together, given the bytes of one's batch and those of all that one has on the device."""
    if device.type == "cpu":
        return max(1, _BATCH_ON_PROCESSOR // batch)
    return max(1, _memory(device) // 4 // (batch + resident))


def gathered_at_once(device: torch.device) -> int:
    """Return how many bytes of batches are gathered at once."""
    return _GATHERED_ON_PROCESSOR if device.type == "cpu" else _GATHERED_ON_ACCELERATOR


def _memory(device: torch.device) -> int:
    """Return the bytes of an accelerator; all of them, so that what steps together never depends on what else is running."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return int(torch.mps.recommended_max_memory())


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold PyTorch to one thread, so that sums are made in one order whatever else runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
