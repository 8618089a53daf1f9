"""Third stage: what the inputs hold, before any model."""

from __future__ import annotations

from typing import Any

from fivesigma.analysis.drawing import Drawing, draw
from fivesigma.analysis.judging import classes, judged, judged_by, told
from fivesigma.analysis.run_context import RunContext
from fivesigma.analysis.stages import Outcome, outcome_digest
from fivesigma.core.dataset import Dataset
from fivesigma.evaluation.correlation import correlations
from fivesigma.evaluation.distributions import feature_distributions
from fivesigma.evaluation.input_checks import check_inputs
from fivesigma.evaluation.single_cuts import SingleCut, single_cuts

__all__ = ["judge_features"]


def judge_features(context: RunContext, events: Outcome, dataset: Dataset) -> Outcome:
    """Return the best cut on each input, and draw inputs, correlations and cuts."""
    parts = [
        outcome_digest(context.directory, events),
        *judged_by(context),
    ]
    return context.stages.perform("features", parts, "Looking at the inputs", lambda: _features(context, dataset))


def _features(context: RunContext, dataset: Dataset) -> Outcome:
    config = context.config
    dataset, _ = judged(config, dataset)
    cuts = single_cuts(
        dataset,
        background_uncertainty=config.judgement.background_uncertainty,
        floor=config.judgement.floor,
        folds=config.training.folds,
        seed=config.analysis.seed,
    )
    drawings = [
        Drawing(
            name="features",
            section="features",
            title="Inputs and observables",
            caption="Shapes of signal and background, each scaled to an area of one.",
            alt="Histograms of every input and observable for signal and background.",
            result=feature_distributions(dataset, show_data=context.shows_data),
        ),
        Drawing(
            name="correlations",
            section="features",
            title="Correlations of the inputs",
            caption="Weighted linear correlation coefficients in signal and in background.",
            alt="Correlation matrices of the inputs, one for signal and one for background.",
            result=correlations(dataset, **classes(config)),
        ),
        Drawing(
            name="single-cuts",
            section="features",
            title="A cut on a single input",
            caption="Signal over background and Asimov significance against the cut, for the inputs that separate best;"
            " the cut marked was chosen on other folds than it is read on.",
            alt="Scans of a cut on each input.",
            result=cuts[:8],
        ),
    ]
    value = {"single_cuts": {cut.feature: _cut(cut) for cut in cuts}}
    findings = check_inputs(dataset, **classes(config))
    return Outcome(value=value, findings=findings, figures=draw(context, drawings, "Drawing the inputs"))


def _cut(cut: SingleCut) -> dict[str, Any]:
    return {
        "asimov_z": told(cut.best_asimov_z),
        "s_over_b": told(cut.best_s_over_b),
        "asimov_z_without_cut": cut.no_cut_asimov_z,
    }
