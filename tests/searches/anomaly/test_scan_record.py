"""Records of finished windows: believed only if they are whole and of the same events, window, options, code and libraries."""

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.searches.anomaly import scan_record
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.scan_record import ScanRecord, events_digest
from fivesigma.searches.anomaly.windows import mass_windows

OPTIONS = ScanOptions(range=(2000.0, 8000.0))
SCORE = np.arange(20.0)


def one_window(mass=3500.0):
    return mass_windows([mass], width=400, sideband=400)[0]


@pytest.mark.parametrize("window", [None, one_window()])
@pytest.mark.parametrize("loss", [None, 0.3])
def test_what_is_kept_is_read(tmp_path, window, loss):
    record = ScanRecord(tmp_path / "not" / "yet", "events")
    assert record.read(window, OPTIONS) is None
    record.keep(window, OPTIONS, SCORE, loss)
    score, read = record.read(window, OPTIONS)
    assert np.array_equal(score, SCORE)
    assert read == loss
    assert [path.suffix for path in (tmp_path / "not" / "yet").iterdir()] == [".npz"]


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = ScanRecord(None, "events")
    record.keep(None, OPTIONS, SCORE, None)
    assert record.read(None, OPTIONS) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "changed",
    [
        {"use": "random_forest"},
        {"parameters": {"max_iter": 3}},
        {"prepare": ("standard",)},
        {"folds": 4},
        {"members": 3},
        {"seed": 43},
    ],
)
def test_what_was_trained_otherwise_is_not_believed(tmp_path, changed):
    record = ScanRecord(tmp_path, "events")
    record.keep(one_window(), OPTIONS, SCORE, None)
    assert record.read(one_window(), replace(OPTIONS, **changed)) is None
    assert record.read(one_window(), replace(OPTIONS, efficiencies=(0.5,), bins=20, order=4)) is not None


def test_other_windows_and_events_are_not_believed(tmp_path):
    ScanRecord(tmp_path, "events").keep(one_window(), OPTIONS, SCORE, None)
    assert ScanRecord(tmp_path, "events").read(one_window(3501.0), OPTIONS) is None
    assert ScanRecord(tmp_path, "events").read(None, OPTIONS) is None
    assert ScanRecord(tmp_path, "other events").read(one_window(), OPTIONS) is None


@pytest.mark.parametrize(("who", "other"), [("code_digest", "0" * 16), ("library_versions", {"scikit-learn": "0.1"})])
def test_scores_of_other_code_or_libraries_are_not_believed(tmp_path, monkeypatch, who, other):
    record = ScanRecord(tmp_path, "events")
    record.keep(one_window(), OPTIONS, SCORE, None)
    monkeypatch.setattr(scan_record, who, lambda: other)
    assert record.read(one_window(), OPTIONS) is None


def test_a_digest_knows_values_types_and_shapes():
    values = np.arange(6.0)
    digests = [
        events_digest(array)
        for array in (values, values[::-1], values.astype(np.float32), values.reshape(2, 3), values.view(np.int64))
    ]
    assert len(set(digests)) == 5
    assert events_digest(values.reshape(2, 3).T) == events_digest(values.reshape(2, 3).T.copy())


def test_damage_anywhere_is_noticed_or_does_no_harm(tmp_path):
    record = ScanRecord(tmp_path, "events")
    record.keep(None, OPTIONS, SCORE, 0.3)
    (path,) = tmp_path.iterdir()
    whole, random, believed = path.read_bytes(), np.random.default_rng(1), 0
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= int(random.integers(1, 256))
        for content in (bytes(damaged), whole[:place]):
            path.write_bytes(content)
            if (read := record.read(None, OPTIONS)) is not None:  # the time of a member, for one, says nothing
                believed += 1
                assert np.array_equal(read[0], SCORE)
                assert read[1] == 0.3
    assert believed < len(whole)
    path.write_bytes(whole)
    assert record.read(None, OPTIONS) is not None
