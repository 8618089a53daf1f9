"""A Dask cluster of separate processes: the same numbers, whoever is killed, and a word on whatever is wrong with it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from distributed import Client, SchedulerPlugin
from threadpoolctl import threadpool_info

import fivesigma
from fivesigma.core.cluster import ClusterWorkers, connected
from fivesigma.core.errors import DataError, FivesigmaError, WorkerError
from fivesigma.core.parallel import iterate_map, run_map

ROOT = Path(__file__).parents[2]
X = np.random.default_rng(1).normal(size=(250_000, 4))
LOOPBACK = next((name for name in psutil.net_io_counters(pernic=True) if name in {"lo", "lo0"}), None)


def weighted_sum(factor, shared):
    time.sleep(0.01)
    return float(factor * shared["x"].sum())


def who_reads(_item, shared):
    return os.getpid(), shared["x"].ctypes.data


def threads(_item, _shared):
    np.ones((50, 50)) @ np.ones((50, 50))
    return os.getpid(), max((pool["num_threads"] for pool in threadpool_info()), default=1)


def fail_in_turn(item, _shared):
    """Fail as told, the first of them last."""
    time.sleep(0.3 if item == "late" else 0.0)
    raise DataError(item)


def write_to_shared(_item, shared):
    shared["x"][0] = 1.0


def die(_item, _shared):
    os.kill(os.getpid(), signal.SIGKILL)


def wait(seconds, _shared):
    time.sleep(seconds)


def ours(dask_scheduler):
    """Return, on the scheduler, the tasks it has and what it keeps for workers to come."""
    kept = [name for name in dask_scheduler.worker_plugins if name.startswith("fivesigma")]
    return len(dask_scheduler.tasks), kept


def event_loops():
    """Return the threads of Dask's clients here."""
    return [thread.ident for thread in threading.enumerate() if thread.name == "IO loop"]


class CancelsAsSomebodyJoins(SchedulerPlugin):
    """What another client's cancelled tasks do at a bad moment: all clients are told of them, along with the greeting of those that join."""

    def __init__(self, times: int) -> None:
        self.times = times

    def add_client(self, scheduler, client):
        if self.times > 0:
            self.times -= 1
            scheduler.loop.add_callback(scheduler.report, {"op": "cancelled-keys", "keys": [], "reason": "", "msg": ""})


