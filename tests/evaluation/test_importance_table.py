import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.estimate import Estimate
from fivesigma.core.identity import fold_of
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.importance import Importance, Importances, permutation_importance
from fivesigma.evaluation.importance_table import importance_table, one_input_decides, unused_inputs
from fivesigma.evaluation.input_groups import input_groups
from fivesigma.evaluation.separation import separation


def drop(value, error=0.001):
    """Return an estimate by its error."""
    return Estimate(value=value, low=value - error, high=value + error, method="made up")


def importances(model="trees", groups=None, auc=0.8, error=0.001, **drops):
    """Return importances of a model as they are told."""
    return Importances(
        model=model,
        auc=drop(auc, 0.01),
        inputs=tuple(Importance(inputs=(name,), drop=drop(value, error)) for name, value in drops.items()),
        groups=tuple(Importance(inputs=group, drop=drop(value, error)) for group, value in (groups or {}).items()),
        events=100,
        all_events=1000,
        repeats=2,
    )


@pytest.fixture(scope="module")
def dataset():
    """Events of which one input tells everything, another little, one nothing, and one is a copy of the first."""
    generator = np.random.default_rng(3)
    sample = np.repeat([0, 1], 4000).astype(np.int16)
    X = generator.normal(size=(8000, 4))
    X[:, 0] += 2 * (sample == 0)
    X[:, 1] += 0.5 * (sample == 0)
    X[:, 3] = X[:, 0]
    return Dataset(
        X=X.astype(np.float32),
        inputs=("strong", "weak", "useless", "copy"),
        observables={},
        weight=np.ones(8000),
        id=generator.integers(0, 2**62, size=8000).astype(np.uint64),
        sample=sample,
        samples=(SampleInfo(name="higgs", kind="signal"), SampleInfo(name="zz", kind="background")),
    )


def linear(name, *coefficients):
    """Return a model whose score is a sum of the inputs."""

    def score(dataset):
        raw = dataset.X.astype(np.float64) @ coefficients
        fold = fold_of(dataset.id, seed=1, folds=2)
        return Scores(model=name, raw=raw, value=1 / (1 + np.exp(-raw)), fold=fold, folds=2)

    return score


def test_the_table_sorts_inputs_and_ranks_them_by_model(dataset):
    groups = input_groups(dataset)
    found = [
        permutation_importance(dataset, linear("first", 1, 0.5, 0, 1), groups=groups),
        permutation_importance(dataset, linear("second", 0.1, 1, 0, 0), inputs=["strong", "weak"], groups=groups),
    ]
    table = importance_table(separation(dataset), found)
    assert table.models == ("first", "second")
    assert {row.inputs for row in table.rows} == {("strong",), ("weak",), ("useless",), ("copy",)}
    means = [row.mean for row in table.rows]
    assert means == sorted(means, reverse=True)
    weak = next(row for row in table.rows if row.inputs == ("weak",))
    assert weak.separation.feature == "weak"
    assert weak.rank == {"first": 3, "second": 1}
    useless = next(row for row in table.rows if row.inputs == ("useless",))
    assert useless.importance["second"] is None
    assert "second" not in useless.rank
    (group,) = table.groups
    assert (group.inputs, group.separation, group.rank) == (("strong", "copy"), None, {})
    assert group.importance["second"] is None
    assert group.mean == group.importance["first"].value


def test_an_input_without_a_model_is_in_the_table_too(dataset):
    table = importance_table(separation(dataset, features=["weak"]), [])
    assert (table.rows[0].mean, table.rows[0].importance) == (0.0, {})


def test_an_input_that_no_model_looks_at_is_noted(dataset):
    found = [
        permutation_importance(dataset, linear("first", 1, 0.5, 0, 0)),
        permutation_importance(dataset, linear("second", 0.5, 1, 1e-3, 0), inputs=["strong", "weak", "useless"]),
    ]
    notes = unused_inputs(found)
    assert [(note.code, note.severity, note.subject) for note in notes] == [
        ("unused-input", "info", "useless"),
        ("unused-input", "info", "copy"),
    ]
    assert set(notes[1].evidence) == {"share", "drop of first"}


@pytest.mark.parametrize(
    "used",
    [
        [importances(a=0.1, b=0.01)],
        [importances(a=0.1, b=0.0), importances("network", a=0.1, b=0.02)],
        [importances(a=0.1, b=0.0, error=0.01)],  # too few events to say
        [importances(a=0.1, b=0.0, c=0.2, groups={("b", "c"): 0.2})],  # the other stood in for it
        [importances(a=0.1, b=0.0, auc=0.5)],  # a model that tells nothing
    ],
)
def test_an_input_that_is_used_or_may_be_is_not(used):
    assert [note.subject for note in unused_inputs(used)] == []


def test_one_input_that_decides_is_warned_of(dataset):
    (warning,) = one_input_decides([permutation_importance(dataset, linear("trees", 1, 0.02, 0.01, 0))])
    assert (warning.code, warning.severity, warning.subject) == ("one-input-decides", "warning", "trees and strong")
    assert warning.evidence["drop"] == pytest.approx(warning.evidence["auc"] - 0.5, rel=0.03)


@pytest.mark.parametrize(
    "clean",
    [
        importances(a=0.2, b=0.15),
        importances(a=0.28, b=0.02, error=0.02),  # within its error
        importances(a=0.3),  # a model of one input owes all to it
        importances(a=0.01, b=0.0, auc=0.505),  # a model that tells nothing
    ],
)
def test_inputs_that_share_the_work_are_not(clean):
    assert one_input_decides([clean]) == ()
