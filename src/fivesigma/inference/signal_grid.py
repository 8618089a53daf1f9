"""Fits at the points of a signal grid: at each that point's samples are the signal, and those of all others absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Shared, Workers, run_map
from fivesigma.inference.checks import require_signal
from fivesigma.inference.limit_plane import LimitPlane, LimitPoint, SignalPoint, require_grid
from fivesigma.inference.systematics import Systematic, check_systematics, restricted
from fivesigma.inference.template_fit import fit_templates
from fivesigma.inference.templates import Templates

__all__ = ["fit_point", "limit_plane"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One point to fit."""

    templates: Templates
    point: SignalPoint
    systematics: tuple[Systematic, ...]
    level: float
    name: str
    seed: int


def limit_plane(
    templates: Templates,
    points: Sequence[SignalPoint],
    systematics: Sequence[Systematic] = (),
    *,
    name: str = "limits",
    titles: Mapping[str, str] | None = None,
    level: float = 0.95,
    seed: int = 0,
    workers: Workers | None = None,
) -> LimitPlane:
    """Return the limits at every point of a grid from one set of templates that holds the samples of all points.

    Where each point has templates of its own (a network that takes the mass as input, windows that move with it), call
    `fit_point` for each and make the `LimitPlane` of what it returns.

    Parameters
    ----------
    templates
        The regions, with the samples of every point.
    points
        The grid.
    systematics
        As for `fit_templates`; those that move other points' samples are left out at each.
    name
        What findings call the plane.
    titles
        What figures call the parameters, with units, by name.
    level
        Confidence level of the limits.
    seed
        Of the toys at low counts; each point derives its own.
    workers
        Where to fit the points; in this process if None.

    Raises
    ------
    FivesigmaError
        If points are no grid or name samples that are none, or systematics do. A fit that fails is a finding of the
        plane, and the point says why.
    """
    require_grid(name, tuple(points))
    items = [
        _Item(templates=templates, point=point, systematics=tuple(systematics), level=level, name=name, seed=seed)
        for point in points
    ]
    return LimitPlane(
        name=name, points=tuple(run_map(_fit, items, workers=workers)), titles=dict(titles or {}), level=level
    )


def fit_point(
    templates: Templates,
    point: SignalPoint,
    systematics: Sequence[Systematic] = (),
    *,
    level: float = 0.95,
    name: str = "limits",
    seed: int = 0,
) -> LimitPoint:
    """Return what a fit says of one point of a grid, or why it says nothing.

    The samples of the point are the signal; all others of kind signal are absent, and so are systematics that move
    nothing else.

    Parameters
    ----------
    templates
        The regions; samples of other points may be among them.
    point
        The hypothesis.
    systematics, level, name, seed
        As for `limit_plane`.

    Raises
    ------
    FivesigmaError
        If the point or a systematic names a sample that is none: that is nothing of this point alone.
    """
    check_systematics(systematics, [sample.name for sample in templates.samples], templates.regions)
    require_signal(templates, point.signal)
    alone = templates.without([name for name in templates.names("signal") if name not in point.signal])
    title = f"{name} ({point.title})"
    result, failure = None, None
    try:
        result = fit_templates(
            alone,
            restricted(systematics, [sample.name for sample in alone.samples]),
            signal=point.signal,
            level=level,
            name=title,
            seed=derive_seed(seed, title),
        )
    except FivesigmaError as error:
        failure = str(error)
    return LimitPoint(
        parameters=point.parameters,
        signal=point.signal,
        cross_section=point.cross_section,
        result=result,
        failure=failure,
    )


def _fit(item: _Item, _shared: Shared) -> LimitPoint:
    return fit_point(item.templates, item.point, item.systematics, level=item.level, name=item.name, seed=item.seed)
