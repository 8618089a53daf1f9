"""The seam: the same results wherever they are computed, and a lost worker's task is done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from fivesigma.core.errors import DataError, WorkerError
from fivesigma.core.parallel import Workers, iterate_map, run_map


def weighted_sum(factor, shared):
    return float(factor * shared["x"].sum())


def threads(_item, _shared):
    return max((pool["num_threads"] for pool in threadpool_info()), default=1)


def die_once(item, _shared):
    """Kill the worker the first time; the second time find the mark that the first left."""
    mark = Path(item)
    if mark.exists():
        return os.getpid()
    mark.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def die(_item, _shared):
    os.kill(os.getpid(), signal.SIGKILL)


def fail_in_turn(item, _shared):
    """Fail as told; who is to be late waits until the others have failed."""
    name, mark, is_late = item
    while is_late and not Path(mark).exists():
        time.sleep(0.01)
    Path(mark).touch()
    raise DataError(name)


def write_to_shared(_item, shared):
    shared["x"][0] = 1.0


SHARED = {"x": np.arange(1000.0)}


@pytest.mark.parametrize(
    "make", [lambda: Workers(1), lambda: Workers(2), lambda: Workers(executor=ThreadPoolExecutor(2))]
)
def test_results_come_in_order_from_any_workers(make):
    with make() as workers:
        assert run_map(weighted_sum, [1, 2, 3, 4], shared=SHARED, workers=workers) == [
            499500.0 * k for k in (1, 2, 3, 4)
        ]
        assert dict(iterate_map(weighted_sum, [5, 6], shared=SHARED, workers=workers)) == {0: 2497500.0, 1: 2997000.0}


def test_one_thread_a_task():
    with Workers(2) as workers:
        assert run_map(threads, [0, 1], workers=workers) == [1, 1]
    assert run_map(threads, [0], workers=None) == [1]


def test_a_lost_worker_is_forgiven(tmp_path):
    with Workers(2) as workers:
        pids = run_map(die_once, [str(tmp_path / "a"), str(tmp_path / "b")], workers=workers)
    assert all(pid != os.getpid() for pid in pids)


def test_the_first_in_order_that_fails_is_told_and_not_the_first_to_fail(tmp_path):
    mark = str(tmp_path / "failed")
    items = [("late", mark, True), ("early", mark, False), ("last", mark, True)]
    with Workers(2) as workers, pytest.raises(DataError, match=r"^late$"):
        run_map(fail_in_turn, items, workers=workers)


def test_a_task_that_always_kills_ends_the_run():
    with Workers(2) as workers, pytest.raises(WorkerError, match="died 3 times"):
        run_map(die, [0, 1], workers=workers)


def test_workers_end_with_the_process_that_started_them(tmp_path):
    """It is killed while its workers wait for work: its output, which they hold open too, ends only when they have."""
    code = (
        "import os, signal\n"
        "from fivesigma.core.parallel import Workers\n"
        "with Workers(2) as workers:\n"
        "    print(*{workers.executor().submit(os.getpid).result() for _ in range(4)}, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    script = tmp_path / "killed.py"
    script.write_text(f"if __name__ == '__main__':\n{textwrap.indent(code, '    ')}")
    ended = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout


def test_tasks_cannot_change_what_is_shared():
    with Workers(2) as workers, pytest.raises(ValueError, match="read-only"):
        run_map(write_to_shared, [0, 1], shared=SHARED, workers=workers)


class Counting(ThreadPoolExecutor):
    """Keeps account of the most tasks that were submitted and not done."""

    open, most = 0, 0

    def submit(self, *given):
        self.open += 1
        self.most = max(self.most, self.open)
        future = super().submit(*given)
        future.add_done_callback(self._closed)
        return future

    def _closed(self, _future):
        self.open -= 1


def test_of_many_tasks_few_are_submitted_at_once():
    with Counting(2) as threads_here:
        results = run_map(weighted_sum, range(20_000), shared={"x": np.ones(1)}, workers=Workers(executor=threads_here))
    assert results == [float(k) for k in range(20_000)]
    assert threads_here.most < 5000


def test_what_was_cancelled_by_somebody_else_is_no_result():
    with ThreadPoolExecutor(1) as one:
        results = iterate_map(wait_for, [0.0, 0.2, 0.0], workers=Workers(executor=one))
        assert next(results) == (0, 0.0)
        one.shutdown(wait=False, cancel_futures=True)
        with pytest.raises(CancelledError):
            list(results)


def wait_for(seconds, _shared):
    time.sleep(seconds)
    return seconds
