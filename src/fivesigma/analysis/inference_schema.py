"""What a configuration may say of systematics and of what is inferred, version 1."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, Field

from fivesigma.analysis.model_schema import Model
from fivesigma.analysis.schema_types import Bins, Maximised, Positive, RelativeUncertainty, Strict, Text
from fivesigma.inference.mass.backgrounds import BackgroundFamily
from fivesigma.inference.mass.costs import Cost
from fivesigma.inference.mass.signals import SignalFamily
from fivesigma.inference.transfer_factors import Kappa
from fivesigma.searches.anomaly.options import EfficiencyOf, NullFeatures

__all__ = [
    "INFERENCES",
    "SYSTEMATICS",
    "AlternativeSample",
    "Counting",
    "CwolaScan",
    "FreeNormalisation",
    "Inference",
    "LimitPlane",
    "MassFit",
    "MassGrid",
    "Normalisation",
    "Published",
    "ShiftVariation",
    "StrengthUncertainty",
    "Systematic",
    "TemplateFit",
    "TransferFactors",
    "WeightVariation",
]


_SMOOTH = "Relative error to which the change of the shape is averaged over neighbouring bins, as 0.01; as it is if not given."


class _Moving(Strict):
    """What moves samples, and where it counts."""

    samples: list[str] | None = Field(default=None, description="Which samples it moves, together; all if not given.")
    group: str | None = Field(default=None, description="Where it stands in the breakdown of the uncertainty.")
    regions: list[str] | None = Field(default=None, description="Regions that it moves; all if not given.")
    correlated: bool = Field(
        default=True, description="Whether it moves all its regions together; if not, each has a parameter of its own."
    )


class Normalisation(_Moving):
    """An uncertainty on yields."""

    type: Literal["normalisation"]
    size: Positive = Field(description="Relative uncertainty.")
    periods: list[str] | None = Field(
        default=None, description="Data-taking periods whose events it moves; all if not given."
    )


class _Varied(_Moving):
    """What changes shapes."""

    symmetrise: bool = Field(
        default=False, description="Take half the difference of up and down to either side, where there are both."
    )
    smooth: Positive | None = Field(default=None, description=_SMOOTH)


class WeightVariation(_Varied):
    """Weights of other parameters or corrections; events, cuts and scores stay as they are."""

    type: Literal["weight"]
    up: Text = Field(description="Stands in for `weight`.")
    down: Text | None = Field(default=None, description="Likewise; mirrored if not given.")


class ShiftVariation(_Varied):
    """Columns that are measured too high or too low; cuts, inputs and scores follow."""

    type: Literal["shift"]
    up: dict[str, Text] = Field(min_length=1, description="Columns, as in {lep_pt: lep_pt * 1.02}; lists too.")
    down: dict[str, Text] | None = Field(default=None, min_length=1, description="Likewise; mirrored if not given.")


class AlternativeSample(Strict):
    """Another simulation of a process, one of the `alternatives` of its sample; mirrored."""

    type: Literal["alternative"]
    sample: str
    use: str = Field(description="Which of its alternatives.")
    group: str | None = Field(default=None, description="Where it stands in the breakdown of the uncertainty.")
    smooth: Positive | None = Field(default=None, description=_SMOOTH)


class FreeNormalisation(Strict):
    """A yield that nothing is known of but what the data of control regions say."""

    type: Literal["free_normalisation"]
    samples: list[str] = Field(min_length=1, description="Which samples it multiplies, together.")
    regions: list[str] | None = Field(default=None, description="Regions in which it does; all if not given.")
    correlated: bool = Field(
        default=True, description="Whether one factor is that of all regions, or each has its own."
    )
    highest: Positive = Field(default=10.0, description="The largest that the fit may take it to.")


class TransferFactors(Strict):
    """A background of which the data of three regions say how much is in a fourth: A = κ B C / D."""

    type: Literal["transfer_factors"]
    sample: str = Field(description="The background.")
    a: str = Field(description="The region it is predicted in.")
    b: str = Field(description="Region that passes only the first of two selections.")
    c: str = Field(description="Region that passes only the second.")
    d: str = Field(description="Region that passes neither.")
    closure: Positive | None = Field(default=None, description="Relative uncertainty of κ.")
    kappa: Kappa = Field(default="simulation", description="Whether κ is that of the simulation, or one.")
    group: str | None = Field(default=None, description="Where the closure stands in the breakdown of the uncertainty.")


Systematic: TypeAlias = Annotated[
    Normalisation | WeightVariation | ShiftVariation | AlternativeSample | FreeNormalisation | TransferFactors,
    Field(discriminator="type"),
]


class _Counted(Strict):
    region: str
    signal: list[str] | None = Field(default=None, description="Samples that are the signal; all signals if not given.")


class Counting(_Counted):
    """Events in a region, above a cut in a model's score if one is named."""

    type: Literal["counting"]
    model: str | None = Field(default=None, description="Cut in this model's score, chosen on the other folds.")
    maximise: Maximised | None = Field(
        default=None, description="What that cut makes largest; as `judgement` says if not given."
    )
    background_uncertainty: RelativeUncertainty = Field(
        default=0.0, description="Relative uncertainty on the background."
    )
    method: Literal["exact", "asymptotic"] = Field(
        default="exact", description="How limits and the observed significance are made."
    )


