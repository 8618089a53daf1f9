"""What the configuration says of samples, as the events stage and the training do it."""

import json

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.events_stage import findings_of, load_events
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inferring import infer_one
from fivesigma.analysis.page_content import _as_built
from fivesigma.analysis.run import run_analysis
from fivesigma.analysis.stages import Stages
from fivesigma.core.errors import ConfigurationError, DataError
from fivesigma.core.identity import ids_from_columns
from fivesigma.learning.fitted_model import validation_part
from fivesigma.learning.training import equalising_factor

COUNT = 400
CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "toy", "luminosity": 10.0, "energy": 13.0, "seed": 3},
    "samples": {
        "s": {"kind": "signal", "files": "s_{m}.parquet"},
        "bkg": {"kind": "background", "files": "bkg.parquet"},
        "late": {"kind": "background", "files": "late.parquet"},
    },
    "events": {"weight": "w"},
    "features": {"inputs": {"a": "x", "b": "y"}, "observables": {"m_obs": "mass"}},
    "models": {"forest": {"use": "random_forest", "n_estimators": 4, "max_depth": 4}},
    "training": {"folds": 2, "background": ["bkg"]},
    "judgement": {"signal": ["s_1"]},
}
POINTS = {1: 1.0, 2: 128.0, 3: 0.25}


