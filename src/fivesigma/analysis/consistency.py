"""What the schema cannot see: names that must refer to something, and choices that would flatter a result."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from itertools import pairwise

from fivesigma.analysis.schema import Configuration, Counting, TemplateFit
from fivesigma.analysis.yaml_source import Location
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.core.expression_grammar import parse
from fivesigma.core.expressions import Expression
from fivesigma.inference.systematics import MC_STATISTICS, STATISTICS
from fivesigma.learning.classifiers import check_parameters

__all__ = ["axes_of", "inconsistencies"]

Inconsistency = tuple[Location, str]
_TAKEN = {"mu", "total", STATISTICS, MC_STATISTICS}


def axes_of(observable: str) -> tuple[str, ...]:
    """Return the one or two names that an ``observable`` such as "m4l × trees" multiplies."""
    return tuple(part.strip() for part in observable.replace("×", "*").split("*"))


def inconsistencies(config: Configuration) -> Iterator[Inconsistency]:
    """Yield what is wrong, each with its place; nothing is read from disk."""
    yield from _samples(config)
    yield from _features(config)
    yield from _models(config)
    yield from _training(config)
    yield from _regions(config)
    yield from _systematics(config)
    for name, inference in config.inference.items():
        here: Location = ("inference", name)
        yield from (
            _counting(config, inference, here) if isinstance(inference, Counting) else _fit(config, inference, here)
        )


def _unknown(
    names: Collection[str] | None, known: Collection[str], what: str, here: Location
) -> Iterator[Inconsistency]:
    for name in names or ():
        if name not in known:
            yield here, f"no {what} {name!r}{suggestion(name, known)}"


def _samples(config: Configuration) -> Iterator[Inconsistency]:
    kinds = {sample.kind for sample in config.samples.values()}
    for kind in ("signal", "background"):
        if kind not in kinds:
            yield ("samples",), f"no sample is of kind {kind}"
    if len({sample.pseudo for sample in config.samples.values() if sample.kind == "data"}) > 1:
        yield ("samples",), "data and pseudo-data cannot be counted together; leave one of them out"
    for name, sample in config.samples.items():
        if sample.pseudo and sample.kind != "data":
            yield ("samples", name, "pseudo"), "only data can be pseudo-data"
        if sample.weight is not None and sample.kind == "data":
            yield ("samples", name, "weight"), "data events count one each and take no weight"


def _features(config: Configuration) -> Iterator[Inconsistency]:
    inputs, observables = config.features.inputs, config.features.observables
    fitted = {_meaning(text): name for name, text in observables.items()}
    for name, text in inputs.items():
        here: Location = ("features", "inputs", name)
        if name in observables:
            yield here, f"{name!r} is an input and an observable; what is fitted must be kept from the models"
        elif (same := fitted.get(_meaning(text))) is not None:
            yield here, f"this is the observable {same!r}; what is fitted must be kept from the models"
    for name in config.features.titles:
        yield from _unknown([name], [*inputs, *observables], "input or observable", ("features", "titles", name))


def _meaning(text: str) -> str:
    """Return what an expression says, the same however it is spaced and bracketed."""
    return ast.dump(parse(text))


def _models(config: Configuration) -> Iterator[Inconsistency]:
    for name, model in config.models.items():
        here: Location = ("models", name)
        yield from _unknown(model.inputs, config.features.inputs, "input", (*here, "inputs"))
        if model.inputs == []:
            yield (*here, "inputs"), "a model needs an input"
        if name in config.features.observables:
            yield here, f"a model and an observable are both called {name!r}"
        try:
            check_parameters(model.use, model.parameters)
        except FivesigmaError as error:
            yield here, str(error)


def _training(config: Configuration) -> Iterator[Inconsistency]:
    training = config.training
    for part, names in (("signal", training.signal), ("background", training.background)):
        here: Location = ("training", part)
        yield from _unknown(names, config.samples, "sample", here)
        if names == []:
            yield here, f"no sample is left for the {part} class"
        for name in names or ():
            if name in config.samples and config.samples[name].kind == "data":
                yield here, f"{name!r} is data, and no model trains on data"
    for name in sorted({*(training.signal or ())} & {*(training.background or ())}):
        yield ("training", "background"), f"sample {name!r} is of both classes"


def _regions(config: Configuration) -> Iterator[Inconsistency]:
    known = {*config.features.inputs, *config.features.observables}
    for name, region in config.regions.items():
        if region.select is not None:
            names = sorted(Expression(region.select).names)
            yield from _unknown(names, known, "input or observable", ("regions", name, "select"))
    has_data = any(sample.kind == "data" for sample in config.samples.values())
    if config.analysis.blind and has_data and not any(region.kind == "signal" for region in config.regions.values()):
        yield (
            ("analysis", "blind"),
            "a blind analysis with data needs a region of kind signal, which says what is blind",
        )


def _systematics(config: Configuration) -> Iterator[Inconsistency]:
    simulated = [name for name, sample in config.samples.items() if sample.kind != "data"]
    for name, systematic in config.systematics.items():
        yield from _unknown(systematic.samples, simulated, "simulated sample", ("systematics", name, "samples"))
        if systematic.samples == []:
            yield ("systematics", name, "samples"), "moves no sample; leave this out for all of them"
        if name in _TAKEN or systematic.group in _TAKEN:
            yield ("systematics", name), f"the fit itself uses the names {', '.join(sorted(_TAKEN))}"


def _counting(config: Configuration, counting: Counting, here: Location) -> Iterator[Inconsistency]:
    yield from _unknown([counting.region], config.regions, "region", (*here, "region"))
    if counting.model is not None:
        yield from _unknown([counting.model], config.models, "model", (*here, "model"))


def _fit(config: Configuration, fit: TemplateFit, here: Location) -> Iterator[Inconsistency]:
    axes = axes_of(fit.observable)
    known = [*config.models, *config.features.observables]
    yield from _unknown(axes, known, "model or observable", (*here, "observable"))
    yield from _unknown(fit.regions, config.regions, "region", (*here, "regions"))
    signals = [name for name, sample in config.samples.items() if sample.kind == "signal"]
    yield from _unknown(fit.signal, signals, "signal sample", (*here, "signal"))
    for key, names in (("regions", fit.regions), ("signal", fit.signal)):
        if names is not None and (not names or len(set(names)) < len(names)):
            yield (*here, key), "names each once, and one at least; leave this out for all"
    if len(axes) > 2 or len(set(axes)) < len(axes):
        yield (*here, "observable"), "a template has one axis, or two that differ"
    if isinstance(fit.bins, list) and len(axes) > 1:
        yield (*here, "bins"), f"give the bins of each axis by its name: {', '.join(axes)}"
    binned = fit.bins if isinstance(fit.bins, dict) else dict.fromkeys(axes, fit.bins)
    yield from _unknown(binned, axes, "axis", (*here, "bins"))
    for axis in axes:
        bins = binned.get(axis)
        if isinstance(bins, list) and (len(bins) < 2 or not all(low < high for low, high in pairwise(bins))):
            yield (*here, "bins"), f"the edges of {axis!r} must rise"
