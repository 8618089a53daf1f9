"""``fivesigma explain``: every code has a text, and a wrong one names the nearest."""

import pytest
from click.testing import CliRunner

from fivesigma.cli.explain import explain
from fivesigma.core.explanations import explanations


@pytest.mark.parametrize("code", sorted(explanations()))
def test_every_code_is_explained_in_a_sentence_or_more(code: str) -> None:
    shown = CliRunner().invoke(explain, [code])
    assert shown.exit_code == 0
    first, _, text = shown.stdout.partition("\n\n")
    assert first == code
    assert len(text.split()) >= 10
    assert "](" not in text


def test_without_a_code_all_are_listed_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    lines = CliRunner().invoke(explain, []).stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(explanations())


def test_a_wrong_code_names_the_nearest() -> None:
    answer = CliRunner().invoke(explain, ["golden-faeture"])
    assert answer.exit_code == 2
    assert "did you mean golden-feature" in answer.stderr


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("arguments", [[], ["bins-merged"]], ids=["list", "one"])
def test_lines_end_where_the_terminal_does(monkeypatch: pytest.MonkeyPatch, width: int, arguments: list[str]) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    in_a_pipe = CliRunner().invoke(explain, arguments).stdout
    monkeypatch.setenv("COLUMNS", str(width))
    shown = CliRunner().invoke(explain, arguments).stdout
    assert max(map(len, shown.splitlines())) <= width
    assert shown.split() == in_a_pipe.split()
