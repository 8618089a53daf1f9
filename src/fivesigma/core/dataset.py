"""What models see, and what is kept from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fivesigma.core.arrays import Bools, Floats, Matrix, UInts, require_length
from fivesigma.core.display import table
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.sample import NOMINAL, Kind, SampleInfo, Variation

__all__ = ["Dataset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Events of all samples, in one order, as models see them.

    Attributes
    ----------
    X
        Inputs, float32, shape (n, k); NaN where an event lacks one (missing).
    inputs
        Names of the k columns of ``X``.
    observables
        Columns kept from the models (masses to fit), each of shape (n,).
    weight
        Expected events at the analysis luminosity, shape (n,); 1 for data.
    id
        Event identifiers, shape (n,).
    sample
        Index into ``samples`` of each event's sample, shape (n,).
    samples
        Who the samples are.
    weights
        Weights of all events, each of shape (n,), in the variations that touch nothing else; events that a variation does
        not concern keep theirs.
    variation
        Which systematic variation these events are; nominal otherwise.
    """

    X: Matrix
    inputs: tuple[str, ...]
    observables: Mapping[str, Floats]
    weight: Floats
    id: UInts
    sample: NDArray[np.int16]
    samples: tuple[SampleInfo, ...]
    weights: Mapping[Variation, Floats] = field(default_factory=dict)
    variation: Variation = NOMINAL

    def __post_init__(self) -> None:
        if self.X.ndim != 2 or self.X.shape[1] != len(self.inputs):
            raise ValueError(f"X has shape {self.X.shape}, expected (n, {len(self.inputs)}) for inputs {self.inputs}")
        require_length(len(self.X), weight=self.weight, id=self.id, sample=self.sample)
        require_length(len(self.X), **self.observables)
        require_length(len(self.X), **{str(key): column for key, column in self.weights.items()})
        if len(self.sample) and int(self.sample.max()) >= len(self.samples):
            raise ValueError(f"sample index {self.sample.max()} for {len(self.samples)} samples")

    def __len__(self) -> int:
        return len(self.weight)

    def __repr__(self) -> str:
        return f"<Dataset: {len(self)} events of {', '.join(s.name for s in self.samples)}; {len(self.inputs)} inputs>"

    def of(self, *names: str) -> Bools:
        """Return which events, shape (n,), belong to the named samples.

        Raises
        ------
        FivesigmaError
            If there is no sample of such a name.
        """
        known = [info.name for info in self.samples]
        for name in names:
            if name not in known:
                raise FivesigmaError(f"no sample {name!r}{suggestion(name, known)}")
        return np.isin(self.sample, [known.index(name) for name in names])

    def of_kind(self, kind: Kind) -> Bools:
        """Return which events, shape (n,), are data, signal or background."""
        return np.isin(self.sample, [i for i, info in enumerate(self.samples) if info.kind == kind])

    @property
    def signal(self) -> Bools:
        """Which events are signal, shape (n,)."""
        return self.of_kind("signal")

    @property
    def background(self) -> Bools:
        """Which events are background, shape (n,)."""
        return self.of_kind("background")

    @property
    def data(self) -> Bools:
        """Which events are data, shape (n,)."""
        return self.of_kind("data")

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the names of the samples of a kind."""
        return tuple(info.name for info in self.samples if info.kind == kind)

    def where(self, mask: Bools) -> Dataset:
        """Return the events that a mask of shape (n,) keeps; the samples stay listed even when empty.

        One that keeps all returns the dataset itself: millions of events are not copied for nothing.
        """
        if len(mask) == len(self) and mask.all():
            return self
        return replace(
            self,
            X=self.X[mask],
            observables={name: column[mask] for name, column in self.observables.items()},
            weight=self.weight[mask],
            id=self.id[mask],
            sample=self.sample[mask],
            weights={variation: weight[mask] for variation, weight in self.weights.items()},
        )

    def without(self, *names: str) -> Dataset:
        """Return the dataset without the named samples and their events; errors as for `of`."""
        gone = self.of(*names)
        kept = [i for i, info in enumerate(self.samples) if info.name not in names]
        renumbered = np.zeros(len(self.samples), dtype=np.int16)
        renumbered[kept] = np.arange(len(kept), dtype=np.int16)
        part = self.where(~gone)
        return replace(part, sample=renumbered[part.sample], samples=tuple(self.samples[i] for i in kept))

    def positions(self, inputs: Iterable[str]) -> tuple[int, ...]:
        """Return which columns of ``X`` the named inputs are.

        Raises
        ------
        FivesigmaError
            If there is no such input.
        """
        names = tuple(inputs)
        for name in names:
            if name not in self.inputs:
                raise FivesigmaError(f"no input {name!r}{suggestion(name, self.inputs)}")
        return tuple(map(self.inputs.index, names))

    def matrix(self, inputs: Iterable[str]) -> Matrix:
        """Return the named columns of ``X``, shape (n, len(inputs)), in that order; errors as for `positions`."""
        return self.X[:, self.positions(inputs)]

    def columns(self) -> Mapping[str, Floats]:
        """Return inputs and observables by name, as expressions for regions see them; an input is converted when it is asked for."""
        return _Columns(self)

    def _repr_html_(self) -> str:
        rows = {}
        for info in self.samples:
            weight = self.weight[self.of(info.name)]
            expected = (float(weight.sum()), float(np.sqrt((weight**2).sum())))
            rows[info.title] = {"kind": info.kind, "events": len(weight), "expected": expected}
        seen, kept = ", ".join(self.inputs), ", ".join(self.observables) or "nothing"
        return table(rows, notes=[f"Models see {seen}.", f"Kept from them: {kept}."]).html


@dataclass(frozen=True, slots=True)
class _Columns(Mapping[str, Floats]):
    """Inputs as float64, and observables, of which one of the same name counts."""

    of: Dataset

    def __getitem__(self, name: str) -> Floats:
        if name in self.of.observables:
            return self.of.observables[name]
        if name not in self:
            raise KeyError(name)
        return self.of.X[:, self.of.inputs.index(name)].astype(np.float64)

    def __contains__(self, name: object) -> bool:
        return name in self.of.observables or name in self.of.inputs

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self.of.inputs, *self.of.observables]))

    def __len__(self) -> int:
        return len({*self.of.inputs, *self.of.observables})
