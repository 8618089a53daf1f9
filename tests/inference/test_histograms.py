import json
from importlib import resources

import jsonschema
import numpy as np
import pytest

from fivesigma.core.sample import Variation
from fivesigma.inference.bin_merging import merged
from fivesigma.inference.binning import Axis, Binning, score_bins
from fivesigma.inference.filling import templates
from fivesigma.inference.histograms import to_uhi


def test_templates_follow_the_uhi_schema(events) -> None:
    pytest.importorskip("uhi.schema")
    schema = json.loads(resources.files("uhi.resources").joinpath("histogram.schema.json").read_text())
    dataset, scores = events
    mass = dataset.observables["m4l"]
    grid = Binning(axes=(Axis(name="m4l", edges=(110.0, 130.0, 150.0), label="m [GeV]"), *score_bins(3).axes))
    ragged = merged(grid, np.array([50.0, 50, 5, 50, 50, 5]), np.array([50.0, 50, 5, 50, 50, 5]), minimum=10)
    for made in (
        templates(dataset, scores, bins=4),
        templates(dataset, (mass, scores), bins=grid),
        templates(dataset, (mass, scores), bins=ragged, weights={Variation("pdf", "up"): 1.1 * dataset.weight}),
    ):
        histograms = json.loads(json.dumps(to_uhi(made), allow_nan=False))
        assert [name for name in histograms if "pdf" not in name] == ["all/higgs", "all/zz", "all/data"]
        for histogram in histograms.values():
            jsonschema.validate(histogram, schema)
        zz = np.asarray(histograms["all/zz"]["storage"]["values"])
        assert zz.sum() == pytest.approx(400)
    varied = histograms["all/zz/pdf/up"]
    assert np.asarray(varied["storage"]["values"]) == pytest.approx(1.1 * zz)
    variances = np.asarray(histograms["all/zz"]["storage"]["variances"])
    assert np.asarray(varied["storage"]["variances"]) == pytest.approx(1.21 * variances)
    assert (varied["metadata"]["systematic"], varied["metadata"]["variation"]) == ("pdf", "up")


def test_hist_reads_them(events) -> None:
    boost_histogram = pytest.importorskip("boost_histogram.serialization")
    dataset, scores = events
    made = templates(dataset, scores, bins=4)
    histogram = boost_histogram.from_uhi(_arrays(to_uhi(made)["all/higgs"]))
    assert histogram.values() == pytest.approx(made.channels[0].templates[0].values)
    assert histogram.variances() == pytest.approx(made.channels[0].templates[0].variances)


def test_blind_regions_have_no_data(events) -> None:
    dataset, scores = events
    assert "all/data" not in to_uhi(templates(dataset, scores, bins=4, observed=False))


def _arrays(histogram):
    storage = {
        key: np.asarray(value) if isinstance(value, list) else value for key, value in histogram["storage"].items()
    }
    return histogram | {"storage": storage}
