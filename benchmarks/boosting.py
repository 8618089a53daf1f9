"""Cross-fitting boosted trees: fivesigma against five bare fits of each library, stopped by the same events, in turns."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import lightgbm
import numpy as np
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier
from table import print_row

from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import fold_of
from fivesigma.core.sample import SampleInfo
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.fitted_model import validation_part
from fivesigma.learning.training import training_weight

__all__ = ["compare_boosting"]

EVENTS, INPUTS = 100_000, 8
FOLDS, SEED, REPEATS = 5, 42, 3
TREES, ROUNDS = 300, 10


def compare_boosting() -> None:
    """Print times of training and scoring as ratios."""
    data = simulated()
    for use, fit in (("hist_gradient_boosting", hist), ("xgboost", xgb), ("lightgbm", lgbm)):
        sides = (partial(ours, use, data), partial(bare, fit, data))
        # the first time, untimed for it imports, shows that both do the same
        np.testing.assert_allclose(*(side() for side in sides), rtol=1e-5)
        times = [[seconds(side) for side in sides] for _ in range(REPEATS)]
        mine, theirs = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
        print_row(f"5-fold cross-fit of {use}, 100k × 8", mine, theirs, against="5 bare fits", unit="ms")


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def simulated() -> Dataset:
    """Return events of two classes that no single input tells apart well, with weights that differ."""
    generator = np.random.default_rng(1)
    sample = generator.integers(0, 2, EVENTS).astype(np.int16)
    X = generator.normal(size=(EVENTS, INPUTS))
    X[:, :4] += 0.3 * sample[:, np.newaxis]
    X[:, 4] += 0.5 * sample * X[:, 5]
    return Dataset(
        X=X.astype(np.float32),
        inputs=tuple(f"x{i}" for i in range(INPUTS)),
        observables={},
        weight=generator.gamma(2.0, 0.5, EVENTS),
        id=np.arange(EVENTS, dtype=np.uint64),
        sample=sample,
        samples=(SampleInfo(name="background", kind="background"), SampleInfo(name="signal", kind="signal")),
    )


def ours(use: str, data: Dataset) -> np.ndarray:
    """Cross-fit and score."""
    return cross_fit(use, data, folds=FOLDS, seed=SEED).score(data).raw


def bare(fit: Callable[..., Callable[[np.ndarray], np.ndarray]], data: Dataset) -> np.ndarray:
    """Train what cross-fitting trains, on the same events, and apply it to theirs."""
    scores = np.empty(len(data))
    for fold, train, validation in parts(data):
        score = fit(*train, *validation)
        scores[fold] = score(data.X[fold])
    return scores


def parts(data: Dataset) -> Iterator[tuple[np.ndarray, tuple[np.ndarray, ...], tuple[np.ndarray, ...]]]:
    """Yield which events each fold scores, and inputs, classes and training weights of those that train and validate."""
    fold, validates, signal = fold_of(data.id, seed=SEED, folds=FOLDS), validation_part(data.id, seed=SEED), data.signal
    for j in range(FOLDS):
        chosen = [(fold != j) & part for part in (~validates, validates)]
        weights = [training_weight(data.weight[part], signal[part]) for part in chosen]
        labels = [signal[part].astype(np.int8) for part in chosen]
        yield fold == j, *((data.X[part], y, w) for part, y, w in zip(chosen, labels, weights, strict=True))


def hist(X: np.ndarray, y: np.ndarray, w: np.ndarray, *validation: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Train scikit-learn's."""
    model = HistGradientBoostingClassifier(early_stopping=True, max_iter=TREES, n_iter_no_change=ROUNDS, random_state=1)
    model.fit(X, y, w, X_val=validation[0], y_val=validation[1], sample_weight_val=validation[2])
    return lambda X: model.predict_proba(X)[:, 1]


def xgb(X: np.ndarray, y: np.ndarray, w: np.ndarray, *validation: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Train XGBoost's."""
    model = xgboost.XGBClassifier(
        n_estimators=TREES, early_stopping_rounds=ROUNDS, eval_metric="logloss", n_jobs=1, random_state=1
    )
    weights = {"sample_weight": w, "sample_weight_eval_set": [validation[2]]}
    model.fit(X, y, eval_set=[validation[:2]], verbose=False, **weights)
    return lambda X: model.predict_proba(X)[:, 1]


def lgbm(X: np.ndarray, y: np.ndarray, w: np.ndarray, *validation: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Train LightGBM's."""
    parameters = {"objective": "binary", "num_threads": 1, "verbosity": -1, "seed": 1}
    parameters |= {"deterministic": True, "force_row_wise": True}
    events = lightgbm.Dataset(X, y, weight=w)
    watched = lightgbm.Dataset(validation[0], validation[1], weight=validation[2], reference=events)
    stop = lightgbm.early_stopping(ROUNDS, verbose=False)
    return lightgbm.train(parameters, events, TREES, valid_sets=[watched], callbacks=[stop]).predict
