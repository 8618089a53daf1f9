"""What is notable in how scores and inputs depend on the observables kept from the models: the findings."""

from __future__ import annotations

from collections.abc import Iterable

from fivesigma.core.finding import Finding
from fivesigma.evaluation.observable_dependence import Dependence, InputCorrelations, ObservableCorrelations

__all__ = ["input_follows_observable", "score_follows_observable"]


def score_follows_observable(
    results: Iterable[ObservableCorrelations], *, threshold: float = 0.3
) -> tuple[Finding, ...]:
    """Return a warning for each score whose correlation with an observable is beyond ``threshold`` in size."""
    return tuple(
        Finding(
            code="score-follows-observable",
            severity="warning",
            subject=f"{result.model} and {name}",
            message=f"the score of {result.model} follows {name} in background: correlation {estimate}; "
            f"a cut on it shapes the background of a fit of {name}",
            evidence={
                "correlation": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "threshold": threshold,
            },
        )
        for result in results
        for name, estimate in result.coefficients.items()
        if estimate is not None and abs(estimate.value) > threshold
    )


def input_follows_observable(results: Iterable[InputCorrelations], *, threshold: float = 0.9) -> tuple[Finding, ...]:
    """Return a warning for each input that is nearly an observable: rank or distance correlation beyond ``threshold`` in size."""
    return tuple(
        Finding(
            code="input-follows-observable",
            severity="warning",
            subject=f"{name} and {result.observable}",
            message=f"{name} is nearly {result.observable} in background: {what} correlation {value:.2f}; a model that takes it"
            f" as an input knows {result.observable}, and a cut on its score shapes the background of a fit of that",
            evidence={what: value, "threshold": threshold},
        )
        for result in results
        for name, dependence in result.dependences.items()
        for what, value in (_strongest(dependence),)
        if abs(value) > threshold
    )


def _strongest(dependence: Dependence) -> tuple[str, float]:
    spearman = 0.0 if dependence.spearman is None else dependence.spearman.value
    distance = 0.0 if dependence.distance is None else dependence.distance.value
    return ("rank", spearman) if abs(spearman) >= distance else ("distance", distance)
