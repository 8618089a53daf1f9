import numpy as np
import pytest

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.score_files import load_member_scores, write_member_scores
from fivesigma.core.dataset import Dataset
from fivesigma.core.identity import entry_ids
from fivesigma.core.sample import SampleInfo
from fivesigma.learning.cross_fit import cross_fit


@pytest.fixture
def dataset():
    generator = np.random.default_rng(1)
    sample = np.repeat([0, 1], 300).astype(np.int16)
    return Dataset(
        X=(generator.normal(size=(600, 2)) + (sample == 0)[:, None]).astype(np.float32),
        inputs=("a", "b"),
        observables={},
        weight=generator.uniform(0.5, 1.5, 600),
        id=entry_ids("toy", np.arange(600)),
        sample=sample,
        samples=(SampleInfo(name="sig", kind="signal"), SampleInfo(name="bkg", kind="background")),
    )


def test_the_scores_of_each_seed_come_back(tmp_path, dataset):
    directory = RunDirectory(tmp_path)
    model = cross_fit("random_forest", dataset, folds=2, seeds=3, name="forest", n_estimators=3)
    assert write_member_scores(directory, model, dataset) == ["scores/forest-members.safetensors"]
    loaded = load_member_scores(directory, "forest", 2, seeds=3)
    for read, written in zip(loaded, model.member_scores(dataset), strict=True):
        np.testing.assert_allclose(read.value, written.value, atol=1e-7)
        np.testing.assert_allclose(read.raw, written.raw, rtol=1e-6)
        np.testing.assert_array_equal(read.fold, written.fold)
        assert (read.model, read.folds) == ("forest", 2)


def test_one_seed_leaves_no_file(tmp_path, dataset):
    directory = RunDirectory(tmp_path)
    assert write_member_scores(directory, cross_fit("logistic", dataset, folds=2), dataset) == []
    assert load_member_scores(directory, "logistic", 2, seeds=1) == ()
    assert not list(tmp_path.iterdir())
