"""What is notable in the models, and how bad it is in this analysis."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from fivesigma.analysis.inference_schema import MassFit
from fivesigma.analysis.judging import fitted_observables, in_doubt
from fivesigma.analysis.model_judgement import JudgedModel
from fivesigma.analysis.schema import Configuration
from fivesigma.core.finding import Finding
from fivesigma.evaluation.agreement import data_and_simulation_differ
from fivesigma.evaluation.importance_table import one_input_decides, unused_inputs
from fivesigma.evaluation.observable_findings import score_follows_observable
from fivesigma.evaluation.score_scale import folds_differ
from fivesigma.evaluation.spurious_signal import sculpted
from fivesigma.evaluation.working_points import naive_cut_flatters

__all__ = ["judgement_findings"]


def judgement_findings(config: Configuration, judged: Mapping[str, JudgedModel]) -> tuple[Finding, ...]:
    """Return what the judgement of all models found.

    A shape that a cut makes is for information where the inference goes by simulated events after the cut, which have that shape,
    too. It is a warning where a mass fit of the observable follows the cut: whether its smooth function follows the shape is
    what its own spurious signal tells. Where no inference is asked for somebody is going to fit the observable elsewhere.
    """
    follows = score_follows_observable([model.observables for model in judged.values()])
    shapes = sculpted([both.spurious for model in judged.values() for both in model.sculpting])
    looked_at = [model.importances for model in judged.values() if model.importances is not None]
    scores = {
        f"the score of {name}": in_doubt(model.agreement, model.agreement_with_signal) for name, model in judged.items()
    }
    return (
        *_unless(follows, {f"{name} and {axis}" for name in judged for axis in fitted_observables(config)}),
        *_shapes(config, shapes),
        *(one for model in judged.values() if model.scale is not None for one in folds_differ(model.scale)),
        *data_and_simulation_differ(scores),
        *one_input_decides(looked_at),
        *unused_inputs(looked_at),
        *naive_cut_flatters({name: model.maximised for name, model in judged.items()}),
    )


def _shapes(config: Configuration, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield shapes that cuts make, as bad as they are for what is inferred."""
    fits = [inference for inference in config.inference.values() if isinstance(inference, MassFit)]
    fitted = {f"{fit.model} and {fit.observable}" for fit in fits}
    for finding in findings:
        if config.inference:
            yield dataclasses.replace(finding, severity="warning" if finding.subject in fitted else "info")
        else:
            yield finding


def _unless(findings: Iterable[Finding], used: set[str]) -> Iterator[Finding]:
    """Yield findings on observables, those that no fit uses only for information."""
    for finding in findings:
        yield finding if finding.subject in used else dataclasses.replace(finding, severity="info")