def table(path, shift, weight=1.0, seed=1, **columns):
    generator = np.random.default_rng(seed)
    frame = {
        "event": np.arange(COUNT) + 10_000 * seed,
        "x": generator.normal(shift, 1, COUNT),
        "y": generator.normal(-shift / 2, 1, COUNT),
        "mass": generator.uniform(100, 150, COUNT),
        "w": np.full(COUNT, weight),
    }
    pl.DataFrame(frame | columns).write_parquet(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("samples")
    for m, weight in POINTS.items():
        table(made / f"s_{m}.parquet", shift=0.5 * m, weight=weight, seed=m)
    table(made / "bkg.parquet", shift=0.0, seed=10)
    table(made / "late.parquet", shift=1.0, seed=11)
    return made


def written(folder, **changes):
    path = folder / "toy.yaml"
    path.write_text(json.dumps({**CONFIGURATION, **changes}))
    return path


def loaded(folder, **changes):
    return load_resolved(written(folder, **changes), folder)


class TestTraining:
    NAMES = tuple(f"s_{m}" for m in POINTS)

    def counted(self, folder, groups):
        """Return the classes' events, and what each counts in training before the classes are balanced."""
        _, dataset = load_events(loaded(folder), folder, blind=False)
        classes = dataset.where(dataset.of(*self.NAMES, "bkg"))
        return classes, np.abs(classes.weight) * equalising_factor(classes.weight, classes.sample, groups)

    def test_points_have_equal_say(self, folder):
        names = [info.name for info in load_events(loaded(folder), folder, blind=False)[1].samples]
        classes, counted = self.counted(folder, [[names.index(name) for name in self.NAMES]])
        totals = [counted[classes.of(name)].sum() for name in self.NAMES]
        np.testing.assert_allclose(totals, COUNT * sum(POINTS.values()) / 3, rtol=1e-13)
        background = classes.of("bkg")
        np.testing.assert_array_equal(counted[background], np.abs(classes.weight[background]))

    def test_or_as_much_as_their_yields(self, folder):
        classes, counted = self.counted(folder, [])
        np.testing.assert_array_equal(counted, np.abs(classes.weight))

    def test_with_equal_say_rates_are_of_no_matter(self, folder, tmp_path):
        """Points of any rate that have equal say train as points of one rate do."""
        alike = tmp_path / "alike"
        alike.mkdir()
        for m in POINTS:
            table(alike / f"s_{m}.parquet", shift=0.5 * m, seed=m)
        for name, seed, shift in (("bkg", 10, 0.0), ("late", 11, 1.0)):
            table(alike / f"{name}.parquet", shift=shift, seed=seed)
        scores = {}
        for name, place, points in (("one", folder, "equal"), ("two", alike, "equal"), ("other", folder, "yields")):
            path = written(place, training={**CONFIGURATION["training"], "points": points})
            run = run_analysis(path, tmp_path / name, until="models")
            scores[name] = load_file(run.directory / "scores/forest.safetensors")["raw"]
        np.testing.assert_allclose(scores["one"], scores["two"], rtol=1e-9)
        assert np.abs(scores["one"] - scores["other"]).mean() > 0.01

    def test_a_background_of_the_fit_alone_trains_nothing(self, folder, tmp_path):
        run = run_analysis(written(folder), tmp_path / "run", until="models")
        model = json.loads((run.directory / "models/forest/model.json").read_text())
        assert model["background"] == ["bkg"]
        assert model["signal"] == list(self.NAMES)
        training = load_file(run.directory / "scores/forest-training.safetensors")
        scores = load_file(run.directory / "scores/forest.safetensors")
        assert len(scores["raw"]) == COUNT * (len(POINTS) + 2)
        assert np.isfinite(scores["raw"]).all()
        # trained on and looked at for overtraining: the signal that is judged by, and the background that trains
        assert len(training["value"]) < 2 * COUNT


def findings(folder, tmp_path, **changes):
    """Return the code and subject of each finding of reading, from the record of a run."""
    run = run_analysis(written(folder, **changes), tmp_path / "run", until="events")
    return {(finding.code, finding.subject) for finding in run.findings}


def with_sample(**change):
    return {**CONFIGURATION["samples"], "bkg": {**CONFIGURATION["samples"]["bkg"], **change}}


class TestFindings:
    def test_clean(self, folder, tmp_path):
        assert findings(folder, tmp_path) == set()

    @pytest.mark.parametrize(
        ("declared", "change", "told"),
        [
            (COUNT * 1.002, {}, True),
            (COUNT * 1.0005, {}, False),
            (COUNT * 0.998, {}, True),
            (COUNT * 10, {"skimmed": True}, False),
            ("files", {}, False),
        ],
    )
    def test_sums_of_weights(self, folder, tmp_path, declared, change, told):
        samples = with_sample(cross_section=0.01, sum_of_weights=declared, **change)
        expected = {("sum-of-weights", "bkg")} if told else set()
        assert findings(folder, tmp_path, samples=samples) == expected

    def test_one_part_that_is_skimmed_does_not_speak_for_the_others(self, folder, tmp_path):
        part = {"files": "bkg.parquet", "cross_section": 0.01, "sum_of_weights": 10 * COUNT}
        late = {**part, "files": "late.parquet"}
        for skimmed, told in ((False, {("sum-of-weights", "bkg")}), (True, set())):
            parts = {"one": {**part, "skimmed": True}, "two": {**late, "skimmed": skimmed}}
            samples = {**CONFIGURATION["samples"], "bkg": {"kind": "background", "parts": parts}}
            del samples["late"]
            found = findings(folder, tmp_path / str(skimmed), samples=samples)
            assert found == told

    def test_what_weighs_nothing_said_is_told(self, folder, tmp_path):
        """A weight of the part, of all events, or a cross section says it; a number does so, too."""
        samples = {**CONFIGURATION["samples"]}
        assert findings(folder, tmp_path / "no", events={}) == {("unweighted-simulation", "s_1, s_2, s_3, bkg, late")}
        assert findings(folder, tmp_path / "one", events={"weight": 1}) == set()
        samples["s"] = {**samples["s"], "weight": "w"}
        samples["bkg"] = {**samples["bkg"], "cross_section": 0.01, "sum_of_weights": COUNT}
        told = findings(folder, tmp_path / "some", events={}, samples=samples)
        assert told == {("unweighted-simulation", "late")}

    def test_a_file_in_two_samples(self, folder, tmp_path):
        samples = {**CONFIGURATION["samples"], "late": {"kind": "background", "files": "bkg.parquet"}}
        assert findings(folder, tmp_path, samples=samples) == {("shared-events", "bkg and late")}

    def test_points_of_a_grid_may_share_events(self, folder):
        for m in (1, 2):
            table(folder / f"same_{m}.parquet", shift=0.5, seed=20)
        samples = {**CONFIGURATION["samples"], "same": {"kind": "signal", "files": "same_{m}.parquet"}}
        config = loaded(folder, samples=samples)
        read, _ = load_events(config, folder, blind=False)
        assert findings_of(read, config) == ()
        apart = config.samples["same_1"].model_copy(update={"grid": "another"})
        told = findings_of(read, config.model_copy(update={"samples": {**config.samples, "same_1": apart}}))
        assert [(finding.code, finding.subject) for finding in told] == [("shared-events", "same_1 and same_2")]

    def test_a_file_twice_in_one(self, folder, tmp_path):
        parts = {name: {"files": "bkg.parquet"} for name in ("one", "two")}
        samples = {**CONFIGURATION["samples"], "bkg": {"kind": "background", "parts": parts}}
        assert findings(folder, tmp_path, samples=samples) == {("duplicate-events", "bkg")}
        samples["bkg"]["duplicates"] = "remove"
        assert findings(folder, tmp_path / "again", samples=samples) == set()

    def test_columns_in_mev(self, folder, tmp_path):
        features = {**CONFIGURATION["features"], "observables": {"m_obs": "1000 * mass"}}
        table(folder / "mev.parquet", shift=0, seed=12, mass=np.linspace(1e5, 2e5, COUNT))
        samples = {**CONFIGURATION["samples"], "late": {"kind": "background", "files": "mev.parquet"}}
        assert findings(folder, tmp_path, samples=samples) == {("looks-like-mev", "late, mass")}
        assert findings(folder, tmp_path / "again", features=features, samples=samples) == set()


@pytest.fixture(scope="module")
def lacking(tmp_path_factory):
    """Files in which the second input is -999 or NaN in some events, and the observable NaN in two."""
    made = tmp_path_factory.mktemp("lacking")
    for m in POINTS:
        table(made / f"s_{m}.parquet", shift=0.5 * m, seed=m)
    holes = np.random.default_rng(5).normal(0, 1, COUNT)
    holes[:120] = -999.0
    mass = np.linspace(100, 150, COUNT)
    mass[[7, 9]] = np.nan
    table(made / "bkg.parquet", shift=0, seed=10, y=holes, mass=mass)
    table(made / "late.parquet", shift=1.0, seed=11)
    return made


class TestMissing:
    @pytest.mark.parametrize("missing", [["nan", -999], {"y": [-999], "mass": ["nan"]}])
    def test_declared(self, lacking, missing):
        config = loaded(lacking, events={"weight": "w", "missing": missing})
        _, dataset = load_events(config, lacking, blind=False)
        bkg = dataset.where(dataset.of("bkg"))
        assert np.isnan(bkg.X).sum(axis=0).tolist() == [0, 120]
        assert np.flatnonzero(np.isnan(bkg.observables["m_obs"])).tolist() == [7, 9]

    @pytest.mark.parametrize("missing", [None, [-999], {"y": ["nan", -999]}])
    def test_not_declared(self, lacking, missing):
        config = loaded(lacking, events={"weight": "w", "missing": missing})
        with pytest.raises(DataError, match=r"bkg\.parquet: 'm_obs' \(mass\) is not there in 2 of 400 selected events"):
            load_events(config, lacking, blind=False)

    @pytest.mark.parametrize("value", ["none", float("inf"), True])
    def test_no_value_that_stands_for_nothing(self, lacking, value):
        with pytest.raises(ConfigurationError, match=r"events\.missing"):
            loaded(lacking, events={"weight": "w", "missing": [value]})

    def test_undeclared_it_is_a_finding(self, lacking, tmp_path):
        found = findings(lacking, tmp_path, events={"weight": "w", "select": {"there": "mass > 0"}})
        assert ("undeclared-missing", "bkg, y") in found
        assert ("cut-on-missing", "bkg, there") in found
        assert (
            findings(
                lacking,
                tmp_path / "again",
                events={"weight": "w", "missing": ["nan", -999], "select": {"there": "not missing(mass)"}},
            )
            == set()
        )

    @pytest.mark.parametrize("bins", [[100.0, 120.0, 150.0], 3])
    @pytest.mark.parametrize("observable", ["m_obs", "m_obs × forest"])
    def test_a_fit_of_what_is_missing_is_refused(self, lacking, tmp_path, bins, observable):
        fit = {"type": "template_fit", "observable": observable, "signal": ["s_1"], "bins": {"m_obs": bins}}
        changes = {"events": {"weight": "w", "missing": ["nan", -999]}, "inference": {"fit": fit}}
        path = written(lacking, **changes)
        run = run_analysis(path, tmp_path / "run", until="models")
        directory = RunDirectory(run.directory)
        events = Stages(directory=directory).recorded("events")
        item = InferenceItem("fit", directory, events, load_resolved(path, lacking), False)
        with pytest.raises(
            DataError, match=r"inference\.fit: m_obs is missing in 2 events that are fitted \(bkg\); leave them out"
        ):
            infer_one(item, {})

    def test_a_fit_of_what_is_there_in_its_region(self, lacking, tmp_path):
        fit = {"type": "template_fit", "observable": "m_obs", "signal": ["s_1"], "bins": 3, "regions": ["there"]}
        changes = {
            "events": {"weight": "w", "missing": ["nan", -999]},
            "regions": {"there": {"select": "not missing(m_obs)"}},
            "models": {},
        }
        path = written(lacking, **changes, inference={"fit": fit})
        run = run_analysis(path, tmp_path / "run", until="models")
        directory = RunDirectory(run.directory)
        events = Stages(directory=directory).recorded("events")
        item = InferenceItem("fit", directory, events, load_resolved(path, lacking), False)
        templates = {template.name: template for template in infer_one(item, {}).templates.channels[0].templates}
        assert templates["bkg"].total == pytest.approx(COUNT - 2, rel=1e-12)

    def test_models_see_what_is_missing_and_say_so(self, lacking, tmp_path):
        path = written(lacking, events={"weight": "w", "missing": ["nan", -999]})
        run = run_analysis(path, tmp_path / "run", until="models")
        stored = json.loads((run.directory / "models/forest/model.json").read_text())
        assert {fold["description"]["missing values"] for fold in stored["folds"]} == {
            "each split sends them to the better side"
        }
        assert np.isfinite(load_file(run.directory / "scores/forest.safetensors")["raw"]).all()

    def test_the_page_says_so_though_only_some_folds_met_any(self, folder, tmp_path):
        """One event lacks a value: the estimator of its own fold never saw it, those of the others did."""
        values = np.random.default_rng(10).normal(0, 1, COUNT)
        event = np.arange(COUNT) + 10_000 * 10
        trains = np.flatnonzero(~validation_part(ids_from_columns([event]), seed=3))
        values[trains[0]] = np.nan
        table(folder / "hole.parquet", shift=0, seed=10, y=values)
        samples = with_sample(files="hole.parquet")
        events, training = {"weight": "w", "missing": ["nan"]}, {"folds": 3}
        path = written(folder, samples=samples, events=events, training=training)
        run = run_analysis(path, tmp_path / "run", until="models")
        value = Stages(directory=RunDirectory(run.directory)).recorded("model-forest").value
        assert sum("missing values" in fold for fold in value["built"]) == 2
        built = _as_built(loaded(folder, samples=samples, events=events, training=training), value)["built"]
        assert built["missing values"] == "each split sends them to the better side (in 2 of 3 folds)"
