"""What a configuration may say, version 1."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from fivesigma.core.errors import ExpressionError
from fivesigma.core.expressions import Expression

__all__ = [
    "Analysis",
    "Configuration",
    "Counting",
    "Events",
    "Features",
    "Inference",
    "Judgement",
    "Model",
    "Normalisation",
    "Region",
    "SampleConfiguration",
    "TemplateFit",
    "Training",
]


def _expression(text: str) -> str:
    try:
        Expression(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from error
    return text


def _number(value: Any) -> Any:
    """Return a bare number as the expression that it is."""
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
"""A name: it becomes part of file names and expressions."""
Identifier: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
"""A name that expressions may use."""
Text: TypeAlias = Annotated[str, BeforeValidator(_number), AfterValidator(_expression)]
"""An expression."""
Positive: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
RelativeUncertainty: TypeAlias = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


Bins: TypeAlias = Annotated[int, Field(ge=1, le=10_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Analysis(_Strict):
    """The search as a whole."""

    name: Name = Field(description="Names the run.")
    title: str = Field(default="", description="What the page is called.")
    label: str = Field(default="", description="Stands on figures, such as 'CMS open data'.")
    luminosity: Positive = Field(description="Integrated luminosity in fb⁻¹.")
    energy: Positive = Field(description="Centre-of-mass energy in TeV.")
    seed: int = Field(default=42, ge=0, lt=2**63, description="All randomness derives from it.")
    blind: bool = Field(default=False, description="Drop data in signal regions as they are read.")


class SampleConfiguration(_Strict):
    """One physics process, or data."""

    kind: Literal["data", "signal", "background"]
    files: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)] = Field(
        description="Names or glob patterns, relative to --data, else to the configuration."
    )
    label: str = Field(default="", description="What figures call it.")
    tree: str | None = Field(default=None, description="Name of the TTree; that of `events` if not given.")
    weight: Text | None = Field(default=None, description="Expected events per event; that of `events` if not given.")
    select: Text | None = Field(
        default=None, description="Which events of the files are this sample's; before the common cuts."
    )
    duplicates: Literal["keep", "remove"] = Field(
        default="keep", description="What to do with events of one identifier."
    )
    pseudo: bool = Field(default=False, description="Data that were simulated; named so everywhere.")


class Events(_Strict):
    """How events are read, weighed and selected."""

    tree: str | None = Field(default=None, description="Name of the TTree in ROOT files; their only one if not given.")
    weight: Text | None = Field(
        default=None, description="Expected events per simulated event at the luminosity; 1 if not given."
    )
    id: list[str] = Field(default=[], description="Columns that identify an event; recognised by name if empty.")
    select: dict[str, Text] = Field(default={}, description="Cuts by name; each is a row of the cutflow.")


class Features(_Strict):
    """What models see, and what is kept from them."""

    inputs: dict[Identifier, Text] = Field(min_length=1, description="Inputs by name.")
    observables: dict[Identifier, Text] = Field(
        default={}, description="Kept from the models: masses to fit, and what regions use."
    )
    titles: dict[Identifier, str] = Field(default={}, description="Axis titles, with units.")


class Model(BaseModel):
    """A classifier; further keys are its parameters."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    use: str = Field(description="Name of the classifier.")
    inputs: list[str] | None = Field(default=None, description="Names of the inputs it sees; all if not given.")

    @property
    def parameters(self) -> dict[str, Any]:
        """The classifier's own parameters."""
        return dict(self.__pydantic_extra__ or {})


class Training(_Strict):
    """How models are trained."""

    folds: int = Field(default=5, ge=2, le=100)
    signal: list[str] | None = Field(default=None, description="Samples of the signal class; all signals if not given.")
    background: list[str] | None = Field(
        default=None, description="Samples of the background class; all backgrounds if not given."
    )


class Judgement(_Strict):
    """How models are judged."""

    background_uncertainty: RelativeUncertainty = Field(
        default=0.1, description="Relative, in the Asimov significance against the cut."
    )
    regulators: list[Positive] = Field(default=[10.0], description="Of the AMS of yields, in events; each is computed.")
    rate_regulators: list[Positive] = Field(default=[0.001], description="Of the AMS of rates; each is computed.")
    floor: float = Field(
        default=10.0, ge=1, allow_inf_nan=False, description="Effective background events that a cut leaves at least."
    )


class Region(_Strict):
    """A part of the events."""

    kind: Literal["signal", "control"] = "signal"
    select: Text | None = Field(
        default=None, description="A condition on inputs and observables; all events if not given."
    )


class Normalisation(_Strict):
    """An uncertainty on yields."""

    type: Literal["normalisation"]
    size: Positive = Field(description="Relative uncertainty.")
    samples: list[str] | None = Field(default=None, description="Which samples it moves, together; all if not given.")
    group: str | None = Field(default=None, description="Where it stands in the breakdown of the uncertainty.")


class Counting(_Strict):
    """Events in a region, above a cut in a model's score if one is named."""

    type: Literal["counting"]
    region: str
    model: str | None = Field(default=None, description="Cut in this model's score, chosen on the other folds.")
    background_uncertainty: RelativeUncertainty = Field(
        default=0.0, description="Relative uncertainty on the background."
    )


class TemplateFit(_Strict):
    """A fit of histograms in a model's score, an observable, or both."""

    type: Literal["template_fit"]
    observable: str = Field(description="A model's name, an observable, or two of them with × between.")
    regions: list[str] | None = Field(default=None, description="Regions, each a channel; all events if not given.")
    signal: list[str] | None = Field(
        default=None, description="Samples whose strength is fitted; all signals if not given."
    )
    bins: Bins | list[float] | dict[str, Bins | list[float]] | None = Field(
        default=None, description="Edges, or a number of bins of equal background [10]; by name for two axes."
    )
    floor: float = Field(
        default=10.0, ge=1, allow_inf_nan=False, description="Effective background events a bin has at least."
    )


Inference: TypeAlias = Annotated[Counting | TemplateFit, Field(discriminator="type")]


class Configuration(_Strict):
    """An analysis, from its samples to what is inferred."""

    fivesigma: Literal[1] = Field(description="Version of this schema.")
    analysis: Analysis
    samples: dict[Name, SampleConfiguration] = Field(min_length=1)
    events: Events = Events()
    features: Features
    models: dict[Identifier, Model] = {}
    training: Training = Training()
    judgement: Judgement = Judgement()
    regions: dict[Name, Region] = {}
    systematics: dict[Name, Normalisation] = {}
    inference: dict[Name, Inference] = {}
