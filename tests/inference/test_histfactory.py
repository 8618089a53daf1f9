"""Yields against those of pyhf, which validates its own with ROOT's HistFactory."""

from typing import Any

import numpy as np
import pyhf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.inference.histfactory import HistFactory

CODES = {
    True: {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}},
    False: {"normsys": {"interpcode": "code1"}, "histosys": {"interpcode": "code0"}},
}


def modifier(name: str, kind: str, data: Any = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "data": data}


def specification() -> dict[str, Any]:
    """Return channels with every type of modifier, some shared between samples, channels and types, channels not in order."""
    rate, other = (
        modifier("rate", "normsys", {"hi": 1.3, "lo": 0.8}),
        modifier("other", "normsys", {"hi": 0.9, "lo": 0.95}),
    )
    shape = modifier("rate", "histosys", {"hi_data": [14.0, 9.0], "lo_data": [8.0, 11.5]})
    lumi, scale = modifier("lumi", "lumi"), modifier("scale", "normfactor")
    signal = {"name": "signal", "data": [3.0, 5.0], "modifiers": [modifier("mu", "normfactor"), lumi, rate]}
    zz = [rate, shape, other, scale, lumi, modifier("simulated", "staterror", [1.0, 0.5])]
    fakes = [modifier("simulated", "staterror", [0.4, 0.3]), modifier("fakes", "shapesys", [1.0, 2.0])]
    first = [
        signal,
        {"name": "zz", "data": [10.0, 10.0], "modifiers": zz},
        {"name": "fakes", "data": [4.0, 6.0], "modifiers": fakes},
    ]
    free = [modifier("shape", "shapefactor"), scale, modifier("simulated_a", "staterror", [2.0, 3.0, 4.0])]
    second = [{"name": "zz", "data": [30.0, 40.0, 50.0], "modifiers": free}]
    channels = [{"name": "z_region", "samples": first}, {"name": "a_region", "samples": second}]
    lumi_parameter = {"name": "lumi", "auxdata": [1.0], "sigmas": [0.03], "bounds": [[0.5, 1.5]], "inits": [1.0]}
    return {"channels": channels, "parameters": [lumi_parameter]}


def both(smooth: bool) -> tuple[Any, HistFactory]:
    model = pyhf.Model(specification(), poi_name="mu", modifier_settings=CODES[smooth], validate=False)
    config = model.config
    parameters = {name: config.par_slice(name) for name in config.par_order}
    mine = HistFactory(specification()["channels"], bins=config.channel_slices, parameters=parameters, smooth=smooth)
    return model, mine


@pytest.fixture(scope="module", params=[True, False], ids=["smooth", "exponential"])
def pair(request: pytest.FixtureRequest) -> tuple[Any, HistFactory]:
    return both(request.param)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([0.1, 0.7, 2.0]))
def test_yields_are_those_of_pyhf(pair: tuple[Any, HistFactory], seed: int, spread: float) -> None:
    theirs, mine = pair
    values = np.random.default_rng(seed).normal(theirs.config.suggested_init(), spread)
    expected = np.asarray(theirs.expected_actualdata(values))
    scale = np.abs(expected).max()
    assert mine.expected(values) == pytest.approx(expected, rel=1e-12, abs=1e-12 * scale)
    assert mine.expected_and_jacobian(values)[0] == pytest.approx(expected, rel=1e-12, abs=1e-12 * scale)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_derivatives_are_those_of_differences(pair: tuple[Any, HistFactory], seed: int) -> None:
    theirs, mine = pair
    values = np.random.default_rng(seed).normal(theirs.config.suggested_init(), 0.6)
    jacobian = mine.expected_and_jacobian(values)[1]
    for index, step in enumerate(1e-6 * np.eye(len(values))):
        slope = (mine.expected(values + step) - mine.expected(values - step)) / 2e-6
        assert jacobian[:, index] == pytest.approx(slope, rel=1e-5, abs=1e-5 * np.abs(jacobian).max())


def test_a_factor_of_zero_leaves_its_derivative(pair: tuple[Any, HistFactory]) -> None:
    """At μ = 0 the signal is gone from the yields and not from their derivative."""
    theirs, mine = pair
    values = np.asarray(theirs.config.suggested_init())
    values[theirs.config.poi_index] = 0.0
    expected, jacobian = mine.expected_and_jacobian(values)
    where = theirs.config.channel_slices["z_region"]
    assert jacobian[where, theirs.config.poi_index] == pytest.approx([3.0, 5.0])
    assert expected[where] == pytest.approx([14.0, 16.0])


@pytest.mark.parametrize(("kind", "data"), [("staterror", [1.0, 2.0]), ("shapefactor", None)])
def test_a_parameter_a_bin_may_be_shared_between_channels(kind: str, data: list[float] | None) -> None:
    channels = []
    for name in ("z_region", "a_region"):
        signal = {"name": "signal", "data": [1.0, 2.0], "modifiers": [modifier("mu", "normfactor")]}
        zz = {"name": "zz", "data": [10.0, 20.0], "modifiers": [modifier("bins", kind, data)]}
        channels.append({"name": name, "samples": [signal, zz]})
    theirs = pyhf.Model({"channels": channels}, poi_name="mu", validate=False)
    config = theirs.config
    parameters = {name: config.par_slice(name) for name in config.par_order}
    mine = HistFactory(channels, bins=config.channel_slices, parameters=parameters, smooth=True)
    values = np.linspace(0.5, 1.7, config.npars)
    assert mine.expected(values) == pytest.approx(np.asarray(theirs.expected_actualdata(values)), rel=1e-12)
