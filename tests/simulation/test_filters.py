from dataclasses import asdict, replace

import pytest
from pydantic import TypeAdapter, ValidationError

from fivesigma.core.errors import FivesigmaError
from fivesigma.simulation.filters import TruthFilter

DIMUON = TruthFilter(stage="process", particles=(13,), quantity="mass", minimum=80.0, maximum=100.0, each_pt=5.0)


def test_a_filter_survives_the_command_line():
    text = TypeAdapter(TruthFilter)
    assert text.validate_json(text.dump_json(DIMUON)) == DIMUON


@pytest.mark.parametrize("wrong", [{"stage": "hadron"}, {"quantity": "energy"}, {"minimum": "much"}])
def test_what_no_filter_can_ask_is_refused(wrong):
    with pytest.raises(ValidationError):
        TypeAdapter(TruthFilter).validate_python(asdict(DIMUON) | wrong)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"stage": "hadron"}, "its stage must be one of process, shower, parton, not 'hadron'"),
        ({"quantity": "energy"}, "its quantity must be one of pt, mass, count, kinds, not 'energy'"),
        ({"particles": ()}, "PDG codes without their sign, at least one"),
        ({"particles": (-13,)}, r"PDG codes without their sign, at least one, not \(-13,\)"),
        ({"minimum": float("nan")}, "its bounds are finite numbers, not nan"),
        ({"maximum": float("inf")}, "its bounds are finite numbers"),
        ({"maximum": 10.0}, "nothing reaches 80 and does not exceed 10"),
    ],
)
def test_what_makes_no_sense_is_named(fields, message):
    with pytest.raises(FivesigmaError, match=f"a filter at the stage .*{message}"):
        replace(DIMUON, **fields)
