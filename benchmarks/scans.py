"""Scans without labels: a trained window model against a notebook's, and a million events through one window."""

import multiprocessing
import statistics
import time
from collections.abc import Callable

import keras
import numpy as np
from memory import peak_megabytes
from table import print_row

from fivesigma.core.identity import entry_ids
from fivesigma.searches.anomaly.options import ScanOptions
from fivesigma.searches.anomaly.scan import anomaly_scan, scan_events
from fivesigma.searches.anomaly.scan_window import scan_window
from fivesigma.searches.anomaly.windows import mass_windows

__all__ = ["compare_scans"]

EVENTS, MANY = 70_000, 1_000_000
RANGE = (2600.0, 8600.0)
FEATURES = ("m_light", "m_difference", "tau21_light", "tau21_heavy")
EPOCHS, BATCH, HIDDEN = 20, 128, (32, 32, 32)


def compare_scans() -> None:
    """Print what a window model costs beside a notebook's network, and time and memory of a million events in one window."""
    models = 5 * 2
    ours = statistics.median(seconds_of(trees) for _ in range(3)) / models
    theirs = seconds_of(notebook)
    print_row("a trained window model, 70k events", 1e3 * ours, 1e3 * theirs, against="a notebook's network", unit="ms")
    few, _ = measured(EVENTS)
    many, peak = measured(MANY)
    size = MANY * (len(FEATURES) * 4 + 8 + 1) / 1e6
    print_row("50 window models, 1M events", many, few, against="70k events", unit="s")
    print_row("peak memory of that", peak, size, against="the arrays", unit="MB")


def simulated(events: int) -> tuple[np.ndarray, np.ndarray]:
    """Return masses that fall like dijets, and four features that know nothing of them, as float32."""
    generator = np.random.default_rng(1)
    mass = np.minimum(2600 + generator.exponential(700, events), 8599.0)
    return mass, generator.normal(size=(events, len(FEATURES))).astype(np.float32)


def options(members: int) -> ScanOptions:
    """Return the defaults with so many members."""
    return ScanOptions(range=RANGE, members=members)


def trees() -> None:
    """Train, select and fit one window, as each of a scan is."""
    mass, X = simulated(EVENTS)
    fold = (np.arange(EVENTS) % 5).astype(np.int8)
    (window,) = mass_windows([3500.0], width=400, sideband=400, within=RANGE)
    scan_window(mass, X, fold, window, options(2))


def notebook() -> None:
    """Train one network as notebooks do: dense layers of 32, Adam, a fixed number of epochs, and score all events."""
    mass, X = simulated(EVENTS)
    window, near = np.abs(mass - 3500) < 200, np.abs(mass - 3500) < 600
    train = near & (np.arange(EVENTS) % 5 != 0)
    model = keras.Sequential(
        [*(keras.layers.Dense(width, "relu") for width in HIDDEN), keras.layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    model.fit(X[train], window[train].astype(np.float32), batch_size=BATCH, epochs=EPOCHS, verbose=0)
    model.predict(X, batch_size=4096, verbose=0)


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measured(events: int) -> tuple[float, float]:
    """Return seconds and peak memory in MB of one window of ten members, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(one_window, (events,))


def one_window(events: int) -> tuple[float, float]:
    """Scan one window, and return seconds and this process's peak memory in MB."""
    mass, X = simulated(events)
    asked = options(10)
    (window,) = mass_windows([3500.0], width=400, sideband=400, within=RANGE)
    start = time.perf_counter()
    seen = scan_events(mass, X, entry_ids("benchmark", np.arange(events)), asked)
    anomaly_scan(seen, [window], asked, features=FEATURES)
    return time.perf_counter() - start, peak_megabytes()
