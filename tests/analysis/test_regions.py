"""A control region keeps clear of what is blind, and bins say what they leave outside."""

from __future__ import annotations

import numpy as np
import pytest

from fivesigma.core.errors import DataError

MASS = {"type": "template_fit", "observable": "m"}


def findings(run):
    return {finding.code: finding for finding in run.findings}


def with_fit(toy, name, **options):
    inference = {"mass": {**MASS, **options}}
    return toy.yaml(name, models={}, inference=inference)


def test_a_control_region_that_reaches_into_a_blind_one_is_refused(toy):
    regions = {
        "window": {"kind": "signal", "select": "118 < m < 132"},
        "wide": {"kind": "control", "select": "m > 125"},
    }
    analysis = {"name": "toy", "luminosity": 10.0, "energy": 13.0, "blind": True}
    path = toy.yaml("overlap", models={}, regions=regions, inference={}, analysis=analysis)
    with pytest.raises(
        DataError, match=r"control region 'wide' shares \d+ simulated events with the signal region 'window'"
    ):
        toy.run("overlap", path)
    assert toy.run("open", path, unblind=True).page is not None


def test_where_all_is_blind_nothing_is_held_against_data(toy):
    analysis = {"name": "toy", "luminosity": 10.0, "energy": 13.0, "blind": True}
    regions = {"all": {"kind": "signal"}}
    path = toy.yaml("all", analysis=analysis, regions=regions, inference={}, systematics={})
    run = toy.run("all", path, until="judgement")
    assert not list(run.directory.glob("figures/*with-data*"))
    for result in ("features", "judgement"):
        assert '"agreement": {' not in (run.directory / f"stages/{result}.json").read_text()


def test_edges_that_leave_events_outside_say_so(toy):
    found = findings(toy.run("outside", with_fit(toy, "outside", bins=[118, 125, 132])))
    assert found["events-outside-bins"].severity == "warning"
    assert found["events-outside-bins"].subject == "mass"
    assert 0 < found["events-outside-bins"].evidence["fraction"] < 1


def test_edges_that_hold_everything_say_nothing(toy):
    found = findings(toy.run("inside", with_fit(toy, "inside", bins=[100, 118, 125, 132, 150])))
    assert "events-outside-bins" not in found


def test_merged_bins_say_so(toy):
    edges = [float(edge) for edge in np.linspace(100, 150, 101)]
    found = findings(toy.run("merged", with_fit(toy, "merged", bins=edges)))
    told = found["bins-merged"].evidence
    assert told["left"] < told["asked"] < 100  # bins beyond the region were not asked for