class _Shape(Strict):
    observable: str = Field(description="A model's name, an observable, or two of them with × between.")
    regions: list[str] | None = Field(default=None, description="Regions, each a channel; all events if not given.")
    bins: Bins | list[float] | dict[str, Bins | list[float]] | None = Field(
        default=None, description="Edges, or a number of bins of equal background [10]; by name for two axes."
    )
    floor: float = Field(
        default=10.0, ge=1, allow_inf_nan=False, description="Effective background events a bin has at least."
    )


class TemplateFit(_Shape):
    """A fit of histograms in a model's score, an observable, or both."""

    type: Literal["template_fit"]
    signal: list[str] | None = Field(
        default=None, description="Samples whose strength is fitted; all signals if not given."
    )
    binning: Literal["equal_background", "sensitivity"] = Field(
        default="equal_background",
        description="Whether a number of bins in a model's score is put at equal background, or where most is expected of them,"
        " chosen on the other folds.",
    )
    limits: Literal["asymptotic", "toys"] = Field(
        default="asymptotic", description="How limits are made; toys are right where events are few, and slow."
    )


class Published(Strict):
    """Limits of another analysis, set beside ours."""

    file: str = Field(
        description="Table with a column for each parameter and `observed` and `expected` limits in pb, or corners of a contour;"
        " relative to --data, else to the configuration."
    )
    reference: str = Field(default="", description="Where they are published.")
    parameters: list[str] | None = Field(
        default=None, description="Parameters in the order of the file; those of the grid if not given."
    )
    columns: dict[str, str] = Field(default={}, description="What the table calls them, where it calls them otherwise.")


class LimitPlane(_Shape):
    """The limit of a template fit at every point of a signal grid, each as if it were the only signal."""

    type: Literal["limit_plane"]
    grid: str = Field(description="The sample whose files are the grid.")
    published: dict[str, Published] = Field(default={}, description="Limits of others by name.")


class MassFit(Strict):
    """A fit of a peak on a smooth background to the spectrum of an observable, without and with signal."""

    type: Literal["mass_fit"]
    observable: str = Field(description="The mass.")
    range: list[float] = Field(min_length=2, max_length=2, description="Where it is fitted.")
    bins: Annotated[int, Field(ge=5, le=10_000)] = Field(default=50, description="How many, of equal width.")
    region: str | None = Field(default=None, description="The region whose events are fitted; all events if not given.")
    model: str | None = Field(default=None, description="Cut in this model's score, chosen on the other folds.")
    maximise: Maximised | None = Field(
        default=None, description="What that cut makes largest; as `judgement` says if not given."
    )
    stage: str | None = Field(default=None, description="What it is called beside others.")
    signal: list[str] | None = Field(default=None, description="Samples that are the signal; all signals if not given.")
    signal_shape: SignalFamily = Field(
        default="double_crystal_ball", description="Of the peak; fixed by a fit of the simulated signal alone."
    )
    background: BackgroundFamily = Field(default="power_law", description="Family of functions.")
    order: Annotated[int, Field(ge=0, le=10)] | None = Field(
        default=None, description="Which of the family; chosen by F-test if not given."
    )
    cost: Cost | None = Field(
        default=None,
        description="What `chi2_h0` and `chi2_h1` are of; Poisson for data, scaled Poisson for simulation if not given.",
    )
    toys: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        default=0, description="Pseudo-experiments that the p-value is taken from; none for Wilks' theorem."
    )
    floor: float = Field(
        default=10.0, ge=1, allow_inf_nan=False, description="Effective background events that the cut leaves at least."
    )


