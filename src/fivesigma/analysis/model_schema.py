"""What a configuration may say of a model, version 1."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fivesigma.analysis.schema_types import Positive, Strict, Text

__all__ = ["Model", "Range", "Tuning"]


class Range(Strict):
    """Where a parameter is sought: whole numbers if both ends are."""

    low: int | float
    high: int | float
    log: bool = Field(default=False, description="Whether evenly in the logarithm.")


class Tuning(Strict):
    """Parameters sought inside each fold, on its own training and validation events."""

    parameters: dict[str, Range | list[Any]] = Field(
        min_length=1, description="As {learning_rate: {low: 0.01, high: 0.3, log: true}}, or a list of choices."
    )
    trials: int = Field(default=20, ge=1, description="How many are tried in each fold at most.")
    minutes: Positive | None = Field(
        default=None, description="For each fold; after it no further one is begun, so that the machine has its say."
    )


class Model(BaseModel):
    """A classifier; further keys are its parameters."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    use: str = Field(description="Name of the classifier.")
    optional: bool = Field(
        default=False,
        description="Whether it is left out, with what is inferred from it, if its library is not installed.",
    )
    inputs: list[str] | None = Field(
        default=None,
        description="Names of the inputs it sees; all if not given. `column` and `onnx` may name observables.",
    )
    prepare: list[str] | None = Field(
        default=None,
        description="Steps that its inputs go through, learnt in each fold: standard, min_max, max_abs, normalise, quantile, pca;"
        " the classifier's own if not given.",
    )
    train_on: Text | None = Field(
        default=None,
        description="A condition on inputs and observables: the events that it trains on; all if not given. It scores all.",
    )
    seeds: int = Field(default=1, ge=1, description="Estimators in each fold, whose scores are averaged.")
    negative_weights: Literal["absolute", "drop", "keep"] = Field(
        default="absolute", description="What training makes of events of negative weight."
    )
    parametrised: list[str] = Field(
        default=[], description="Parameters of the signal grid that are inputs too, or stand in the names of inputs."
    )
    tune: Tuning | None = Field(default=None, description="Parameters to seek inside each fold.")

    @property
    def parameters(self) -> dict[str, Any]:
        """The classifier's own parameters."""
        return dict(self.__pydantic_extra__ or {})
