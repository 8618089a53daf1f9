from dataclasses import replace

import numpy as np
import pytest

from fivesigma.inference.mass.fitting import SpectrumFit
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.anomaly.event_views import selected_features, window_scores
from fivesigma.searches.anomaly.results import AnomalyScan, LocalExcess, ScanPoint, ScoredEvents, WindowScan
from fivesigma.searches.anomaly.windows import MassWindow

WINDOW = MassWindow(mass=3500, low=3300, high=3700, lowest=2900, highest=4100)
EDGES = np.linspace(2500, 5000, 6)
FIT = SpectrumFit(
    values=np.empty(0),
    covariance=np.empty((0, 0)),
    chi2=1.0,
    ndf=1,
    background=np.ones(5),
    signal=np.zeros(5),
    has_peak=False,
)


def excess(efficiency: float, selected: int) -> LocalExcess:
    return LocalExcess(
        efficiency=efficiency,
        selected=selected,
        observed=1.0,
        expected=1.0,
        expected_error=0.1,
        z=0.0,
        p_value=0.5,
        log_p=-0.7,
        order=3,
        spectrum=Spectrum(edges=EDGES, sum_w=np.ones(5), sum_w2=np.ones(5)),
        fit=FIT,
    )


@pytest.fixture
def scan() -> AnomalyScan:
    generator = np.random.default_rng(4)
    n = 5000
    mass, score = generator.uniform(2500, 5000, n), generator.normal(size=n)
    selected = score >= np.sort(score)[-50]
    X = np.stack([generator.normal(size=n) + 20 * selected, generator.integers(0, 4, n) + 6 * selected], axis=1)
    best = WindowScan(
        window=WINDOW, inside=1, below=1, above=1, auc=0.5, loss=None, excesses=(excess(0.1, 500), excess(0.01, 50))
    )
    return AnomalyScan(
        name="scan",
        score="trees",
        features=("x", "count"),
        efficiencies=(0.1, 0.01),
        spectrum=best.excesses[0].spectrum,
        fit=FIT,
        family="dijet",
        order=3,
        windows=(best,),
        skipped=(),
        best=ScanPoint(mass=3500, efficiency=0.01, z=0.0, p_value=0.5, log_p=-0.7),
        trials=2,
        bonferroni=None,
        gross_vitells=None,
        null_experiments=(),
        p_global=None,
        events=ScoredEvents(mass=mass, score=score, selected=selected, X=X.astype(np.float32)),
        findings=(),
    )


def test_scores_in_window_and_sidebands(scan: AnomalyScan) -> None:
    view = window_scores(scan)
    assert view is not None
    mass, score = scan.events.mass, scan.events.score
    for part, low, high in ((view.inside, 3300, 3700), (view.below, 2900, 3300), (view.above, 3700, 4100)):
        assert part.counts.sum() == np.count_nonzero((mass >= low) & (mass < high))
    assert view.beyond == 0
    # as many events lie above a threshold as the selection kept
    assert [np.count_nonzero(score >= one.score) for one in view.thresholds] == [500, 50]


def test_scores_far_above_all_others_are_in_the_last_bin(scan: AnomalyScan) -> None:
    far = np.where(scan.events.score == scan.events.score.max(), 1e6, scan.events.score)
    mass = np.where(far == 1e6, 3500.0, scan.events.mass)
    view = window_scores(replace(scan, events=replace(scan.events, score=far, mass=mass)))
    assert view is not None
    assert view.edges[-1] < 20
    assert view.inside.counts.sum() == np.count_nonzero(WINDOW.inside(mass))
    assert view.inside.counts[-1] >= 1
    assert view.beyond == 1


def test_scores_that_are_all_equal(scan: AnomalyScan) -> None:
    view = window_scores(replace(scan, events=replace(scan.events, score=np.zeros(5000))))
    assert view is not None
    assert view.inside.counts.sum() == np.count_nonzero(WINDOW.inside(scan.events.mass))


def test_every_event_is_selected_inside_or_outside_or_not_at_all(scan: AnomalyScan) -> None:
    _, count = selected_features(scan)
    inside = np.count_nonzero(WINDOW.inside(scan.events.mass) & scan.events.selected)
    assert (count.inside.counts.sum(), count.outside.sum(), count.rest.sum()) == (inside, 50 - inside, 4950)


def test_selected_events_in_the_tail_of_a_feature_are_shown(scan: AnomalyScan) -> None:
    x, count = selected_features(scan)
    assert x.inside.counts.sum() > 0.9 * np.count_nonzero(WINDOW.inside(scan.events.mass) & scan.events.selected)
    assert (x.feature, count.feature) == ("x", "count")
    np.testing.assert_array_equal(count.edges, np.arange(-0.5, 10))  # whole values have bins of their own


def test_missing_values_are_left_out(scan: AnomalyScan) -> None:
    X = scan.events.X.copy()
    X[::2, 0] = np.nan
    x, _ = selected_features(replace(scan, events=replace(scan.events, X=X)))
    assert 0 < x.rest.sum() <= 2500


def test_a_selection_that_is_empty_in_the_window(scan: AnomalyScan) -> None:
    outside = scan.events.selected & ~WINDOW.inside(scan.events.mass)
    x, _ = selected_features(replace(scan, events=replace(scan.events, selected=outside)))
    assert x.inside.counts.sum() == 0 < x.rest.sum()


def test_nothing_looked_at(scan: AnomalyScan) -> None:
    nothing = replace(scan, windows=(), best=None, events=None)
    assert window_scores(nothing) is None
    assert selected_features(nothing) == ()
