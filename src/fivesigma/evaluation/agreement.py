"""Where data and simulation differ: the finding, with the number of distributions that were looked at taken into account."""

from __future__ import annotations

from collections.abc import Mapping

from fivesigma.core.finding import Finding
from fivesigma.statistics.agreement import ChiSquare

__all__ = ["data_and_simulation_differ"]

_SMALLEST = 1e-10
"""What a p-value of χ² can mean at the least."""


def data_and_simulation_differ(
    agreements: Mapping[str, ChiSquare | None], *, threshold: float = 0.01
) -> tuple[Finding, ...]:
    """Return a warning for each distribution whose data disagree with its expectation.

    Parameters
    ----------
    agreements
        Of inputs, observables or scores, by name, as `feature_distributions` and `score_distribution` give them; None where there
        are no data, or none that may be seen.
    threshold
        Of the p-value adjusted for the number of distributions: S. Holm, Scand. J. Statist. 6 (1979) 65, which holds whatever their
        correlations.
    """
    known = {name: agreement for name, agreement in agreements.items() if agreement is not None}
    adjusted = _holm({name: agreement.p_value for name, agreement in known.items()})
    return tuple(
        Finding(
            code="data-and-simulation-differ",
            severity="warning",
            subject=name,
            message=f"data and simulation differ in {name}: χ²/ndf = {agreement.value:.1f}/{agreement.ndf},"
            f" p {_told(agreement.p_value)} (p {_told(adjusted[name])} among {len(known)})",
            evidence={
                "chi2": agreement.value,
                "ndf": agreement.ndf,
                "p_value": agreement.p_value,
                "adjusted_p_value": adjusted[name],
                "scale": agreement.scale,
            },
        )
        for name, agreement in known.items()
        if adjusted[name] < threshold
    )


def _told(p_value: float) -> str:
    return f"= {p_value:.2g}" if p_value >= _SMALLEST else f"< {_SMALLEST:g}"


def _holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p-values adjusted for their number, the smallest times it, the next times one less, in rising order."""
    adjusted, largest = {}, 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda entry: entry[1])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p))
        adjusted[name] = largest
    return adjusted
