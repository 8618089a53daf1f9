"""CLs upper limits from toys of the whole model: for counts too low for asymptotic formulae.

The test statistic is that of the asymptotic limits, ``q̃_μ`` (arXiv:1007.1727 eq. 16); its distributions with and without
signal come from toys instead of formulae. Toys are frequentist: counts and the auxiliary measurements of the nuisances
are thrown from the same parameters, which are those fitted to the data at the strength in question (ATL-PHYS-PUB-2011-11
section 2.1), or nominal while blind.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.parallel import Shared, Workers, run_map
from fivesigma.inference.cls_crossing import Crossing, Tails, cls_crossing
from fivesigma.inference.engine import Data, Model
from fivesigma.inference.limits import CLsCurve, UpperLimit, cls_limit
from fivesigma.inference.profile import Profile
from fivesigma.statistics.bands import BAND, band_of

__all__ = ["toy_limit"]

_FIRST, _STEP, _MOST_POINTS = 0.7, 1.25, 30  # times the lowest asymptotic limit; times the point before; of points
_CHUNK = 1000  # toys a task
_TIE = 1e-6  # of a test statistic, below which two are the same
_ENOUGH = 2  # strengths in turn that exclude all
_FAILED = 0.01  # part of the toys whose fits may fail


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    model: Model
    truth: Floats
    strength: float
    toys: int
    seed: tuple[int, ...]


def toy_limit(
    model: Model,
    data: Data | None = None,
    *,
    toys: int = 2000,
    seed: int,
    level: float = 0.95,
    workers: Workers | None = None,
) -> UpperLimit:
    """Return expected and, with ``data``, observed CLs upper limits on the signal strength from toys.

    CLs is scanned upwards from below the asymptotic limits until two strengths in turn exclude all of the band and what
    was observed; limits are fitted to all points around them: `fivesigma.inference.cls_crossing`. The band is read at
    strengths that do not depend on the data.

    Parameters
    ----------
    model
        The statistical model.
    data
        What was seen; None while blind.
    toys
        How many without signal, and how many with it at each of some ten strengths. With 2,000 the statistical error of
        the median limit is some 2 %, that of the lower edges and of a limit from few observed events larger; ``method`` of the
        result tells that of the median and of what was observed. A toy takes a millisecond and a half a strength where
        nuisances are few.
    seed
        Of the toys; the numbers are the same with any number of workers.
    level
        Confidence level.
    workers
        Where to fit; in this process if None.

    Returns
    -------
    UpperLimit
        Its expected limits have nominal nuisances and never depend on the data.

    Raises
    ------
    FivesigmaError
        If toys are fewer than 880 (at 95 %) or too few for what was observed, more than 1 % of them can't be fitted, or the
        strengths that are tried don't exclude.
    """
    if toys < (least := math.ceil(1 / (special.ndtr(BAND[0]) * (1 - level)))):
        raise FivesigmaError(
            f"{toys} toys can't tell the limit at -2 σ: {least} is the least, twice as many are better"
        )
    asymptotic = cls_limit(model, data, level=level)
    lowest = min(asymptotic.expected)
    seen = lowest if asymptotic.observed is None else min(lowest, asymptotic.observed)
    below = math.ceil(math.log(lowest / seen, _STEP))
    scan = _Scan(model, data, toys, seed, level, workers)
    excluded = 0
    for number in range(-below, _MOST_POINTS):
        # one that is excluded may be so by chance
        excluded = excluded + 1 if scan.add(_FIRST * lowest * _STEP**number, number) else 0
        if excluded == _ENOUGH:
            return scan.limit(below)
    raise FivesigmaError(
        f"toys exclude no signal strength up to {scan.mu[-1]:.3g}: the signal is too small or too uncertain for {toys} toys"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tail:
    """How many toys at a strength are as much like background as what is seen, or more; how many at CLs = 1."""

    with_signal: int
    without: int
    expected: float

    @property
    def cls(self) -> float:
        # where no toy lies beyond, half a one does: none is no proof that there can be none
        return min(max(self.with_signal, 0.5) / self.expected, 1.0) if self.expected else 1.0


class _Scan:
    """CLs at more and more strengths: five expected curves, and the observed one."""

    def __init__(
        self, model: Model, data: Data | None, toys: int, seed: int, level: float, workers: Workers | None
    ) -> None:
        self._model, self._toys, self._level, self._workers = model, toys, level, workers
        self._seed = seed
        self._seen = None if data is None else Profile(model, data)
        self.mu: list[float] = []
        self._expected: list[tuple[_Tail, ...]] = []
        self._observed: list[_Tail] = []

    def add(self, strength: float, number: int) -> bool:
        """Make toys at one more strength, the ``number``-th; return whether all curves exclude it."""
        null, signal = (
            self._statistics(self._nominal(truth), strength, truth > 0, number) for truth in (0.0, strength)
        )
        expected = tuple(_tail(signal, null, _quantile(null, sigmas)) for sigmas in BAND)
        highest = max(tail.cls for tail in expected)
        if self._seen is not None:
            self._observed.append(self._observed_tail(self._seen, strength, number))
            highest = max(highest, self._observed[-1].cls)
        self._expected.append(expected)
        self.mu.append(strength)
        return bool(highest < 1 - self._level)

    def limit(self, below: int) -> UpperLimit:
        """Return the limits that the curves cross at, the expected ones without the first strengths, ``below`` in number.

        Those are there for what was observed alone, on which nothing expected may depend.
        """
        crossings = [
            _crossing(self.mu[below:], curve[below:], self._level) for curve in zip(*self._expected, strict=True)
        ]
        # each is fitted by itself, and noise alone may change the order of two that are next to each other
        band = band_of(np.maximum.accumulate([crossing.strength for crossing in crossings]))
        observed = _crossing(self.mu, self._observed, self._level) if self._observed else None
        limit = None if observed is None else observed.strength
        return UpperLimit(
            expected=band,
            observed=limit,
            level=self._level,
            curve=CLsCurve(
                mu=np.append(0.0, self.mu),
                expected=np.stack([_curve(curve) for curve in zip(*self._expected, strict=True)]),
                observed=_curve(self._observed) if self._observed else None,
                limit_expected=band,
                limit_observed=limit,
                level=self._level,
            ),
            nuisances="nominal",
            method=f"CLs, {self._toys} toys of q̃_μ a point, nominal nuisances" + _said(crossings[2], observed),
        )

    def _observed_tail(self, seen: Profile, strength: float, number: int) -> _Tail:
        null, signal = (
            self._statistics(seen.at(truth).values, strength, 2 + (truth > 0), number) for truth in (0.0, strength)
        )
        tail = _tail(signal, null, seen.q_tilde(strength))
        if tail.cls >= 1 - self._level and not tail.with_signal:
            raise FivesigmaError(
                f"too few of {self._toys} toys without signal have as little of it as the data, and none with μ = {strength:.3g}:"
                " they can't tell whether that is excluded; take more toys"
            )
        return tail

    def _nominal(self, strength: float) -> Floats:
        values = self._model.nominal.copy()
        values[self._model.poi] = strength
        return values

    def _statistics(self, truth: Floats, strength: float, kind: int, number: int) -> Floats:
        """Return q̃ at ``strength`` of toys from parameters ``truth``, shape (toys that could be fitted,).

        Toys without signal have the same randomness at every strength. Those with signal have their own, so that what
        several strengths say together is known better than what one says.
        """
        stream = 0 if truth[self._model.poi] == 0 else 2 * abs(number) + 1 + (number < 0)
        chunks = [min(_CHUNK, self._toys - start) for start in range(0, self._toys, _CHUNK)]
        tasks = [
            _Task(model=self._model, truth=truth, strength=strength, toys=count, seed=(self._seed, kind, stream, chunk))
            for chunk, count in enumerate(chunks)
        ]
        found = np.concatenate(run_map(_fit_toys, tasks, workers=self._workers))
        failed = np.isnan(found)
        if failed.mean() > _FAILED:
            raise FivesigmaError(
                f"{failed.sum()} of {self._toys} toys at μ = {truth[self._model.poi]:.3g} could not be fitted; "
                "try wider bins with more background in each"
            )
        return np.asarray(found[~failed])


def _fit_toys(task: _Task, _: Shared) -> Floats:
    """Return q̃ of toys, shape (toys,); NaN where a fit failed. Toys that are the same, as small counts are, are fitted once."""
    rng = np.random.default_rng(task.seed)
    known: dict[bytes, float] = {}
    found = np.full(task.toys, np.nan)
    for number, data in enumerate(task.model.toys(task.truth, task.toys, rng)):
        key = data.counts.tobytes() + data.auxiliary.tobytes()
        if key not in known:
            known[key] = _q_tilde(task, data)
        found[number] = known[key]
    return found


def _q_tilde(task: _Task, data: Data) -> float:
    try:
        return Profile(task.model, data, truth=float(task.truth[task.model.poi])).q_tilde(task.strength)
    except FivesigmaError:
        return np.nan


def _quantile(null: Floats, sigmas: float) -> float:
    """Return the test statistic at a place of the expected band: few events, so a large statistic, at negative ones."""
    return float(np.quantile(null, special.ndtr(-sigmas), method="inverted_cdf"))


def _tail(signal: Floats, null: Floats, seen: float) -> _Tail:
    with_signal, without = (int(np.count_nonzero(q >= seen - _TIE * (1 + seen))) for q in (signal, null))
    return _Tail(with_signal=with_signal, without=without, expected=without * len(signal) / len(null))


def _crossing(mu: Sequence[float], tails: Sequence[_Tail], level: float) -> Crossing:
    return cls_crossing(
        Tails(
            strength=np.asarray(mu),
            with_signal=np.asarray([tail.with_signal for tail in tails], dtype=np.float64),
            expected=np.asarray([tail.expected for tail in tails]),
            without=np.asarray([tail.without for tail in tails], dtype=np.float64),
        ),
        level,
    )


def _curve(tails: Sequence[_Tail]) -> Floats:
    return np.asarray([1.0, *(tail.cls for tail in tails)])


def _said(median: Crossing, observed: Crossing | None) -> str:
    errors = {"median": median.error, "observed limit": None if observed is None else observed.error}
    known = [f"of the {name} {100 * error:.1f} %" for name, error in errors.items() if error is not None]
    return f"; statistical error {', '.join(known)}" if known else ""
