"""Backgrounds from data of three other regions: transfer factors, also called the ABCD method.

Two cuts that a background passes independently of each other make four regions: A with both, B and C with one of them, D
with none. There ``A = κ B C / D``, where κ is 1 if the cuts are independent, else what the simulation says (2007.14400
section II). In the fit the background expects ``A = a f r s``, ``B = b f r``, ``C = c f s``, ``D = d f`` with nominal yields a,
b, c, d and free factors f, r and s, which the data of B, C and D fix. Signal and other backgrounds in these regions are
part of the fit like anywhere else, so nothing is to be subtracted beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError, suggestion
from fivesigma.inference.systematics import Systematic
from fivesigma.inference.templates import Channel, Template, Templates

__all__ = ["Kappa", "TransferFactors", "shape_variances", "with_transfer_factors"]

Kappa: TypeAlias = Literal["simulation", "one"]
"""What the simulation says of κ = A D / (B C), or that the two cuts are independent."""

_HIGHEST = 1e4
"""Of the free factors: the simulation of such a background may be far off, or a placeholder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFactors(Systematic):
    """A background whose yield in one region follows from the data of three: A = κ B C / D.

    Attributes
    ----------
    samples
        The background, one name.
    regions
        A, B, C and D, in that order: with both cuts, with one of them each, with neither.
    kappa
        "simulation": κ is that of the templates. "one": the cuts are independent, the template of region A is scaled to
        B C / D, and of the simulation only its shapes count.
    closure
        Relative uncertainty on κ, as 0.1 for 10 %: how far B C / D is off where that can be looked at; none if None.
    name, group
        As for `Systematic`. The free factors are called ``name``, ``name_B`` and ``name_C`` with the names of those regions;
        the closure uncertainty is ``name_closure``, and a group of its own unless ``group`` is given.
    """

    kappa: Kappa = "simulation"
    closure: float | None = None

    def __post_init__(self) -> None:
        what = f"transfer factors {self.name!r}"
        if self.samples is None or len(self.samples) != 1:
            raise FivesigmaError(f"{what}: name one sample, the background that they estimate")
        if self.regions is None or len(set(self.regions)) != 4 or len(self.regions) != 4:
            raise FivesigmaError(f"{what}: name four regions, with both cuts, with one each, and with neither")
        if self.kappa not in get_args(Kappa):
            raise FivesigmaError(f"{what}: kappa is {' or '.join(get_args(Kappa))}, not {self.kappa!r}")
        if self.closure is not None and not (math.isfinite(self.closure) and self.closure > 0):
            raise FivesigmaError(f"{what}: the closure uncertainty must be above zero, not {self.closure}; or none")
        if not self.correlated:
            raise FivesigmaError(f"{what}: they tie regions together and cannot be uncorrelated between them")

    @property
    def sample(self) -> str:
        """The background that is estimated."""
        return (self.samples or ("",))[0]

    @property
    def factors(self) -> Mapping[str, tuple[str, str] | tuple[str, str, str, str]]:
        """The regions in which each free factor multiplies, by its name."""
        a, b, c, d = self.regions or ("",) * 4
        return {self.name: (a, b, c, d), f"{self.name}_{b}": (a, b), f"{self.name}_{c}": (a, c)}

    @property
    def closure_name(self) -> str:
        """What the closure uncertainty is called."""
        return f"{self.name}_closure"

    @property
    def parameters(self) -> Mapping[str, str]:
        """The group of each parameter that it makes, by the parameter's name."""
        groups = dict.fromkeys(self.factors, self.of_group)
        return groups if self.closure is None else groups | {self.closure_name: self.group or self.closure_name}

    @property
    def highest(self) -> float:
        """The upper bound of the free factors."""
        return _HIGHEST


def with_transfer_factors(templates: Templates, systematics: Sequence[Systematic]) -> Templates:
    """Return templates in which backgrounds from transfer factors with κ = 1 have nominal yields A = B C / D.

    Raises
    ------
    FivesigmaError
        If one of the four regions is absent, or the background expects nothing in one of them.
    """
    for systematic in systematics:
        if isinstance(systematic, TransferFactors):
            a, b, c, d = (_total(templates, systematic, region) for region in systematic.regions or ())
            if systematic.kappa == "one":
                templates = _scaled(templates, systematic, b * c / (a * d))
    return templates


def shape_variances(template: Template) -> Floats:
    """Return the variances of a template's bins, shape (bins,), at a given total: none where there is one bin."""
    part = template.values / template.total
    return np.asarray(
        np.square(1 - part) * template.variances + part**2 * (template.variances.sum() - template.variances)
    )


def _total(templates: Templates, systematic: TransferFactors, region: str) -> float:
    what, known = f"transfer factors {systematic.name!r}", [sample.name for sample in templates.samples]
    if systematic.sample not in known:
        raise FivesigmaError(f"{what}: no sample {systematic.sample!r}{suggestion(systematic.sample, known)}")
    if systematic.sample in templates.names("signal"):
        raise FivesigmaError(f"{what}: {systematic.sample!r} is signal; they estimate a background")
    for channel in templates.channels:
        if channel.name == region:
            total = sum(template.total for template in channel.templates if template.name == systematic.sample)
            if not total > 0:
                raise FivesigmaError(
                    f"{what}: {systematic.sample!r} expects {total:.3g} events in region {region!r}; it takes more than none in"
                    " each of the four, 1 as a placeholder where kappa is 'one'"
                )
            return total
    raise FivesigmaError(f"{what}: the fit has no region {region!r}{suggestion(region, templates.regions)}")


def _scaled(templates: Templates, systematic: TransferFactors, factor: float) -> Templates:
    """Return templates with the background in region A multiplied."""
    region = (systematic.regions or ("",))[0]

    def channel(one: Channel) -> Channel:
        if one.name != region:
            return one
        parts = (t.scaled(factor) if t.name == systematic.sample else t for t in one.templates)
        return replace(one, templates=tuple(parts))

    return Templates(channels=tuple(channel(one) for one in templates.channels))
