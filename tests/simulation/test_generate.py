"""Real generations with Pythia, small: whole, on several workers, killed, resumed, and failing by name."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError, MissingExtraError
from fivesigma.core.four_leptons import FOUR_LEPTON_FUNCTIONS
from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.chunks import Chunk
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.generate import Generation, _enough
from fivesigma.simulation.objects.detector import DETECTOR, Detector

pytest.importorskip("pythia8mc")
HIGGS = replace(RECIPES["higgs-4l"].process("higgs"), chunk_size=200)
EVENTS = 40


def generation(directory, **fields):
    return Generation(**{"process": HIGGS, "seed": 7, "stream": "test", "directory": directory} | fields)


def of_size(size, **fields):
    return replace(HIGGS, chunk_size=size, **fields)


def columns(chunks):
    return {name: np.concatenate([chunk.columns[name] for chunk in chunks]).tolist() for name in chunks[0].columns}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return generation(tmp_path_factory.mktemp("undisturbed")).chunks(EVENTS)


def test_chunks_are_numbered_whole_and_just_enough(undisturbed):
    assert [chunk.index for chunk in undisturbed] == list(range(len(undisturbed)))
    counts = [len(chunk.number) for chunk in undisturbed]
    assert sum(counts[:-1]) < EVENTS <= sum(counts)
    assert all(chunk.generated == 200 for chunk in undisturbed)
    numbers = np.concatenate([chunk.number for chunk in undisturbed])
    assert (np.diff(numbers) > 0).all()
    assert numbers.max() < 200 * len(undisturbed)
    # Pythia's own leading-order rate: 0.0068 pb, far from the 0.0133 pb that the card states at higher order
    assert undisturbed[0].cross_section == pytest.approx(0.0068, rel=0.1)


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from fivesigma.simulation.generate import Generation
from fivesigma.simulation.cards.catalogue import RECIPES
process = replace(RECIPES["higgs-4l"].process("higgs"), chunk_size=200)
Generation(process=process, seed=7, stream="test", directory=Path(sys.argv[1])).chunks(10_000)
"""


def test_killed_and_started_again_on_two_workers_it_makes_the_same_events(undisturbed, tmp_path):
    first = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    try:
        deadline = time.monotonic() + 60
        while not (made := list(tmp_path.rglob("*.npz"))) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert made
    before = {path: path.stat().st_mtime_ns for path in made}
    again = generation(tmp_path, workers=2).chunks(EVENTS)
    assert columns(again) == columns(undisturbed)
    assert {path: path.stat().st_mtime_ns for path in made} == before


def test_other_settings_do_not_take_up_old_chunks(tmp_path):
    keys = {
        generation(tmp_path, **changed).key
        for changed in (
            {},
            {"seed": 8},
            {"stream": "other"},
            {"process": of_size(100)},
            {"process": replace(HIGGS, settings=(*HIGGS.settings, "25:m0 = 126."))},
            {"detector": replace(DETECTOR, dressing=0.2)},
        )
    }
    assert len(keys) == 6
    assert generation(tmp_path, workers=2, timeout=3.0).key in keys


def workers_of_this_process():
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (entry / "cmdline").read_bytes()
            except (OSError, IndexError):
                continue
            if parent == os.getpid() and b"fivesigma.simulation.worker" in command:
                yield int(entry.name)


def kill_workers(count, stop):
    killed = set()
    while len(killed) < count and not stop.is_set():
        for pid in workers_of_this_process():
            if pid not in killed:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")
@pytest.mark.parametrize("times", [1, 2])
def test_a_worker_lost_once_is_forgiven_and_twice_is_an_error(undisturbed, tmp_path, times):
    stop = threading.Event()
    killer = threading.Thread(target=kill_workers, args=(times, stop))
    killer.start()
    try:
        if times == 1:
            chunk = generation(tmp_path).chunks(1)[0]
            assert chunk.columns["lep_pt_0"].tolist() == undisturbed[0].columns["lep_pt_0"].tolist()
        else:
            with pytest.raises(
                SimulationError, match="higgs, chunk 0: the worker was killed 2 times, at last by SIGKILL"
            ):
                generation(tmp_path).chunks(1)
            assert not list(tmp_path.rglob("*.npz*"))
    finally:
        stop.set()
        killer.join()


