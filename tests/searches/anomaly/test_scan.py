"""The scan as a whole: what it finds, what it does not, and that it is the same however it is made."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.parallel import Workers
from fivesigma.searches.anomaly import scan as module
from fivesigma.searches.anomaly.results import NullExperiments, SkippedWindow
from fivesigma.searches.anomaly.scan import anomaly_scan, scan_events, with_null_experiments
from fivesigma.searches.anomaly.scan_window import judge_window, scan_window
from fivesigma.searches.anomaly.windows import mass_windows

FEATURES = ("one", "other")


def three_windows():
    return mass_windows([3000.0, 3500.0, 4000.0], width=500, sideband=400)


@pytest.fixture(scope="module")
def with_signal(dijets, quick):
    return scan_events(*dijets(signal=150), quick())


@pytest.fixture(scope="module")
def found(with_signal, quick):
    return anomaly_scan(with_signal, three_windows(), quick(), features=FEATURES)


def test_a_resonance_is_found_where_it_is(found):
    assert found.best.mass == 3500
    assert found.best.z > 5
    assert [one.window.mass for one in found.windows] == [3000, 3500, 4000]
    assert found.trials == 6
    excess = found.best_excess
    assert (excess.z, excess.p_value, excess.log_p) == (found.best.z, found.best.p_value, found.best.log_p)
    assert found.bonferroni.value == pytest.approx(6 * found.best.p_value)
    assert found.p_global == found.bonferroni
    assert found.best_window.auc > 0.5


def test_without_one_nothing_stands_out(dijets, quick):
    scan = anomaly_scan(scan_events(*dijets(), quick()), three_windows(), quick(), features=FEATURES)
    assert abs(scan.best.z) < 4
    assert scan.p_global.value >= scan.best.p_value


def test_the_events_told_are_those_selected(found, with_signal):
    events, excess = found.events, found.best_excess
    assert events.selected.sum() == excess.selected
    assert found.best_window.window.inside(events.mass[events.selected]).sum() == excess.observed
    assert np.array_equal(events.mass, with_signal.mass)


def test_the_scan_is_the_same_with_two_workers_and_window_by_window(found, with_signal, quick):
    with Workers(2) as workers:
        again = anomaly_scan(with_signal, three_windows(), quick(), features=FEATURES, workers=workers)
    for one, other in zip(found.windows, again.windows, strict=True):
        assert [excess.z for excess in one.excesses] == [excess.z for excess in other.excesses]
        assert (one.auc, one.loss) == (other.auc, other.loss)
    assert np.array_equal(found.events.score, again.events.score)
    alone = scan_window(with_signal.mass, with_signal.X, with_signal.fold, three_windows()[1], quick())
    assert [excess.z for excess in alone.excesses] == [excess.z for excess in found.windows[1].excesses]


def test_finished_windows_are_not_trained_again(found, with_signal, quick, tmp_path, monkeypatch):
    whole = anomaly_scan(with_signal, three_windows(), quick(), features=FEATURES, record=tmp_path)
    trained = []
    train = module.train_members
    monkeypatch.setattr(module, "train_members", lambda task, shared: trained.append(task) or train(task, shared))
    min(tmp_path.glob("window-*.npz")).unlink()
    again = anomaly_scan(with_signal, three_windows(), quick(), features=FEATURES, record=tmp_path)
    assert len({task.window.mass for task in trained}) == 1
    for one in (whole, again):
        assert [[e.z for e in w.excesses] for w in one.windows] == [[e.z for e in w.excesses] for w in found.windows]
    trained.clear()
    anomaly_scan(with_signal, three_windows(), quick(seed=43), features=FEATURES, record=tmp_path)
    assert len({task.window.mass for task in trained}) == 3  # what was asked is another scan
    trained.clear()
    anomaly_scan(with_signal, three_windows(), quick(efficiencies=(0.05,)), features=FEATURES, record=tmp_path)
    assert not trained  # scores do not depend on the selection


@pytest.mark.parametrize("broken", [b"", b"PK\x03\x04 cut off", "half"])
def test_a_record_that_was_cut_off_is_not_believed(found, with_signal, quick, tmp_path, broken):
    anomaly_scan(with_signal, three_windows(), quick(), features=FEATURES, record=tmp_path)
    for path in tmp_path.glob("window-*.npz"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if broken == "half" else broken)
    again = anomaly_scan(with_signal, three_windows(), quick(), features=FEATURES, record=tmp_path)
    assert [[e.z for e in w.excesses] for w in again.windows] == [[e.z for e in w.excesses] for w in found.windows]


SCRIPT = """
import sys
import numpy as np
from pathlib import Path
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.scan import anomaly_scan, scan_events
from fivesigma.searches.anomaly.windows import mass_windows

