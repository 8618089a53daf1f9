from dataclasses import replace

import numpy as np
import pytest

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.chunks import Chunk
from fivesigma.simulation.rates import Rate

RECIPE = RECIPES["higgs-4l"]


def chunk(weights, generated, sum_of_weights, cross_section=2.0, filter_efficiency=1.0):
    return Chunk(
        index=0,
        generated=generated,
        sum_of_weights=sum_of_weights,
        filter_efficiency=filter_efficiency,
        cross_section=cross_section,
        cross_section_error=0.3,
        number=np.arange(len(weights)),
        weight=np.array(weights),
        columns={},
    )


def test_rate_of_a_given_cross_section():
    process = replace(RECIPE.process("higgs"), cross_section=0.5)
    rate = Rate.of(process, 10.0, [chunk([1, 1, 2], 10, 11.0), chunk([1], 10, 9.0)])
    assert rate.acceptance == 5 / 20
    assert rate.expected == pytest.approx(0.5 * 1000 * 10 * 0.25)
    assert rate.acceptance_error == pytest.approx(np.sqrt(0.25 * 0.75 / 20))
    assert rate.cross_section_error is None
    assert rate.filter_efficiency == 1


def test_rate_of_a_k_factor():
    process = replace(RECIPE.process("zz"), k_factor=1.5)
    rate = Rate.of(process, 1.0, [chunk([1], 10, 10.0, 2.0), chunk([1], 10, 10.0, 4.0)])
    assert rate.cross_section == pytest.approx(4.5)
    assert rate.cross_section_error == pytest.approx(1.5 * 0.3 * np.sqrt(2) / 2)
    assert rate.expected == pytest.approx(4.5 * 1000 * 0.1)


def test_a_k_factor_has_no_part_in_a_given_cross_section():
    process = replace(RECIPE.process("higgs"), cross_section=0.5, k_factor=3.0)
    assert Rate.of(process, 1.0, [chunk([1], 10, 10.0)]).cross_section == 0.5


def test_a_filter_takes_from_a_given_cross_section_and_is_in_pythias_own():
    chunks = [chunk([1] * 5, 10, 10.0, 0.5, 0.25), chunk([1] * 5, 10, 10.0, 0.5, 0.15)]
    given = Rate.of(replace(RECIPE.process("higgs"), cross_section=2.0), 1.0, chunks)
    assert given.filter_efficiency == pytest.approx(0.2)
    assert given.cross_section == pytest.approx(0.4)
    assert given.expected == pytest.approx(0.4 * 1000 * 0.5)
    # 10/0.25 + 10/0.15 events tried: the error of a binomial fraction
    assert given.cross_section_error == pytest.approx(2.0 * np.sqrt(0.2 * 0.8 / (10 / 0.25 + 10 / 0.15)))
    own = Rate.of(replace(RECIPE.process("zz"), k_factor=1.0), 1.0, chunks)
    assert own.cross_section == pytest.approx(0.5)
    assert own.filter_efficiency == pytest.approx(0.2)
