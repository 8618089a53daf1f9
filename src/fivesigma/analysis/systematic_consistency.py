"""What can be wrong with systematics before any event is read."""

from __future__ import annotations

from collections.abc import Iterator

from fivesigma.analysis.inference_schema import (
    AlternativeSample,
    FreeNormalisation,
    Normalisation,
    ShiftVariation,
    Systematic,
    TransferFactors,
    WeightVariation,
)
from fivesigma.analysis.names_consistency import Inconsistency, unknown, unknown_samples
from fivesigma.analysis.sample_files import is_of_periods, period_of
from fivesigma.analysis.schema import Configuration
from fivesigma.analysis.yaml_source import Location
from fivesigma.inference.systematics import MC_STATISTICS, STATISTICS

__all__ = ["systematic_inconsistencies"]

_TAKEN = {"mu", "total", STATISTICS, MC_STATISTICS}
_SIMULATED = {"signal", "background"}


def systematic_inconsistencies(config: Configuration, *, resolved: bool) -> Iterator[Inconsistency]:
    """Yield what is wrong with systematics, each with its place; of a resolved configuration whether samples have periods, too."""
    for name, systematic in config.systematics.items():
        here: Location = ("systematics", name)
        match systematic:
            case AlternativeSample():
                yield from _alternative(config, systematic, here)
            case TransferFactors():
                yield from _transfer_factors(config, systematic, here)
            case _:
                yield from _moving(config, systematic, here)
                if resolved and is_of_periods(systematic):
                    yield from _without_periods(config, systematic, here)
        if {name, getattr(systematic, "group", None)} & _TAKEN:
            yield here, f"the fit itself uses the names {', '.join(sorted(_TAKEN))}"


def _alternative(config: Configuration, systematic: AlternativeSample, here: Location) -> Iterator[Inconsistency]:
    yield from unknown_samples(config, [systematic.sample], "simulated sample", (*here, "sample"), _SIMULATED)
    if (sample := config.samples.get(systematic.sample)) is not None:
        yield from unknown([systematic.use], sample.alternatives, "alternative", (*here, "use"))
        if systematic.use == sample.use:
            yield (*here, "use"), f"{systematic.use!r} is the one that is used already; it varies nothing"


def _transfer_factors(config: Configuration, systematic: TransferFactors, here: Location) -> Iterator[Inconsistency]:
    yield from unknown_samples(config, [systematic.sample], "background sample", (*here, "sample"), {"background"})
    regions = {place: getattr(systematic, place) for place in "abcd"}
    for place, region in regions.items():
        yield from unknown([region], config.regions, "region", (*here, place))
    if len({*regions.values()}) < len(regions):
        yield here, "needs four different regions"


def _moving(config: Configuration, systematic: Systematic, here: Location) -> Iterator[Inconsistency]:
    """Yield names of samples, regions and periods that are none."""
    if isinstance(systematic, AlternativeSample | TransferFactors):
        raise TypeError(f"{here} moves one sample")
    kinds = {"background"} if isinstance(systematic, FreeNormalisation) else _SIMULATED
    what = f"{'background' if len(kinds) == 1 else 'simulated'} sample"
    yield from unknown_samples(config, systematic.samples, what, (*here, "samples"), kinds)
    if systematic.samples == []:
        yield (*here, "samples"), "moves no sample; leave this out for all of them"
    yield from unknown(systematic.regions, config.regions, "region", (*here, "regions"))
    if isinstance(systematic, WeightVariation | ShiftVariation) and systematic.symmetrise and systematic.down is None:
        yield (*here, "symmetrise"), "there is no down; what is given for one side only is mirrored"
    if isinstance(systematic, Normalisation):
        yield from unknown(
            systematic.periods, config.analysis.periods, "period under `analysis.periods`", (*here, "periods")
        )


def _without_periods(config: Configuration, systematic: Normalisation, here: Location) -> Iterator[Inconsistency]:
    """Yield samples of which nobody knows which events are of a period that a systematic moves."""
    simulated = [name for name, sample in config.samples.items() if sample.kind != "data"]
    for name in systematic.samples or simulated:
        parts = config.samples[name].parts if name in config.samples else {}
        if parts and all(period_of(part, config.analysis.periods) is None for part in parts):
            yield (
                (*here, "periods"),
                f"the files of {name!r} are of no data-taking period; use {{period}} in their names",
            )
