"""When a network has trained enough."""

from __future__ import annotations

import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.engine.record import Record


def test_the_best_epoch_is_the_first_of_the_lowest_validation_loss():
    record = Record()
    better = [record.add(1.0, loss, name="it") for loss in (0.9, 0.7, 0.7, 0.8)]
    assert better == [True, True, False, False]
    assert record.best_epoch == 2


def test_training_goes_on_for_as_many_epochs_as_patience_has():
    record = Record()
    for loss in (0.5, 0.6, 0.7):
        record.add(1.0, loss, name="it")
    assert record.goes_on(3)
    assert not record.goes_on(2)
    assert record.goes_on(None)


@pytest.mark.parametrize(("losses", "kind"), [((float("nan"), 1.0), "training"), ((1.0, float("inf")), "validation")])
def test_a_loss_that_is_no_number_raises(losses, kind):
    record = Record()
    record.add(1.0, 1.0, name="it")
    with pytest.raises(FivesigmaError, match=rf"network 3 .*{kind} loss is .* in epoch 2; try a smaller learning_rate"):
        record.add(*losses, name="network 3 of 5")
