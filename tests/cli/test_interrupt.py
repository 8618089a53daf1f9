"""Ctrl-C in a terminal reaches the command and its workers."""

import json
import os
import signal
import time

import pytest

from fivesigma.cli.main import main

FOREST = {"forest": {"use": "random_forest", "n_estimators": 3000, "max_depth": 3}}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_run_ends_without_a_traceback_and_goes_on(fivesigma, workers):
    fivesigma.yaml("forest.yaml", models=FOREST)
    output = fivesigma.root / f"run{workers}"
    arguments = ("run", "forest.yaml", "--workers", workers, "--output", output, "--until", "models")
    process = fivesigma.start(*arguments, start_new_session=True)
    while process.poll() is None and not (output / "stages/events.json").exists():
        time.sleep(0.001)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stdout == ""
    assert "interrupted; started again, the run goes on where it stopped" in stderr
    assert "Traceback" not in stderr
    before = json.loads((output / "stages/events.json").read_text())
    done = fivesigma("run", "forest.yaml", "--workers", 1, "--output", output, "--until", "events")
    assert done.returncode == 0
    assert json.loads((output / "stages/events.json").read_text()) == before
    assert "Reading events" not in done.stderr


def test_the_exit_code_is_returned_by_main(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["fivesigma", "nonsense"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert capsys.readouterr().out == ""
