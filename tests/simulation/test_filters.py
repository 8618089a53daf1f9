from dataclasses import asdict

import pytest
from pydantic import TypeAdapter, ValidationError

from fivesigma.simulation.filters import TruthFilter

DIMUON = TruthFilter(stage="process", particles=(13,), quantity="mass", minimum=80.0, maximum=100.0, each_pt=5.0)


def test_a_filter_survives_the_command_line():
    text = TypeAdapter(TruthFilter)
    assert text.validate_json(text.dump_json(DIMUON)) == DIMUON


@pytest.mark.parametrize("wrong", [{"stage": "hadron"}, {"quantity": "energy"}, {"minimum": "much"}])
def test_what_no_filter_can_ask_is_refused(wrong):
    with pytest.raises(ValidationError):
        TypeAdapter(TruthFilter).validate_python(asdict(DIMUON) | wrong)
