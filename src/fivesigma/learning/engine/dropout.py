"""Which units are left out: each network draws for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

__all__ = ["Dropout"]

_BITS = 16
_STEPS = 4
"""Steps that are drawn for at once: the same for all, so that what a network draws does not depend on its neighbours."""


class Dropout:
    """Masks for the hidden layers.

    A unit stays with the probability 1 - p, to a part in 65,536: one 64-bit draw decides on four units, since drawing is what
    dropout costs. Those that stay are multiplied by 1 / (1 - p), as in Srivastava et al., JMLR 15 (2014) 1929.

    Parameters
    ----------
    widths
        Of the hidden layers.
    fraction
        The probability p to be left out, above zero.
    networks, batch
        How many networks there are, and events in a batch.
    """

    def __init__(
        self, widths: Sequence[int], fraction: float, *, networks: int, batch: int, device: torch.device
    ) -> None:
        units = _STEPS * batch * sum(widths)
        self._draws = torch.empty(networks, -(-units // (64 // _BITS)), dtype=torch.int64, device=device)
        self._mask = torch.empty(networks, units, device=device)
        self._bits = self._draws.view(torch.int16)[:, :units]
        left_out = min(round(fraction * 2**_BITS), 2**_BITS - 1)
        self._threshold = left_out - 2 ** (_BITS - 1)
        self._kept = 1 / (1 - left_out / 2**_BITS)
        self._steps = [list(layers) for layers in zip(*self._layers(widths, batch), strict=True)]

    def _layers(self, widths: Sequence[int], batch: int) -> Iterator[torch.Tensor]:
        """Yield the masks of each layer, shape (steps, networks, batch, width)."""
        start = 0
        for width in widths:
            size = _STEPS * batch * width
            yield self._mask[:, start : start + size].view(-1, _STEPS, batch, width).transpose(0, 1)
            start += size

    def masks(self, step: int, generators: Sequence[torch.Generator]) -> list[torch.Tensor]:
        """Return the masks of a step of the epoch, one for each layer, shape (networks, batch, width).

        They are those of the networks that these generators belong to, which are the first of a stack; the steps of an epoch are
        asked for one after the other.
        """
        if step % _STEPS == 0:
            self._draw(generators)
        return self._steps[step % _STEPS]

    def _draw(self, generators: Sequence[torch.Generator]) -> None:
        for draws, generator in zip(self._draws, generators, strict=False):
            draws.random_(-(2**63), None, generator=generator)
        count = len(generators)
        self._bits[:count].ge_(self._threshold)
        torch.mul(self._bits[:count], self._kept, out=self._mask[:count])