def test_a_worker_that_takes_too_long_is_stopped_although_pythia_holds_the_interpreter(tmp_path):
    with pytest.raises(SimulationError, match=r"higgs, chunk 0: 200000 events took longer than 0\.5 s"):
        generation(tmp_path, process=of_size(200_000), timeout=0.5).chunks(1)
    assert not list(tmp_path.rglob("*.npz*"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("23:onMode = off", "Pythia cannot start with this card; has it a process and an open decay channel?"),
        ("NoSuch:thing = 1", "Pythia does not know the setting 'NoSuch:thing = 1'"),
    ],
)
def test_a_card_that_cannot_work_is_named(tmp_path, setting, message):
    card = replace(HIGGS, settings=(*HIGGS.settings, setting))
    with pytest.raises(SimulationError) as error:
        generation(tmp_path, process=card).chunks(1)
    assert str(error.value) == f"higgs, chunk 0: {message}"


def test_a_selection_that_nothing_passes_ends(tmp_path):
    blind = replace(DETECTOR.electron, max_eta=0.0)
    nothing = replace(DETECTOR, electron=blind, muon=blind)
    with pytest.raises(SimulationError, match="not one of 30 generated events passes the selection"):
        generation(tmp_path, process=of_size(10), detector=nothing, workers=3).chunks(1)


@pytest.mark.parametrize("library", ["pythia8mc", "fastjet"])
def test_without_a_library_the_extra_is_named(tmp_path, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"{library} is not installed; .*'fivesigma\[simulate\]'"):
        generation(tmp_path).chunks(1)
    assert not list(tmp_path.iterdir())


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # workers inherit it
from dataclasses import replace
from pathlib import Path
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.generate import Generation
from fivesigma.simulation.cards.catalogue import RECIPES
process = replace(RECIPES["higgs-4l"].process("higgs"), chunk_size=100)
try:
    Generation(process=process, seed=7, stream="test", directory=Path(sys.argv[1])).chunks(1)
except SimulationError as error:
    print(error)
"""


def test_a_full_disk_is_named_and_nothing_half_written_is_left(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"higgs, chunk 0: cannot write {tmp_path}")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_no_events_and_no_folder_are_errors(tmp_path):
    with pytest.raises(FivesigmaError, match="at least one event"):
        generation(tmp_path).chunks(0)
    (tmp_path / "file").touch()
    with pytest.raises(SimulationError, match="cannot make the folder"):
        generation(tmp_path / "file").chunks(1)


def chunk_of(index, count):
    return Chunk(
        index=index,
        generated=10,
        sum_of_weights=10.0,
        filter_efficiency=1.0,
        cross_section=1.0,
        cross_section_error=0.1,
        number=np.arange(count),
        weight=np.ones(count),
        columns={},
    )


def test_more_chunks_than_needed_do_not_change_which_count():
    chunks = [chunk_of(index, count) for index, count in enumerate([2, 0, 3, 1, 4])]
    assert [len(_enough(chunks[:made], 5)) for made in (3, 4, 5)] == [3, 3, 3]
    assert len(_enough(chunks, 2)) == 1


def perfect(kind):
    return replace(
        kind,
        min_pt=0.0,
        max_eta=20.0,
        efficiency=(1.0,) * len(kind.efficiency),
        gap_eta=0.0,
        stochastic=(0.0, 0.0),
        constant=(0.0, 0.0),
        curvature=(0.0, 0.0),
        wrong_charge=(0.0, 0.0),
    )


def test_a_perfect_detector_sees_a_scalar_of_125_gev(tmp_path):
    detector = Detector(electron=perfect(DETECTOR.electron), muon=perfect(DETECTOR.muon))
    settings = ("23:onMode = off", "23:onIfAny = 11 13", "PartonLevel:FSR = off")
    no_taus = of_size(1500, settings=(*HIGGS.settings, *settings))
    (chunk,) = generation(tmp_path, process=no_taus, detector=detector).chunks(1)
    assert len(chunk.number) > 500
    leptons = [
        np.stack([chunk.columns[f"lep_{kind}_{i}"] for i in range(4)])
        for kind in ("pt", "eta", "phi", "type", "charge")
    ]
    np.testing.assert_allclose(FOUR_LEPTON_FUNCTIONS["m4l"](*leptons), 125, atol=0.5)  # leptons count as massless
    assert (FOUR_LEPTON_FUNCTIONS["z1_mass"](*leptons) > FOUR_LEPTON_FUNCTIONS["z2_mass"](*leptons)).mean() > 0.99
