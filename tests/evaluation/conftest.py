import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import fold_of
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores


def _make(n=3000, seed=0, separation=1.3, negative=0.0, yields=(20.0, 80.0)):
    """Return a signal, a background and 100 data events, with scores on the common scale; ``separation`` 0 is pure noise."""
    generator = np.random.default_rng(seed)
    sample = np.concatenate([np.repeat([0, 1], n), np.repeat(2, 100)]).astype(np.int16)
    raw = generator.normal(size=len(sample)) + separation * (sample == 0)
    flat = generator.uniform(-1, 1, size=len(sample))
    weight = np.where(sample == 2, 1.0, np.array([*yields, 0.0])[sample] / n)
    weight[: 2 * n] *= np.where(generator.random(2 * n) < negative, -1, 1) / (1 - 2 * negative)
    ids = generator.integers(0, 2**63, size=len(sample)).astype(np.uint64)
    dataset = Dataset(
        X=np.stack([raw + generator.normal(size=len(raw)), flat, np.where(flat > 0, 11, 13)], axis=1).astype(
            np.float32
        ),
        inputs=("useful", "flat", "type"),
        observables={"mass": generator.normal(size=len(raw)), "follower": raw + 0.5 * generator.normal(size=len(raw))},
        weight=weight,
        id=ids,
        sample=sample,
        samples=(
            SampleInfo(name="higgs", kind="signal", label="H(125)"),
            SampleInfo(name="zz", kind="background"),
            SampleInfo(name="data", kind="data"),
        ),
    )
    background = np.sort(raw[dataset.background])
    value = np.searchsorted(background, raw) / len(background)
    fold = fold_of(ids, seed=1, folds=5)
    return dataset, Scores(model="trees", raw=raw, value=value, fold=fold, folds=5)


@pytest.fixture(scope="session")
def make():
    """The function that makes a dataset and its scores."""
    return _make


@pytest.fixture(scope="session")
def toy():
    """A dataset whose classes a score separates well, and that score."""
    return _make()
