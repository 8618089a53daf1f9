"""``python measure.py SIDE FILE``: do the work of ``sides/SIDE.py``, alone in this process, and print what it took.

Imports are not timed, of no side, but they count in the memory of each.
"""

import importlib
import json
import resource
import sys
import time
from pathlib import Path

import numpy.ma  # noqa: F401 - which numpy loads when somebody first asks for it, in the middle of some side's work


def peak_megabytes() -> float:
    """Return the most memory this process held.

    On Linux ``ru_maxrss`` would count in what the process was before it became this one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def main(side: str, path: str) -> None:
    """Print seconds, peak memory and the histogram."""
    work = importlib.import_module(f"sides.{side}").work
    start = time.perf_counter()
    histogram = work(path)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes(), "histogram": histogram.tolist()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
