"""Templates as UHI JSON (the serialisation schema of Scikit-HEP's histograms), for hist, boost-histogram and the like."""

from __future__ import annotations

from typing import Any

from fivesigma.core.arrays import Floats
from fivesigma.core.sample import Variation
from fivesigma.inference.binning import Binning
from fivesigma.inference.templates import Channel, Template, Templates

__all__ = ["to_uhi"]


def to_uhi(templates: Templates) -> dict[str, dict[str, Any]]:
    """Return every template as a UHI histogram, schema 1, under ``region/sample``; what was observed under ``region/data``.

    A template as it was varied is under ``region/sample/systematic/label``, with its own variances where they are known. Axes are
    those of the binning; a grid with merged cells has one axis that numbers its bins. What was outside the edges is in the
    first and last bins, so there is no under- and overflow. ``json.dump`` writes the answer as it is.
    """
    histograms = {}
    for channel in templates.channels:
        for template in channel.templates:
            histograms[f"{channel.name}/{template.name}"] = _expected(channel, template)
            for variation, values in template.variations.items():
                path = f"{channel.name}/{template.name}/{variation.systematic}/{variation.label}"
                histograms[path] = _varied(channel, template, variation, values)
        if channel.observed is not None:
            histograms[f"{channel.name}/data"] = _observed(channel, channel.observed)
    return histograms


def _expected(channel: Channel, template: Template) -> dict[str, Any]:
    shape = _shape(channel.binning)
    storage = {
        "type": "weighted",
        "values": template.values.reshape(shape).tolist(),
        "variances": template.variances.reshape(shape).tolist(),
    }
    about = {"region": channel.name, "sample": template.name, "kind": template.kind}
    return {"uhi_schema": 1, "axes": _axes(channel.binning), "storage": storage, "metadata": about}


def _varied(channel: Channel, template: Template, variation: Variation, values: Floats) -> dict[str, Any]:
    shape = _shape(channel.binning)
    storage = {"type": "double", "values": values.reshape(shape).tolist()}
    if variation in template.statistics:
        variances = template.statistics[variation].variances.reshape(shape).tolist()
        storage |= {"type": "weighted", "variances": variances}
    about: dict[str, str] = {"region": channel.name, "sample": template.name, "kind": template.kind}
    about |= {"systematic": variation.systematic, "variation": variation.label}
    return {"uhi_schema": 1, "axes": _axes(channel.binning), "storage": storage, "metadata": about}


def _observed(channel: Channel, observed: Floats) -> dict[str, Any]:
    storage = {"type": "double", "values": observed.reshape(_shape(channel.binning)).tolist()}
    about = {"region": channel.name, "sample": "data", "kind": "data", "pseudo": channel.pseudo}
    return {"uhi_schema": 1, "axes": _axes(channel.binning), "storage": storage, "metadata": about}


def _shape(binning: Binning) -> tuple[int, ...]:
    return (binning.count,) if binning.groups else tuple(axis.bins for axis in binning.axes)


def _axes(binning: Binning) -> list[dict[str, Any]]:
    flow = {"underflow": False, "overflow": False, "circular": False}
    if binning.groups:
        bins = {"type": "regular", "lower": 0, "upper": binning.count, "bins": binning.count}
        return [bins | flow | {"metadata": {"name": "bin", "label": binning.title}}]
    return [
        {"type": "variable", "edges": list(axis.edges)} | flow | {"metadata": {"name": axis.name, "label": axis.title}}
        for axis in binning.axes
    ]
