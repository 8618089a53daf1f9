"""What is said of the progress where nobody watches."""

import re

from fivesigma.cli.progress import Display


def test_lines_with_times_and_no_bars_in_a_file(capsys):
    with Display(timed=True, every=0.0) as display:
        display.tell("Reading events")
        display.advance("Training", 3, 20)
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"^ *\d+ s  ", "", line) for line in lines] == ["Reading events", "Training: 3 of 20"]
    assert all(re.match(r" *\d+ s  ", line) for line in lines)


def test_what_is_quick_is_not_said(capsys):
    with Display() as display:
        display.tell("Reading events")
        display.advance("Training", 3, 20)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_long_lines_are_not_broken_in_a_file(capsys):
    with Display() as display:
        display.tell("Training " + ", ".join(["boosted_trees"] * 40))
    assert len(capsys.readouterr().err.splitlines()) == 1
