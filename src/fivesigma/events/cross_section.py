"""From generator weights to expected events: N = Σw · σ · L · ε · k / Σw(generated)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fivesigma.core.arrays import Floats
from fivesigma.core.expressions import Expression

__all__ = ["PB_PER_FB", "CrossSection"]

PB_PER_FB = 1000.0
"""1 pb is 1000 fb: cross sections are in pb, luminosities in fb⁻¹."""


@dataclass(frozen=True, kw_only=True)
class CrossSection:
    """What scales generator weights to expected events at a luminosity.

    Every factor is an expression over the file's columns (``XS``, ``sumGenWeight``) or a plain number, so that files of one
    sample may differ in theirs.

    Attributes
    ----------
    luminosity
        In fb⁻¹.
    cross_section
        In pb.
    filter_efficiency, k_factor
        Of the generator's filter; higher over computed order.
    sum_of_weights
        Σw of everything that was generated, of which the file may hold a part; None if the files hold all of it, so that
        it is the sum of ``generator_weight`` over their events.
    generator_weight
        The weight that ``sum_of_weights`` is a sum of; the event's whole weight if None.
    skimmed
        Whether the files are known to hold only a part of what was generated, so that nobody wonders at their sum.
    """

    luminosity: float
    cross_section: Expression
    filter_efficiency: Expression
    k_factor: Expression
    sum_of_weights: Expression | None
    generator_weight: Expression | None = None
    skimmed: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns that are read for it."""
        return frozenset[str]().union(*(expression.names for expression in self.factors.values()))

    @property
    def factors(self) -> dict[str, Expression]:
        """What is given of the fraction σ·ε·k/Σw and of the generator's weight, by its name."""
        names = ("generator_weight", "cross_section", "filter_efficiency", "k_factor", "sum_of_weights")
        given = {name: getattr(self, name) for name in names}
        return {name: expression for name, expression in given.items() if expression is not None}

    def generated(self, columns: Mapping[str, Any], length: int) -> Floats | None:
        """Return the generator weight of each event, shape (n,); None if that is the whole weight."""
        return None if self.generator_weight is None else self.generator_weight.values(columns, length)

    def factor(self, columns: Mapping[str, Any], length: int) -> Floats:
        """Return σ·L·ε·k/Σw for each event, shape (n,); without Σw where that is only known when all events are read."""
        product = self.luminosity * PB_PER_FB * self.cross_section.values(columns, length)
        product = product * self.filter_efficiency.values(columns, length) * self.k_factor.values(columns, length)
        if self.sum_of_weights is None:
            return product
        with np.errstate(divide="ignore", invalid="ignore"):
            return product / self.sum_of_weights.values(columns, length)

    def declared(self, columns: Mapping[str, Any], length: int) -> Floats | None:
        """Return the declared Σw as each event has it, shape (n,); None if it is not declared."""
        return None if self.sum_of_weights is None else self.sum_of_weights.values(columns, length)
