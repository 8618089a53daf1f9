"""An expected limit, its band and the observed one, written with the same decimals wherever they are printed: as texts and as cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fivesigma.core.format import SPACE, aligned
from fivesigma.report.cells import MISSING, Cell, Exact, told_as

__all__ = [
    "CONFIDENCE",
    "LIMIT_BAND",
    "LimitTexts",
    "band_cells",
    "expected_limit_cell",
    "limit_texts",
    "observed_limit_cell",
]

CONFIDENCE = f"95{SPACE}%{SPACE}CL"
"""The confidence level of every limit we quote."""
LIMIT_BAND = ("−2σ", "−1σ", "median", "+1σ", "+2σ")
"""The five numbers of an expected limit, in the order of ``results.json``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitTexts:
    """The texts of the five expected limits, of the median's distances to the ±1σ ends, and of the observed limit."""

    band: tuple[str, ...] | None
    up: str = ""
    down: str = ""
    observed: str | None

    @property
    def median(self) -> str | None:
        """The median expected limit."""
        return self.band[2] if self.band else None


def limit_texts(entry: Mapping[str, Any]) -> LimitTexts:
    """Return the limits of an inference; the smallest of the median, its ±1σ ends and the observed one keeps two digits."""
    band, observed = entry.get("limit_expected"), entry.get("limit_observed")
    seen = [] if observed is None else [observed]
    if band is None:
        return LimitTexts(band=None, observed=aligned(seen, digits=3)[0] if seen else None)
    _, low, median, high, _ = band
    texts = aligned([*band, high - median, median - low, *seen], like=[low, median, high, *seen])
    return LimitTexts(band=texts[:5], up=f"+{texts[5]}", down=f"−{texts[6]}", observed=texts[7] if seen else None)


def band_cells(entry: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Return the five expected limits."""
    band = limit_texts(entry).band
    if band is None:
        return (MISSING,) * len(LIMIT_BAND)
    return tuple(told_as(text, value) for text, value in zip(band, entry["limit_expected"], strict=True))


def expected_limit_cell(entry: Mapping[str, Any]) -> Cell:
    """Return the median expected limit with the distances to the ends of its ±1σ band."""
    limits = limit_texts(entry)
    if limits.median is None:
        return MISSING
    _, low, median, high, _ = entry["limit_expected"]
    exact = Exact(median, high - median, median - low)
    return replace(told_as(limits.median, median), up=limits.up, down=limits.down, exact=exact)


def observed_limit_cell(entry: Mapping[str, Any]) -> Cell:
    """Return the observed limit."""
    observed = limit_texts(entry).observed
    return MISSING if observed is None else told_as(observed, entry["limit_observed"])
