"""Histograms per region and sample, as a fit sees them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fivesigma.core.arrays import Floats, require_length
from fivesigma.core.display import Entry, table
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.sample import Kind, SampleInfo, Variation
from fivesigma.inference.binning import Binning

__all__ = ["Channel", "Template", "Templates", "VariedStatistics", "joined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariedStatistics:
    """How far a varied template is known, and together with the nominal one.

    Attributes
    ----------
    variances
        Σw'² in each bin, shape (bins,), of the varied events.
    shared
        Σww' in each bin, shape (bins,), of the events that are in it both nominally and varied: the covariance of the two.
    """

    variances: Floats
    shared: Floats

    def __post_init__(self) -> None:
        require_length(len(self.variances), shared=self.shared)
        if not (np.all(np.isfinite(self.variances)) and np.all(np.isfinite(self.shared))):
            raise DataError("the statistics of a varied template are not finite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Expected events of one sample in the bins of one region.

    Attributes
    ----------
    sample
        Whose events they are.
    values
        Σw in each bin, shape (bins,).
    variances
        Σw² in each bin, shape (bins,).
    variations
        Σw in each bin, shape (bins,), for each variation that was filled.
    statistics
        How far each of these is known, and together with the nominal template; empty where nobody counted that.
    """

    sample: SampleInfo
    values: Floats
    variances: Floats
    variations: Mapping[Variation, Floats] = field(default_factory=dict)
    statistics: Mapping[Variation, VariedStatistics] = field(default_factory=dict)

    def __post_init__(self) -> None:
        varied = {f"{v.systematic} {v.label}": values for v, values in self.variations.items()}
        require_length(len(self.values), variances=self.variances, **varied)
        require_length(len(self.values), **{f"statistics of {v}": s.variances for v, s in self.statistics.items()})
        for title, array in {"nominal": self.values, "Σw²": self.variances, **varied}.items():
            if not np.all(np.isfinite(array)):
                raise DataError(f"the template of {self.name!r} ({title}) is not finite")
        if np.any(self.variances < 0):
            raise DataError(f"a Σw² of the template of {self.name!r} is negative")

    def labels(self, systematic: str) -> tuple[str, ...]:
        """Return which variations of a systematic there are."""
        return tuple(variation.label for variation in self.variations if variation.systematic == systematic)

    def residual_variances(self, variation: Variation, factor: Floats | float) -> Floats | None:
        """Return the variances, shape (bins,), of a varied template less ``factor`` times the nominal one; None if not known.

        ``Σw'² - 2 f Σww' + f² Σw²``, where the second sum is over the events that are in the bin both nominally and varied.
        """
        if variation not in self.statistics:
            return None
        own = self.statistics[variation]
        return np.asarray(np.maximum(own.variances - 2 * factor * own.shared + np.square(factor) * self.variances, 0.0))

    def scaled(self, factor: float) -> Template:
        """Return the same template with every weight multiplied."""
        return replace(
            self,
            values=factor * self.values,
            variances=factor**2 * self.variances,
            variations={variation: factor * values for variation, values in self.variations.items()},
            statistics={
                variation: VariedStatistics(variances=factor**2 * s.variances, shared=factor**2 * s.shared)
                for variation, s in self.statistics.items()
            },
        )

    @property
    def name(self) -> str:
        """The sample's name."""
        return self.sample.name

    @property
    def kind(self) -> Kind:
        """Signal or background."""
        return self.sample.kind

    @property
    def total(self) -> float:
        """Expected events in all bins."""
        return float(self.values.sum())

    @property
    def error(self) -> float:
        """Statistical error of the total, from the number of simulated events."""
        return math.sqrt(self.variances.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One region: its bins, a template for each sample, and what was observed, if anybody may look.

    Attributes
    ----------
    name
        The region's name.
    binning
        Its bins.
    templates
        One for each sample.
    observed
        Events seen in each bin, shape (bins,); None while blind.
    pseudo
        Whether what was "observed" is simulated.
    """

    name: str
    binning: Binning
    templates: tuple[Template, ...]
    observed: Floats | None = None
    pseudo: bool = False

    def __post_init__(self) -> None:
        require_length(self.binning.count, **{t.name: t.values for t in self.templates})
        if self.observed is not None:
            require_length(self.binning.count, observed=self.observed)
            if not np.all(np.isfinite(self.observed)) or np.any(self.observed < 0):
                raise DataError(f"region {self.name!r}: an observed count is negative or not finite")

    def sum_of(self, kind: Kind) -> Floats:
        """Return expected events of all samples of a kind, shape (bins,)."""
        return self._added([t.values for t in self.templates if t.kind == kind])

    def variance_of(self, kind: Kind) -> Floats:
        """Return Σw² of all samples of a kind, shape (bins,)."""
        return self._added([t.variances for t in self.templates if t.kind == kind])

    def _added(self, parts: list[Floats]) -> Floats:
        return np.asarray(np.sum(parts, axis=0)) if parts else np.zeros(self.binning.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """The regions of a fit."""

    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        names = [channel.name for channel in self.channels]
        if len(set(names)) != len(names) or not names:
            raise FivesigmaError(f"regions need one name each, and there must be one at least: {names}")

    @property
    def samples(self) -> tuple[SampleInfo, ...]:
        """Every sample that has a template, in order of appearance."""
        return tuple({t.name: t.sample for channel in self.channels for t in channel.templates}.values())

    @property
    def regions(self) -> tuple[str, ...]:
        """The names of the regions."""
        return tuple(channel.name for channel in self.channels)

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the names of the samples of a kind."""
        return tuple(sample.name for sample in self.samples if sample.kind == kind)

    @property
    def blind(self) -> bool:
        """Whether there is a region that nobody may look into."""
        return any(channel.observed is None for channel in self.channels)

    def without_data(self) -> Templates:
        """Return the same templates with nothing observed."""
        return Templates(channels=tuple(replace(channel, observed=None) for channel in self.channels))

    def without(self, samples: Collection[str]) -> Templates:
        """Return the same templates with these samples absent, neither signal nor background; data stay as they are.

        Raises
        ------
        FivesigmaError
            If there is no sample of such a name.
        """
        known = [sample.name for sample in self.samples]
        for name in samples:
            if name not in known:
                raise FivesigmaError(f"no sample {name!r}{suggestion(name, known)}")
        return Templates(
            channels=tuple(
                replace(channel, templates=tuple(t for t in channel.templates if t.name not in samples))
                for channel in self.channels
            )
        )

    def with_data(self, observed: Mapping[str, Floats], *, pseudo: bool = False) -> Templates:
        """Return the same templates with other counts, shape (bins,) for each region named; the others stay."""
        names = [channel.name for channel in self.channels]
        for name in observed:
            if name not in names:
                raise FivesigmaError(f"no region {name!r}{suggestion(name, names)}")
        return Templates(
            channels=tuple(
                replace(c, observed=np.asarray(observed[c.name], dtype=np.float64), pseudo=pseudo)
                if c.name in observed
                else c
                for c in self.channels
            )
        )

    def _repr_html_(self) -> str:
        rows: dict[str, dict[str, Entry]] = {}
        for channel in self.channels:
            bins = {t.sample.title: (t.total, t.error) for t in channel.templates}
            seen = None if channel.observed is None else float(channel.observed.sum())
            rows[channel.name] = {"bins": channel.binning.count, **bins, "observed": seen}
        return table(rows).html


def joined(*parts: Templates) -> Templates:
    """Return the regions of several templates together, for one fit of them all."""
    return Templates(channels=tuple(channel for part in parts for channel in part.channels))
