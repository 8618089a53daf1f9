"""What a user may set."""

from __future__ import annotations

import numpy as np
import pytest

from fivesigma.learning.adapters.network import Network
from fivesigma.learning.engine.settings import Settings


def settings(**given):
    return Settings.of({**Network.defaults, **given})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"hidden": []}, "hidden is a list of widths"),
        ({"hidden": 64}, "hidden is a list of widths"),
        ({"hidden": "64"}, "hidden is a list of widths"),
        ({"hidden": [64, 2.5]}, "hidden is a list of widths"),
        ({"hidden": [True]}, "hidden is a list of widths"),
        ({"activation": "rleu"}, "no activation 'rleu'; did you mean relu"),
        ({"activation": ["relu"]}, "no activation"),
        ({"optimiser": "adamW2"}, "did you mean adamw"),
        ({"schedule": "one-cycle"}, "no schedule 'one-cycle'; did you mean one_cycle"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1, not 0"),
        ({"epochs": 2.0}, "epochs must be a whole number"),
        ({"batch_size": "large"}, "batch_size must be a whole number of at least 1, not 'large'"),
        ({"patience": 0}, "patience must be a whole number"),
        ({"learning_rate": 0}, "learning_rate must be a number above 0, not 0"),
        ({"learning_rate": "1e-3"}, "learning_rate must be a number above 0, not '1e-3'"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"learning_rate": True}, "learning_rate"),
        ({"weight_decay": -1e-4}, "weight_decay must be a number, 0 or above"),
        ({"momentum": 1}, r"momentum must be in \[0, 1\)"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\)"),
        ({"dropout": None}, "dropout"),
        ({"decay": 0}, r"decay must be in \(0, 1\]"),
    ],
)
def test_a_value_out_of_its_range_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        settings(**given)


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="layers"):
        settings(layers=3)


def test_numbers_may_come_from_numpy():
    found = settings(hidden=[np.int64(8)], epochs=np.int32(3), learning_rate=np.float64(1e-2), patience=None)
    assert found.hidden == (8,)
    assert found.patience is None
