import signal
import subprocess
import sys

import pytest

from fivesigma.simulation.locks import held

HOLDER = """
import sys, time
from pathlib import Path
from fivesigma.simulation.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_holds_it_at_a_time_and_nothing_is_left(tmp_path):
    path = tmp_path / "folder" / "one.lock"
    with held(path):
        with pytest.raises(BlockingIOError), held(path):
            pass
        with held(path.with_name("other.lock")):
            pass
        assert [found.name for found in path.parent.iterdir()] == ["one.lock"]
    with held(path):
        pass
    assert not list(tmp_path.iterdir())


def test_what_others_have_in_the_folder_stays(tmp_path):
    with held(tmp_path / "folder" / "one.lock"):
        (tmp_path / "folder" / "theirs").touch()
    assert [found.name for found in (tmp_path / "folder").iterdir()] == ["theirs"]


def test_a_killed_holder_lets_go(tmp_path):
    path = tmp_path / "one.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError), held(path):
            pass
        holder.send_signal(signal.SIGKILL)
    with held(path):
        pass
    assert not path.exists()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), held(tmp_path / "file" / "one.lock"):
        pass
