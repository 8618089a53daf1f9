import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.chunks import ChunkTask, read_chunk
from fivesigma.simulation.objects.detector import DETECTOR

TASK = ChunkTask(
    process=RECIPES["higgs-4l"].process("zz"),
    detector=DETECTOR,
    seed=42,
    stream="simulation",
    index=3,
    size=100,
    path=Path("some/where.npz"),
    timeout=1.5,
)


def test_a_task_survives_the_command_line():
    assert ChunkTask.from_json(TASK.to_json()) == TASK


def test_no_two_consumers_chunks_streams_or_processes_share_a_seed():
    variants = [
        replace(TASK, index=index, stream=stream, process=process, seed=seed)
        for index in range(5)
        for stream in ("simulation", "pseudo_data")
        for process in RECIPES["higgs-4l"].processes
        for seed in (1, 2)
    ]
    seeds = [task.chunk_seed(consumer) for task in variants for consumer in ("pythia", "detector")]
    assert len(set(seeds)) == len(seeds) == 80
    # Pythia takes 0 for "by the clock", and no more than 900 000 000
    assert 1 <= min(seeds) <= max(seeds) <= 900_000_000


HEADER = {
    "index": 0,
    "generated": 5,
    "sum_of_weights": 5.0,
    "filter_efficiency": 1.0,
    "cross_section": 1.0,
    "cross_section_error": 0.1,
}
ARRAYS = {"number": np.arange(2), "weight": np.ones(2), "pt": np.ones(2, np.float32)}


def written(path, header=None, **arrays):
    np.savez(path, header=json.dumps(HEADER | (header or {})), **ARRAYS | arrays)
    return path


def test_a_chunk_is_read_as_it_was_written(tmp_path):
    chunk = read_chunk(written(tmp_path / "a.npz"))
    assert (chunk.generated, chunk.number.tolist(), list(chunk.columns)) == (5, [0, 1], ["pt"])


@pytest.mark.parametrize(
    "damage",
    [
        {"pt": np.ones(1)},
        {"pt": np.ones((2, 2))},
        {"number": np.array(["a", "b"])},
        {"weight": np.array([1.0, np.nan])},
        {"header": {"sum_of_weights": "x"}},
        {"header": {"cross_section": None}},
    ],
)
def test_what_is_no_chunk_is_not_taken_for_one(tmp_path, damage):
    with pytest.raises((ValueError, TypeError)):
        read_chunk(written(tmp_path / "a.npz", **damage))
