"""The nouns refuse to be built wrong."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import ConfigurationError, FivesigmaError, Problem, nearest, suggestion
from fivesigma.core.estimate import Estimate
from fivesigma.core.sample import CutflowRow, Sample, SampleInfo
from fivesigma.core.scores import Scores

SAMPLES = (
    SampleInfo(name="higgs", kind="signal"),
    SampleInfo(name="zz", kind="background"),
    SampleInfo(name="data", kind="data"),
)


def make(n=6, **changes):
    values = {
        "X": np.arange(2 * n, dtype=np.float32).reshape(n, 2),
        "inputs": ("a", "b"),
        "observables": {"m": np.arange(float(n))},
        "weight": np.ones(n),
        "id": np.arange(n, dtype=np.uint64),
        "sample": (np.arange(n) % 3).astype(np.int16),
        "samples": SAMPLES,
    }
    return Dataset(**values | changes)


def test_dataset_knows_its_samples():
    dataset = make()
    assert dataset.of("zz").tolist() == [False, True, False] * 2
    assert dataset.signal.tolist() == [True, False, False] * 2
    assert dataset.names("background") == ("zz",)
    assert dataset.where(dataset.data).observables["m"].tolist() == [2.0, 5.0]
    assert dataset.matrix(["b"]).tolist() == [[1.0], [3.0], [5.0], [7.0], [9.0], [11.0]]
    assert set(dataset.columns()) == {"a", "b", "m"}


@pytest.mark.parametrize(
    ("call", "says"), [(lambda d: d.of("higs"), "did you mean higgs"), (lambda d: d.matrix(["c"]), "no input 'c'")]
)
def test_dataset_names_what_is_near(call, says):
    with pytest.raises(FivesigmaError, match=says):
        call(make())


@pytest.mark.parametrize(
    "wrong",
    [
        {"X": np.zeros((6, 3), dtype=np.float32)},
        {"weight": np.ones(5)},
        {"observables": {"m": np.ones(7)}},
        {"sample": np.full(6, 3, dtype=np.int16)},
    ],
)
def test_dataset_refuses_shapes(wrong):
    with pytest.raises(ValueError, match=r"shape|index|expected"):
        make(**wrong)


def test_nouns_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make().inputs = ()


def test_scores_refuse_folds_there_are_not():
    with pytest.raises(ValueError, match="folds"):
        Scores(model="m", raw=np.zeros(2), value=np.zeros(2), fold=np.array([0, 5], dtype=np.int8), folds=5)


def test_sample_refuses_columns_of_another_length():
    with pytest.raises(ValueError, match="pt"):
        Sample(info=SAMPLES[0], events={"pt": np.zeros(3)}, weight=np.zeros(2), id=np.zeros(2, dtype=np.uint64))


def test_cutflow_row_sums_weights():
    row = CutflowRow.of("all", np.array([2.0, -1.0, 3.0]))
    assert (row.events, row.total, row.error) == (3, 4.0, pytest.approx(np.sqrt(14)))


@pytest.mark.parametrize("wrong", [{"low": 2.0}, {"value": float("nan")}, {"level": 1.0}])
def test_estimate_refuses_nonsense(wrong):
    with pytest.raises(ValueError, match=r"interval|finite|level"):
        Estimate(**{"value": 1.0, "low": 0.5, "high": 1.5, "method": "test"} | wrong)


def test_estimates_overlap():
    one, two, three = (Estimate(value=v, low=v - 0.5, high=v + 0.5, method="test") for v in (1.0, 1.8, 3.0))
    assert one.overlaps(two)
    assert not one.overlaps(three)
    assert one.error == 0.5


def test_the_nearest_names_come_first():
    assert nearest("z1_mas", ["m4l", "Z1_mass", "Z2_mass"])[0] == "Z1_mass"
    assert suggestion("qqq", ["a", "b"]) == "; there are: a, b"
    assert suggestion("x", []) == ""


def test_all_problems_at_once():
    error = ConfigurationError([Problem(message="one", file="a.yaml", line=3, path="x.y"), Problem(message="two")])
    assert str(error) == "a.yaml:3: x.y: one\ntwo"


def test_a_mask_that_keeps_all_copies_nothing():
    every = make()
    assert every.where(np.ones(len(every), dtype=bool)) is every
    assert len(every.where(np.arange(len(every)) > 0)) == len(every) - 1


def test_columns_are_inputs_in_double_precision_and_observables():
    columns = make().columns()
    assert "nothing" not in columns
    with pytest.raises(KeyError):
        columns["nothing"]
    assert len(columns) == len(list(columns)) == 3
    assert all(columns[name].dtype == np.float64 for name in columns)
