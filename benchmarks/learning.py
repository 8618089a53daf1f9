"""Training: many networks at once against a loop over a DataLoader for each, the same epochs on the same events."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from sides import dataloader_loop
from table import print_row

from fivesigma.core.parallel import Workers, run_map
from fivesigma.learning.adapters.network import Network
from fivesigma.learning.classifiers import Job, Part
from fivesigma.learning.engine.devices import one_thread, training_device

__all__ = ["compare_networks"]

EVENTS, FEATURES = 100_000, 8
ASKED = {"epochs": 20, "batch_size": 256, "learning_rate": 1e-3}
ON_PROCESSOR, ON_ACCELERATOR = (5, 20, 110), (20, 110, 1000)
SHARED = 20


def compare_networks() -> None:
    """Print networks an hour as ratios; stop if their losses differ by more than those of networks from other seeds do."""
    device = training_device()
    parts = [events(seed, count) for seed, count in ((1, EVENTS), (2, EVENTS // 5))]
    loop, ours = [], {}
    for seed, count in enumerate(ON_PROCESSOR if device.type == "cpu" else ON_ACCELERATOR):
        loop.append(timed(partial(plain_loop, parts, seed)))
        ours[f"{count} networks 8-32-32-32-1 on {device.type}"] = count, timed(partial(together, parts, range(count)))
    if device.type == "cpu":
        ours[f"{SHARED} of them, two workers"] = SHARED, two_workers(parts)
    alone = 3600 / statistics.median(seconds for seconds, _ in loop)
    losses = [loss for _, loss in loop]
    for what, (count, (seconds, found)) in ours.items():
        require_equal(found, losses)
        print_row(what, 3600 * count / seconds, alone, against="a DataLoader loop", unit="/h")
    print(f"  their validation loss {said(found)}, of the loop {said(losses)}", flush=True)


def events(seed: int, count: int) -> Part:
    """Return two classes that overlap, with weights."""
    random = np.random.default_rng(seed)
    is_signal = random.random(count) < 0.5
    X = random.normal(size=(count, FEATURES)).astype(np.float32)
    X[is_signal] += np.float32(0.3)
    X[is_signal, 0] *= np.float32(1.5)  # so that there is more to learn than a plane
    return Part(X, is_signal, random.gamma(4.0, 0.25, count))


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds a call takes, and what it gives."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def plain_loop(parts: Sequence[Part], seed: int) -> float:
    """Return the validation loss of one network of the loop."""
    sets = [(part.X, part.is_signal.astype(np.float32), part.weight.astype(np.float32)) for part in parts]
    with one_thread():
        return dataloader_loop.train(*sets, **ASKED, seed=seed, device=training_device())


def together(parts: Sequence[Part], seeds: range) -> list[float]:
    """Return the validation losses of networks trained as cross-fitting trains them: as many at once as it does."""
    asked = {"hidden": [32, 32, 32], "patience": None, **ASKED}
    losses, size = [], Network.stack_size(asked)
    for start in range(0, len(seeds), size):
        jobs = [Job(*parts, seed) for seed in seeds[start : start + size]]
        networks = [Network(**asked) for _ in jobs]
        Network.fit_together(networks, jobs)
        losses += [network.history()["validation"][-1] for network in networks]
    return losses


def in_worker(seeds: range, shared: Mapping[str, Any]) -> list[float]:
    """Train some of the networks in a worker."""
    return together([Part(*(shared[f"{i}{name}"] for name in Part.__slots__)) for i in range(2)], seeds)


def two_workers(parts: Sequence[Part]) -> tuple[float, list[float]]:
    """Return how many seconds two workers take, a half of the networks each, and the losses; their start is not counted."""
    arrays = {f"{i}{name}": getattr(part, name) for i, part in enumerate(parts) for name in Part.__slots__}
    half = SHARED // 2
    with Workers(2) as workers:
        run_map(in_worker, [range(0)] * 4, shared=arrays, workers=workers)
        seeds = [range(half), range(half, SHARED)]
        seconds, losses = timed(partial(run_map, in_worker, seeds, shared=arrays, workers=workers))
    return seconds, list(chain.from_iterable(losses))


def require_equal(ours: Sequence[float], loop: Sequence[float]) -> None:
    """Raise RuntimeError if the mean losses are more than five standard errors apart."""
    spread = np.sqrt((np.var(ours) * len(ours) + np.var(loop) * len(loop)) / (len(ours) + len(loop) - 2))
    if abs(np.mean(ours) - np.mean(loop)) > 5 * spread * np.sqrt(1 / len(ours) + 1 / len(loop)):
        raise RuntimeError(f"the validation losses differ: {said(ours)} and {said(loop)}")


def said(losses: Sequence[float]) -> str:
    """Return mean and standard deviation as text."""
    return f"{np.mean(losses):.4f} ± {np.std(losses, ddof=1):.4f}"


if __name__ == "__main__":
    compare_networks()
