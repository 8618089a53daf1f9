"""A scan on a Dask cluster of separate processes, one of which is killed in the middle."""

import os
import signal

from distributed import Client, LocalCluster

from fivesigma.core.cluster import ClusterWorkers
from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.null_experiments import null_experiments
from fivesigma.searches.anomaly.scan import anomaly_scan, scan_events
from fivesigma.searches.anomaly.windows import mass_windows


def test_a_scan_ends_with_the_same_numbers_when_a_worker_is_killed(dijets, quick):
    options, windows = quick(), mass_windows([3000.0, 3500.0, 4000.0], width=500, sideband=400)
    events = scan_events(*dijets(signal=100), options)
    alone = anomaly_scan(events, windows, options, features=("one", "other"))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        ClusterWorkers(client) as workers,
    ):
        done, killed = [], []

        def kill_one(finished, _all):
            done.append(finished)
            if len(done) == 4:
                (pid, *_) = client.run(os.getpid).values()
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

        scan = anomaly_scan(events, windows, options, features=("one", "other"), workers=workers, progress=kill_one)
        model = BackgroundModel.of_scan(scan, events, options, features="conditional")
        chosen = {"model": model, "count": 2, "members": 1, "observed_z": scan.best.z, "seed": 3}
        there = null_experiments(windows, options, workers=workers, **chosen)
    assert killed
    assert [[e.z for e in w.excesses] for w in scan.windows] == [[e.z for e in w.excesses] for w in alone.windows]
    assert scan.best == alone.best
    here = null_experiments(windows, options, **chosen)
    assert there.largest_z.tolist() == here.largest_z.tolist()
