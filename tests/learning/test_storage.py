"""A stored model says what it was made with, and what to do where that cannot be read here."""

import json
from importlib.metadata import version

import pytest

from fivesigma.core.errors import DataError
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.storage import description_digest, load_model, other_versions, save_model


@pytest.fixture(scope="module")
def stored(make_dataset, tmp_path_factory):
    """A folder with a model."""
    folder = tmp_path_factory.mktemp("model")
    save_model(cross_fit("random_forest", make_dataset(400), folds=2, n_estimators=2, max_depth=2), folder)
    return folder


@pytest.fixture
def altered(stored, tmp_path):
    """The model's folder with some of what ``model.json`` says replaced, as another version would have written it."""

    def alter(**changes):
        for file in stored.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        told = json.loads((tmp_path / "model.json").read_text()) | changes
        del told["digest"]
        (tmp_path / "model.json").write_text(json.dumps({**told, "digest": description_digest(told)}))
        return tmp_path

    return alter


def test_the_version_of_the_library_is_kept(stored):
    assert json.loads((stored / "model.json").read_text())["libraries"] == {"scikit-learn": version("scikit-learn")}
    assert other_versions(stored) == ()


def test_a_model_of_another_schema_says_what_to_do(altered):
    with pytest.raises(DataError, match=r"schema 1 by fivesigma 0\.0\.1; .* train it again with `fivesigma run`"):
        load_model(altered(schema=1, fivesigma="0.0.1"))


def test_another_version_of_the_library_is_told_where_the_model_cannot_be_read(altered):
    folder = altered(libraries={"scikit-learn": "0.1", "gone": "1"})
    here = f"scikit-learn was 0.1, here is {version('scikit-learn')}"
    assert other_versions(folder) == (here, "gone was 1, here is none")
    assert load_model(folder).folds == 2  # it can be read, so that nothing is wrong
    (folder / "fold_1.skops").write_bytes(b"of another version")
    with pytest.raises(DataError, match=rf"fold_1\.skops: not a readable model: .*; {here}"):
        load_model(folder)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schema": 4}'])
def test_a_damaged_description_is_no_model(stored, tmp_path, text):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(DataError, match="not a readable model"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    "changes", [{"inputs": ["b", "a"]}, {"points": []}, {"folds": []}, {"signal": []}, {"files": []}]
)
def test_a_description_that_was_edited_is_no_model(stored, tmp_path, changes):
    for file in stored.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    told = json.loads((tmp_path / "model.json").read_text()) | changes
    (tmp_path / "model.json").write_text(json.dumps(told))
    with pytest.raises(DataError, match=r"model\.json: not a readable model: it is not the file that was written"):
        load_model(tmp_path)


def test_files_that_were_swapped_or_altered_are_no_model(altered):
    """Each would be read: the other fold's estimator knows the events that it would score."""
    folder = altered()
    one, other = (folder / f"fold_{j}.skops" for j in range(2))
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    with pytest.raises(DataError, match=r"fold_0\.skops: not a readable model: it is not the file that was written"):
        load_model(folder)
    one.write_bytes(content)
    assert load_model(folder).folds == 2
    (folder / "arrays.safetensors").unlink()
    with pytest.raises(DataError, match="not a readable model"):
        load_model(folder)
