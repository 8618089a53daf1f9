"""``python pythia_loop.py CALL RECIPE PROCESS EVENTS SEED``: Pythia with a process card, and nothing done with the events.

CALL is ``nextBatch``, which hands the events over as arrays, or ``next``, which does not hand them over at all.
"""

import sys
import tempfile

import pythia8mc

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.hooks import FilterHooks

BATCH = 400


def loop(call: str, recipe: str, name: str, events: int, seed: int) -> None:
    """Generate so many events."""
    process = RECIPES[recipe].process(name).sliced()[0]
    pythia = pythia8mc.Pythia("", False)
    for setting in ("Print:quiet = on", "Random:setSeed = on", f"Random:seed = {seed}", *process.pythia_settings()):
        pythia.readString(setting)
    hooks = FilterHooks(process.filters)
    if process.filters:
        pythia.setUserHooksPtr(hooks)
    with tempfile.NamedTemporaryFile("w", suffix=".slha") as spectrum:
        spectrum.write(process.slha or "")
        spectrum.flush()
        if process.slha:
            pythia.readString(f"SLHA:file = {spectrum.name}")
        pythia.init()
    if call == "next":
        for _ in range(events):
            pythia.next()
    else:
        for start in range(0, events, BATCH):
            pythia.nextBatch(min(BATCH, events - start))


if __name__ == "__main__":
    loop(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]))
