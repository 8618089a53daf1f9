"""Features that events lack: what is said of them is said of the events that have them, and how many do not is told."""

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.errors import DataError
from fivesigma.evaluation.correlation import correlations
from fivesigma.evaluation.distributions import feature_distributions
from fivesigma.evaluation.observable_dependence import observable_correlations
from fivesigma.evaluation.single_cuts import single_cuts
from fivesigma.evaluation.yields import yields_by_fold


@pytest.fixture(scope="module")
def holes(make):
    """A dataset whose best input is missing in a third of the events, the mass in a tenth, and its scores."""
    dataset, scores = make(n=1500)
    generator = np.random.default_rng(6)
    X, mass = dataset.X.copy(), dataset.observables["mass"].copy()
    X[generator.random(len(X)) < 1 / 3, 0] = np.nan
    mass[generator.random(len(X)) < 0.1] = np.nan
    return replace(dataset, X=X, observables={**dataset.observables, "mass": mass}), scores


class TestCuts:
    def test_an_event_without_the_value_passes_no_cut_either_way(self):
        values = np.array([1.0, np.nan, 3.0, np.nan, 2.0, 5.0])
        is_signal = np.array([1, 1, 1, 0, 0, 0], dtype=bool)
        weight, fold = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]), np.array([0, 1, 0, 1, 0, 1])
        yields = yields_by_fold(
            values, is_signal, weight, fold, folds=2, cuts=np.array([0.0, 2.5]), directions=(">=", "<")
        ).all()
        np.testing.assert_array_equal(yields.signal, [5, 4, 0, 1])
        np.testing.assert_array_equal(yields.background, [48, 32, 0, 16])
        # without a cut they are there
        assert (yields.all_signal, yields.all_background) == (7, 56)

    def test_scans_count_what_is_there(self, holes):
        dataset, _ = holes
        (found,) = single_cuts(dataset, features=["useful"], folds=2, points=20)
        values, weight = dataset.X[:, 0], dataset.weight
        there = ~np.isnan(values)
        for scan in found.scans:
            for mask, made in ((dataset.signal, scan.signal), (dataset.background, scan.background)):
                for cut, total in zip(scan.cuts, made, strict=True):
                    kept = (values >= cut) if scan.direction == ">=" else (values < cut)
                    np.testing.assert_allclose(total, weight[mask & there & kept].sum(), atol=1e-9)
        assert np.isfinite(found.best_asimov_z.value.value)
        assert all(np.isfinite(scan.cuts).all() for scan in found.scans)

    def test_the_cuts_tried_are_values_that_there_are(self, holes):
        dataset, _ = holes
        whole = single_cuts(dataset.where(~np.isnan(dataset.X[:, 0])), features=["useful"], folds=2, points=20)
        (found,), (expected,) = single_cuts(dataset, features=["useful"], folds=2, points=20), whole
        np.testing.assert_array_equal(found.scans[0].cuts, expected.scans[0].cuts)

    def test_of_an_input_that_nobody_has_there_is_no_cut(self, holes):
        dataset, _ = holes
        X = dataset.X.copy()
        X[:, 0] = np.nan
        best, *_, found = single_cuts(replace(dataset, X=X), folds=2, points=20)
        assert found.feature == "useful"
        assert found.best_asimov_z is None
        assert found.scans == ()
        assert best.best_asimov_z is not None

    def test_of_an_input_that_one_class_lacks(self, holes):
        """Cuts at the values of the other class; all that passes is of that class."""
        dataset, _ = holes
        X = dataset.X.copy()
        X[dataset.background, 0] = np.nan
        (found,) = single_cuts(replace(dataset, X=X), features=["useful"], folds=2, points=20)
        assert found.best_asimov_z is None
        assert all((scan.background == 0).all() for scan in found.scans)


class TestDistributions:
    def test_missing_events_are_counted_apart(self, holes):
        dataset, _ = holes
        found = {f.feature: f for f in feature_distributions(dataset, show_data=True)}
        simulated = ~dataset.data
        for name, values in (("useful", dataset.X[:, 0]), ("mass", dataset.observables["mass"])):
            feature, absent = found[name], np.isnan(values)
            assert feature.missing == pytest.approx(absent[simulated].mean())
            assert np.isfinite(feature.edges).all()
            for sample in feature.samples:
                mine = dataset.of(sample.name)
                assert sample.histogram.missing == absent[mine].sum()
                inside = mine & (values >= feature.edges[0]) & (values <= feature.edges[-1])
                np.testing.assert_allclose(sample.histogram.total.sum(), dataset.weight[inside].sum(), rtol=1e-9)
            assert feature.data.counts.sum() <= np.count_nonzero(dataset.data & ~absent)
        assert found["flat"].missing == 0

    def test_a_feature_that_nobody_has_is_named(self, holes):
        dataset, _ = holes
        X = dataset.X.copy()
        X[:, 1] = np.nan
        with pytest.raises(DataError, match="'flat' has no finite value"):
            feature_distributions(replace(dataset, X=X))


class TestCorrelations:
    def test_each_is_of_the_events_that_have_both(self, holes):
        dataset, _ = holes
        for found, mask in zip(
            correlations(dataset, features=["useful", "mass", "flat"])[:2],
            (dataset.signal, dataset.background),
            strict=True,
        ):
            columns = [
                dataset.X[mask, 0].astype(float),
                dataset.observables["mass"][mask],
                dataset.X[mask, 1].astype(float),
            ]
            for i, one in enumerate(columns):
                for j, two in enumerate(columns):
                    both = ~np.isnan(one) & ~np.isnan(two)
                    expected = np.corrcoef(one[both], two[both])[0, 1]  # weights are equal within a class
                    assert found.matrix[i][j] == pytest.approx(expected, abs=1e-9)

    def test_of_the_score_with_an_observable(self, holes):
        dataset, scores = holes
        found = observable_correlations(dataset, scores, replicas=50)
        both = dataset.background & ~np.isnan(dataset.observables["mass"])
        expected = np.corrcoef(scores.value[both], dataset.observables["mass"][both])[0, 1]
        assert found.coefficients["mass"].value == pytest.approx(expected, abs=1e-9)

    def test_of_what_nobody_has_there_is_none(self, holes):
        dataset, scores = holes
        none = replace(dataset, observables={**dataset.observables, "mass": np.full(len(dataset), np.nan)})
        assert observable_correlations(none, scores, replicas=5).coefficients["mass"] is None
        signal, *_ = correlations(none, features=["useful", "mass"])
        assert signal.matrix[0][1] is None
        assert signal.matrix[0][0] == pytest.approx(1)
