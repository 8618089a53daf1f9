"""A Dataset and its scores or masses into templates, every weight accounted for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np

from fivesigma.core.arrays import Bools, Floats, require_length
from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError, suggestion
from fivesigma.core.sample import SampleInfo
from fivesigma.inference.binning import Binning
from fivesigma.inference.region_bins import Bins, Values, arrays_of, region_bins, sturdy_bins, sums_in_bins
from fivesigma.inference.templates import Channel, Template, Templates

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
        If the bins do not fit what is binned, ``observed`` names no region, or regions share events.
    """
    arrays, names = arrays_of(values, len(dataset)), [name] if isinstance(name, str) else list(name)
    masks = dict(regions) if regions is not None else {"all": np.ones(len(dataset), dtype=np.bool_)}
    require_length(len(dataset), **masks)
    looked = set(masks) if observed is True else set(observed or ())
    for region in sorted(looked - set(masks)):
        raise FivesigmaError(f"observed: no region {region!r}{suggestion(region, masks)}")
    _require_disjoint(masks)
    channels = []
    for region, mask in masks.items():
        binning = region_bins(dataset, values, bins, names, titles or {}, mask & dataset.background, region)
        if len(binning.axes) != len(arrays):
            raise FivesigmaError(f"region {region!r}: {len(arrays)} quantities for a binning of {len(binning.axes)}")
        if floor > 0 and not binning.groups:
            binning = sturdy_bins(dataset, arrays, binning, mask=mask, minimum=floor)
        channels.append(_channel(dataset, arrays, binning, region, mask, region in looked, outside))
    return Templates(channels=tuple(channels))


def _require_disjoint(masks: Mapping[str, Bools]) -> None:
    """Raise FivesigmaError if an event is in two regions: a fit would count it twice."""
    for (one, first), (two, second) in combinations(masks.items(), 2):
        if shared := int(np.count_nonzero(first & second)):
            raise FivesigmaError(
                f"regions {one!r} and {two!r} share {shared} events, which a fit of both would count twice"
            )


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
    values, variances = sums_in_bins(binning.index(*arrays), weight, binning.count)
    _reconcile(values, weight, f"region {region!r}, sample {sample.name!r}")
    return Template(sample=sample, values=values, variances=variances)


def _reconcile(values: Floats, weight: Floats, where: str) -> None:
    expected, scale = float(weight.sum()), float(np.abs(weight).sum())
    if not abs(values.sum() - expected) <= RECONCILES_TO * scale:
        raise DataError(f"{where}: the template sums to {values.sum():.12g}, its events' weights to {expected:.12g}")
