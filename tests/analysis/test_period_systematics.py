"""An uncertainty of one data-taking period moves the events of that period, and no others."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.events_stage import load_events
from fivesigma.analysis.fit_systematics import systematics_of
from fivesigma.core.errors import ConfigurationError
from fivesigma.core.sample import Variation
from fivesigma.inference.systematics import ShapeSystematic

PERIODS = {"early": 4.0, "late": 6.0}
CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "toy", "luminosity": 10.0, "energy": 13.0, "periods": PERIODS},
    "samples": {
        "sig": {"kind": "signal", "files": "sig_{period}.parquet"},
        "zz": {"kind": "background", "files": "zz_{period}.parquet", "weight": "2 * w"},
    },
    "events": {"weight": "w"},
    "features": {"inputs": {"x": "x"}, "observables": {"m": "m"}},
    "systematics": {"lumi_late": {"type": "normalisation", "size": 0.25, "periods": ["late"], "samples": ["zz"]}},
    "inference": {"fit": {"type": "template_fit", "observable": "m"}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("periods")
    generator = np.random.default_rng(1)
    for place, (sample, period) in enumerate((s, p) for s in ("sig", "zz") for p in (*PERIODS, "whole")):
        columns = {"x": generator.normal(size=50), "m": generator.uniform(0, 1, 50), "w": generator.uniform(1, 2, 50)}
        columns["event"] = np.arange(50) + 1000 * place
        pq.write_table(pa.table(columns), folder / f"{sample}_{period}.parquet")
    return folder


def load(folder, samples=None):
    path = folder / "analysis.yaml"
    path.write_text(json.dumps(CONFIGURATION | ({"samples": samples} if samples else {})))
    return load_resolved(path, folder)


def test_only_the_events_of_the_period_weigh_more(folder):
    config = load(folder)
    _, dataset = load_events(config, folder, blind=False)
    weights = {label: dataset.weights[Variation("lumi_late", label)] for label in ("up", "down")}
    table = {period: pq.read_table(folder / f"zz_{period}.parquet")["w"].to_numpy() for period in PERIODS}
    moved = weights["up"] != dataset.weight
    assert np.count_nonzero(moved) == 50
    np.testing.assert_allclose(np.sort(weights["up"][moved]), np.sort(2 * table["late"] * 1.25))
    np.testing.assert_allclose(np.sort(weights["down"][moved]), np.sort(2 * table["late"] / 1.25))
    assert not np.any(moved & dataset.of("sig"))


def test_fits_know_it_as_a_variation_of_weights(folder):
    (systematic,) = systematics_of(load(folder))
    assert isinstance(systematic, ShapeSystematic)
    assert (systematic.name, systematic.combine, systematic.samples) == ("lumi_late", "two-sided", ("zz",))


def test_files_of_no_period_are_told(folder):
    samples = CONFIGURATION["samples"] | {"zz": {"kind": "background", "files": "zz_whole.parquet"}}
    with pytest.raises(ConfigurationError, match="'zz' are of no data-taking period"):
        load(folder, samples)
