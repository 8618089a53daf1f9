"""Tuning finds what is better, inside the fold and nowhere else, the same again, and goes on where it was stopped."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.identity import fold_of
from fivesigma.core.parallel import Workers
from fivesigma.learning.classifiers import Job, ModelSpec, Part, Range, Tuning
from fivesigma.learning.cross_fit import cross_fit, cross_fit_all
from fivesigma.learning.spec_checks import check_spec
from fivesigma.learning.storage import load_model, save_model
from fivesigma.learning.trials import Trial, TrialRecord
from fivesigma.learning.tuning import tune, validation_auc

DEPTH = Range(low=1, high=6)
TREES = {"n_estimators": 5}


def spec_of(use="random_forest", parameters=TREES, trials=4, minutes=None, **ranges):
    tuning = Tuning(ranges=ranges, trials=trials, minutes=minutes)
    return ModelSpec(name="tuned", use=use, inputs=("a", "b", "c"), parameters=parameters, tune=tuning)


@pytest.fixture(scope="module")
def job(make_dataset):
    dataset = make_dataset(400)
    classes = dataset.where(~dataset.data)
    train = np.arange(len(classes)) % 4 != 0
    parts = (Part(classes.X[m], classes.signal[m], np.ones(int(m.sum()))) for m in (train, ~train))
    return Job(*parts, seed=3)


def exclusive_or(events=800):
    """Return a job that trees of depth one cannot learn, and those of depth two can."""
    generator = np.random.default_rng(2)
    X = generator.normal(size=(events, 2)).astype(np.float32)
    is_signal = (X[:, 0] > 0) != (X[:, 1] > 0)
    parts = [Part(X[s], is_signal[s], np.ones(events // 2)) for s in (slice(None, None, 2), slice(1, None, 2))]
    return Job(*parts, seed=1)


class TestAuc:
    @given(st.integers(0, 2**32 - 1))
    def test_is_the_weight_of_pairs_in_order(self, seed):
        generator = np.random.default_rng(seed)
        score, weight = generator.integers(0, 6, 30).astype(float), generator.uniform(0.1, 2, 30)
        is_signal = np.arange(30) < 12
        pairs = weight[is_signal][:, None] * weight[~is_signal][None, :]
        difference = score[is_signal][:, None] - score[~is_signal][None, :]
        expected = (pairs * ((difference > 0) + 0.5 * (difference == 0))).sum() / pairs.sum()
        part = Part(np.empty((30, 0), np.float32), is_signal, weight)
        assert validation_auc(score, part) == pytest.approx(expected, abs=1e-12)


class TestSearch:
    def test_finds_what_is_better(self):
        found = tune(spec_of("hist_gradient_boosting", {"max_iter": 10}, trials=3, max_depth=(1, 3)), exclusive_or())
        assert found.parameters == {"max_depth": 3}
        assert found.auc > 0.9

    def test_tries_every_point_once_if_they_are_few(self, tmp_path):
        spec = spec_of(trials=20, max_depth=(1, None, 3), max_features=Range(low=1, high=2))
        assert tune(spec, exclusive_or(), folder=str(tmp_path)).trials == 6
        tried = [trial["asked"] for trial in json.loads((tmp_path / "trials.json").read_text())["trials"]]
        assert len({tuple(asked.items()) for asked in tried}) == 6

    def test_does_not_train_the_same_twice(self, tmp_path):
        """Eight trials of ten points come back to some of them."""
        spec = spec_of(trials=8, max_depth=Range(low=1, high=10, log=True))
        tune(spec, exclusive_or(), folder=str(tmp_path))
        trials = json.loads((tmp_path / "trials.json").read_text())["trials"]
        first = {}
        again = [trial for trial in trials if first.setdefault(trial["asked"]["max_depth"], trial) is not trial]
        assert again
        for trial in again:
            assert trial == {**first[trial["asked"]["max_depth"]], "seconds": 0.0}

    def test_is_the_same_again_and_of_another_seed_another(self, job):
        spec = spec_of(trials=6, max_depth=DEPTH, max_features=Range(low=0.2, high=1.0))
        one, two, other = tune(spec, job), tune(spec, job), tune(spec, replace(job, seed=4))
        assert (one.parameters, one.auc) == (two.parameters, two.auc)
        assert one.parameters != other.parameters

    def test_values_are_of_their_ranges(self, job, tmp_path):
        ranges = {
            "learning_rate": Range(low=0.01, high=0.3, log=True),
            "max_leaf_nodes": Range(low=2, high=9, log=True),
            "max_depth": (2, None, 5),
        }
        tune(spec_of("hist_gradient_boosting", {"max_iter": 2}, trials=12, **ranges), job, folder=str(tmp_path))
        asked = [trial["asked"] for trial in json.loads((tmp_path / "trials.json").read_text())["trials"]]
        assert all(0.01 <= one["learning_rate"] <= 0.3 for one in asked)
        assert all(isinstance(one["max_leaf_nodes"], int) and 2 <= one["max_leaf_nodes"] <= 9 for one in asked)
        assert {one["max_depth"] for one in asked} <= {0, 1, 2}

    def test_begins_with_the_defaults_that_lie_in_the_ranges(self, job, tmp_path):
        ranges = {
            "learning_rate": Range(low=0.05, high=0.5),
            "max_depth": (3, None),
            "max_leaf_nodes": Range(low=2, high=9),
        }
        tune(spec_of("hist_gradient_boosting", {"max_iter": 3}, trials=1, **ranges), job, folder=str(tmp_path))
        (first,) = json.loads((tmp_path / "trials.json").read_text())["trials"]
        assert first["asked"]["learning_rate"] == 0.1
        assert first["asked"]["max_depth"] == 1  # None, the default, by its place
        assert 2 <= first["asked"]["max_leaf_nodes"] <= 9  # not the default of 31

    def test_choices_may_be_lists(self, job):
        found = tune(spec_of("network", {"epochs": 2}, trials=2, hidden=([4], [4, 4], [5])), job)
        assert found.parameters["hidden"] in ([4], [4, 4], [5])
        assert found.description == {"tuned": f"hidden {found.parameters['hidden']}", "trials": 2}

    def test_is_judged_on_the_validation_events(self, job):
        """Labels without any meaning: deep trees know those that they trained on by heart, and no others."""
        guessed = np.random.default_rng(1).uniform(size=len(job.train.X)) < 0.5
        spec = spec_of("random_forest", {"n_estimators": 20}, max_depth=(None, 30))
        assert tune(spec, replace(job, train=replace(job.train, is_signal=guessed))).auc < 0.75

    def test_minutes_end_it_after_a_first_trial(self, job):
        assert tune(spec_of(trials=50, minutes=1e-6, max_depth=DEPTH), job).trials == 1

    def test_what_cannot_be_trained_is_passed_over(self, job):
        """Half of these networks diverge; one that does not is taken."""
        spec = spec_of("network", {"epochs": 2, "hidden": [4]}, trials=4, learning_rate=(1e30, 0.01))
        assert tune(spec, job).parameters == {"learning_rate": 0.01}

    def test_nothing_that_can_be_trained_is_an_error_with_the_reason(self, job):
        spec = spec_of("network", {"epochs": 2, "hidden": [4]}, trials=3, learning_rate=(1e30, 1e31))
        with pytest.raises(FivesigmaError, match=r"none of 2 trials could be trained: .*smaller learning_rate"):
            tune(spec, job)


class TestResume:
    SPEC = spec_of(trials=6, max_depth=DEPTH, max_features=Range(low=0.2, high=1.0))

    def test_goes_on_as_if_it_had_not_been_stopped(self, job, tmp_path):
        path = tmp_path / "trials.json"
        whole = tune(self.SPEC, job, folder=str(tmp_path))
        kept = json.loads(path.read_text())
        assert len(kept["trials"]) == 6
        # killed after three; what they were worth is marked, so that it shows whether they are done again
        kept["trials"] = [{**trial, "seconds": 1000.0} for trial in kept["trials"][:3]]
        path.write_text(json.dumps(kept))
        again = tune(self.SPEC, job, folder=str(tmp_path))
        assert (again.parameters, again.auc, again.trials) == (whole.parameters, whole.auc, 6)
        assert 3000 < again.seconds < 3100
        seconds = [trial["seconds"] for trial in json.loads(path.read_text())["trials"]]
        assert seconds[:3] == [1000.0] * 3
        assert max(seconds[3:]) < 100

    def test_more_trials_go_on_from_those_there_are(self, job, tmp_path):
        tune(replace(self.SPEC, tune=replace(self.SPEC.tune, trials=2)), job, folder=str(tmp_path))
        before = json.loads((tmp_path / "trials.json").read_text())["trials"]
        tune(self.SPEC, job, folder=str(tmp_path))
        assert json.loads((tmp_path / "trials.json").read_text())["trials"][:2] == before

    def test_minutes_count_what_was_spent_before(self, job, tmp_path):
        spec = replace(self.SPEC, tune=replace(self.SPEC.tune, minutes=30.0))
        tune(replace(spec, tune=replace(spec.tune, trials=2)), job, folder=str(tmp_path))
        path = tmp_path / "trials.json"
        path.write_text(path.read_text().replace('"seconds": 0.', '"seconds": 1000.'))
        assert tune(spec, job, folder=str(tmp_path)).trials == 2

    @pytest.mark.parametrize("what", ["parameters", "ranges", "weights", "seed"])
    def test_the_trials_of_another_study_are_not_used(self, job, tmp_path, what):
        tune(self.SPEC, job, folder=str(tmp_path))
        path = tmp_path / "trials.json"
        path.write_text(path.read_text().replace('"value": 0.', '"value": 7.'))
        assert tune(self.SPEC, job, folder=str(tmp_path)).auc > 7  # as it stands it would be believed
        spec, other = self.SPEC, job
        if what == "parameters":
            spec = replace(spec, parameters={"n_estimators": 6})
        elif what == "ranges":
            spec = replace(
                spec, tune=replace(spec.tune, ranges={**spec.tune.ranges, "max_depth": Range(low=1, high=7)})
            )
        elif what == "weights":
            weight = job.train.weight.copy()
            weight[0] = 2
            other = replace(job, train=replace(job.train, weight=weight))
        else:
            other = replace(job, seed=5)
        assert tune(spec, other, folder=str(tmp_path)).auc < 1

    @pytest.mark.parametrize(
        "content", ["", "[]", '{"study": 1}', '{"study": "s", "trials": [{"asked": 1, "worth": 2}]}']
    )
    def test_a_damaged_record_is_begun_anew(self, tmp_path, content):
        path = tmp_path / "trials.json"
        path.write_text(content)
        record = TrialRecord("s", path)
        assert record.done(0, {}) is None
        record.add(Trial(asked={}, value=None, seconds=1.0, problem="none"))
        assert TrialRecord("s", path).done(0, {}).problem == "none"
        assert [entry.name for entry in tmp_path.iterdir()] == ["trials.json"]

    def test_a_folder_that_cannot_be_written_costs_only_the_record(self, job, tmp_path):
        (tmp_path / "file").write_text("in the way")
        assert tune(self.SPEC, job, folder=str(tmp_path / "file")).trials == 6


class TestNested:
    TUNING = Tuning(ranges={"max_depth": DEPTH, "max_features": Range(low=0.2, high=1.0)}, trials=3)
    FOREST = ModelSpec(name="forest", use="random_forest", inputs=("a", "b"), parameters=TREES, seeds=2, tune=TUNING)

    def test_each_fold_has_its_own_that_are_said_and_stored(self, make_dataset, tmp_path):
        dataset = make_dataset(300)
        model = cross_fit("random_forest", dataset, folds=3, seeds=2, tune=self.TUNING, **TREES)
        assert len({tuple(fit.tuned.items()) for fit in model.fits}) > 1
        for fit in model.fits:
            assert len(fit.members) == 2
            for member in fit.members:
                built = member.estimator.get_params()
                assert {name: built[name] for name in fit.tuned} == dict(fit.tuned)
            assert fit.description["tuned"].startswith(f"max_depth {fit.tuned['max_depth']}, max_features 0.")
            assert fit.description["trials"] == 3
        save_model(model, tmp_path)
        again = load_model(tmp_path)
        np.testing.assert_array_equal(again.score(dataset).raw, model.score(dataset).raw)
        assert [dict(fit.tuned) for fit in again.fits] == [dict(fit.tuned) for fit in model.fits]

    def test_networks_of_other_shapes_in_each_fold_come_back(self, make_dataset, tmp_path):
        """Their files hold weights alone: what shape they have is what was found."""
        dataset = make_dataset(300)
        tuning = Tuning(ranges={"hidden": ([3], [4, 4], [5], [6])}, trials=3)
        model = cross_fit("network", dataset, folds=3, tune=tuning, epochs=2)
        save_model(model, tmp_path)
        np.testing.assert_array_equal(load_model(tmp_path).score(dataset).raw, model.score(dataset).raw)

    def test_a_record_changes_nothing(self, make_dataset, tmp_path):
        dataset = make_dataset(300)
        (alone,) = cross_fit_all([self.FOREST], dataset, folds=2)
        (kept,) = cross_fit_all([self.FOREST], dataset, folds=2, record=tmp_path / "tuning")
        np.testing.assert_array_equal(alone.score(dataset).raw, kept.score(dataset).raw)
        names = sorted(path.name for path in (tmp_path / "tuning").iterdir())
        assert names == ["forest-fold_0.json", "forest-fold_1.json"]

    @pytest.mark.slow
    def test_workers_change_nothing(self, make_dataset):
        dataset = make_dataset(300)
        (alone,) = cross_fit_all([self.FOREST], dataset, folds=2)
        with Workers(2) as workers:
            (together,) = cross_fit_all([self.FOREST], dataset, folds=2, workers=workers)
        np.testing.assert_array_equal(alone.score(dataset).raw, together.score(dataset).raw)

    def test_the_fold_that_is_judged_has_no_say(self, make_dataset):
        """Its labels turned round change neither what is found for it nor the estimator; those of others do."""
        dataset = make_dataset(300)
        fold = fold_of(dataset.id, seed=42, folds=2)

        def first(turned):
            sample = np.where(turned & ~dataset.data, 1 - dataset.sample, dataset.sample).astype(np.int16)
            weight = np.ones(len(dataset))
            model = cross_fit(
                "random_forest", replace(dataset, sample=sample, weight=weight), folds=2, tune=self.TUNING, **TREES
            )
            return model.fits[0].tuned, model.fits[0].score(dataset.X)

        found, scores = first(np.zeros(len(dataset), dtype=bool))
        again, same = first(fold == 0)
        assert again == found
        np.testing.assert_array_equal(same, scores)
        assert not np.array_equal(first(fold == 1)[1], scores)

    def test_labels_without_meaning_are_worth_nothing_out_of_fold(self, make_dataset, tmp_path):
        """The best of many trials on the validation events looks like something; what is quoted does not."""
        dataset = make_dataset(400, shift=0.0)
        ranges = {
            "max_depth": DEPTH,
            "max_features": Range(low=0.2, high=1.0),
            "min_samples_leaf": Range(low=1, high=60),
        }
        spec = ModelSpec(
            name="noise", use="random_forest", inputs=dataset.inputs, parameters={"n_estimators": 3},
            tune=Tuning(ranges=ranges, trials=25),
        )  # fmt: skip
        (model,) = cross_fit_all([spec], dataset, folds=4, record=tmp_path)
        best = [
            max(trial["value"] for trial in json.loads(path.read_text())["trials"]) for path in tmp_path.glob("*.json")
        ]
        raw = model.score(dataset).value
        part = Part(dataset.X[~dataset.data], dataset.signal[~dataset.data], dataset.weight[~dataset.data])
        error = np.sqrt(1 / 400 / 6) * 1.2  # of an AUC of 400 against 400 events, and of their weights
        assert abs(validation_auc(raw[~dataset.data], part) - 0.5) < 3 * error
        assert np.mean(best) > 0.5 + 2 * error


class TestRefused:
    @pytest.mark.parametrize(
        ("spec", "says"),
        [
            (spec_of(max_deph=DEPTH), "tune: random_forest has no parameter 'max_deph'; did you mean max_depth"),
            (
                spec_of(max_depth=Range(low=6, high=1)),
                "tune: max_depth goes from low to a larger high, not from 6 to 1",
            ),
            (spec_of(max_depth=Range(low=6, high=6)), "larger high"),
            (spec_of(max_features=Range(low=0.1, high=float("inf"))), "larger high"),
            (
                spec_of(max_features=Range(low=0.0, high=1.0, log=True)),
                "in the logarithm, so low must be above 0, not 0.0",
            ),
            (spec_of(max_depth=()), "tune: max_depth has no choices"),
            (spec_of(n_estimators=Range(low=1, high=9)), "tune: n_estimators is both given and sought"),
            (spec_of(max_depth=Range(low=-3, high=5)), "tune: random_forest: .*max_depth"),
            (spec_of(max_depth=(3, "deep")), "tune: random_forest: .*max_depth"),
            (spec_of(trials=0, max_depth=DEPTH), "trials must be 1 to 10,000"),
            (spec_of(minutes=0.0, max_depth=DEPTH), "minutes above 0"),
            (spec_of(), "no parameters to seek"),
            (spec_of("autoencoder", {}, batch_size=(8, 16)), "autoencoder does not learn from both classes"),
        ],
    )
    def test_before_any_training(self, spec, says):
        with pytest.raises(FivesigmaError, match=says):
            check_spec(spec)
