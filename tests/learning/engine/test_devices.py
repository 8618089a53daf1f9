"""Where networks are trained, and how many at once."""

from __future__ import annotations

import pytest
import torch

from fivesigma.learning.engine.devices import networks_at_once, one_thread, stack_size, training_device

CPU = torch.device("cpu")


def test_an_accelerator_is_taken_where_there_is_one():
    there = torch.cuda.is_available() or torch.backends.mps.is_available()
    assert (training_device().type != "cpu") == there


def test_an_accelerator_trains_more_at_once():
    assert stack_size(CPU, batch=1) < stack_size(torch.device("cuda"), batch=1)


@pytest.mark.parametrize("batch", [1, 2**20, 2**40])
def test_there_is_always_one_to_train(batch):
    assert networks_at_once(CPU, batch=batch, resident=2**40) >= 1


def test_larger_batches_leave_room_for_fewer():
    assert networks_at_once(CPU, batch=2**18, resident=0) > networks_at_once(CPU, batch=2**20, resident=0)


def test_the_number_of_threads_is_given_back():
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
