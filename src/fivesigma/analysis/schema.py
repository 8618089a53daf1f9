"""What a configuration may say, version 1."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fivesigma.analysis.inference_schema import Inference, Systematic
from fivesigma.analysis.model_schema import Model
from fivesigma.analysis.schema_types import (
    Files,
    Identifier,
    Maximised,
    Name,
    Positive,
    RelativeUncertainty,
    Sentinel,
    Strict,
    Text,
    Trees,
)

__all__ = [
    "Analysis",
    "Configuration",
    "Events",
    "Features",
    "Inject",
    "Judgement",
    "Layout",
    "Metadata",
    "Part",
    "Process",
    "Region",
    "SampleConfiguration",
    "Training",
]


class Analysis(Strict):
    """The search as a whole."""

    name: Name = Field(default="search", description="Names the run; after the file if not given.")
    title: str = Field(default="", description="What the page is called.")
    label: str = Field(default="", description="Stands on figures, such as 'CMS open data'.")
    luminosity: Positive | None = Field(
        default=None, description="Integrated luminosity in fb⁻¹; needed unless all samples are data."
    )
    energy: Positive = Field(description="Centre-of-mass energy in TeV.")
    periods: dict[str, Positive] = Field(
        default={}, description="Luminosity in fb⁻¹ of each data-taking period; they sum to the whole."
    )
    seed: int = Field(default=42, ge=0, lt=2**63, description="All randomness derives from it.")
    blind: bool = Field(default=False, description="Drop data in signal regions as they are read.")


class Part(Strict):
    """Where events lie, and what they weigh; a sample is one of these, or several."""

    files: Files | dict[str, Files] | None = Field(
        default=None,
        description="Names or patterns, relative to --data, else to the configuration; {period} stands for each data-taking"
        " period, any other {name} for a number that becomes a column. By period, if each has files of its own.",
    )
    tree: Trees | None = Field(default=None, description="Tree or key; that of `events` if not given.")
    weight: Text | None = Field(
        default=None,
        description="Expected events per event, or what the cross section scales; that of `events` if not given.",
    )
    select: Text | None = Field(
        default=None, description="Which events of the files are this sample's; before the common cuts."
    )
    cross_section: Text | None = Field(default=None, description="In pb; a number, or a column such as XS.")
    filter_efficiency: Text | None = Field(default=None, description="Of the generator's filter [1].")
    k_factor: Text | None = Field(default=None, description="Higher over computed order [1].")
    generator_weight: Text | None = Field(
        default=None,
        description="What `sum_of_weights` sums, such as genWeight; it multiplies `weight`. That itself if not given.",
    )
    sum_of_weights: Text | None = Field(
        default=None,
        description="Of all generated events: a number, a column, `files` if the files hold all of them, or `included` if the"
        " weight already has cross section and luminosity in it.",
    )
    luminosity: Positive | None = Field(
        default=None, description="In fb⁻¹, of the period it stands for; the whole if not given."
    )
    metadata: str | None = Field(default=None, description="Row of the metadata file that holds these numbers.")
    skimmed: bool = Field(default=False, description="Whether the files hold only a part of what was generated.")


class Inject(Strict):
    """Signal that is put into a mixed sample."""

    select: Text | None = Field(
        default=None, description="Which events of the files are signal; all of `files` if not given."
    )
    events: int = Field(ge=0, description="How many of them stay; the rest is set aside.")
    files: Files | None = Field(default=None, description="Where they come from; the sample's own files if not given.")


class Process(Part):
    """One simulation of a process."""

    parts: dict[Name, Part] = Field(
        default={},
        description="Files with numbers of their own, such as subprocesses; what they leave out is the sample's.",
    )


class SampleConfiguration(Process):
    """One physics process, or data."""

    kind: Literal["data", "signal", "background"]
    label: str = Field(default="", description="What figures call it.")
    duplicates: Literal["keep", "remove"] = Field(
        default="keep", description="What to do with events of one identifier; of simulation, and the same content."
    )
    pseudo: bool = Field(default=False, description="Data that were simulated; named so everywhere.")
    alternatives: dict[Name, Process] = Field(
        default={}, description="Simulations of the same process, of which one is used."
    )
    use: str | None = Field(default=None, description="Which of the alternatives.")
    inject: Inject | None = Field(default=None, description="Signal events in a mixed sample.")
    optional: bool = Field(default=False, description="Whether the sample is left out if none of its files is there.")
    grid: str | None = Field(default=None, description="The signal grid that it is a point of.")
    parameters: dict[Identifier, float] = Field(default={}, description="Of a point of a signal grid.")


class Metadata(Strict):
    """A CSV file with a row for each process."""

    file: str = Field(description="Relative to --data, else to the configuration.")
    key: str = Field(description="Column that samples name their row by.")
    cross_section: str = Field(description="Column of the cross section in pb.")
    filter_efficiency: str | None = Field(default=None, description="Column of the filter efficiency.")
    k_factor: str | None = Field(default=None, description="Column of the k-factor.")
    sum_of_weights: str | None = Field(default=None, description="Column of the sum of generator weights.")


class Events(Strict):
    """How events are read, weighed and selected."""

    tree: Trees | None = Field(
        default=None, description="Tree in ROOT files or key in HDF5 files; their only one if not given."
    )
    friends: list[str] = Field(
        default=[],
        description="Where further columns of the same events lie, as BDT/{name}: the file of that name in the folder BDT;"
        " ':scores' is a tree of the same file.",
    )
    header: list[str] | None = Field(
        default=None, description="Names of the columns of CSV files that do not have them."
    )
    metadata: Metadata | None = Field(default=None, description="Cross sections and sums of weights by process.")
    weight: Text | None = Field(
        default=None, description="Expected events per simulated event at the luminosity; 1 if not given."
    )
    missing: list[Sentinel] | dict[str, list[Sentinel]] | None = Field(
        default=None,
        description="Values that stand for 'not there', in any column or by column; without it nothing may be missing.",
    )
    id: list[str] = Field(default=[], description="Columns that identify an event; recognised by name if empty.")
    select: dict[str, Text] = Field(default={}, description="Cuts by name; each is a row of the cutflow.")


class Features(Strict):
    """What models see, and what is kept from them."""

    inputs: dict[Identifier, Text] = Field(min_length=1, description="Inputs by name.")
    observables: dict[Identifier, Text] = Field(
        default={}, description="Kept from the models: masses to fit, and what regions use."
    )
    titles: dict[Identifier, str] = Field(default={}, description="Axis titles, with units.")


class Training(Strict):
    """How models are trained."""

    folds: int = Field(default=5, ge=2, le=100)
    signal: list[str] | None = Field(default=None, description="Samples of the signal class; all signals if not given.")
    background: list[str] | None = Field(
        default=None, description="Samples of the background class; all backgrounds if not given."
    )
    balance: Literal["equal", "yields", "halves"] = Field(
        default="equal",
        description="Whether the classes have equal totals of weight, those of their expected events, or equal numbers of events"
        " and equal totals.",
    )
    select: dict[str, Text] | None = Field(
        default=None, description="Cuts on the events that train, instead of `events.select`; {} for none."
    )
    points: Literal["equal", "yields"] = Field(
        default="equal",
        description="Whether the points of a signal grid have equal say in training, or as much as their expected events.",
    )


class Judgement(Strict):
    """How models are judged."""

    signal: list[str] | None = Field(
        default=None, description="Signal samples whose events are expected together; of a grid, the point to judge by."
    )
    background_uncertainty: RelativeUncertainty = Field(
        default=0.1, description="Relative, in the Asimov significance against the cut."
    )
    maximise: Maximised = Field(default="asimov_z", description="What the cut of the working point makes largest.")
    regulators: list[Positive] = Field(
        default=[10.0], min_length=1, description="Of the AMS of yields, in events; each is computed."
    )
    rate_regulators: list[Positive] = Field(default=[0.001], description="Of the AMS of rates; each is computed.")
    floor: float = Field(
        default=10.0, ge=1, allow_inf_nan=False, description="Effective background events that a cut leaves at least."
    )


class Region(Strict):
    """A part of the events."""

    kind: Literal["signal", "control"] = "signal"
    select: Text | None = Field(
        default=None, description="A condition on inputs and observables; all events if not given."
    )


class Layout(Strict):
    """A form in which the events of a shipped analysis are to be had elsewhere."""

    title: str = Field(min_length=1, description="What it is called.")
    source: str = Field(default="", description="Where such files are to be had.")
    over: str | None = Field(default=None, description="Another layout beside it, from which it differs.")
    folders: dict[str, str] = Field(
        default={}, description="What the folders at the head of names of files are called instead."
    )
    unless: list[str] = Field(
        default=[], description="Files of another layout: where one of these is there, it is not this one."
    )


class Configuration(Strict):
    """An analysis, from its samples to what is inferred."""

    fivesigma: Literal[1] = Field(description="Version of this schema.")
    layout: Layout | None = Field(
        default=None, description="Of the files, if not those that come with the analysis; said in its `layouts`."
    )
    analysis: Analysis
    samples: dict[Name, SampleConfiguration] = Field(min_length=1)
    groups: dict[Name, list[str]] = Field(
        default={}, description="Names that stand for several samples wherever samples are named."
    )
    events: Events = Events()
    features: Features
    models: dict[Identifier, Model] = Field(default={})
    training: Training = Training()
    judgement: Judgement = Judgement()
    regions: dict[Name, Region] = Field(default={})
    systematics: dict[Name, Systematic] = Field(default={})
    inference: dict[Name, Inference] = Field(default={})
    left_out: list[str] = Field(
        default=[], description="Optional samples none of whose files was there; a run says so."
    )
    models_left_out: dict[str, str] = Field(
        default={}, description="Optional models whose library was not there, and what to install; a run says so."
    )