class StrengthUncertainty(_Counted):
    """What every uncertainty costs above each cut in the scores of models, and what a fit of the whole score gains."""

    type: Literal["strength_uncertainty"]
    models: list[str] = Field(min_length=1, description="Models whose scores are cut in.")
    bins: Bins | list[float] = Field(
        default=10, description="Of the fit beside it: edges, or a number of bins of equal background."
    )
    floor: float = Field(
        default=10.0, ge=1, allow_inf_nan=False, description="Effective background events that a cut leaves at least."
    )
    target: Positive | None = Field(
        default=None, description="An uncertainty of μ: what luminosity, purity and number of events would reach it."
    )


class MassGrid(Strict):
    """Mass hypotheses at even distances."""

    start: Positive = Field(description="The first.")
    stop: Positive = Field(description="The last, if a whole number of steps leads there.")
    step: Positive = Field(description="From each to the next.")


class CwolaScan(Strict):
    """A search for a resonance at every mass without labels: a classifier of a window against its sidebands selects, a fit judges."""

    type: Literal["cwola_scan"]
    observable: str = Field(description="The mass.")
    masses: MassGrid | list[Positive] = Field(description="Hypotheses, rising.")
    window: Positive = Field(description="Full width of the signal window.")
    sideband: Positive = Field(description="Width of either sideband.")
    relative: bool = Field(default=False, description="Whether widths are fractions of the mass hypothesis.")
    range: list[Positive] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="Masses that are looked at and fitted; from where the spectrum begins to fall to the last event if not given.",
    )
    region: str | None = Field(
        default=None, description="The region whose events are scanned; all events if not given."
    )
    classifier: Model | None = Field(
        default=None,
        description="What is trained in each window and fold; ten members of gradient-boosted trees if not given.",
    )
    model: str | None = Field(
        default=None, description="Take the score of this model instead; nothing is trained on windows then."
    )
    efficiencies: list[Annotated[float, Field(gt=0, lt=1)]] = Field(
        default=[0.1, 0.01, 0.002], min_length=1, description="Fractions that selections keep."
    )
    efficiency_of: EfficiencyOf = Field(
        default="all",
        description="Whether fractions are of a fold's events of all masses, or of those in the sidebands.",
    )
    correlation_threshold: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Leave out inputs whose linear correlation with the mass is larger."
    )
    decorrelate: bool = Field(
        default=False, description="Replace each input by its quantile among events of the same mass."
    )
    background: BackgroundFamily = Field(default="dijet", description="Family of functions.")
    order: Annotated[int, Field(ge=0, le=10)] | None = Field(
        default=None, description="Which of the family; chosen by F-test outside each window if not given."
    )
    bins: Annotated[int, Field(ge=10, le=1000)] = Field(default=40, description="Of the fitted spectrum, about.")
    least_events: Annotated[int, Field(ge=10)] = Field(
        default=200, description="Windows or sidebands with fewer events are skipped."
    )
    null_experiments: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=0, description="Pseudo-experiments without a signal that are scanned likewise, each trained anew."
    )
    null_members: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=2, description="Estimators per fold and window in those."
    )
    null_features: list[NullFeatures] = Field(
        default=["conditional"],
        min_length=1,
        description="Whether the features of their events follow the mass as those of the background do, or are independent of it.",
    )


Inference: TypeAlias = Annotated[
    Counting | TemplateFit | MassFit | StrengthUncertainty | LimitPlane | CwolaScan, Field(discriminator="type")
]


def _by_type(union: Any) -> dict[str, type[BaseModel]]:
    models = get_args(get_args(union)[0])
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in models}


SYSTEMATICS = _by_type(Systematic)
"""Every type of systematic by its name."""
INFERENCES = _by_type(Inference)
"""Every type of inference by its name."""
