"""``python measure.py SIDE FILE``: do the work of ``sides/SIDE.py``, alone in this process, and print what it took.

Imports are not timed, of no side, but they count in the memory of each.
"""

import importlib
import json
import sys
import time

import numpy.ma  # noqa: F401 - which numpy loads when somebody first asks for it, in the middle of some side's work
from memory import peak_megabytes


def main(side: str, path: str) -> None:
    """Print seconds, peak memory and the histogram."""
    work = importlib.import_module(f"sides.{side}").work
    start = time.perf_counter()
    histogram = work(path)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes(), "histogram": histogram.tolist()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
