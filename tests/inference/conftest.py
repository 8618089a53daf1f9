"""Simulated samples with a score and a mass: small, seeded, and with data drawn from independent events."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores

Events = tuple[Dataset, Scores]


def _drawn(rng: np.random.Generator, kind: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    if kind == "signal":
        return rng.beta(4, 1.5, count), rng.normal(125, 2, count)
    return rng.uniform(0, 1, count), rng.uniform(110, 150, count)


@pytest.fixture
def make_events() -> Callable[..., Events]:
    """Make a Dataset with scores: 60 signal events on 400 background ones unless told otherwise."""

    def make(
        *, seed: int = 1, signal: float = 60, background: float = 400, strength: float = 1, size: int = 8000
    ) -> Events:
        rng = np.random.default_rng(seed)
        parts = []
        for number, (kind, expected) in enumerate((("signal", signal), ("background", background))):
            weight = rng.uniform(0.5, 1.5, size)
            parts.append((*_drawn(rng, kind, size), expected * weight / weight.sum(), np.full(size, number)))
        for kind, expected in (("signal", strength * signal), ("background", background)):
            count = int(rng.poisson(expected))
            parts.append((*_drawn(rng, kind, count), np.ones(count), np.full(count, 2)))
        score, mass, weight, sample = (np.concatenate(column) for column in zip(*parts, strict=True))
        infos = (
            SampleInfo(name="higgs", kind="signal", label="H(125)"),
            SampleInfo(name="zz", kind="background", label="ZZ"),
            SampleInfo(name="data", kind="data", pseudo=True),
        )
        dataset = Dataset(
            X=np.zeros((len(weight), 1), dtype=np.float32),
            inputs=("x",),
            observables={"m4l": mass},
            weight=weight,
            id=np.arange(len(weight), dtype=np.uint64),
            sample=sample.astype(np.int16),
            samples=infos,
        )
        return dataset, Scores(model="trees", raw=score, value=score, fold=np.zeros(len(weight), np.int8), folds=1)

    return make


@pytest.fixture
def events(make_events: Callable[..., Events]) -> Events:
    return make_events()


@pytest.fixture
def make_workspace() -> Callable[..., dict[str, Any]]:
    """Make a one-channel pyhf workspace with an uncorrelated background uncertainty in each bin."""

    def make(
        signal: Sequence[float], background: Sequence[float], uncertainty: Sequence[float] | None = None
    ) -> dict[str, Any]:
        uncertain = [] if uncertainty is None else [{"name": "free", "type": "shapesys", "data": list(uncertainty)}]
        strength = {"name": "mu", "type": "normfactor", "data": None}
        samples = [
            {"name": "signal", "data": list(signal), "modifiers": [strength]},
            {"name": "background", "data": list(background), "modifiers": uncertain},
        ]
        return {
            "version": "1.0.0",
            "channels": [{"name": "bins", "samples": samples}],
            "observations": [{"name": "bins", "data": list(background)}],
            "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        }

    return make
