"""A Dask cluster: how much more two workers do than one, and what is sent to them: trainings that share their events."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import psutil
from distributed import Client, LocalCluster
from sklearn.ensemble import HistGradientBoostingClassifier
from table import print_row

from fivesigma.core.cluster import ClusterWorkers
from fivesigma.core.parallel import Shared, Workers, run_map

__all__ = ["compare_clusters"]

EVENTS, TRAININGS, REPEATS = 70_000, 24, 3
LOOPBACK = next((name for name in psutil.net_io_counters(pernic=True) if name in {"lo", "lo0"}), None)


def compare_clusters() -> None:
    """Print how many times as much two workers do as one, of a cluster and of this machine, and the bytes that went."""
    shared = simulated()
    with workers(1) as one, workers(2) as two:
        # what the machine itself gives to a second process bounds what a cluster on it can
        for what, few, many in (("processes", Workers(1), Workers(2)), ("Dask workers", one, two)):
            np.testing.assert_array_equal(trained(few, shared), trained(many, shared))
            rates = [(rate(many, shared), rate(few, shared)) for _ in range(REPEATS)]
            print_row(
                f"boosted trees by two {what}", *np.median(rates, axis=0), against="one", unit="trainings a minute"
            )
        if LOOPBACK:
            print_sent(two, shared)


def print_sent(two: Workers, shared: Shared) -> None:
    """Print what goes over the network: to the scheduler, and from it to two workers."""
    before = sent()
    with two.sharing({name: array + 1 for name, array in shared.items()}):
        arrays = sent() - before
    content = sum(array.nbytes for array in shared.values())
    print_row("arrays sent to two Dask workers", arrays / 1e3, content / 1e3, against="their size", unit="kB")
    before = sent()
    run_map(nothing, range(1000), workers=two)
    each = (sent() - before) / 1000
    print_row("sent for a Dask task that does nothing", each, content, against="the arrays", unit="B")


def simulated() -> Shared:
    """Return events with four inputs and their labels."""
    generator = np.random.default_rng(1)
    label = generator.integers(0, 2, EVENTS)
    return {"X": (generator.normal(size=(EVENTS, 4)) + 0.3 * label[:, np.newaxis]).astype(np.float32), "label": label}


def train(seed: int, shared: Shared) -> float:
    """Return the mean score of a few events from trees trained on half of all, chosen by a seed."""
    chosen = np.random.default_rng(seed).random(EVENTS) < 0.5
    trees = HistGradientBoostingClassifier(max_iter=200, early_stopping=False, random_state=seed)
    trees.fit(shared["X"][chosen], shared["label"][chosen])
    return float(trees.predict_proba(shared["X"][:1000])[:, 1].mean())


def nothing(_item: int, _shared: Shared) -> None:
    """Do nothing."""


def trained(by: Workers, shared: Shared) -> list[float]:
    """Return what comes of the trainings."""
    return run_map(train, range(TRAININGS), shared=shared, workers=by)


def rate(by: Workers, shared: Shared) -> float:
    """Return trainings per minute."""
    start = time.perf_counter()
    trained(by, shared)
    return 60 * TRAININGS / (time.perf_counter() - start)


def sent() -> int:
    """Return the bytes that this machine sent to itself so far."""
    return psutil.net_io_counters(pernic=True)[LOOPBACK].bytes_sent


@contextmanager
def workers(count: int) -> Iterator[ClusterWorkers]:
    """Yield processes of one thread, the workers of a cluster on this machine."""
    with (
        LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=":0", memory_limit=0) as cluster,
        Client(cluster, set_as_default=False) as client,
        ClusterWorkers(client) as there,
    ):
        yield there


if __name__ == "__main__":
    compare_clusters()
