"""One window: what is counted in it, how selections are judged, and why it is skipped."""

import numpy as np
import pytest

from fivesigma.evaluation.roc import auc
from fivesigma.searches.anomaly.results import SkippedWindow
from fivesigma.searches.anomaly.scan_window import judge_window, scan_window, selected_events, too_few
from fivesigma.searches.anomaly.windows import mass_windows


def one_window():
    return mass_windows([3500.0], width=500, sideband=400)[0]


def folds_of(mass, folds=3):
    return (np.arange(len(mass)) % folds).astype(np.int8)


def test_events_in_window_and_sidebands_are_counted_before_any_selection(dijets, quick):
    mass, X, _ = dijets(4000)
    found = judge_window(mass, folds_of(mass), X[:, 0].astype(np.float64), one_window(), quick())
    counts = [((mass >= low) & (mass < high)).sum() for low, high in ((3250, 3750), (2850, 3250), (3750, 4150))]
    assert [found.inside, found.below, found.above] == counts
    assert found.loss is None
    assert [excess.efficiency for excess in found.excesses] == [0.1, 0.02]


def test_the_area_is_of_each_fold_with_sidebands_of_equal_weight(dijets, quick):
    mass, X, _ = dijets(4000, signal=200)
    fold, window = folds_of(mass), one_window()
    score = X[:, 0] + 100.0 * fold  # of another scale in each fold
    found = judge_window(mass, fold, score, window, quick()).auc
    areas = []
    for one in range(3):
        groups = [part(mass) & (fold == one) for part in (window.inside, window.below, window.above)]
        halves = [
            auc(np.r_[score[groups[0]], score[side]], np.arange(groups[0].sum() + side.sum()) < groups[0].sum())
            for side in groups[1:]
        ]
        areas.append(np.mean(halves))  # weights of sidebands alike: the mean of either's area
    assert found == pytest.approx(np.mean(areas))
    assert found == pytest.approx(judge_window(mass, fold, X[:, 0].astype(np.float64), window, quick()).auc)


def test_fractions_are_of_all_events_or_of_those_in_the_sidebands(dijets, quick):
    mass, X, _ = dijets(4000)
    fold, window, score = folds_of(mass), one_window(), X[:, 0].astype(np.float64)
    everywhere = selected_events(mass, fold, score, window, 0.1, quick())
    beside = selected_events(mass, fold, score, window, 0.1, quick(efficiency_of="sidebands"))
    sides = window.below(mass) | window.above(mass)
    for one in range(3):
        assert everywhere[fold == one].sum() == round(0.1 * (fold == one).sum())
        assert beside[sides & (fold == one)].sum() == round(0.1 * (sides & (fold == one)).sum())


def test_equal_scores_are_not_selected_by_mass(dijets, quick):
    mass = np.sort(dijets(8000)[0])
    kept = selected_events(mass, folds_of(mass), np.zeros(len(mass)), one_window(), 0.25, quick())
    assert abs(kept[:4000].sum() - 1000) < 5 * np.sqrt(1000 * 0.75 / 2)


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ((3250, 3750), "events in the window"),
        ((2850, 3250), "in the lower sideband"),
        ((3750, 4150), "in the upper sideband"),
    ],
)
def test_each_part_that_lacks_events_is_named(dijets, quick, lacking, reason):
    mass, X, _ = dijets(4000)
    kept = (mass < lacking[0]) | (mass >= lacking[1])
    mass, X = mass[kept], X[kept]
    told = too_few(mass, folds_of(mass), one_window(), quick())
    assert told.startswith("0 events in the ")
    assert reason in told
    assert told.endswith("fewer than 50")
    assert isinstance(scan_window(mass, X, folds_of(mass), one_window(), quick()), SkippedWindow)


def test_a_fold_without_events_of_one_part_cannot_validate(dijets, quick):
    mass, X, _ = dijets(4000)
    fold = folds_of(mass)
    assert too_few(mass, fold, one_window(), quick()) is None
    fold[one_window().below(mass) & (fold == 1)] = 2
    assert too_few(mass, fold, one_window(), quick()) == "no events in the lower sideband in 1 of 3 folds"
    assert isinstance(scan_window(mass, X, fold, one_window(), quick()), SkippedWindow)


def test_a_selection_that_cannot_be_fitted_does_not_end_the_others(dijets, quick):
    mass, X, _ = dijets(4000)
    found = judge_window(
        mass, folds_of(mass), X[:, 0].astype(np.float64), one_window(), quick(efficiencies=(0.2, 0.0005))
    )
    assert [excess.efficiency for excess in found.excesses] == [0.2]
    (reason,) = found.unfitted
    assert reason.startswith("0.0005: ")
