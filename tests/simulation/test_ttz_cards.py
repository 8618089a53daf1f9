"""The cards of the stand-in for tt̄Z and its backgrounds: rates as published, and real generations that look as they must."""

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.simulation.cards.catalogue import recipe_simulation

pytest.importorskip("pythia8mc")
from fivesigma.simulation.chunks import ChunkTask, read_chunk
from fivesigma.simulation.objects.detector import DETECTOR
from fivesigma.simulation.worker import generate_chunk

RECIPE = recipe_simulation("ttz")


def generated(process, size, folder):
    path = folder / f"{process.name}-{len(process.filters)}.npz"
    card = {"process": process, "detector": DETECTOR, "seed": 3, "stream": "test", "index": 0}
    generate_chunk(ChunkTask(**card, size=size, path=path, timeout=300))
    return read_chunk(path)


def of_all(sizes, folder):
    """Chunks of processes by name."""
    return {name: generated(RECIPE.process(name), size, folder) for name, size in sizes.items()}


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    return of_all({"ttz_standin": 300, "ttbar": 150, "zjets": 150, "other": 30}, tmp_path_factory.mktemp("some"))


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return of_all({"ttz_standin": 2500, "ttbar": 8000, "zjets": 30_000}, tmp_path_factory.mktemp("many"))


def test_rates_are_the_published_ones():
    given = {process.name: process.cross_section for process in RECIPE.processes if process.cross_section is not None}
    # 0.88 pb × 2 × 0.03366 for tt̄Z, arXiv:1901.03584; 831.76 pb × (2 × 0.1086)², arXiv:1112.5675
    assert given == pytest.approx({"ttz_standin": 0.0592416, "ttbar": 39.238977}, rel=1e-5)
    assert RECIPE.process("zjets").k_factor == pytest.approx(1.32306, rel=1e-4)
    assert RECIPE.process("other").k_factor == pytest.approx(2.08203, rel=1e-4)


def test_a_stand_in_is_called_one_everywhere():
    signal = RECIPE.process("ttz_standin")
    assert [process.name for process in RECIPE.processes if process.kind == "signal"] == ["ttz_standin"]
    assert "stand-in" in signal.title
    assert any("stand-in" in limit for limit in signal.limits)


def test_underlying_event_is_off_and_said_so():
    for process in RECIPE.processes:
        assert "PartonLevel:MPI = off" in process.pythia_settings()
        assert any("No multiparton interactions" in limit for limit in process.limits)


def test_weights_are_called_as_in_the_exercise():
    assert dict(RECIPE.columns) == {"id": "id", "totalWeight": "weight"}


def test_every_process_generates_and_its_filters_pass_what_they_say(some):
    for name, chunk in some.items():
        assert chunk.generated == {"ttz_standin": 300, "ttbar": 150, "zjets": 150, "other": 30}[name]
        assert chunk.cross_section > 0
    # measured with thousands of events: 6 %, 7.6 % and 2 % pass the filters
    assert some["ttz_standin"].filter_efficiency == 1
    assert 0.04 < some["ttbar"].filter_efficiency < 0.09
    assert 0.05 < some["zjets"].filter_efficiency < 0.11
    assert 0.008 < some["other"].filter_efficiency < 0.04


def test_the_stand_in_is_a_z_and_two_top_quarks(some):
    chunk = some["ttz_standin"]
    assert len(chunk.number) / chunk.generated == pytest.approx(0.163, abs=0.08)
    assert np.median(chunk.columns["mll"]) == pytest.approx(91.2, abs=1)
    assert chunk.columns["njet"].mean() > 5.5
    assert (chunk.columns["HF_n"] >= 2).mean() > 0.7


@pytest.mark.slow
def test_top_quarks_have_their_w_bosons_and_neutrinos_are_missing(many):
    columns = {name: chunk.columns for name, chunk in many.items()}
    mean = {
        kind: {name: made[kind].mean() for name, made in columns.items()} for kind in ("NJetPairsZMass", "Nmbjj_top")
    }
    for counts in mean.values():
        assert counts["ttz_standin"] > 1.2 * counts["ttbar"]
        assert counts["ttz_standin"] > 1.2 * counts["zjets"]
    met = {name: np.median(made["met"]) for name, made in columns.items()}
    assert met["zjets"] < 0.7 * met["ttbar"]
    for name in ("ttz_standin", "zjets"):
        assert np.median(columns[name]["mll"]) == pytest.approx(91.2, abs=1.0)
    assert columns["ttbar"]["mll"].std() > 1.3 * columns["zjets"]["mll"].std()


@pytest.mark.slow
def test_the_filter_of_hard_partons_drops_hardly_anything_that_would_be_selected(tmp_path):
    """With the filter and without: the same cross section after the selection."""
    process = RECIPE.process("ttbar")
    assert process.filters[-1].stage == "shower"
    with_it = generated(process, 8000, tmp_path)
    without = generated(replace(process, filters=process.filters[:-1]), 10_000, tmp_path)
    selected = [len(chunk.number) / chunk.generated * chunk.cross_section for chunk in (with_it, without)]
    errors = [1 / np.sqrt(len(chunk.number)) for chunk in (with_it, without)]
    assert selected[0] / selected[1] == pytest.approx(1, abs=3 * np.hypot(*errors))
