"""Pseudo-experiments of a spectrum: Poisson counts thrown around a fit, and fitted without and with signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared, Workers, run_map
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import fit_spectrum, likelihood_ratio_z
from fivesigma.inference.mass.model import Peak
from fivesigma.inference.mass.spectrum import Spectrum

__all__ = ["Toys", "throw_toys"]

_CHUNK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Toys:
    """What was fitted to the pseudo-experiments that could be fitted.

    Attributes
    ----------
    events, errors
        The signal's yield and its error, shape (n,).
    z
        Signed significance of each, shape (n,).
    failed
        How many pseudo-experiments could not be fitted.
    """

    events: Floats
    errors: Floats
    z: Floats
    failed: int

    def p_value(self, z: float) -> float:
        """Return the part of them that lie at or above ``z``, ``(k + 1) / (n + 1)``, so that it is never zero.

        One that could not be fitted counts as if it did: nobody knows that it does not.
        """
        return (int(np.count_nonzero(self.z >= z)) + self.failed + 1) / (len(self.z) + self.failed + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    spectrum: Spectrum
    expected: Floats
    background: BinnedBackground
    fractions: Floats
    start: Floats
    count: int
    seed: int


def throw_toys(
    spectrum: Spectrum,
    expected: Floats,
    background: BinnedBackground,
    peak: Peak,
    start: Floats,
    *,
    toys: int,
    seed: int,
    workers: Workers | None = None,
) -> Toys:
    """Return fits of Poisson counts around ``expected``.

    Parameters
    ----------
    spectrum
        Whose bins are filled.
    expected
        Events in each bin, shape (n,): of background alone for a p-value, with signal for pulls.
    background, peak
        What is fitted.
    start
        Parameters of the background to begin at, shape (k,).
    toys
        How many.
    seed
        Of all; the same numbers come whatever the number of workers.
    workers
        Where to fit them; in this process if None.
    """
    chunks = [
        _Chunk(
            spectrum=spectrum,
            expected=expected,
            background=background,
            fractions=peak.fractions,
            start=start,
            count=min(_CHUNK, toys - done),
            seed=derive_seed(seed, f"toys {done}"),
        )
        for done in range(0, toys, _CHUNK)
    ]
    parts = run_map(_fit_chunk, chunks, workers=workers)
    table = np.concatenate(parts) if parts else np.empty((0, 3))
    kept = table[np.isfinite(table[:, 0])]
    return Toys(events=kept[:, 0], errors=kept[:, 1], z=kept[:, 2], failed=len(table) - len(kept))


def _fit_chunk(chunk: _Chunk, _shared: Shared) -> Floats:
    """Return yield, error and z of each toy of a chunk, shape (toys, 3); NaN for those that cannot be fitted."""
    generator = np.random.default_rng(chunk.seed)
    counts = generator.poisson(chunk.expected, (chunk.count, len(chunk.expected))).astype(np.float64)
    return np.stack([_fit_one(chunk, row) for row in counts])


def _fit_one(chunk: _Chunk, counts: Floats) -> Floats:
    data, peak = chunk.spectrum.filled_with(counts), Peak(fractions=chunk.fractions)
    try:
        without = fit_spectrum(data, chunk.background, start=chunk.start)
        best = fit_spectrum(data, chunk.background, peak, start=without.values)
    except FivesigmaError:
        return np.full(3, np.nan)
    return np.array([best.signal_yield, best.signal_error, likelihood_ratio_z(without, best)])
