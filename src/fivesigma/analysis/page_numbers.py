"""Events as the scripts of a page draw them: few, and no longer than can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from fivesigma.evaluation.scatter import ScatterSample

__all__ = ["events_to_draw"]


def events_to_draw(features: Sequence[str], samples: Sequence[ScatterSample]) -> dict[str, Any]:
    """Return events that were drawn from samples as JSON, a list for each feature, to four digits."""
    return {
        "features": list(features),
        "samples": [
            {
                "name": one.name,
                "title": one.title,
                "kind": one.kind,
                "values": [[_four_digits(value) for value in column] for column in one.values.T.tolist()],
            }
            for one in samples
        ],
    }


def _four_digits(value: float) -> float | None:
    return float(f"{value:.4g}") if isfinite(value) else None
