"""Samples to a dataset, and what may not be in one."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivesigma.core.errors import DataError
from fivesigma.core.sample import Sample, SampleInfo
from fivesigma.events.assemble import dataset
from fivesigma.events.checks import check_samples
from fivesigma.events.read import read


def sample(name="s", kind="signal", n=50, **columns):
    generator = np.random.default_rng(n)
    events = {"pt": generator.uniform(10, 100, n), "mass": generator.uniform(100, 150, n)} | columns
    weight = np.ones(n) if kind == "data" else generator.uniform(0.1, 2, n)
    return Sample(info=SampleInfo(name=name, kind=kind), events=events, weight=weight, id=np.arange(n, dtype=np.uint64))


def test_samples_keep_their_order_and_weights_reconcile():
    samples = [sample("s"), sample("b", "background", 80), sample("d", "data", 20)]
    made = dataset(samples, inputs={"log_pt": "log(pt)"}, observables=["mass"])
    for one in samples:
        mine = made.of(one.name)
        np.testing.assert_array_equal(made.weight[mine], one.weight)
        np.testing.assert_allclose(made.X[mine, 0], np.log(one.events["pt"]), rtol=1e-6)
        np.testing.assert_array_equal(made.observables["mass"][mine], one.events["mass"])
    total = sum(abs(s.weight).sum() for s in samples)
    assert abs(made.weight.sum() - sum(s.weight.sum() for s in samples)) <= 1e-12 * total


@given(st.permutations(range(50)))
def test_the_order_of_events_changes_nothing_but_the_order(order):
    one = sample()
    shuffled = Sample(
        info=one.info, events={k: c[order] for k, c in one.events.items()}, weight=one.weight[order], id=one.id[order]
    )
    made, again = (dataset([s], inputs=["pt"]) for s in (one, shuffled))
    np.testing.assert_array_equal(made.X[order], again.X)
    np.testing.assert_array_equal(made.id[order], again.id)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39])
def test_values_that_models_cannot_use(bad):
    pt = np.ones(50)
    pt[[7, 9]] = bad
    with pytest.raises(
        DataError,
        match=r"sample 's': 'pt' \(pt\) is NaN or infinite in 2 of 50 events, the first of them the selected event 7",
    ):
        dataset([sample(pt=pt)], inputs=["pt"])


@pytest.mark.parametrize(
    ("inputs", "observables", "says"),
    [
        (["pt", "mass"], ["mass"], "an input and an observable"),
        ({"m": " mass "}, {"fitted": "mass"}, "input 'm' is the observable 'fitted'"),
        ({}, ["mass"], "no inputs"),
        (["ptt"], [], "did you mean pt"),
    ],
)
def test_names_that_make_no_sense_together(inputs, observables, says):
    with pytest.raises(Exception, match=says) as error:
        dataset([sample()], inputs=inputs, observables=observables)
    assert "fivesigma" in type(error.value).__module__


def test_a_class_without_events():
    with pytest.raises(DataError, match="sample 'b' has no events left"):
        dataset([sample(), sample("b", "background", 0)], inputs=["pt"])
    assert len(dataset([sample(), sample("d", "data", 0)], inputs=["pt"])) == 50


def test_events_of_one_identifier_make_no_folds():
    events = {"pt": np.arange(4.0), "run": np.full(4, 7)}
    one = read(events, id_columns="run").sample("s", kind="signal", columns=["pt"])
    with pytest.raises(DataError, match="sample 's': all 4 events have one identifier"):
        dataset([one], inputs=["pt"])


def test_the_first_cut_after_which_no_event_is_there_is_named():
    events = {"pt": np.arange(4.0), "w": np.ones(4)}
    files = read(events).weigh("w")
    cut = files.select(none="pt > 100", all="pt >= 0").sample("s", kind="signal", columns=["pt"])
    with pytest.raises(DataError, match=r"^sample 's' has no events left after 'none'$"):
        dataset([cut], inputs=["pt"])
    shifted = files.select(some="pt > 1").shifted("scale", "down", {"pt": "0 * pt"})
    with pytest.raises(DataError, match=r"^sample 's', scale down, has no events left after 'some'$"):
        dataset([shifted.sample("s", kind="signal", columns=["pt"])], inputs=["pt"])
    empty = read({name: column[:0] for name, column in events.items()}).select(some="pt > 1")
    with pytest.raises(DataError, match=r"^sample 's' has no events: its files hold none$"):
        dataset([empty.sample("s", kind="signal", columns=["pt"])], inputs=["pt"])


@pytest.mark.parametrize("name", ["pi", "and", "None", "class", "Jet.pt", "pt 1"])
def test_a_column_is_itself_whatever_its_name_means_in_expressions(name):
    made = dataset([sample(**{name: np.arange(50.0)})], inputs=[name], observables=["mass"])
    np.testing.assert_array_equal(made.X[:, 0], np.arange(50.0))


def test_two_samples_of_one_name():
    with pytest.raises(DataError, match="two samples are called 's'"):
        dataset([sample(), sample()], inputs=["pt"])


def planted(kind="signal", weight=None, ids=None, n=500):
    weight = np.ones(n) if weight is None else weight
    ids = np.arange(n, dtype=np.uint64) if ids is None else ids
    return Sample(info=SampleInfo(name="s", kind=kind), events={}, weight=weight, id=ids)


@pytest.mark.parametrize(
    ("fault", "code", "severity"),
    [
        (planted("data", ids=np.repeat(np.arange(250, dtype=np.uint64), 2)), "duplicate-events", "serious"),
        (planted(ids=np.repeat(np.arange(250, dtype=np.uint64), 2)), "duplicate-events", "warning"),
        (planted(weight=np.where(np.arange(500) % 10 == 0, -1.0, 1.0)), "negative-weights", "info"),
        (planted(weight=np.where(np.arange(500) == 0, 1e3, 1.0)), "few-effective-events", "warning"),
    ],
)
def test_findings(fault, code, severity):
    assert [(f.code, f.severity) for f in check_samples([fault])] == [(code, severity)]


def test_clean_samples_have_no_findings():
    assert check_samples([planted(), planted("data")]) == ()


def test_events_in_two_data_samples_are_found():
    one, two = planted("data"), planted("data", ids=np.arange(490, 990, dtype=np.uint64))
    (finding,) = check_samples([one, two])
    assert (finding.code, finding.severity, finding.evidence["shared"]) == ("shared-events", "serious", 10)


def test_every_two_of_many_samples_are_compared():
    generator = np.random.default_rng(2)
    kinds = ["data", "background", "data", "signal", "background", "data", "signal"]
    ids = [generator.choice(3000, size=500, replace=False).astype(np.uint64) for _ in kinds]
    many = [
        replace(planted(kind, ids=of), info=SampleInfo(name=f"s{n}", kind=kind))
        for n, (kind, of) in enumerate(zip(kinds, ids, strict=True))
    ]
    many[4] = replace(many[4], id=ids[4] + np.uint64(10_000))
    expected = {
        (f"s{i} and s{j}", len({*many[i].id.tolist()} & {*many[j].id.tolist()}))
        for i, j in combinations(range(len(kinds)), 2)
        if (kinds[i] == "data") == (kinds[j] == "data")
    }
    found = {
        (f.subject, f.evidence["shared"])
        for f in check_samples(many, grid={"s3": "g", "s6": "g"})
        if f.code == "shared-events"
    }
    assert found == {(who, shared) for who, shared in expected if shared and who != "s3 and s6"}
    assert (
        len(found) == 5
    )  # three of data with each other; the background with two signals, which are points of one grid


def test_simulated_events_are_the_same_if_number_and_content_are():
    def numbered(values):
        numbers = np.arange(len(values), dtype=np.uint64)
        return Sample(
            info=SampleInfo(name="s", kind="background"), events={"x": values}, weight=np.ones(len(values)), id=numbers
        )

    values = np.linspace(0, 1, 500)
    # numbers of simulated events start anew in every sample
    assert check_samples([numbered(values), numbered(values + 1)]) == ()
    (finding,) = check_samples([numbered(values), numbered(np.where(values < 0.5, values, 2.0))])
    assert (finding.code, finding.evidence["shared"]) == ("shared-events", 250)
    assert check_samples([numbered(values), numbered(values)], grid={"s": "grid"}) == ()


def test_pseudo_data_from_the_simulation_are_told():
    values = np.random.default_rng(1).normal(size=500)

    def made(kind, x, pseudo=False):
        info = SampleInfo(name=kind, kind=kind, pseudo=pseudo)
        numbers = np.arange(len(x), dtype=np.uint64)
        return Sample(info=info, events={"x": x}, weight=np.ones(len(x)), id=numbers, cutflow=())

    (finding,) = check_samples([made("data", values[:300], pseudo=True), made("background", values)])
    assert (finding.code, finding.evidence["shared"]) == ("pseudo-data-not-independent", 300)
    assert check_samples([made("data", values + 1, pseudo=True), made("background", values)]) == ()
    # two events of a whole number or two are not the same event
    counts = np.resize([1.0, 2.0], 500)
    assert check_samples([made("data", counts, pseudo=True), made("background", counts)]) == ()
