"""Time what matters, each as a ratio against a baseline measured in the same run: `make bench`.

A ratio says what fivesigma's work costs beyond, or saves against, the bare thing; unlike seconds it can be compared between
machines. Each time is the median of several, taken in turns with the baseline's. What reads files also says how much memory
each side held at its peak; `measure` says how it is measured.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import boosting
import cluster
import counting
import generation
import judgement
import judging
import learning
import limits
import mass_fits
import numpy as np
import reading
import scans
from sklearn.ensemble import RandomForestClassifier
from table import print_row

from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import fold_of
from fivesigma.core.sample import SampleInfo
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.fitted_model import validation_part

FOLDS = 5
SEED = 42
FOREST = {"n_estimators": 30, "max_depth": 8}


def compare(
    what: str, ours: Callable[[], object], baseline: Callable[[], object], *, against: str, repeats: int
) -> None:
    """Print the ratio of two times."""
    times = [(seconds(ours), seconds(baseline)) for _ in range(repeats)]
    mine, bare = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    print_row(what, mine, bare, against=against, unit="ms")


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def simulated(events: int) -> Dataset:
    """Return events of two classes, ten inputs, weights that differ."""
    generator = np.random.default_rng(1)
    sample = generator.integers(0, 2, events).astype(np.int16)
    return Dataset(
        X=(generator.normal(size=(events, 10)) + 0.3 * sample[:, np.newaxis]).astype(np.float32),
        inputs=tuple(f"x{i}" for i in range(10)),
        observables={},
        weight=generator.gamma(2.0, 0.5, events),
        id=np.arange(events, dtype=np.uint64),
        sample=sample,
        samples=(SampleInfo(name="background", kind="background"), SampleInfo(name="signal", kind="signal")),
    )


def bare_fits(data: Dataset) -> None:
    """Train the forests that cross-fitting trains, on the same events, and apply them to theirs."""
    fold, validates = fold_of(data.id, seed=SEED, folds=FOLDS), validation_part(data.id, seed=SEED)
    for j in range(FOLDS):
        part = (fold != j) & ~validates
        forest = RandomForestClassifier(random_state=j, **FOREST)
        forest.fit(data.X[part], data.signal[part], data.weight[part])
        forest.predict_proba(data.X[fold == j])


def python(code: str) -> Callable[[], object]:
    """Return a call that runs the code in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def main() -> None:
    """Run all comparisons."""
    reading.compare_readers()
    generation.compare_generations()
    learning.compare_networks()
    judging.compare_judgements()
    judgement.compare_whole_judgements()
    data = simulated(200_000)
    few = data.where(np.arange(len(data)) < 40_000)
    compare(
        "5-fold cross-fit and scores of a forest, 40k",
        lambda: cross_fit("random_forest", few, folds=FOLDS, seed=SEED, **FOREST).score(few),
        lambda: bare_fits(few),
        against="5 bare fits",
        repeats=3,
    )
    boosting.compare_boosting()
    counting.compare_counts()
    limits.compare_limits()
    mass_fits.compare_mass_fits()
    scans.compare_scans()
    cluster.compare_clusters()
    compare("import fivesigma", python("import fivesigma"), python("pass"), against="bare python", repeats=9)


if __name__ == "__main__":
    main()
