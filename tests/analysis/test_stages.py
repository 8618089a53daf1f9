import json

import pytest

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.stages import FigureNote, Outcome, Stages, outcome_digest
from fivesigma.core.errors import DataError
from fivesigma.core.finding import Finding

NOTE = FigureNote(name="roc", section="judgement", title="t", caption="c", alt="a")
OUTCOME = Outcome(
    value={"x": 1.5, "seconds": 3, "list": [1, {"seconds": 2, "y": None}]},
    findings=(Finding(code="c", severity="info", subject="s", message="m", evidence={"n": 1}),),
    figures=(NOTE,),
    files=("scores/a.safetensors",),
)


@pytest.fixture
def directory(tmp_path):
    made = RunDirectory(tmp_path)
    made.create()
    for name in (*NOTE.files, *OUTCOME.files):
        made.path(name).write_text("x")
    return made


def perform(directory, parts=("a", 1), outcome=OUTCOME, **options):
    """Perform a stage in a run of its own; return the outcome and which stages were done."""
    stages = Stages(directory=directory, **options)

    def work():
        for name in outcome.all_files:
            directory.path(name).write_text("x")
        return outcome

    return stages.perform("s", list(parts), "Working", work), stages.redone


def test_what_stands_is_not_done_again(directory):
    first, redone = perform(directory)
    assert redone == ["s"]
    again, redone = perform(directory, outcome=Outcome(value={}))
    assert redone == []
    assert again.value == first.value
    assert again.findings == first.findings
    assert again.figures == first.figures
    assert set(again.files) == {*NOTE.files, *OUTCOME.files}


@pytest.mark.parametrize("parts", [("a", 2), ("a",), ("a", 1, None), ("a", "1"), ("b", 1)])
def test_what_depends_on_something_else_is_done_again(directory, parts):
    perform(directory)
    assert perform(directory, parts)[1] == ["s"]


def test_fresh_does_all_again_but_only_once(directory):
    perform(directory)
    stages = Stages(directory=directory, fresh=True)
    for _ in range(2):
        stages.perform("s", ["a", 1], "Working", lambda: OUTCOME)
    assert stages.redone == ["s"]


@pytest.mark.parametrize("name", [*NOTE.files, *OUTCOME.files])
def test_a_truncated_file_makes_the_stage_be_done_again(directory, name):
    perform(directory)
    (directory.root / name).write_text("")
    assert perform(directory)[1] == ["s"]


def test_nothing_of_other_events_stays(directory):
    perform(directory)
    Stages(directory=directory).forget_others("s", ["a", 1])
    assert (directory.root / "stages/s.json").exists()
    Stages(directory=directory).forget_others("s", ["a", 2])
    assert [path for path in directory.root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", [*NOTE.files, *OUTCOME.files])
def test_a_missing_file_makes_the_stage_be_done_again(directory, name):
    perform(directory)
    (directory.root / name).unlink()
    assert perform(directory)[1] == ["s"]


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "3", '"x"', "{}", '{"key": 1, "files": []}'])
def test_a_damaged_record_makes_the_stage_be_done_again(directory, text):
    perform(directory)
    (directory.root / "stages/s.json").write_text(text)
    assert perform(directory)[1] == ["s"]


@pytest.mark.parametrize("part", ["value", "findings", "figures", "files"])
def test_a_record_that_lacks_a_part_makes_the_stage_be_done_again(directory, part):
    perform(directory)
    path = directory.root / "stages/s.json"
    record = json.loads(path.read_text())
    del record[part]
    path.write_text(json.dumps(record))
    assert perform(directory)[1] == ["s"]


def test_a_damaged_record_is_a_data_error_where_it_is_needed(directory):
    (directory.root / "stages/s.json").write_text("{}")
    with pytest.raises(DataError, match=r"s\.json: not a record of a stage"):
        Stages(directory=directory).recorded("s")


def test_a_stage_that_fails_no_longer_stands(directory):
    perform(directory)

    def fail():
        raise KeyboardInterrupt

    stages = Stages(directory=directory, fresh=True)
    with pytest.raises(KeyboardInterrupt):
        stages.perform("s", ["a", 1], "Working", fail)
    assert not (directory.root / "stages/s.json").exists()
    assert perform(directory)[1] == ["s"]


def test_the_user_is_told_only_of_what_is_done(directory):
    told = []
    perform(directory, tell=told.append)
    perform(directory, tell=told.append)
    assert told == ["Working"]


def test_a_value_that_json_cannot_hold_strictly_is_a_fault(directory):
    with pytest.raises(ValueError, match="JSON"):
        perform(directory, outcome=Outcome(value={"x": float("nan")}))
    assert not (directory.root / "stages/s.json").exists()


def test_the_digest_of_an_outcome_leaves_times_out(directory):
    def digest(**value):
        return outcome_digest(directory, Outcome(value=value))

    assert digest(a={"seconds": 1, "b": [{"seconds": 2}]}) == digest(a={"seconds": 3, "b": [{"seconds": 4}]})
    assert digest(a=1) != digest(a=2)
    assert digest(a=1) != digest(a=1, b=None)
    assert digest(seconds=1, a=1) == digest(a=1)


def test_the_digest_of_an_outcome_knows_its_arrays(directory):
    before = outcome_digest(directory, OUTCOME)
    assert before == outcome_digest(directory, OUTCOME)
    (directory.root / "scores/a.safetensors").write_text("y")
    assert outcome_digest(directory, OUTCOME) != before


def test_the_digest_is_the_same_for_what_was_made_and_what_is_recorded(directory):
    made, _ = perform(directory)
    found, _ = perform(directory)
    assert outcome_digest(directory, made) == outcome_digest(directory, found)
