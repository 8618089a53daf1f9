"""A score that is in the files already: it is the score, and nothing learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.sample import SampleInfo
from fivesigma.learning.adapters.column import Column
from fivesigma.learning.classifiers import ModelSpec, Range, Tuning
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.spec_checks import check_spec
from fivesigma.learning.storage import load_model, save_model


@pytest.fixture(scope="module")
def published(make_dataset):
    """Events with a published score that knows signal well, and one for each of two points of a grid."""
    dataset = make_dataset(400)
    bdt = np.random.default_rng(1).normal(size=len(dataset)) + 2.0 * dataset.signal
    return replace(
        dataset,
        observables={"bdt": bdt, "bdt_10": bdt + 1, "bdt_20": -bdt},
        samples=(replace(dataset.samples[0], parameters={"gap": 10.0}), *dataset.samples[1:]),
    )


def test_its_values_are_the_scores(published):
    model = cross_fit("column", published, inputs=["bdt"], folds=3)
    scores = model.score(published)
    np.testing.assert_array_equal(scores.raw, published.observables["bdt"])
    for j in range(3):
        mine = scores.fold == j
        assert (np.diff(scores.value[mine][np.argsort(scores.raw[mine])]) >= 0).all()
    assert model.fits[0].description == {"score": "as it is in the files"}
    assert model.seconds == 0


def test_an_input_is_a_score_too(published):
    model = cross_fit("column", published, inputs=["a"], folds=3)
    np.testing.assert_array_equal(model.score(published).raw, published.X[:, 0])


def test_smaller_may_be_signal(published):
    model = cross_fit("column", published, inputs=["bdt_20"], larger_is_signal=False, folds=3)
    np.testing.assert_array_equal(model.score(published).raw, published.observables["bdt"])
    assert model.fits[0].description == {"score": "the negative of what is in the files"}


def test_one_for_each_point_of_a_grid(published):
    other = SampleInfo(name="other", kind="signal", parameters={"gap": 20.0})
    half = published.signal & (np.arange(len(published)) % 2 == 0)
    grid = replace(
        published, sample=np.where(half, 3, published.sample).astype(np.int16), samples=(*published.samples, other)
    )
    model = cross_fit("column", grid, inputs=["bdt_{gap}"], parametrised=["gap"], folds=3)
    assert model.points == ((10.0,), (20.0,))
    np.testing.assert_array_equal(model.score(grid, (10.0,)).raw, grid.observables["bdt_10"])
    np.testing.assert_array_equal(model.score(grid, (20.0,)).raw, grid.observables["bdt_20"])


def test_points_that_differ_in_their_last_digit_have_scores_of_their_own(published):
    near = {1234567.0: "bdt_1234567", 1234567.5: "bdt_1234567.5"}
    (one, other), columns = near, {name: published.observables["bdt"] + i for i, name in enumerate(near.values())}
    first = replace(published.samples[0], parameters={"gap": one})
    second = SampleInfo(name="other", kind="signal", parameters={"gap": other})
    half = published.signal & (np.arange(len(published)) % 2 == 0)
    grid = replace(
        published,
        observables={**published.observables, **columns},
        sample=np.where(half, 3, published.sample).astype(np.int16),
        samples=(first, *published.samples[1:], second),
    )
    model = cross_fit("column", grid, inputs=["bdt_{gap}"], parametrised=["gap"], folds=3)
    for gap, name in near.items():
        np.testing.assert_array_equal(model.score(grid, (gap,)).raw, grid.observables[name])


def test_comes_back_from_disk(published, tmp_path):
    model = cross_fit("column", published, inputs=["bdt"], folds=3)
    save_model(model, tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).score(published).value, model.score(published).value)


@pytest.mark.parametrize("content", ["", "{}", '{"larger_is_signal": false}'])
def test_a_file_of_another_model_is_refused(tmp_path, content):
    path = tmp_path / "fold_0.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"fold_0\.json"):
        Column.load(path, {})


@pytest.mark.parametrize("nothing", [np.nan, np.inf])
def test_events_without_a_score_are_counted(published, nothing):
    bdt = published.observables["bdt"].copy()
    bdt[published.background.argmax()] = bdt[0] = nothing
    with pytest.raises(DataError, match=r"model 'ref', which takes bdt: 2 of 800 events have no score"):
        cross_fit("column", replace(published, observables={"bdt": bdt}), inputs=["bdt"], name="ref", folds=3)


def test_data_without_a_score_are_counted(published):
    model = cross_fit("column", published, inputs=["bdt"], folds=3)
    bdt = np.where(published.data, np.nan, published.observables["bdt"])
    with pytest.raises(DataError, match=r"model 'column', which takes bdt, fold 0: \d+ of \d+ events have no score"):
        model.score(replace(published, observables={"bdt": bdt}))


def test_a_column_that_is_not_there_names_the_nearest(published):
    with pytest.raises(FivesigmaError, match="no input or observable 'btd'; did you mean bdt"):
        cross_fit("column", published, inputs=["btd"])


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"inputs": ("bdt", "mass")}, "the one score that it takes, not bdt, mass"),
        ({"inputs": ()}, "the one score that it takes, not none"),
        ({"parameters": {"larger_is_signal": "yes"}}, "larger_is_signal is true or false"),
        ({"parameters": {"larger_is_sgnal": True}}, "did you mean larger_is_signal"),
        ({"prepare": ("standard",)}, "learns nothing here, so it takes no prepare"),
        ({"seeds": 3}, "learns nothing here, so it takes no seeds"),
        ({"tune": Tuning(ranges={"larger_is_signal": (True, False)}, trials=2)}, "learns nothing here"),
        ({"tune": Tuning(ranges={"depth": Range(low=1, high=2)}, trials=2)}, "column"),
    ],
)
def test_what_makes_no_sense_is_refused_before(asked, says):
    with pytest.raises(FivesigmaError, match=says):
        check_spec(ModelSpec(**{"name": "ref", "use": "column", "inputs": ("bdt",), "parameters": {}, **asked}))
