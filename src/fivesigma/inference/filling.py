"""A Dataset and its scores or masses into templates, every weight accounted for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np

from fivesigma.core.arrays import Bools, Floats, Ints, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import Binning
from fivesigma.inference.region_bins import Bins, Values, region_bins, sturdy_bins, summation
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.varied_events import BinnedEvents, VariedEvents, require_alike
from fivesigma.inference.varied_statistics import same_events, statistics_of_events, statistics_of_weights

__all__ = ["RECONCILES_TO", "templates"]

RECONCILES_TO = 1e-12
"""Part of Σ|w| by which the sum of a template may miss the sum of its events' weights."""

Outside: TypeAlias = Literal["include", "refuse"]


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
    weights: Mapping[Variation, Floats] | None = None,
    varied: Sequence[VariedEvents] = (),
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
    weights
        Other weights of the same events, shape (n,), for each variation that touches nothing else; where it moves nothing,
        the nominal ones.
    varied
        Other events, for each variation that does. Both are filled into the bins of the nominal events.

    Returns
    -------
    Templates
        Sum over bins as the events' weights do, to ``1e-12 Σ|w|``.

    Raises
    ------
    DataError
        If a value is not finite, lies outside the edges and is refused, or sums do not reconcile.
    FivesigmaError
        If the bins do not fit what is binned, ``observed`` names no region, regions share events, or varied events have
        other samples or regions.
    """
    nominal, names = BinnedEvents.of(dataset, values, regions), [name] if isinstance(name, str) else list(name)
    arrays, masks, weights = nominal.arrays, nominal.masks, weights or {}
    require_length(len(dataset), **{f"weights of {v.systematic} {v.label}": w for v, w in weights.items()})
    shifted = [(other.variation, BinnedEvents.of(other.dataset, other.values, other.regions)) for other in varied]
    require_alike(nominal, weights, shifted)
    matched = [
        _Varied(variation=one.variation, events=events, same=_same_events(nominal, one, events))
        for one, (_, events) in zip(varied, shifted, strict=True)
    ]
    looked = set(masks) if observed is True else set(observed or ())
    for region in sorted(looked - set(masks)):
        raise FivesigmaError(f"observed: no region {region!r}{suggestion(region, masks)}")
    for events in (nominal, *(events for _, events in shifted)):
        _require_disjoint(events.masks)
    channels = []
    for region, mask in masks.items():
        binning = region_bins(dataset, values, bins, names, titles or {}, mask & dataset.background, region)
        if len(binning.axes) != len(arrays):
            raise FivesigmaError(f"region {region!r}: {len(arrays)} quantities for a binning of {len(binning.axes)}")
        if floor > 0 and not binning.groups:
            binning = sturdy_bins(dataset, arrays, binning, mask=mask, minimum=floor)
        place = _Place(region=region, binning=binning, outside=outside)
        channels.append(_channel(nominal, place, region in looked, weights, matched))
    return Templates(channels=tuple(channels))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Varied:
    """Varied events, and by sample where they and where the nominal ones are the same."""

    variation: Variation
    events: BinnedEvents
    same: Mapping[str, tuple[Ints, Ints]]


def _same_events(nominal: BinnedEvents, varied: VariedEvents, events: BinnedEvents) -> dict[str, tuple[Ints, Ints]]:
    if varied.independent:
        return {}
    return {name: same_events(nominal.dataset, varied.dataset, name) for name in events.simulated()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where events are filled."""

    region: str
    binning: Binning
    outside: Outside


def _require_disjoint(masks: Mapping[str, Bools]) -> None:
    """Raise FivesigmaError if an event is in two regions: a fit would count it twice."""
    for (one, first), (two, second) in combinations(masks.items(), 2):
        if shared := int(np.count_nonzero(first & second)):
            raise FivesigmaError(
                f"regions {one!r} and {two!r} share {shared} events, which a fit of both would count twice"
            )


def _channel(
    nominal: BinnedEvents,
    place: _Place,
    looked: bool,
    weights: Mapping[Variation, Floats],
    varied: Sequence[_Varied],
) -> Channel:
    parts, data, pseudo = [], [], False
    for sample in nominal.dataset.samples:
        if sample.kind != "data":
            parts.append(_template(nominal, sample, place, weights, varied))
        elif looked:
            data.append(_Filled.of(nominal, sample, place).sums(nominal.dataset.weight))
            pseudo = pseudo or sample.pseudo
    total = np.sum(data, axis=0) if data else None
    return Channel(name=place.region, binning=place.binning, templates=tuple(parts), observed=total, pseudo=pseudo)


def _template(
    nominal: BinnedEvents,
    sample: SampleInfo,
    place: _Place,
    weights: Mapping[Variation, Floats],
    varied: Sequence[_Varied],
) -> Template:
    filled, weight = _Filled.of(nominal, sample, place), nominal.dataset.weight
    variations = {variation: filled.sums(other) for variation, other in weights.items()}
    count = place.binning.count
    statistics = {v: statistics_of_weights(filled.bins, weight, other, count) for v, other in weights.items()}
    for one in varied:
        if sample.name not in one.events.simulated():
            continue
        other = one.events.dataset.weight
        what = f", variation {one.variation.systematic} {one.variation.label}"
        moved = _Filled.of(one.events, sample, place, what)
        variations[one.variation] = moved.sums(other)
        statistics[one.variation] = statistics_of_events(
            (filled.bins, moved.bins), (weight, other), one.same.get(sample.name), count
        )
    return Template(
        sample=sample,
        values=filled.sums(weight),
        variances=filled.sums(np.square(weight)),
        variations=variations,
        statistics=statistics,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """The events of one sample in one region.

    ``bins`` holds the bin of each of all events, shape (n,), below zero where it is none of these; ``summed`` sums weights of
    ``keep``, those that are, per bin.
    """

    bins: Ints
    keep: Bools
    summed: Callable[[Floats], Floats]
    where: str

    @classmethod
    def of(cls, events: BinnedEvents, sample: SampleInfo, place: _Place, what: str = "") -> _Filled:
        """Return events with their bins, checked."""
        keep = events.masks[place.region] & events.dataset.of(sample.name)
        arrays = [array[keep] for array in events.arrays]
        where = f"region {place.region!r}, sample {sample.name!r}{what}"
        for axis, array in zip(place.binning.axes, arrays, strict=True):
            if bad := int(np.count_nonzero(~np.isfinite(array))):
                raise DataError(f"{where}: {axis.name} is not finite in {bad} events")
        if place.outside == "refuse" and (lost := int(np.count_nonzero(place.binning.outside(*arrays)))):
            edges = ", ".join(f"{axis.name} {axis.edges[0]:g} to {axis.edges[-1]:g}" for axis in place.binning.axes)
            raise DataError(f"{where}: {lost} events lie outside {edges}")
        bins, index = np.full(len(keep), -1, dtype=np.int64), place.binning.index(*arrays)
        bins[keep] = index
        return cls(bins=bins, keep=keep, summed=summation(index, place.binning.count), where=where)

    def sums(self, weight: Floats) -> Floats:
        """Return sums of weights of all events, shape (n,), per bin, shape (bins,), reconciled with their total."""
        kept = weight[self.keep]
        values = self.summed(kept)
        _reconcile(values, kept, self.where)
        return values


def _reconcile(values: Floats, weight: Floats, where: str) -> None:
    expected, scale = float(weight.sum()), float(np.abs(weight).sum())
    if not abs(values.sum() - expected) <= RECONCILES_TO * scale:
        raise DataError(f"{where}: the template sums to {values.sum():.12g}, its events' weights to {expected:.12g}")
