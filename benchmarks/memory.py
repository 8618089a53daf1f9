"""How much memory a process held."""

import resource
import sys
from pathlib import Path


def peak_megabytes() -> float:
    """Return the most memory this process held.

    On Linux ``ru_maxrss`` would count in what the process was before it became this one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
