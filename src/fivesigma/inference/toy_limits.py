"""CLs upper limits from toys of the whole model: for counts too low for asymptotic formulae.

The test statistic is that of the asymptotic limits, ``q̃_μ`` (arXiv:1007.1727 eq. 16); its distributions with and without
signal come from toys instead of formulae. Toys are frequentist: counts and the auxiliary measurements of the nuisances
are thrown from the same parameters, which are those fitted to the data at the strength in question (ATL-PHYS-PUB-2011-11
section 2.1), or nominal while blind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from fivesigma.core.arrays import Floats
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.parallel import Shared, Workers, run_map
from fivesigma.inference.engine import Data, Model
from fivesigma.inference.limits import CLsCurve, UpperLimit, cls_limit
from fivesigma.inference.profile import Profile
from fivesigma.statistics.bands import BAND, band_of

__all__ = ["toy_limit"]

_FIRST, _STEP, _MOST_POINTS = 0.7, 1.25, 30  # times the lowest asymptotic limit; times the point before; of points
_CHUNK = 1000  # toys a task
_TIE = 1e-6  # of a test statistic, below which two are the same
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

    CLs is scanned upwards from below the asymptotic limits until all of the band and what was observed is excluded;
    limits are interpolated in ln CLs. The band is read at strengths that do not depend on the data.

    Parameters
    ----------
    model
        The statistical model.
    data
        What was seen; None while blind.
    toys
        How many without signal, and how many with it at each of some ten strengths. With 2,000 the statistical error of
        the median limit is some 5 %, that of the lower edges and of a limit from few observed events larger; ``method`` of the
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
    for number in range(-below, _MOST_POINTS):
        if scan.add(_FIRST * lowest * _STEP**number):
            return scan.limit(below)
    raise FivesigmaError(
        f"toys exclude no signal strength up to {scan.mu[-1]:.3g}: the signal is too small or too uncertain for {toys} toys"
    )


class _Scan:
    """CLs at more and more strengths: five expected curves, and the observed one."""

    def __init__(
        self, model: Model, data: Data | None, toys: int, seed: int, level: float, workers: Workers | None
    ) -> None:
        self._model, self._toys, self._level, self._workers = model, toys, level, workers
        self._seed = seed
        self._seen = None if data is None else Profile(model, data)
        self.mu: list[float] = [0.0]
        self._expected: list[Floats] = [np.ones(len(BAND))]
        self._observed: list[float] = [1.0]
        self._errors: dict[str, float] = {}

    def add(self, strength: float) -> bool:
        """Make toys at one more strength; return whether all curves exclude it."""
        null, signal = (self._statistics(self._nominal(truth), strength, truth > 0) for truth in (0.0, strength))
        expected = [_cls(signal, null, _quantile(null, sigmas))[0] for sigmas in BAND]
        cls, error = _cls(signal, null, _quantile(null, 0.0))
        self._note_error("median", self._expected[-1][2], cls, error, strength)
        highest = max(expected)
        if self._seen is not None:
            seen, error = self._observed_cls(self._seen, strength)
            self._note_error("observed limit", self._observed[-1], seen, error, strength)
            self._observed.append(seen)
            highest = max(highest, seen)
        self._expected.append(np.asarray(expected))
        self.mu.append(strength)
        return bool(highest < 1 - self._level)

    def limit(self, below: int) -> UpperLimit:
        """Return the limits that the curves cross at, the expected ones without the first strengths, ``below`` in number.

        Those are there for what was observed alone, on which nothing expected may depend.
        """
        expected, mu = np.stack(self._expected, axis=1), np.asarray(self.mu)
        known = np.delete(np.arange(len(mu)), np.s_[1 : 1 + below])
        band = band_of(np.asarray([self._crossing(row[known], mu[known]) for row in expected]))
        observed = None if self._seen is None else np.asarray(self._observed)
        limit = None if observed is None else self._crossing(observed, mu)
        return UpperLimit(
            expected=band,
            observed=limit,
            level=self._level,
            curve=CLsCurve(
                mu=mu,
                expected=expected,
                observed=observed,
                limit_expected=band,
                limit_observed=limit,
                level=self._level,
            ),
            nuisances="nominal",
            method=f"CLs, {self._toys} toys of q̃_μ a point, nominal nuisances; statistical error of the "
            + ", of the ".join(f"{of} {100 * error:.1f} %" for of, error in sorted(self._errors.items())),
        )

    def _note_error(self, of: str, before: float, cls: float, error: float, strength: float) -> None:
        """Keep the relative error of a limit if it lies between the last strength and this one, from that of ln CLs."""
        if before > 1 - self._level >= cls:
            self._errors[of] = float(error / np.log(before / max(cls, _TIE)) * (1 - self.mu[-1] / strength))

    def _observed_cls(self, seen: Profile, strength: float) -> tuple[float, float]:
        null, signal = (self._statistics(seen.at(truth).values, strength, 2 + (truth > 0)) for truth in (0.0, strength))
        q = seen.q_tilde(strength)
        cls, error = _cls(signal, null, q)
        if cls >= 1 - self._level and not np.any(signal >= q):
            raise FivesigmaError(
                f"too few of {self._toys} toys without signal have as little of it as the data, and none with μ = {strength:.3g}:"
                " they can't tell whether that is excluded; take more toys"
            )
        return cls, error

    def _crossing(self, cls: Floats, mu: Floats) -> float:
        """Return where a curve falls below 1 - level, by ln CLs."""
        falling = np.minimum.accumulate(np.log(np.maximum(cls, _TIE)))
        return float(np.interp(-np.log(1 - self._level), -falling, mu))

    def _nominal(self, strength: float) -> Floats:
        values = self._model.nominal.copy()
        values[self._model.poi] = strength
        return values

    def _statistics(self, truth: Floats, strength: float, kind: int) -> Floats:
        """Return q̃ at ``strength`` of toys from parameters ``truth``, shape (toys that could be fitted,).

        Each kind has the same randomness at every strength, so that toys without signal are the same ones.
        """
        chunks = [min(_CHUNK, self._toys - start) for start in range(0, self._toys, _CHUNK)]
        tasks = [
            _Task(model=self._model, truth=truth, strength=strength, toys=count, seed=(self._seed, kind, number))
            for number, count in enumerate(chunks)
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


def _cls(signal: Floats, null: Floats, seen: float) -> tuple[float, float]:
    """Return CLs and the statistical error of its logarithm."""
    with_signal, without = (float(np.count_nonzero(q >= seen - _TIE * (1 + seen))) for q in (signal, null))
    # where no toy lies beyond, half a one does: none is no proof that there can be none
    beyond = max(with_signal, 0.5)
    cls = (beyond / len(signal)) / (without / len(null)) if without else 1.0
    return min(cls, 1.0), float(np.sqrt(1 / beyond + 1 / max(without, 0.5)))
