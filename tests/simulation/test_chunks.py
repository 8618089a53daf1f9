from dataclasses import replace
from pathlib import Path

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.chunks import ChunkTask
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
