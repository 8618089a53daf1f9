"""Inputs that say nothing, and inputs that say too much."""

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import entry_ids
from fivesigma.core.sample import SampleInfo
from fivesigma.evaluation.input_checks import check_inputs, overlap


def dataset(values, n=2000):
    """Return a dataset of one input, given for the signal and for the background."""
    signal, background = values
    X = np.concatenate([np.broadcast_to(signal, n), np.broadcast_to(background, n)]).astype(np.float32)[:, None]
    return Dataset(
        X=X,
        inputs=("x",),
        observables={},
        weight=np.where(np.arange(2 * n) % 10 == 0, -1.0, 1.0),
        id=entry_ids("test", np.arange(2 * n)),
        sample=np.repeat([0, 1], n).astype(np.int16),
        samples=(SampleInfo(name="s", kind="signal"), SampleInfo(name="b", kind="background")),
    )


NORMAL = np.random.default_rng(1).normal(size=2000)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ((1.0, 0.0), "golden-feature"),  # the label itself
        ((NORMAL + 20, NORMAL), "golden-feature"),
        ((np.where(NORMAL > 0, 5, -5), NORMAL.clip(-2, 2)), "golden-feature"),  # on either side: no single cut tells
        ((np.nan, NORMAL), "golden-feature"),  # what one class never has
        ((7.0, 7.0), "constant-input"),
        ((np.nan, np.nan), "missing-input"),
        ((NORMAL + 2, NORMAL), None),
        ((np.where(NORMAL > 0, np.nan, 1.0), np.where(NORMAL > 1, np.nan, 1.0)), None),  # there or not tells something
        ((np.round(NORMAL), np.round(NORMAL + 1)), None),
    ],
)
def test_what_is_found(values, code):
    found = check_inputs(dataset(values))
    assert [finding.code for finding in found] == ([code] if code else [])
    assert all(finding.subject == "x" for finding in found)


def test_one_class_alone_is_nothing_to_compare():
    assert check_inputs(dataset((1.0, 0.0)).where(np.arange(4000) < 2000)) == ()


def test_overlap_is_what_normal_distributions_share():
    """Of unit normals 2 apart 2 Φ(-1) = 0.3173."""
    generator = np.random.default_rng(3)
    values = generator.normal(size=200_000) + np.repeat([0.0, 2.0], 100_000)
    shared = overlap(values.astype(np.float32), np.arange(200_000) < 100_000, np.ones(200_000))
    assert shared == pytest.approx(0.3173, abs=0.01)
    same = overlap(values[:100_000].astype(np.float32), np.arange(100_000) % 2 == 0, np.ones(100_000))
    assert same == pytest.approx(1, abs=0.02)
