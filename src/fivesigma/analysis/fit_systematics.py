"""The systematics of a configuration as fits know them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from fivesigma.analysis import inference_schema as asked
from fivesigma.analysis.sample_files import is_of_periods
from fivesigma.analysis.schema import Configuration
from fivesigma.inference.normalisations import FreeNormalisation
from fivesigma.inference.systematics import Normalisation, ShapeSystematic, Systematic
from fivesigma.inference.transfer_factors import TransferFactors

__all__ = ["systematics_of"]


def systematics_of(config: Configuration, regions: Collection[str] | None = None) -> tuple[Systematic, ...]:
    """Return the systematics as fits know them; of a fit with some regions those that move something there.

    Transfer factors take all their four regions.
    """
    made = [_systematic(name, systematic) for name, systematic in config.systematics.items()]
    kept = (_within(systematic, regions) for systematic in made)
    return tuple(systematic for systematic in kept if systematic is not None)


def _within(systematic: Systematic, regions: Collection[str] | None) -> Systematic | None:
    """Return a systematic as far as it concerns some regions; None if it does not."""
    if systematic.regions is None or regions is None:
        return systematic
    there = tuple(region for region in systematic.regions if region in regions)
    if isinstance(systematic, TransferFactors):
        return systematic if there == systematic.regions else None
    return replace(systematic, regions=there) if there else None


def _systematic(name: str, systematic: asked.Systematic) -> Systematic:
    match systematic:
        case asked.TransferFactors():
            return TransferFactors(
                name=name,
                samples=(systematic.sample,),
                regions=(systematic.a, systematic.b, systematic.c, systematic.d),
                kappa=systematic.kappa,
                closure=systematic.closure,
                group=systematic.group or "",
            )
        case asked.FreeNormalisation():
            return FreeNormalisation(
                name=name,
                samples=tuple(systematic.samples),
                regions=_tuple(systematic.regions),
                correlated=systematic.correlated,
                highest=systematic.highest,
            )
        case asked.AlternativeSample():
            return ShapeSystematic(
                name=name,
                samples=(systematic.sample,),
                group=systematic.group or "",
                combine="one-sided",
                smooth=systematic.smooth,
            )
        case asked.Normalisation():
            return _normalisation(name, systematic)
        case _:
            return ShapeSystematic(
                name=name,
                samples=_tuple(systematic.samples),
                regions=_tuple(systematic.regions),
                correlated=systematic.correlated,
                group=systematic.group or "",
                combine="one-sided" if systematic.down is None else "two-sided",
                symmetrise=systematic.symmetrise,
                smooth=systematic.smooth,
            )


def _normalisation(name: str, systematic: asked.Normalisation) -> Systematic:
    """Return an uncertainty of yields; that of some data-taking periods is a variation of their events' weights."""
    samples, regions, group = _tuple(systematic.samples), _tuple(systematic.regions), systematic.group or ""
    if is_of_periods(systematic):
        return ShapeSystematic(
            name=name, samples=samples, regions=regions, correlated=systematic.correlated, group=group
        )
    return Normalisation(
        name=name,
        size=systematic.size,
        samples=samples,
        regions=regions,
        correlated=systematic.correlated,
        group=group,
    )


def _tuple(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
