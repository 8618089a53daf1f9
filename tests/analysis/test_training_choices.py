"""What the configuration says of training beyond the classifier: another selection, grid parameters, seeds, balance."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.run import run_analysis
from fivesigma.core.errors import ConfigurationError

PLACES = (0, 3)
COUNT = 600
EDGES = [0, 0.5, 0.8, 0.9, 1]
CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "choices", "luminosity": 10.0, "energy": 13.0, "seed": 3},
    "samples": {
        "bump": {"kind": "signal", "files": "bump_{place}.parquet", "weight": "0.01"},
        "flat": {"kind": "background", "files": "flat.parquet", "weight": "0.1"},
    },
    "events": {"id": ["number"], "select": {"tight": "y > 0"}},
    "features": {"inputs": {"x": "x"}, "observables": {"y": "y"}},
    "models": {
        "aware": {"use": "hist_gradient_boosting", "parametrised": ["place"], "max_iter": 30},
        "blunt": {"use": "hist_gradient_boosting", "max_iter": 30},
    },
    "training": {"folds": 2},
    "judgement": {"signal": ["bump_0"], "floor": 5},
    "regions": {"all": {"kind": "signal"}},
    "inference": {
        "plane": {"type": "limit_plane", "grid": "bump", "observable": "aware", "bins": EDGES},
        "blunt_plane": {"type": "limit_plane", "grid": "bump", "observable": "blunt", "bins": EDGES},
        "fit": {"type": "template_fit", "observable": "aware", "bins": EDGES, "signal": ["bump_3"]},
        "count": {"type": "counting", "region": "all", "model": "aware", "signal": ["bump_3"]},
    },
}


def table(path, x, seed):
    generator = np.random.default_rng(seed)
    columns = {"x": x, "y": generator.normal(size=len(x)), "number": seed * 10_000 + np.arange(len(x))}
    pl.DataFrame(columns).write_parquet(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made, generator = tmp_path_factory.mktemp("choices"), np.random.default_rng(5)
    for place in PLACES:
        table(made / f"bump_{place}.parquet", generator.normal(place, 0.5, COUNT), place + 1)
    table(made / "flat.parquet", generator.uniform(-4, 7, 2 * COUNT), 9)
    return made


def written(folder, name, **changes):
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps({**CONFIGURATION, **changes}))
    return path


@pytest.fixture(scope="module")
def run(folder):
    directory = run_analysis(written(folder, "grid"), folder / "grid").directory
    return directory, json.loads((directory / "results.json").read_text())


class TestParametrised:
    def test_each_point_has_scores_of_its_own(self, run):
        directory, _ = run
        names = sorted(path.name for path in (directory / "scores").glob("aware*"))
        assert names == ["aware-training.safetensors", "aware@0.safetensors", "aware@3.safetensors"]
        one, other = (load_file(directory / f"scores/aware@{place}.safetensors")["value"] for place in PLACES)
        assert np.abs(one - other).mean() > 0.2

    def test_it_is_judged_at_the_point_that_the_analysis_is_judged_by(self, run):
        # 1 - 2 (0.5 √(2/π)) / 11 = 0.927 is the best there is for one point, of which an unaware model learns half
        models = run[1]["models"]
        assert 0.88 < models["aware"]["auc"]["value"] < 0.95
        assert models["aware"]["auc"]["value"] > models["blunt"]["auc"]["value"] + 0.03
        assert models["aware"]["auc_train"]["value"] > 0.88

    def test_each_point_of_a_plane_is_fitted_with_its_own_scores(self, run):
        directory, results = run
        aware, blunt = (results["inference"][name]["points"] for name in ("plane", "blunt_plane"))
        for one, other in zip(aware, blunt, strict=True):
            assert one["limit_expected"][2] < 0.9 * other["limit_expected"][2]
        assert sorted(path.name for path in (directory / "templates").glob("plane*")) == [
            "plane-bump_0.json",
            "plane-bump_3.json",
        ]

    def test_a_fit_and_a_count_of_one_point_use_its_scores(self, run):
        results = run[1]["inference"]
        (point,) = (p for p in results["plane"]["points"] if p["parameters"] == {"place": 3})
        assert results["fit"]["limit_expected"] == pytest.approx(point["limit_expected"], rel=1e-3)
        assert results["count"]["signal"] > 0.5 * 0.01 * COUNT / 2

    def test_a_parameter_that_no_grid_has_is_refused(self, folder):
        models = {"aware": {"use": "hist_gradient_boosting", "parametrised": ["plaice"]}}
        with pytest.raises(ConfigurationError, match="no parameter of a signal grid 'plaice'; did you mean place"):
            load_resolved(written(folder, "wrong", models=models), folder)


class TestAnotherSelection:
    """The analysis cuts y > 0; half of the events pass."""

    CHANGES = {"models": {"blunt": CONFIGURATION["models"]["blunt"]}, "inference": {}}  # noqa: RUF012 - never changed

    def trained(self, folder, tmp_path, **training):
        changes = {**self.CHANGES, "training": {"folds": 2, **training}}
        directory = run_analysis(written(folder, tmp_path.name, **changes), tmp_path / "run").directory
        (built, _) = json.loads((directory / "models/blunt/model.json").read_text())["folds"]
        scores = load_file(directory / "scores/blunt.safetensors")
        return built["description"]["training events"], scores, json.loads((directory / "results.json").read_text())

    def test_before_cuts_twice_as_many_train_and_as_many_are_scored(self, folder, tmp_path):
        (tmp_path / "own").mkdir()
        (tmp_path / "all").mkdir()
        own, scored, results = self.trained(folder, tmp_path / "own")
        every, also_scored, also = self.trained(folder, tmp_path / "all", select={})
        assert every > 1.8 * own
        np.testing.assert_array_equal(scored["id"], also_scored["id"])
        assert not np.array_equal(scored["raw"], also_scored["raw"])
        assert results["samples"] == also["samples"]  # what trains is not what is counted

    def test_the_analysis_own_cuts_said_again_change_nothing(self, folder, tmp_path):
        (tmp_path / "own").mkdir()
        (tmp_path / "same").mkdir()
        _, one, _ = self.trained(folder, tmp_path / "own")
        _, same, _ = self.trained(folder, tmp_path / "same", select={"tight": "y > 0"})
        np.testing.assert_array_equal(one["raw"], same["raw"])
        np.testing.assert_array_equal(one["value"], same["value"])
