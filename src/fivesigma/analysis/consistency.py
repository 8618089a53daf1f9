"""What the schema cannot see: names that must refer to something, and choices that would flatter a result."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from fivesigma.analysis.event_consistency import event_inconsistencies
from fivesigma.analysis.inference_consistency import inference_inconsistencies
from fivesigma.analysis.inference_names import models_of
from fivesigma.analysis.inference_schema import CwolaScan, LimitPlane
from fivesigma.analysis.model_specs import model_spec, point_of
from fivesigma.analysis.names_consistency import Inconsistency, members, unknown, unknown_samples, which_point
from fivesigma.analysis.resolve import members_of
from fivesigma.analysis.sample_consistency import grid_parameters, sample_inconsistencies
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.systematic_consistency import systematic_inconsistencies
from fivesigma.analysis.yaml_source import Location
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.expression_grammar import parse
from fivesigma.core.expressions import Expression
from fivesigma.events.files import placeholders
from fivesigma.learning.catalogue import classifier
from fivesigma.learning.classifiers import Classifier
from fivesigma.learning.spec_checks import check_spec

__all__ = ["inconsistencies"]

_OF_ALL_MODELS = ("comparison", "input_groups", "inputs", "single_cuts")


def inconsistencies(config: Configuration, *, folder: Path | None = None) -> Iterator[Inconsistency]:
    """Yield what is wrong, each with its place; no events are read.

    Of a resolved configuration, whose files lie in ``folder``, samples are not looked at: they are as resolving made them. Only
    of such a one the files of models are.
    """
    if folder is None:
        yield from sample_inconsistencies(config)
        yield from event_inconsistencies(config)
    yield from _features(config)
    yield from _texts(config)
    yield from _models(config, folder)
    yield from _training(config)
    yield from _judgement(config)
    yield from _regions(config)
    yield from systematic_inconsistencies(config, resolved=folder is not None)
    yield from inference_inconsistencies(config, folder)


def _features(config: Configuration) -> Iterator[Inconsistency]:
    inputs, observables = config.features.inputs, config.features.observables
    fitted = {_meaning(text): name for name, text in observables.items()}
    for name, text in inputs.items():
        here: Location = ("features", "inputs", name)
        if name in observables:
            yield here, f"{name!r} is an input and an observable; what is fitted must be kept from the models"
        elif (same := fitted.get(_meaning(text))) is not None:
            yield here, f"this is the observable {same!r}; what is fitted must be kept from the models"
    titled = [*inputs, *observables, *sorted(grid_parameters(config))]
    for name in config.features.titles:
        yield from unknown([name], titled, "input, observable or parameter", ("features", "titles", name))


def _meaning(text: str) -> str:
    """Return what an expression says, the same however it is spaced and bracketed."""
    return ast.dump(parse(text))


def _texts(config: Configuration) -> Iterator[Inconsistency]:
    """Yield texts on figures whose mathematics cannot be set."""
    texts: dict[Location, str] = {("analysis", "label"): config.analysis.label}
    texts |= {("features", "titles", name): title for name, title in config.features.titles.items()}
    labels = {("samples", name, "label"): sample.label for name, sample in config.samples.items()}
    texts |= {place: label for place, label in labels.items() if not placeholders(label)}
    texts = {place: text for place, text in texts.items() if text.count("$") > 1}
    if not texts:
        return
    from fivesigma.plots.mathematics import mathematics_fault  # noqa: PLC0415 - who writes none does not wait for matplotlib

    for place, text in texts.items():
        if (fault := mathematics_fault(text)) is not None:
            yield place, rf"what stands between dollars cannot be set: {fault}; a dollar that is one is written \$"


def _models(config: Configuration, folder: Path | None) -> Iterator[Inconsistency]:
    for name, model in config.models.items():
        here: Location = ("models", name)
        if model.inputs == []:
            yield (*here, "inputs"), "a model needs an input"
        if name in config.features.observables:
            yield here, f"a model and an observable are both called {name!r}"
        if name in _OF_ALL_MODELS:
            yield here, f"what is said of all models is called {name!r} in results.json; give the model another name"
        yield from _parametrised(config, name)
        if model.train_on is not None:
            known = {*config.features.inputs, *config.features.observables}
            yield from unknown(
                sorted(Expression(model.train_on).names), known, "input or observable", (*here, "train_on")
            )
        try:
            adapter = classifier(model.use)
            # a file that is named is looked at where it lies
            if folder is not None or not (isinstance(file := model.parameters.get("file"), str) and file):
                check_spec(model_spec(config, name, folder or Path()))
        except FivesigmaError as error:
            yield here, str(error)
        else:
            yield from _model_inputs(config, name, adapter, (*here, "inputs"))
        if folder is not None and model.parametrised:
            yield from _points_asked(config, name)


def _parametrised(config: Configuration, model: str) -> Iterator[Inconsistency]:
    """Yield parameters that are none, or that could not be told from another input of the model."""
    named, taken = config.models[model].parametrised, config.models[model].inputs
    here: Location = ("models", model, "parametrised")
    yield from unknown(named, grid_parameters(config), "parameter of a signal grid", here)
    if twice := sorted({name for name in named if named.count(name) > 1}):
        yield here, f"names {', '.join(map(repr, twice))} twice"
    for name in dict.fromkeys(named):
        if name in (config.features.inputs if taken is None else taken):
            yield (
                here,
                f"the parameter {name!r} of the grid becomes an input, and one is called {name!r} already; rename that",
            )


def _points_asked(config: Configuration, model: str) -> Iterator[Inconsistency]:
    """Yield what asks a parametrised model for a score at no point, at several, or at one that it was not trained at.

    Names that are no sample are told of where they stand, whatever the model.
    """
    trained = config.training.signal or [name for name, s in config.samples.items() if s.kind == "signal"]
    asked: list[tuple[Location, list[str]]] = [(("judgement", "signal"), config.judgement.signal or trained)]
    for name, inference in config.inference.items():
        uses = model in models_of(config, inference)
        if isinstance(inference, LimitPlane):
            signals = [[sample] for sample, of in config.samples.items() if of.grid == inference.grid]
        elif isinstance(inference, CwolaScan):
            signals = [trained]
        else:
            signals = [inference.signal or trained]
        asked += [(("inference", name), signal) for signal in signals if uses]
    if not config.samples.keys() >= {*trained}:
        return
    try:
        known = [point_of(config, model, [name]) for name in trained]
    except FivesigmaError as error:
        yield ("models", model, "parametrised"), str(error)
        return
    for place, signal in asked:
        if not config.samples.keys() >= {*signal}:
            continue
        try:
            if point_of(config, model, signal) not in known:
                yield place, f"model {model!r} is not trained at the point of {', '.join(signal)}"
        except FivesigmaError as error:
            yield place, str(error)


def _model_inputs(
    config: Configuration, name: str, adapter: type[Classifier], here: Location
) -> Iterator[Inconsistency]:
    """Yield inputs that are none; a model that learns nothing here may have observables too, such as a published score."""
    model = config.models[name]
    if adapter.trains_on != "nothing":
        yield from unknown(model.inputs, config.features.inputs, "input", here)
        return
    if model.inputs is None:
        yield here, f"{model.use} needs to know which inputs or observables it takes"
    known = [*config.features.inputs, *config.features.observables]
    for one in model.inputs or ():
        # a name with a parameter of the grid in it is looked for at each point
        parameters = placeholders(one)
        yield from unknown(parameters, model.parametrised, "parameter in `parametrised`", here)
        yield from unknown([] if parameters else [one], known, "input or observable", here)


def _training(config: Configuration) -> Iterator[Inconsistency]:
    training = config.training
    parts = {"signal": training.signal, "background": training.background}
    for part, names in parts.items():
        here: Location = ("training", part)
        yield from unknown_samples(config, names, "sample", here)
        if names == []:
            yield here, f"no sample is left for the {part} class"
        for name in members(config, names):
            if (kind := config.samples[name].kind) == "data":
                yield here, f"{name!r} is data, and no model trains on data"
            elif kind != part:
                yield here, f"{name!r} is of kind {kind}, and this is the {part} class"


def _judgement(config: Configuration) -> Iterator[Inconsistency]:
    here: Location = ("judgement", "signal")
    names, trained = config.judgement.signal, config.training.signal
    yield from unknown_samples(config, names, "signal sample", here, {"signal"})
    if names == []:
        yield here, "no signal sample is left to judge by; leave this out for all of them"
    if config.models and names and trained:
        judged, learned = ({*members_of(some, config.groups)} for some in (names, trained))
        # points of a grid whose files are not yet known are looked at when they are
        if judged | learned <= config.samples.keys() and not judged & learned:
            yield here, f"no model is trained on {' or '.join(map(repr, names))}, which `training.signal` leaves out"
    if config.models and names is None:
        yield from which_point(config, ("judgement",), "the yields of models are judged by one point of a grid")


def _regions(config: Configuration) -> Iterator[Inconsistency]:
    known = {*config.features.inputs, *config.features.observables}
    for name, region in config.regions.items():
        if region.select is not None:
            names = sorted(Expression(region.select).names)
            yield from unknown(names, known, "input or observable", ("regions", name, "select"))
    has_data = any(sample.kind == "data" for sample in config.samples.values())
    if config.analysis.blind and has_data and not any(region.kind == "signal" for region in config.regions.values()):
        yield (
            ("analysis", "blind"),
            "a blind analysis with data needs a region of kind signal, which says what is blind",
        )
