from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import Axis, Binning, score_bins
from fivesigma.inference.filling import _reconcile, templates
from fivesigma.inference.region_bins import sturdy_bins
from fivesigma.inference.templates import Template, joined
from fivesigma.inference.varied_events import VariedEvents


def test_templates_are_the_weighted_histograms(events) -> None:
    dataset, scores = events
    (channel,) = templates(dataset, scores, bins=5).channels
    for number, template in enumerate(channel.templates):
        mine = dataset.sample == number
        edges = np.linspace(0, 1, 6)
        expected, _ = np.histogram(scores.value[mine], edges, weights=dataset.weight[mine])
        squares, _ = np.histogram(scores.value[mine], edges, weights=dataset.weight[mine] ** 2)
        assert template.values == pytest.approx(expected, rel=1e-12)
        assert template.variances == pytest.approx(squares, rel=1e-12)
    assert channel.observed.sum() == dataset.data.sum()
    assert channel.pseudo


def test_regions_and_their_binnings(events) -> None:
    dataset, scores = events
    mass = dataset.observables["m4l"]
    regions = {"window": (mass > 118) & (mass < 130), "sides": (mass <= 118) | (mass >= 130)}
    made = templates(dataset, scores, bins={"window": score_bins(8), "sides": score_bins(2)}, regions=regions)
    assert [channel.binning.count for channel in made.channels] == [8, 2]
    for channel in made.channels:
        kept = dataset.background & regions[channel.name]
        assert channel.sum_of("background").sum() == pytest.approx(dataset.weight[kept].sum(), rel=1e-12)
    with pytest.raises(FivesigmaError, match="no binning for region 'sides'"):
        templates(dataset, scores, bins={"window": score_bins(8)}, regions=regions)


def test_blind_regions_hold_no_trace_of_the_data(events) -> None:
    dataset, scores = events
    mass = dataset.observables["m4l"]
    regions = {"window": mass < 130, "sides": mass >= 130}
    made = templates(dataset, scores, bins=4, regions=regions, observed=["sides"])
    assert made.channels[0].observed is None
    assert made.channels[1].observed is not None
    assert made.blind
    emptied = dataset.where(~(dataset.data & regions["window"]))
    again = templates(
        emptied,
        scores.where(~(dataset.data & regions["window"])),
        bins=4,
        regions={"window": emptied.observables["m4l"] < 130, "sides": emptied.observables["m4l"] >= 130},
        observed=["sides"],
    )
    for one, other in zip(made.channels, again.channels, strict=True):
        assert np.array_equal(one.sum_of("background"), other.sum_of("background"))
    with pytest.raises(FivesigmaError, match=r"no region 'windows'; did you mean window\?"):
        templates(dataset, scores, bins=4, regions=regions, observed=["windows"])


def test_without_data_samples_everything_is_blind(events) -> None:
    dataset, scores = events
    simulated = replace(dataset.where(~dataset.data), samples=dataset.samples[:2])
    assert templates(simulated, scores.where(~dataset.data), bins=4).blind


@settings(max_examples=25)
@given(weights=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), bins=st.integers(1, 7))
def test_templates_reconcile_whatever_the_weights(weights: list[float], bins: int) -> None:
    count = len(weights)
    dataset = Dataset(
        X=np.zeros((count, 1), dtype=np.float32),
        inputs=("x",),
        observables={},
        weight=np.asarray(weights),
        id=np.arange(count, dtype=np.uint64),
        sample=np.zeros(count, dtype=np.int16),
        samples=(SampleInfo(name="zz", kind="background"),),
    )
    values = np.random.default_rng(0).uniform(-0.5, 1.5, count)
    (channel,) = templates(dataset, values, bins=score_bins(bins), floor=0).channels
    assert abs(channel.templates[0].total - np.sum(weights)) <= 1e-12 * np.abs(weights).sum()


def test_a_lost_event_stops_the_run() -> None:
    weight = np.random.default_rng(0).uniform(0.5, 1.5, 10_000)
    _reconcile(np.array([weight[:500].sum(), weight[500:].sum()]), weight, "region 'sr', sample 'zz'")
    with pytest.raises(DataError, match=r"region 'sr', sample 'zz': the template sums to"):
        _reconcile(np.array([weight[:500].sum(), weight[501:].sum()]), weight, "region 'sr', sample 'zz'")


def test_values_outside_are_included_or_refused(events) -> None:
    dataset, _ = events
    mass = dataset.observables["m4l"]
    made = templates(dataset, mass, bins=[115, 125, 140], name="m4l")
    assert made.channels[0].sum_of("background").sum() == pytest.approx(400, rel=1e-12)
    with pytest.raises(DataError, match=r"'zz': \d+ events lie outside m4l 115 to 140"):
        templates(dataset, mass, bins=[115, 125, 140], name="m4l", outside="refuse")