given = np.load(sys.argv[1])
options = ScanOptions(range=(2000.0, 8000.0), members=2, folds=3, order=3, least_events=50, parameters={"max_iter": 150, "learning_rate": 0.01})
events = scan_events(given["mass"], given["X"], given["ids"], options)
windows = mass_windows([3000.0, 3500.0, 4000.0], width=500, sideband=400)
scan = anomaly_scan(events, windows, options, features=("one", "other"), record=Path(sys.argv[2]))
print([excess.z for window in scan.windows for excess in window.excesses])
"""


def test_a_scan_that_is_killed_goes_on_with_the_windows_that_are_left(dijets, tmp_path):
    mass, X, ids = dijets(4000)
    np.savez(tmp_path / "events.npz", mass=mass, X=X, ids=ids)

    def command(record):
        return [sys.executable, "-c", SCRIPT, str(tmp_path / "events.npz"), str(record)]

    record = tmp_path / "record"
    process = subprocess.Popen(command(record), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(record.glob("window-*.npz")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() != 0
    finished = {path.name: path.stat().st_mtime_ns for path in record.glob("window-*.npz")}
    assert 1 <= len(finished) < 3
    went_on = subprocess.run(command(record), capture_output=True, text=True, check=True).stdout
    assert finished.items() <= {path.name: path.stat().st_mtime_ns for path in record.glob("window-*.npz")}.items()
    assert went_on == subprocess.run(command(tmp_path / "new"), capture_output=True, text=True, check=True).stdout


def test_windows_in_the_turn_on_are_refused(quick):
    random = np.random.default_rng(1)
    mass = 2000 + random.exponential(700, 60_000)
    mass = mass[random.random(len(mass)) < 1 / (1 + np.exp(-(mass - 2800) / 60))]
    ids = np.arange(len(mass)).astype(np.uint64)
    X = np.zeros((len(mass), 2), np.float32)
    windows = mass_windows([2800.0], width=400, sideband=200)
    with pytest.raises(FivesigmaError, match=r"rises up to 2[789]\d\d GeV.*begin at 2[789]\d\d GeV or above") as caught:
        anomaly_scan(scan_events(mass, X, ids, quick()), windows, quick(), features=FEATURES)
    end = float(re.search(r"up to (\d+) GeV", str(caught.value))[1])
    assert f"and masses above {end + 200:g} GeV: the window of 2800 GeV begins at 2600 GeV" in str(caught.value)
    # windows beyond it do not help where the fit's range has it
    windows = mass_windows([4000.0], width=500, sideband=400)
    with pytest.raises(FivesigmaError, match=r"the range of the scan begins at 2000 GeV, where no falling") as caught:
        anomaly_scan(scan_events(mass, X, ids, quick()), windows, quick(), features=FEATURES)
    assert "the window of" not in str(caught.value)
    options = quick(range=(end, 8000.0))
    assert anomaly_scan(scan_events(mass, X, ids, options), windows, options, features=FEATURES).windows


def test_windows_with_too_few_events_are_skipped_and_told(with_signal, quick):
    options = quick(least_events=400)
    windows = mass_windows([3000.0, 3500.0, 4000.0, 4500.0, 5000.0, 5500.0], width=500, sideband=400)
    scan = anomaly_scan(with_signal, windows, options, features=FEATURES)
    assert scan.windows
    assert scan.skipped
    assert {w.window.mass for w in scan.windows} | {s.window.mass for s in scan.skipped} == {w.mass for w in windows}
    found = {finding.subject: finding for finding in scan.findings if finding.code == "window-skipped"}
    assert found.keys() == {f"{one.window.mass:g} GeV" for one in scan.skipped}
    assert "fewer than 400" in found["5500 GeV"].message


@pytest.mark.parametrize("folds", [3, 30])
def test_windows_that_lack_events_in_a_fold_are_skipped(dijets, quick, folds):
    options = quick(folds=folds, members=1, least_events=10)
    events = scan_events(*dijets(1000), options)
    windows = mass_windows(np.arange(3000.0, 5001.0, 500.0), width=500, sideband=400)
    scan = anomaly_scan(events, windows, options, features=FEATURES)
    reasons = " ".join(one.reason for one in scan.skipped)
    assert len(scan.windows) + len(scan.skipped) == 5
    assert (f"of {folds} folds" in reasons) == (folds == 30)
    for one in scan.windows:
        window = one.window
        for part in (window.inside, window.below, window.above):
            assert set(events.fold[part(events.mass)]) == set(range(folds))


def test_a_scan_of_which_nothing_is_left_says_so(with_signal, quick):
    scan = anomaly_scan(with_signal, three_windows(), quick(least_events=100_000), features=FEATURES)
    assert (scan.best, scan.p_global, scan.bonferroni, scan.best_window, scan.best_excess, scan.events) == (None,) * 6
    assert len(scan.skipped) == 3


def test_a_given_score_goes_through_the_same_selections_and_fits(with_signal, quick):
    score = with_signal.X.sum(axis=1).astype(np.float64)
    scan = anomaly_scan(with_signal, three_windows(), quick(efficiencies=(0.02,)), features=FEATURES, score=score)
    assert scan.best.mass == 3500
    assert scan.best.z > 5
    # E. Gross and O. Vitells, eq. 3, with one rise through zero
    assert scan.gross_vitells.value == pytest.approx(scan.best.p_value + np.exp(-(scan.best.z**2) / 2), rel=1e-6)
    direct = judge_window(with_signal.mass, with_signal.fold, score, three_windows()[1], quick(efficiencies=(0.02,)))
    assert direct.excesses[0].z == scan.windows[1].excesses[0].z
    # its assumption does not hold where each window trains, or there are several selections
    assert anomaly_scan(with_signal, three_windows(), quick(), features=FEATURES, score=score).gross_vitells is None
    trained = anomaly_scan(with_signal, three_windows(), quick(efficiencies=(0.02,)), features=FEATURES)
    assert trained.gross_vitells is None


def test_an_autoencoder_is_trained_once_for_all_windows(with_signal, quick):
    options = quick(use="autoencoder", parameters={"hidden": [4, 1], "epochs": 2}, members=1)
    done = []
    scan = anomaly_scan(
        with_signal, three_windows(), options, features=FEATURES, progress=lambda *progress: done.append(progress)
    )
    assert done[-1] == (3, 3)  # estimators, one a fold
    assert len(scan.windows) == 3


def test_decorrelated_features_find_what_features_that_follow_the_mass_hide(dijets, quick):
    mass, X, ids = dijets(signal=100)
    X = X + (0.005 * mass)[:, np.newaxis].astype(np.float32)
    found, codes = {}, {}
    for decorrelate in (False, True):
        options = quick(decorrelate=decorrelate)
        events = scan_events(mass, X, ids, options)
        scan = anomaly_scan(events, three_windows(), options, features=FEATURES)
        found[decorrelate] = max(excess.z for excess in scan.windows[1].excesses)
        codes[decorrelate] = {finding.code for finding in scan.findings}
        assert np.array_equal(events.given, X)
    assert "feature-follows-mass" in codes[False]
    assert "feature-follows-mass" not in codes[True]
    assert found[False] < 4
    assert found[True] > 6


def test_events_are_those_in_range_and_their_masses_are_numbers(dijets, quick):
    mass, X, ids = dijets(500)
    events = scan_events(mass, X, ids, quick(range=(2500.0, 4000.0)))
    assert events.mass.min() >= 2500
    assert events.mass.max() <= 4000
    with pytest.raises(DataError, match="not finite in 1 events"):
        scan_events(np.where(np.arange(len(mass)) == 3, np.nan, mass), X, ids, quick())
    with pytest.raises(DataError, match="no event has a mass from 9000 to 9900 GeV; they lie from 2002 to 7999 GeV"):
        scan_events(mass, X, ids, quick(range=(9000.0, 9900.0)))
    with pytest.raises(DataError, match=r"no event has a mass from 2000 to 8000 GeV$"):
        scan_events(mass[:0], X[:0], ids[:0], quick())
    with pytest.raises(FivesigmaError, match="at least 3 folds, not 2"):
        scan_events(mass, X, ids, quick(folds=2))


def experiments(largest, width=1.0, trials=6):
    largest = np.asarray(largest, dtype=np.float64)
    return NullExperiments(
        features="conditional",
        members=2,
        largest_z=largest,
        largest_absolute_z=np.abs(largest),
        observed=6.0,
        p_value=Estimate(value=0.05, low=0.0, high=0.09, method="test"),
        expected_absolute_z=1.7,
        trials=trials,
        width=Estimate(value=width, low=width - 0.05, high=width + 0.05, method="test"),
    )


def test_pseudo_experiments_say_the_global_p_value(found):
    random = np.random.default_rng(1)
    null = experiments(np.abs(random.normal(size=(40, 6))).max(axis=1))
    scan = with_null_experiments(found, [null])
    assert scan.p_global == null.p_value
    assert not {"null-scan-fires"} & {finding.code for finding in scan.findings}
    other = replace(null, p_value=Estimate(value=0.2, low=0.1, high=0.3, method="other"))
    assert with_null_experiments(found, [null, other]).p_global.value == 0.2
    assert with_null_experiments(found, []) == found


@pytest.mark.parametrize(("factor", "width", "severity"), [(1.3, 1.3, "warning"), (4.0, 4.0, "serious")])
def test_pseudo_experiments_that_find_too_much_are_told(found, factor, width, severity):
    random = np.random.default_rng(1)
    null = experiments(factor * np.abs(random.normal(size=(100, 6))).max(axis=1), width=width)
    (finding,) = [one for one in with_null_experiments(found, [null]).findings if one.code == "null-scan-fires"]
    assert finding.severity == severity


def test_selections_that_cannot_be_fitted_are_told(with_signal, quick):
    scan = anomaly_scan(with_signal, three_windows(), quick(efficiencies=(0.1, 0.0002)), features=FEATURES)
    told = [finding for finding in scan.findings if finding.code == "selection-not-fitted"]
    lacking = [window for window in scan.windows if len(window.excesses) < 2]
    assert told
    assert len(told) == len(lacking)
    assert "0.0002" in told[0].message


def test_a_window_alone_says_why_it_was_skipped(with_signal, quick):
    skipped = scan_window(
        with_signal.mass, with_signal.X, with_signal.fold, three_windows()[0], quick(least_events=10**6)
    )
    assert isinstance(skipped, SkippedWindow)
    assert "events in the window" in skipped.reason


def test_the_record_is_a_folder_of_files_that_hold_arrays_alone(with_signal, quick, tmp_path):
    anomaly_scan(with_signal, three_windows()[:1], quick(), features=FEATURES, record=tmp_path / "new" / "folder")
    (path,) = Path(tmp_path / "new" / "folder").iterdir()
    with np.load(path, allow_pickle=False) as file:
        assert file["score"].shape == with_signal.mass.shape
