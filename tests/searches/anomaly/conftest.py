"""Events that fall in mass, with a resonance among them or without."""

import numpy as np
import pytest

from fivesigma.core.identity import entry_ids
from fivesigma.searches.anomaly.options import ScanOptions

RANGE = (2000.0, 8000.0)
TREES = {"max_iter": 20, "max_leaf_nodes": 7, "min_samples_leaf": 20, "max_bins": 31, "learning_rate": 0.2}


@pytest.fixture(scope="session")
def dijets():
    """Return masses, two features and identifiers of so many background and signal events; the signal lies at 3500 GeV."""

    def made(background=8000, signal=0, seed=1):
        random = np.random.default_rng(seed)
        mass = np.concatenate([2000 + random.exponential(900, background), random.normal(3500, 60, signal)])
        mass = np.clip(mass, RANGE[0], RANGE[1] - 1)
        feature = [random.normal(size=(background, 2)), random.normal(3, 0.3, (signal, 2))]
        X = np.concatenate(feature).astype(np.float32)
        return mass, X, entry_ids(f"dijets {seed}", np.arange(len(mass)))

    return made


@pytest.fixture(scope="session")
def quick():
    """Return options of a quick scan, changed as asked."""

    def made(**changes):
        chosen = {
            "range": RANGE,
            "members": 2,
            "folds": 3,
            "efficiencies": (0.1, 0.02),
            "parameters": TREES,
            "order": 3,
            "least_events": 50,
        }
        return ScanOptions(**{**chosen, **changes})

    return made
