"""What counts in training: balance, negative weights, seeds, another selection, and grid parameters as inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError, LeakError
from fivesigma.core.identity import entry_ids
from fivesigma.core.sample import SampleInfo
from fivesigma.learning.cross_fit import cross_fit
from fivesigma.learning.storage import load_model, save_model
from fivesigma.learning.training import training_weight


def auc(value, is_signal):
    return np.mean(value[is_signal][:, None] > value[~is_signal][None, :])


class TestTrainingWeight:
    WEIGHT = np.array([2.0, -1.0, 3.0, 10.0, -4.0, 6.0])
    SIGNAL = np.array([True, True, True, False, False, False])

    @pytest.mark.parametrize(
        ("negative", "expected"),
        [
            # class totals 3 each: 2, 1, 3 over 6 and 10, 4, 6 over 20
            ("absolute", [1.0, 0.5, 1.5, 1.5, 0.6, 0.9]),
            ("drop", [1.2, 0.0, 1.8, 1.875, 0.0, 1.125]),
            ("keep", [1.5, -0.75, 2.25, 2.5, -1.0, 1.5]),
        ],
    )
    def test_what_becomes_of_negative_weights(self, negative, expected):
        np.testing.assert_allclose(training_weight(self.WEIGHT, self.SIGNAL, negative=negative), expected)

    def test_by_yields_the_classes_keep_their_ratio(self):
        weight = training_weight(self.WEIGHT, self.SIGNAL, balance="yields")
        assert weight[self.SIGNAL].sum() / weight[~self.SIGNAL].sum() == pytest.approx(6 / 20)
        assert weight.mean() == pytest.approx(1)

    def test_the_weights_given_stay(self):
        before = self.WEIGHT.copy()
        for negative in ("absolute", "drop", "keep"):
            training_weight(self.WEIGHT, self.SIGNAL, negative=negative)
        np.testing.assert_array_equal(self.WEIGHT, before)

    def test_kept_ones_that_outweigh_a_class_are_refused(self):
        with pytest.raises(DataError, match="weights of signal sum to -4"):
            training_weight(np.array([1.0, -5.0, 2.0]), np.array([True, True, False]), negative="keep")


class TestHalves:
    def test_as_many_events_of_either_class_train(self, make_dataset):
        dataset = make_dataset(900)
        rare = dataset.where(~dataset.signal | (np.arange(len(dataset)) % 3 == 0))
        model = cross_fit("hist_gradient_boosting", rare, folds=3, balance="halves", max_iter=5)
        signal, background = (int(kind.sum()) for kind in (rare.signal, rare.background))
        assert signal < background
        for fit in model.fits:
            events = fit.description["training events"] + fit.description["validation events"]
            # two thirds of the signal train each fold, and as many background events
            assert events == pytest.approx(2 * signal * 2 / 3, rel=0.15)
            assert fit.description["training events"] % 2 == 0

    def test_it_is_the_same_again(self, make_dataset):
        dataset = make_dataset(300)
        models = [cross_fit("hist_gradient_boosting", dataset, folds=2, balance="halves", max_iter=5) for _ in "ab"]
        np.testing.assert_array_equal(models[0].score(dataset).raw, models[1].score(dataset).raw)


class TestNegativeWeights:
    def test_dropped_events_do_not_train(self, make_dataset):
        dataset = make_dataset(600, negative=0.3)
        kept = cross_fit("hist_gradient_boosting", dataset, folds=2, max_iter=5)
        dropped = cross_fit("hist_gradient_boosting", dataset, folds=2, max_iter=5, negative_weights="drop")
        for one, other in zip(dropped.fits, kept.fits, strict=True):
            assert one.description["training events"] < 0.8 * other.description["training events"]

    def test_what_cannot_use_them_refuses_them(self, dataset):
        with pytest.raises(FivesigmaError, match="negative_weights is absolute or drop"):
            cross_fit("random_forest", dataset, negative_weights="keep")


class TestSeeds:
    def test_the_score_is_the_mean_of_the_members(self, make_dataset, tmp_path):
        dataset = make_dataset(400)
        model = cross_fit("random_forest", dataset, folds=2, seeds=3, n_estimators=4, max_depth=3)
        scores = model.score(dataset)
        for j, fit in enumerate(model.fits):
            mine = scores.fold == j
            each = [member.score(dataset.X[mine]) for member in fit.members]
            assert len(each) == 3
            assert not np.array_equal(each[0], each[1])
            np.testing.assert_array_equal(scores.raw[mine], np.mean(each, axis=0))
            assert fit.description["seeds"] == 3
        save_model(model, tmp_path)
        np.testing.assert_array_equal(load_model(tmp_path).score(dataset).value, scores.value)

    def test_none_is_refused(self, dataset):
        with pytest.raises(FivesigmaError, match="seeds must be 1 to 1000"):
            cross_fit("random_forest", dataset, seeds=0)


class TestAnotherSelection:
    """The analysis keeps events with b > 0; training takes all."""

    @pytest.fixture(scope="class")
    @classmethod
    def loose(cls, make_dataset):
        return make_dataset(1500)

    @pytest.fixture(scope="class")
    @classmethod
    def tight(cls, loose):
        return loose.where(loose.X[:, 1] > 0)

    def test_more_events_train_and_only_those_of_the_analysis_scale(self, loose, tight):
        model = cross_fit("hist_gradient_boosting", tight, folds=2, training=loose, max_iter=10)
        own = cross_fit("hist_gradient_boosting", tight, folds=2, max_iter=10)
        assert model.fits[0].description["training events"] > 1.7 * own.fits[0].description["training events"]
        # the background of the analysis is uniform on the scale, though it is half of what trained
        scores = model.score(tight)
        value = scores.value[tight.background]
        assert np.mean(value > 0.5) == pytest.approx(0.5, abs=0.08)

    def test_the_ledger_knows_the_events_of_both(self, loose, tight):
        model = cross_fit("hist_gradient_boosting", tight, folds=2, training=loose, max_iter=5)
        only_loose = loose.where((loose.X[:, 1] <= 0) & ~loose.data)
        model.score(only_loose)  # by the estimator of the other fold
        with pytest.raises(LeakError, match="saw them"):
            replace(model, seed=model.seed + 1).score(only_loose)


def grid(n=1500, points=(0.0, 2.0), seed=3):
    """Return signals at several places of one input, as their parameter says, over a flat background."""
    generator = np.random.default_rng(seed)
    sample = np.repeat(np.arange(len(points) + 1), n).astype(np.int16)
    X = generator.uniform(-4, 6, size=(len(sample), 1)).astype(np.float32)
    for index, place in enumerate(points):
        X[sample == index, 0] = generator.normal(place, 0.5, n)
    infos = [SampleInfo(name=f"s{p:g}", kind="signal", parameters={"place": p}) for p in points]
    return Dataset(
        X=X,
        inputs=("x",),
        observables={},
        weight=np.ones(len(sample)),
        id=entry_ids("grid", np.arange(len(sample))),
        sample=sample,
        samples=(*infos, SampleInfo(name="background", kind="background")),
    )


class TestParametrised:
    @pytest.fixture(scope="class")
    @classmethod
    def dataset(cls):
        return grid()

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, dataset):
        return cross_fit("hist_gradient_boosting", dataset, folds=2, parametrised=["place"], max_iter=60)

    @pytest.mark.parametrize("place", [0.0, 2.0])
    def test_at_each_point_its_own_signal_stands_out(self, dataset, model, place):
        value = model.score(dataset, (place,)).value
        mine, other = dataset.of(f"s{place:g}"), dataset.of(f"s{2.0 - place:g}")
        # the best there is: 1 - 2 E|x - place| / 10 = 1 - 2 (0.5 √(2/π)) / 10 = 0.920
        assert 0.88 < auc(value[mine | dataset.background], mine[mine | dataset.background]) < 0.93
        assert np.median(value[mine]) > np.median(value[other])
        # the scale is that of the point
        assert np.mean(value[dataset.background] > 0.8) == pytest.approx(0.2, abs=0.06)

    def test_it_has_the_points_it_was_trained_at_and_no_other(self, dataset, model):
        assert model.points == ((0.0,), (2.0,))
        for point in (None, (1.0,), ()):
            with pytest.raises(FivesigmaError, match=r"a point is one of \(0\.0,\), \(2\.0,\)"):
                model.score(dataset, point)

    def test_the_parameter_alone_tells_nothing(self):
        """Drawn for background as signal has them, also where the points have unequal say."""
        dataset = grid(points=(0.0, 2.0, 4.0))
        dataset = replace(dataset, X=np.zeros_like(dataset.X), weight=np.where(dataset.of("s0"), 9.0, 1.0))
        model = cross_fit("hist_gradient_boosting", dataset, folds=2, parametrised=["place"], max_iter=60)
        for fit in model.fits:
            scores = [fit.score(np.array([[0.0, place]], dtype=np.float32))[0] for place in (0.0, 2.0, 4.0)]
            assert np.ptp(scores) < 0.12  # drawn evenly over the points it would be 0.4

    def test_it_comes_back_from_disk(self, dataset, model, tmp_path):
        save_model(model, tmp_path)
        again = load_model(tmp_path)
        assert again.spec == model.spec
        for point in model.points:
            np.testing.assert_array_equal(again.score(dataset, point).value, model.score(dataset, point).value)

    def test_a_signal_without_the_parameter_is_named(self, dataset):
        with pytest.raises(FivesigmaError, match="'s0' has no parameter 'plaice'; did you mean place"):
            cross_fit("hist_gradient_boosting", dataset, parametrised=["plaice"])