class Cluster:
    """Processes of a scheduler and its workers."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.log = (folder / "log").open("w")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start("scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(self.file))
        deadline = time.monotonic() + 60
        while not self.file.exists() or not self.file.read_text():
            assert time.monotonic() < deadline, "no scheduler"
            time.sleep(0.02)
        self.address = json.loads(self.file.read_text())["address"]

    def start(self, *command: str, path: Path = ROOT) -> subprocess.Popen[bytes]:
        given = {
            "PYTHONPATH": f"{path}{os.pathsep}{ROOT}",
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "OMP_NUM_THREADS": "2",
            "OPENBLAS_NUM_THREADS": "2",
        }
        program = [sys.executable, "-m", "dask", command[0], "--no-dashboard", *command[1:]]
        process = subprocess.Popen(program, env=os.environ | given, stdout=self.log, stderr=self.log)
        self.processes.append(process)
        return process

    def worker(self, *options: str, path: Path = ROOT) -> subprocess.Popen[bytes]:
        """Start a worker without a nanny, which would start it again and set its threads."""
        return self.start("worker", self.address, "--nthreads", "1", "--no-nanny", *options, path=path)

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Iterator[Cluster]:
    """Yield a cluster that has a scheduler, and until somebody asks for workers nothing else."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def cluster(empty) -> Cluster:
    empty.worker()
    empty.worker()
    with Client(empty.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    return empty


@pytest.fixture
def workers(cluster) -> Iterator[ClusterWorkers]:
    with connected(cluster.address) as there:
        yield there


def test_a_cluster_without_workers(empty):
    with pytest.raises(FivesigmaError, match=r"has no workers, nor did one come in 2 s"):
        connected(empty.address, patience=2.0)


def test_the_same_numbers_as_here_and_arrays_that_are_sent_once_to_each_worker(workers):
    items = list(range(60))
    before = sent()
    assert run_map(weighted_sum, items, shared={"x": X}, workers=workers) == run_map(
        weighted_sum, items, shared={"x": X}
    )
    read = run_map(who_reads, items, shared={"x": X, "empty": X[:0], "some": X[::2, 0] > 0}, workers=workers)
    assert len(set(read)) == len({pid for pid, _ in read}) == 2
    if LOOPBACK:  # once to the scheduler, once to each of two workers, nothing for another map; the rest is talk
        assert 3 * X.nbytes < sent() - before < 4 * X.nbytes


def sent() -> int:
    return psutil.net_io_counters(pernic=True)[LOOPBACK].bytes_sent if LOOPBACK else 0


def test_arrays_of_any_shape_arrive_as_they_are(workers):
    shared = {"none": np.empty((0, 3)), "columns": X[:9].T, "flags": X[:5, 0] > 0, "one": np.array(3, dtype=np.int16)}
    for there in run_map(give_back, [0, 1], shared=shared, workers=workers):
        for name, array in shared.items():
            assert there[name].dtype == array.dtype
            np.testing.assert_array_equal(there[name], array)


def give_back(_item, shared):
    return {name: array.copy() for name, array in shared.items()}


def test_tasks_cannot_change_what_is_shared(workers):
    with pytest.raises(ValueError, match="read-only"):
        run_map(write_to_shared, [0, 1], shared={"x": X}, workers=workers)


def test_whether_workers_see_the_same_files(workers, tmp_path):
    file = tmp_path / "file"
    assert not workers.sees(file)
    file.touch()
    assert workers.sees(file)
    assert workers.sees(tmp_path)
    if Path("/proc/self").exists():  # everybody's own
        assert not workers.sees(Path("/proc/self"))


def test_one_thread_a_task(workers):
    assert {count for _, count in run_map(threads, range(6), workers=workers)} == {1}


def test_the_first_in_order_that_fails_is_told_and_not_the_first_to_fail(workers):
    with pytest.raises(DataError, match=r"^late$"):
        run_map(fail_in_turn, ["late", "early", "last"], workers=workers)


def test_what_nobody_waits_for_is_cancelled_and_arrays_are_dropped(cluster):
    with Client(cluster.address, set_as_default=False) as client:
        with connected(cluster.address) as workers:
            results = iterate_map(wait, [0.0] + [0.2] * 500, shared={"x": X[:2]}, workers=workers)
            assert next(results) == (0, None)
            results.close()
            assert len(client.run_on_scheduler(ours)[1]) == 1
        deadline = time.monotonic() + 60
        while client.run_on_scheduler(ours) != (0, []):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_client_that_was_given_stays_open_and_what_a_killed_one_left_is_cleared(cluster):
    code = (
        "import os, signal, sys, numpy as np\n"
        "from fivesigma.core.cluster import connected\n"
        "with connected(sys.argv[1]) as workers, workers.sharing({'x': np.ones(3)}):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, cluster.address], timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    with Client(cluster.address, set_as_default=False) as client:
        assert len(client.run_on_scheduler(ours)[1]) == 1
        with ClusterWorkers(client) as workers:
            assert workers.count == 2
            assert client.run_on_scheduler(ours)[1] == []
        assert client.status == "running"


def test_a_worker_killed_in_the_middle_changes_nothing(cluster, workers):
    items = list(range(200))
    alone = run_map(weighted_sum, items, shared={"x": X[:99]})
    found = {}
    for index, result in iterate_map(weighted_sum, items, shared={"x": X[:99]}, workers=workers):
        found[index] = result
        if len(found) == 20:
            cluster.processes[1].kill()
        if len(found) == 40:
            cluster.worker()  # which comes too late for the arrays to be sent to all, and has them nevertheless
    assert [found[index] for index in items] == alone


def test_work_that_kills_every_worker_ends_the_run(cluster, workers):
    cluster.worker()
    cluster.worker()
    with pytest.raises(WorkerError, match="2 workers of the Dask cluster died at the same work"):
        run_map(die, [0, 1], workers=workers)


def test_joining_while_another_client_cancels(cluster):
    with Client(cluster.address, set_as_default=False) as client:
        client.register_plugin(CancelsAsSomebodyJoins(times=3), name="cancels")
        with connected(cluster.address) as workers:
            assert run_map(wait, [0.0, 0.0], workers=workers) == [None, None]
        client.register_plugin(CancelsAsSomebodyJoins(times=10**9), name="cancels")
        loops = event_loops()
        with pytest.raises(FivesigmaError, match="too busy with other clients to be joined"):
            connected(cluster.address, patience=2.0)
        assert event_loops() == loops
        client.unregister_scheduler_plugin("cancels")


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("tcp:/host", "is no address of a Dask scheduler; one looks like tcp://host:8786"),
        ("http://127.0.0.1:80", "is no address"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at 'tcp://127.0.0.1:1'"),
        ("nowhere.invalid:8786", "no Dask scheduler answers at 'nowhere.invalid:8786'"),
    ],
)
def test_a_wrong_address(address, problem, capfd):
    with pytest.raises(FivesigmaError, match=problem):
        connected(address, patience=1.0)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_somebody_else_at_the_address(greeting):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        waiting = subprocess.Popen(
            [sys.executable, "-c", CONNECT, f"127.0.0.1:{server.getsockname()[1]}"], stdout=subprocess.PIPE, text=True
        )
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            connection.sendall(greeting)
            told, _ = waiting.communicate(timeout=60)
    assert "is no Dask scheduler; is the port right?" in told


CONNECT = """
import sys
from fivesigma.core.cluster import connected
from fivesigma.core.errors import FivesigmaError
try:
    connected(sys.argv[1], patience=1.0)
except FivesigmaError as error:
    print(error)
"""


def test_without_the_library():
    code = "import sys; sys.modules['distributed'] = None; import fivesigma.core.cluster"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtraError" in ended.stderr
    assert "pip install 'fivesigma[dask]'" in ended.stderr


def test_workers_with_another_fivesigma(tmp_path):
    package = Path(fivesigma.__file__).parent
    shutil.copytree(package, tmp_path / "fivesigma", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (tmp_path / "fivesigma" / "core" / "version.py").write_text('__version__ = "0.0.9"\n')
    cluster = Cluster(tmp_path)
    try:
        good = cluster.worker()
        with connected(cluster.address, patience=60.0) as workers:
            cluster.worker("--name", "other", path=tmp_path)
            with Client(cluster.address, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=60)
            with pytest.raises(WorkerError, match=r"a worker of the Dask cluster has fivesigma 0\.0\.9 .*, here 0\.1"):
                run_map(wait, [0.05] * 20, workers=workers)
            with pytest.raises(
                FivesigmaError, match=r"tcp://.* of the Dask cluster has fivesigma 0\.0\.9 .*, here 0\.1"
            ):
                connected(cluster.address)
            cluster.processes[0].kill()
            with pytest.raises(WorkerError, match="the connection to the scheduler of the Dask cluster is lost"):
                run_map(wait, [0.1] * 20, workers=workers)
        assert good.wait(timeout=30) is not None
    finally:
        cluster.stop()
