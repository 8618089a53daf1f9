"""A Dataset and its scores or masses into histograms per region and sample, every weight accounted for."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.sample import Kind, SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.inference.binning import Axis, Binning, equal_background_bins, merged, score_bins, trimmed

__all__ = ["RECONCILES_TO", "Channel", "Template", "Templates", "joined", "sturdy_bins", "templates"]

RECONCILES_TO = 1e-12
"""Part of Σ|w| by which the sum of a template may miss the sum of its events' weights."""

Values: TypeAlias = Floats | Scores
AxisBins: TypeAlias = int | Sequence[float] | Floats
Bins: TypeAlias = AxisBins | Sequence[AxisBins] | Binning
Outside: TypeAlias = Literal["include", "refuse"]


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
    """

    sample: SampleInfo
    values: Floats
    variances: Floats

    def __post_init__(self) -> None:
        require_length(len(self.values), variances=self.variances)
        if not (
            np.all(np.isfinite(self.values)) and np.all(np.isfinite(self.variances)) and np.all(self.variances >= 0)
        ):
            raise DataError(f"the template of {self.name!r} is not finite, or a Σw² of it is negative")

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


def templates(
    dataset: Dataset,
    values: Values | Sequence[Values],
    *,
    bins: Bins | Mapping[str, Binning] = 10,
    regions: Mapping[str, Bools] | None = None,
    observed: bool | Collection[str] = True,
    floor: float = 10.0,
    name: str | Sequence[str] = "score",
    titles: Mapping[str, str] | None = None,
    outside: Outside = "include",
) -> Templates:
    """Return the templates of every signal and background sample in every region.

    Parameters
    ----------
    dataset
        The events.
    values
        What is binned: scores, or an observable, of shape (n,); a sequence of them for a grid.
    bins
        How many bins of equal background: on the common scale for scores, in the region for an observable. Or edges; or one
        of these for each axis of a grid; or a `Binning`, or one for each region.
    regions
        Masks of shape (n,); one region, "all", that holds every event, if None.
    observed
        Whether data are counted, or the names of the regions in which they are. Regions without data are blind.
    floor
        Effective background events that a bin holds at least; bins below are merged, see `sturdy_bins`. 0 keeps all bins.
    name
        What is binned, one name for each axis.
    titles
        What figures call it, with units, by name.
    outside
        Events outside the edges go to the first or last bin ("include"), or stop the run ("refuse").

    Returns
    -------
    Templates
        Sum over bins as the events' weights do, to ``1e-12 Σ|w|``.

    Raises
    ------
    DataError
        If a value is not finite, lies outside the edges and is refused, or sums do not reconcile.
    FivesigmaError
        If the bins do not fit what is binned, or ``observed`` names no region.
    """
    arrays, names = _arrays(values, len(dataset)), [name] if isinstance(name, str) else list(name)
    masks = dict(regions) if regions is not None else {"all": np.ones(len(dataset), dtype=np.bool_)}
    require_length(len(dataset), **masks)
    looked = set(masks) if observed is True else set(observed or ())
    for region in sorted(looked - set(masks)):
        raise FivesigmaError(f"observed: no region {region!r}{suggestion(region, masks)}")
    channels = []
    for region, mask in masks.items():
        binning = _binning(dataset, _listed(values), bins, names, titles or {}, mask & dataset.background, region)
        if len(binning.axes) != len(arrays):
            raise FivesigmaError(f"region {region!r}: {len(arrays)} quantities for a binning of {len(binning.axes)}")
        if floor > 0 and not binning.groups:
            binning = sturdy_bins(dataset, arrays, binning, mask=mask, minimum=floor)
        channels.append(_channel(dataset, arrays, binning, region, mask, region in looked, outside))
    return Templates(channels=tuple(channels))


def sturdy_bins(
    dataset: Dataset,
    values: Values | Sequence[Values],
    binning: Binning,
    *,
    mask: Bools | None = None,
    minimum: float = 10.0,
) -> Binning:
    """Return the binning with bins merged until each holds ``minimum`` effective background events of those in ``mask``.

    See `fivesigma.inference.binning.merged`. Bins of the first axis beyond all background are cut off at either end. Only
    background is looked at, neither signal nor data.
    """
    keep = dataset.background if mask is None else dataset.background & mask
    arrays = [array[keep] for array in _arrays(values, len(dataset))]
    inside = trimmed(binning, _sums(binning.index(*arrays), dataset.weight[keep], binning.count)[0])
    return merged(inside, *_sums(inside.index(*arrays), dataset.weight[keep], inside.count), minimum=minimum)


def joined(*parts: Templates) -> Templates:
    """Return the regions of several templates together, for one fit of them all."""
    return Templates(channels=tuple(channel for part in parts for channel in part.channels))


def _channel(
    dataset: Dataset,
    arrays: Sequence[Floats],
    binning: Binning,
    region: str,
    mask: Bools,
    looked: bool,
    outside: Outside,
) -> Channel:
    parts, data, pseudo = [], [], False
    for number, sample in enumerate(dataset.samples):
        if sample.kind == "data" and not looked:
            continue
        keep = mask & (dataset.sample == number)
        template = _template(sample, [array[keep] for array in arrays], dataset.weight[keep], binning, region, outside)
        if sample.kind == "data":
            data.append(template.values)
            pseudo = pseudo or sample.pseudo
        else:
            parts.append(template)
    total = np.sum(data, axis=0) if data else None
    return Channel(name=region, binning=binning, templates=tuple(parts), observed=total, pseudo=pseudo)


def _template(
    sample: SampleInfo, arrays: Sequence[Floats], weight: Floats, binning: Binning, region: str, outside: Outside
) -> Template:
    for axis, array in zip(binning.axes, arrays, strict=True):
        if bad := int(np.count_nonzero(~np.isfinite(array))):
            raise DataError(f"region {region!r}, sample {sample.name!r}: {axis.name} is not finite in {bad} events")
    if outside == "refuse" and (lost := int(np.count_nonzero(binning.outside(*arrays)))):
        edges = ", ".join(f"{axis.name} {axis.edges[0]:g} to {axis.edges[-1]:g}" for axis in binning.axes)
        raise DataError(f"region {region!r}, sample {sample.name!r}: {lost} events lie outside {edges}")
    values, variances = _sums(binning.index(*arrays), weight, binning.count)
    _reconcile(values, weight, f"region {region!r}, sample {sample.name!r}")
    return Template(sample=sample, values=values, variances=variances)


def _sums(index: Ints, weight: Floats, bins: int) -> tuple[Floats, Floats]:
    """Return Σw and Σw² per bin; each bin is summed pairwise, so that rounding does not grow with the number of events."""
    ordered = weight[np.argsort(index, kind="stable")]
    parts = np.split(ordered, np.cumsum(np.bincount(index, minlength=bins))[:-1])
    return np.asarray([part.sum() for part in parts]), np.asarray([np.square(part).sum() for part in parts])


def _reconcile(values: Floats, weight: Floats, where: str) -> None:
    expected, scale = float(weight.sum()), float(np.abs(weight).sum())
    if not abs(values.sum() - expected) <= RECONCILES_TO * scale:
        raise DataError(f"{where}: the template sums to {values.sum():.12g}, its events' weights to {expected:.12g}")


def _arrays(values: Values | Sequence[Values], length: int) -> list[Floats]:
    parts = _listed(values)
    arrays = [part.value if isinstance(part, Scores) else np.asarray(part, dtype=np.float64) for part in parts]
    require_length(length, **{f"values {number}": array for number, array in enumerate(arrays)})
    return arrays


def _binning(
    dataset: Dataset,
    values: Sequence[Values],
    bins: Bins | Mapping[str, Binning],
    names: Sequence[str],
    titles: Mapping[str, str],
    background: Bools,
    region: str,
) -> Binning:
    """Return a region's binning: as given, or from what is said of each axis and the background there."""
    if isinstance(bins, Mapping):
        if region not in bins:
            raise FivesigmaError(f"no binning for region {region!r}; there are: {', '.join(bins)}")
        return bins[region]
    if isinstance(bins, Binning):
        return bins
    each = _per_axis(bins, len(values))
    if not len(each) == len(names) == len(values):
        raise FivesigmaError(
            f"{len(values)} quantities, {len(names)} names and bins for {len(each)}: one of each, please"
        )
    return Binning(
        axes=tuple(
            _axis(value, how, dataset.weight, background, name, titles.get(name, ""))
            for value, how, name in zip(values, each, names, strict=True)
        )
    )


def _per_axis(bins: AxisBins | Sequence[AxisBins], count: int) -> Sequence[AxisBins]:
    """Return what is said of each axis: a number holds for all, edges for the only one."""
    if isinstance(bins, int):
        return [bins] * count
    plain = not any(isinstance(entry, Sequence | np.ndarray) for entry in bins)
    if plain and count == 1 and len(bins) > 1:  # one number alone is no edges
        return [cast("Sequence[float]", bins)]
    return cast("Sequence[AxisBins]", bins)


def _axis(values: Values, bins: AxisBins, weight: Floats, background: Bools, name: str, label: str) -> Axis:
    if not isinstance(bins, int):
        return Axis(name=name, edges=tuple(float(edge) for edge in bins), label=label or _score_label(values))
    if isinstance(values, Scores):
        return score_bins(bins, name=name, label=label or _score_label(values)).axes[0]
    return equal_background_bins(values[background], weight[background], bins, name=name, label=label)


def _score_label(values: Values) -> str:
    return f"{values.model} score" if isinstance(values, Scores) else ""


def _listed(values: Values | Sequence[Values]) -> list[Values]:
    return [values] if isinstance(values, Scores | np.ndarray) else list(values)
