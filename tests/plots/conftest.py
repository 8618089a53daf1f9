import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import fold_of
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.estimator_gap import ScoredEvents


class Toy:
    """A signal, two backgrounds and pseudo-data, with the scores of two models."""

    def __init__(self, n=600, inputs=5):
        generator = np.random.default_rng(1)
        sample = np.repeat([0, 1, 2, 3], [n, n, n // 2, 60]).astype(np.int16)
        raw = generator.normal(size=len(sample)) + 1.5 * (sample == 0)
        ids = generator.integers(0, 2**63, size=len(sample)).astype(np.uint64)
        self.dataset = Dataset(
            X=(raw[:, None] + generator.normal(size=(len(raw), inputs))).astype(np.float32),
            inputs=tuple(f"x{number}" for number in range(inputs)),
            observables={"mass": generator.normal(125, 5, size=len(raw))},
            weight=np.array([10 / n, 40 / n, 10 / (n // 2), 1.0])[sample],
            id=ids,
            sample=sample,
            samples=(
                SampleInfo(name="higgs", kind="signal", label="H(125)"),
                SampleInfo(name="zz", kind="background", label="ZZ → 4ℓ"),
                SampleInfo(name="other", kind="background"),
                SampleInfo(name="data", kind="data", pseudo=True),
            ),
        )
        self.models = [
            self._scores(name, raw + noise * generator.normal(size=len(raw)))
            for name, noise in (("trees", 0.2), ("network", 1.0))
        ]

    def _scores(self, name, raw):
        background = np.sort(raw[self.dataset.background])
        fold = fold_of(self.dataset.id, seed=1, folds=3)
        return Scores(model=name, raw=raw, value=np.searchsorted(background, raw) / len(background), fold=fold, folds=3)

    def scored(self, model):
        """Return the simulated events with a model's scores as plain arrays."""
        keep = ~self.dataset.data
        return ScoredEvents(
            score=model.value[keep],
            is_signal=self.dataset.signal[keep],
            weight=self.dataset.weight[keep],
            estimator=model.fold[keep],
        )


@pytest.fixture(scope="session")
def toy():
    """A signal, two backgrounds and pseudo-data, with the scores of two models."""
    return Toy()