def test_values_that_are_not_finite_are_refused(events) -> None:
    dataset, _ = events
    mass = dataset.observables["m4l"].copy()
    mass[3] = np.nan
    with pytest.raises(DataError, match="'higgs': m4l is not finite in 1 events"):
        templates(dataset, mass, bins=[115, 125, 140], name="m4l")


def test_a_grid_of_mass_and_score(events) -> None:
    dataset, scores = events
    mass = dataset.observables["m4l"]
    grid = Binning(axes=(Axis(name="m4l", edges=(110.0, 120.0, 130.0, 150.0)), *score_bins(2).axes))
    (channel,) = templates(dataset, (mass, scores), bins=grid).channels
    counts, *_ = np.histogram2d(
        mass[dataset.data], scores.value[dataset.data], [grid.axes[0].edges, grid.axes[1].edges]
    )
    assert channel.observed.reshape(3, 2) == pytest.approx(counts)
    with pytest.raises(FivesigmaError, match="1 quantities for a binning of 2"):
        templates(dataset, scores, bins=grid)


def test_sturdy_bins_hold_the_floor_and_ignore_signal_and_data(events) -> None:
    dataset, scores = events
    binning = sturdy_bins(dataset, scores, score_bins(40), minimum=500)
    background = dataset.background
    counts = np.bincount(binning.index(scores.value[background]), dataset.weight[background])
    squares = np.bincount(binning.index(scores.value[background]), dataset.weight[background] ** 2)
    assert np.all(counts**2 / squares >= 500)
    assert binning == sturdy_bins(dataset.where(background), scores.where(background), score_bins(40), minimum=500)


def test_joined_regions_need_names_of_their_own(events) -> None:
    dataset, scores = events
    part = templates(dataset, scores, bins=3)
    with pytest.raises(FivesigmaError, match="one name each"):
        joined(part, part)


def test_data_can_be_replaced_and_taken_away(events) -> None:
    dataset, scores = events
    made = templates(dataset, scores, bins=3)
    assert made.without_data().channels[0].observed is None
    assert made.with_data({"all": np.ones(3)}).channels[0].observed.tolist() == [1, 1, 1]
    with pytest.raises(FivesigmaError, match="no region 'any'"):
        made.with_data({"any": np.ones(3)})
    with pytest.raises(DataError, match="negative"):
        made.with_data({"all": np.array([1.0, -1.0, 1.0])})


def test_a_number_of_bins_of_an_observable_holds_equal_background(events) -> None:
    dataset, _ = events
    mass = dataset.observables["m4l"]
    halves = {"low": mass < np.median(mass), "high": mass >= np.median(mass)}
    made = templates(dataset, mass, bins=5, regions=halves, name="m4l", titles={"m4l": "m(4l) [GeV]"})
    for channel, mask in zip(made.channels, halves.values(), strict=True):
        (axis,) = channel.binning.axes
        assert axis.bins == 5
        assert axis.title == "m(4l) [GeV]"
        assert axis.edges[0] >= mass[mask].min()  # put where the region's background lies
        background = np.sum([t.values for t in channel.templates if t.sample.kind == "background"], axis=0)
        np.testing.assert_allclose(background, background.mean(), rtol=0.02)


def test_as_many_names_and_bins_as_quantities(events) -> None:
    dataset, scores = events
    with pytest.raises(FivesigmaError, match="2 quantities, 1 names and bins for 2"):
        templates(dataset, (dataset.observables["m4l"], scores), bins=3)
    both = templates(dataset, (dataset.observables["m4l"], scores), bins=[[100, 120, 140], 3], name=["m4l", "trees"])
    assert both.channels[0].binning.cells == 6


def test_a_floor_merges_bins_and_zero_keeps_them(events) -> None:
    dataset, scores = events
    fine = templates(dataset, scores, bins=400, floor=0).channels[0]
    merged = templates(dataset, scores, bins=400, floor=100).channels[0]
    assert fine.binning.count == 400
    assert 1 < merged.binning.count < 400
    background = [t for t in merged.templates if t.sample.kind == "background"]
    values, variances = (np.sum([getattr(t, name) for t in background], axis=0) for name in ("values", "variances"))
    assert (values**2 / variances >= 100).all()


def test_regions_that_share_events_are_refused(events) -> None:
    dataset, scores = events
    mass = dataset.observables["m4l"]
    regions = {"window": mass < 130, "high": mass > 125}
    with pytest.raises(
        FivesigmaError, match=r"regions 'window' and 'high' share .* events, which a fit of both would count twice"
    ):
        templates(dataset, scores, regions=regions)


def test_samples_can_be_taken_away(events) -> None:
    made = templates(*events, bins=3)
    alone = made.without(["higgs"])
    assert [sample.name for sample in alone.samples] == ["zz"]
    assert alone.channels[0].observed is made.channels[0].observed
    with pytest.raises(FivesigmaError, match=r"no sample 'higs'; did you mean higgs\?"):
        made.without(["higs"])


JES, PDF = Variation("jes", "up"), Variation("pdf", "down")


