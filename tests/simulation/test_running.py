import os
import sys
import threading

import pytest

from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.running import Running


def run(running, code):
    return running.run([sys.executable, "-c", code], os.environ)


def test_status_and_words_of_a_command():
    status, words = run(Running(), "import sys; print('out'); sys.stderr.write('why'); sys.exit(3)")
    assert (status, words) == (3, "why")


def test_closing_ends_what_others_wait_for_and_lets_nothing_begin(tmp_path):
    running, found = Running(), []
    begun = tmp_path / "begun"
    code = f"import time, pathlib; pathlib.Path({str(begun)!r}).touch(); time.sleep(60)"
    waiting = threading.Thread(target=lambda: found.append(run(running, code)))
    waiting.start()
    while not begun.exists():
        threading.Event().wait(0.01)
    running.close()
    waiting.join(timeout=30)
    assert found == [(-9, "")]
    with pytest.raises(SimulationError, match="given up"):
        run(running, "")
