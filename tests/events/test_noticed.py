"""Findings of reading: each fault planted, and the clean case beside it."""

import numpy as np
import pytest

from fivesigma.core.sample import SampleInfo
from fivesigma.events.checks import check_samples
from fivesigma.events.read import read, sample_of

COUNT = 1000


@pytest.fixture
def table():
    """Clean events in GeV."""
    generator = np.random.default_rng(4)
    return {
        "lep_pt": generator.uniform(20, 200, COUNT),
        "met": generator.exponential(50, COUNT),
        "charge": generator.choice([-1, 1], COUNT),
        "w": generator.uniform(0.5, 1.5, COUNT),
    }


def findings(*samples, code, **options):
    return [finding for finding in check_samples(samples, **options) if finding.code == code]


def made(table, *cuts, kind="background", name="s", missing=None, **columns):
    files = read(table, missing=missing).select(*cuts)
    files = files if kind == "data" else files.weigh("w")
    return files.sample(name, kind=kind, columns=columns or {"pt": "lep_pt"})


def test_clean_events_are_clean(table):
    assert check_samples([made(table, "lep_pt > 30", pt="lep_pt", met="met", charge="charge")]) == ()


class TestUndeclaredMissing:
    def with_sentinel(self, table, value=-9999.0):
        table["lep_pt"] = np.where(np.arange(COUNT) % 4 == 0, value, table["lep_pt"])
        return table

    def found(self, sample):
        return [(f.subject, f.evidence) for f in findings(sample, code="undeclared-missing")]

    def test_in_a_feature(self, table):
        ((subject, evidence),) = self.found(made(self.with_sentinel(table)))
        assert subject == "s, lep_pt"
        assert evidence == {"value": -9999.0, "fraction": 0.25}

    def test_in_a_cut(self, table):
        assert len(self.found(made(self.with_sentinel(table), "lep_pt > 30", met="met"))) == 1

    def test_in_lists(self, table):
        import awkward as ak

        content = self.with_sentinel(table)["lep_pt"]
        lists = {"jet_pt": ak.unflatten(content, np.full(COUNT // 2, 2)), "w": table["w"][: COUNT // 2]}
        ((subject, evidence),) = self.found(made(lists, jets="count(jet_pt > 30)"))
        assert (subject, evidence["fraction"]) == ("s, jet_pt", 0.25)

    def test_not_where_nobody_asks(self, table):
        assert self.found(made(self.with_sentinel(table), met="met")) == []

    def test_not_where_it_is_declared(self, table):
        assert self.found(made(self.with_sentinel(table), missing=[-9999])) == []
        assert self.found(made(self.with_sentinel(table), missing={"lep_pt": [-9999]})) == []

    def test_declared_for_another_column(self, table):
        assert len(self.found(made(self.with_sentinel(table), missing={"met": [-9999]}))) == 1

    def test_blind_events_are_not_looked_at(self, table):
        """The value is there in blind events alone: nobody hears of it."""
        harmed = self.with_sentinel(table)
        files = read(harmed)
        open_eyes = files.sample("d", kind="data", columns={"pt": "lep_pt"})
        blind = files.blind("lep_pt < 0").sample("d", kind="data", columns={"pt": "lep_pt"})
        assert len(self.found(open_eyes)) == 1
        assert self.found(blind) == []


class TestMeV:
    def found(self, sample):
        return [f.subject for f in findings(sample, code="looks-like-mev")]

    @pytest.fixture
    def mev(self, table):
        return {**table, "lep_pt": 1000 * table["lep_pt"], "met": 1000 * table["met"]}

    @pytest.mark.parametrize(
        ("cuts", "columns", "subjects"),
        [
            ((), {"pt": "lep_pt"}, ["s, lep_pt"]),
            (("lep_pt > 30",), {"c": "charge"}, ["s, lep_pt"]),
            (("20 < lep_pt < 1000 and charge > 0",), {"c": "charge"}, ["s, lep_pt"]),
            (("charge > 0 or met > 30",), {"pt": "lep_pt"}, ["s, lep_pt", "s, met"]),
            ((), {"largest": "max(lep_pt, met)"}, ["s, lep_pt", "s, met"]),
            ((), {"pt": "lep_pt / 1000"}, []),
            ((), {"pt": "0.001 * lep_pt"}, []),
            (("lep_pt / 1000 > 30",), {"c": "charge"}, []),
            (("lep_pt > met",), {"c": "charge"}, []),
            ((), {"ratio": "lep_pt / met"}, []),
            ((), {"c": "charge"}, []),
        ],
    )
    def test_columns_taken_as_they_are(self, mev, cuts, columns, subjects):
        assert sorted(self.found(made(mev, *cuts, **columns))) == subjects

    @pytest.mark.parametrize(
        "feature", ["first(lep_pt)", "lep_pt[0]", "max(lep_pt)", "at(lep_pt, 1)", "sum(lep_pt)", "count(lep_pt > 30)"]
    )
    def test_elements_and_sums_of_lists(self, mev, feature):
        import awkward as ak

        lists = {"lep_pt": ak.unflatten(mev["lep_pt"], np.full(COUNT // 2, 2)), "w": mev["w"][: COUNT // 2]}
        assert self.found(made(lists, a=feature)) == ["s, lep_pt"]
        assert self.found(made({**lists, "lep_pt": lists["lep_pt"] / 1000}, a=feature)) == []

    def test_a_value_that_stands_for_nothing_is_no_energy(self, table):
        """In GeV, but for -9999 in two events of three: the mean of the magnitudes is above 6,000."""
        table["lep_pt"] = np.where(np.arange(COUNT) % 3 > 0, -9999.0, table["lep_pt"])
        sample = made(table)
        assert self.found(sample) == []
        assert len(findings(sample, code="undeclared-missing")) == 1

    def test_columns_of_other_names(self, table):
        assert self.found(made({**table, "number": np.arange(COUNT) * 1000.0}, n="number")) == []

    def test_blind_events_are_not_looked_at(self, mev):
        files = read({**mev, "hidden": np.ones(COUNT)})
        assert self.found(files.sample("d", kind="data", columns={"pt": "lep_pt"})) == ["d, lep_pt"]
        assert self.found(files.blind("hidden > 0").sample("d", kind="data", columns={"pt": "lep_pt"})) == []


class TestWeights:
    def weighed(self, table, weight):
        return read({**table, "w": weight}).weigh("w").sample("s", kind="background", columns=["met"])

    def test_negative_weights(self, table):
        weight = np.where(np.arange(COUNT) % 10 == 0, -1.0, 1.0)
        (found,) = findings(self.weighed(table, weight), code="negative-weights")
        assert found.evidence == {"fraction": pytest.approx(0.1)}
        assert found.severity == "info"

    @pytest.mark.parametrize("weight", [np.ones(COUNT), np.where(np.arange(COUNT) % 125 == 0, -1.0, 1.0)])
    def test_few_or_no_negative_weights(self, table, weight):
        assert findings(self.weighed(table, weight), code="negative-weights") == []

    def test_few_effective_events(self, table):
        weight = np.where(np.arange(COUNT) < 10, 100.0, 0.01)
        (found,) = findings(self.weighed(table, weight), code="few-effective-events")
        total = weight.sum()
        assert found.evidence["effective_events"] == pytest.approx(total**2 / np.square(weight).sum())
        assert findings(self.weighed(table, np.ones(COUNT)), code="few-effective-events") == []

    def test_after_the_cuts(self, table):
        files = read(table).weigh("w").select("lep_pt > 190")
        assert len(findings(files.sample("s", kind="background"), code="few-effective-events")) == 1

    def test_of_data_nothing_is_said(self, table):
        sample = made({name: column[:5] for name, column in table.items()}, kind="data")
        assert check_samples([sample]) == ()


class TestTwice:
    def events(self, table, start=0, seed=0):
        """Return events numbered from ``start``, with content of their own for each seed."""
        shift = np.random.default_rng(seed).uniform(0, 1, COUNT)
        return {**table, "lep_pt": table["lep_pt"] + shift, "event": np.arange(COUNT) + start}

    def test_the_same_simulated_events_in_two_samples(self, table):
        one, two = made(self.events(table), name="one"), made(self.events(table), "lep_pt > 100", name="two")
        (found,) = findings(one, two, code="shared-events")
        assert (found.subject, found.severity) == ("one and two", "serious")
        assert found.evidence["shared"] == np.count_nonzero(self.events(table)["lep_pt"] > 100)

    def test_numbers_that_start_anew_are_no_same_events(self, table):
        one, two = made(self.events(table), name="one"), made(self.events(table, seed=1), name="two")
        assert findings(one, two, code="shared-events") == []
        both = sample_of(
            [read(self.events(table, seed=seed)).weigh("w") for seed in (0, 1)],
            SampleInfo(name="s", kind="background"),
            columns={"pt": "lep_pt"},
        )
        assert findings(both, code="duplicate-events") == []

    def test_selections_that_exclude_each_other(self, table):
        events = self.events(table)
        assert (
            findings(
                made(events, "charge > 0", name="one"), made(events, "charge < 0", name="two"), code="shared-events"
            )
            == []
        )

    def test_a_simulated_file_read_twice(self, table):
        files = read(self.events(table)).weigh("w")
        twice = sample_of([files, files], SampleInfo(name="s", kind="background"), columns={"pt": "lep_pt"})
        (found,) = findings(twice, code="duplicate-events")
        assert (found.severity, found.evidence) == ("warning", {"repeated": COUNT, "events": 2 * COUNT})
        assert findings(twice, code="duplicate-events", without_duplicates={"s"}) == []

    def test_signal_in_the_background(self, table):
        one, two = made(self.events(table), kind="signal", name="one"), made(self.events(table), name="two")
        assert len(findings(one, two, code="shared-events")) == 1

    def test_points_of_one_grid_may_share_events(self, table):
        points = [made(self.events(table), kind="signal", name=name) for name in ("s_1", "s_2", "t_1")]
        grid = {"s_1": "s", "s_2": "s", "t_1": "t"}
        assert {f.subject for f in findings(*points, code="shared-events", grid=grid)} == {"s_1 and t_1", "s_2 and t_1"}

    def test_data_go_by_their_identifier_alone(self, table):
        """Reprocessed, an event has other numbers, and is the same event."""
        one, two = (made(self.events(table, seed=seed), kind="data", name=f"d{seed}") for seed in (0, 1))
        (found,) = findings(one, two, code="shared-events")
        assert (found.subject, found.evidence) == ("d0 and d1", {"shared": COUNT})
        apart = made(self.events(table, COUNT), kind="data", name="d2")
        assert findings(one, apart, code="shared-events") == []

    def test_data_twice_in_one_sample(self, table):
        events = self.events(table)
        twice = {name: np.concatenate([column, column[:30]]) for name, column in events.items()}
        (found,) = findings(made(twice, kind="data"), code="duplicate-events")
        assert (found.severity, found.evidence["repeated"]) == ("serious", 30)
        assert findings(made(events, kind="data"), code="duplicate-events") == []

    def test_data_without_numbers_go_by_their_content(self, table):
        one, two = made(table, kind="data", name="one"), made(table, kind="data", name="two")
        assert len(findings(one, two, code="shared-events")) == 1
        other = made({**table, "met": table["met"] + 1}, kind="data", name="other")
        assert findings(one, other, code="shared-events") == []

    def test_data_and_simulation_share_nothing(self, table):
        one, two = made(self.events(table), kind="data", name="one"), made(self.events(table), name="two")
        assert findings(one, two, code="shared-events") == []