def test_other_weights_are_filled_into_the_bins_of_the_nominal_events(events) -> None:
    dataset, scores = events
    factor = np.random.default_rng(3).uniform(0.5, 1.5, len(dataset))
    weights = {JES: dataset.weight * factor, PDF: dataset.weight * np.where(dataset.signal, 1.2, 1.0)}
    (channel,) = templates(dataset, scores, bins=40, floor=100, weights=weights).channels
    assert channel.binning == templates(dataset, scores, bins=40, floor=100).channels[0].binning
    edges = channel.binning.axes[0].edges
    for number, template in enumerate(channel.templates):
        mine = dataset.sample == number
        for variation, weight in weights.items():
            expected, _ = np.histogram(scores.value[mine], edges, weights=weight[mine])
            assert template.variations[variation] == pytest.approx(expected, rel=1e-12)
    higgs, zz = channel.templates
    assert higgs.variations[PDF] == pytest.approx(1.2 * higgs.values, rel=1e-12)
    assert zz.variations[PDF].tolist() == zz.values.tolist()


def test_other_events_are_filled_into_the_bins_of_the_nominal_ones(events) -> None:
    dataset, _ = events
    mass = dataset.observables["m4l"]
    shifted = replace(dataset.where(dataset.background), sample=np.zeros(dataset.background.sum(), np.int16))
    shifted = replace(shifted, samples=dataset.samples[1:2])
    moved = 1.02 * shifted.observables["m4l"]
    regions = {"low": mass < 128, "high": mass >= 128}
    varied = VariedEvents(
        variation=JES, dataset=shifted, values=moved, regions={"low": moved < 128, "high": moved >= 128}
    )
    made = templates(dataset, mass, bins=6, regions=regions, varied=[varied], name="m4l")
    for channel, lies in zip(made.channels, (moved < 128, moved >= 128), strict=True):
        higgs, zz = channel.templates
        assert not higgs.variations
        inner = channel.binning.axes[0].edges[1:-1]
        expected, _ = np.histogram(moved[lies], [-np.inf, *inner, np.inf], weights=shifted.weight[lies])
        assert zz.variations[JES] == pytest.approx(expected, rel=1e-12)
    assert made.channels[0].templates[1].variations[JES].sum() < made.channels[0].templates[1].total


def test_varied_events_that_do_not_fit_are_refused(events) -> None:
    dataset, scores = events
    background = dataset.where(dataset.background)
    alone = replace(background, sample=np.zeros(len(background), np.int16), samples=dataset.samples[1:2])
    values = scores.value[dataset.background]
    given = VariedEvents(variation=JES, dataset=alone, values=values)
    with pytest.raises(FivesigmaError, match="variation jes up of sample 'zz' is given twice"):
        templates(dataset, scores, varied=[given, given])
    with pytest.raises(FivesigmaError, match="variation jes up of sample 'zz' is given twice"):
        templates(dataset, scores, varied=[given], weights={JES: dataset.weight})
    with pytest.raises(FivesigmaError, match="variation jes up has regions all, not low"):
        templates(dataset, scores, varied=[given], regions={"low": scores.value < 0.5})
    with pytest.raises(FivesigmaError, match="variation jes up has 2 quantities to bin, not 1"):
        templates(dataset, scores, varied=[replace(given, values=(values, values))])
    unknown = replace(alone, samples=(SampleInfo(name="zzz", kind="background"),))
    with pytest.raises(FivesigmaError, match=r"variation jes up: no sample 'zzz'; did you mean zz\?"):
        templates(dataset, scores, varied=[replace(given, dataset=unknown)])
    halves = {"low": scores.value < 0.5, "high": scores.value >= 0.5}
    twice = replace(given, regions=dict.fromkeys(halves, np.ones(len(alone), bool)))
    with pytest.raises(FivesigmaError, match="regions 'low' and 'high' share 8000 events"):
        templates(dataset, scores, regions=halves, varied=[twice])
    with pytest.raises(DataError, match="'zz', variation jes up: score is not finite in 1 events"):
        templates(
            dataset, scores, varied=[replace(given, values=np.where(np.arange(len(values)) == 7, np.nan, values))]
        )
    with pytest.raises(ValueError, match="weights of jes up has shape"):
        templates(dataset, scores, weights={JES: dataset.weight[:-1]})


def test_a_varied_template_has_the_bins_of_the_nominal_one() -> None:
    sample = SampleInfo(name="zz", kind="background")
    good = {"sample": sample, "values": np.ones(2), "variances": np.ones(2)}
    assert Template(**good, variations={JES: np.ones(2), PDF: np.ones(2)}).labels("jes") == ("up",)
    with pytest.raises(ValueError, match="jes up has shape"):
        Template(**good, variations={JES: np.ones(3)})
    with pytest.raises(DataError, match=r"'zz' \(jes up\) is not finite"):
        Template(**good, variations={JES: np.array([1, np.nan])})
