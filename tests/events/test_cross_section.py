"""Generator weights to expected events: σ·L·ε·k/Σw by hand, and declared sums that the files do not hold."""

import numpy as np
import pytest

from fivesigma.core.errors import DataError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.events.checks import check_samples
from fivesigma.events.read import read, sample_of

COUNT = 2000


def events(seed=1, count=COUNT, **columns):
    """Return events with generator weights of both signs and a correction."""
    generator = np.random.default_rng(seed)
    return {
        "pt": generator.uniform(10, 100, count),
        "gen": generator.choice([-1.0, 3.0], count, p=[0.2, 0.8]),
        "sf": generator.uniform(0.8, 1.2, count),
        **columns,
    }


def exactly(made, expected):
    np.testing.assert_allclose(made, expected, rtol=1e-13)


class TestWeights:
    def test_every_factor(self):
        columns = events()
        made = (
            read(columns)
            .weigh("sf")
            .normalise(
                luminosity=2.5,
                cross_section=0.8,
                filter_efficiency=0.4,
                k_factor=1.7,
                sum_of_weights=12345.0,
                generator_weight="gen",
            )
            .sample("s", kind="signal")
        )
        exactly(made.weight, 2500 * 0.8 * 0.4 * 1.7 / 12345 * columns["gen"] * columns["sf"])

    def test_the_whole_weight_is_the_generators_where_none_is_named(self):
        columns = events()
        made = read(columns).weigh("gen").normalise(luminosity=1, cross_section=2).sample("s", kind="signal")
        exactly(made.weight, 2000 * columns["gen"] / columns["gen"].sum())

    def test_a_sum_over_the_files_is_before_any_cut(self):
        columns = events()
        files = read(columns).weigh("sf").normalise(luminosity=1, cross_section=2, generator_weight="gen")
        made = files.select("pt > 50").sample("s", kind="signal")
        expected = 2000 * columns["gen"] * columns["sf"] / columns["gen"].sum()
        exactly(made.weight, expected[columns["pt"] > 50])
        assert abs(made.cutflow[0].total - expected.sum()) <= 1e-12 * np.abs(expected).sum()
        assert abs(made.cutflow[1].total - made.weight.sum()) <= 1e-12 * np.abs(made.weight).sum()

    def test_factors_from_columns(self):
        xs, total = np.repeat([0.5, 2.0], COUNT // 2), np.repeat([700.0, 900.0], COUNT // 2)
        columns = events(XS=xs, sumGenWeight=total)
        files = (
            read(columns)
            .weigh("gen")
            .normalise(luminosity=1, cross_section="XS", k_factor="1.1", sum_of_weights="sumGenWeight")
        )
        exactly(files.sample("s", kind="signal").weight, 1000 * 1.1 * xs * columns["gen"] / total)

    def test_variations_are_scaled_by_the_nominal_sum(self):
        """A reweighting changes what is expected; the sum that the cross section belongs to is the generator's."""
        columns = events()
        files = read(columns).weigh("gen").normalise(luminosity=1, cross_section=2).vary("scale", up="gen * 1.5")
        made = files.sample("s", kind="signal")
        exactly(made.weights[Variation("scale", "up")], 1.5 * made.weight)

    def test_data_take_no_cross_section(self):
        made = read(events()).weigh("gen").normalise(luminosity=1, cross_section=2).sample("d", kind="data")
        assert (made.weight == 1).all()
        assert made.generated == ()

    def test_parts_have_sums_and_cross_sections_of_their_own(self):
        one, two = events(1), events(2, 500)
        parts = [
            read(columns).weigh("gen").normalise(luminosity=1, cross_section=sigma)
            for columns, sigma in ((one, 2.0), (two, 5.0))
        ]
        made = sample_of(parts, SampleInfo(name="s", kind="background"), columns=["pt"])
        expected = [1000 * 2 * one["gen"] / one["gen"].sum(), 1000 * 5 * two["gen"] / two["gen"].sum()]
        exactly(made.weight, np.concatenate(expected))
        exactly(made.cutflow[0].total, 7000)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"generator_weight": "-sf"}, "the generator weights sum to -.*; nothing can be scaled by that"),
            ({"generator_weight": "0 * gen"}, "the generator weights sum to 0"),
            ({"sum_of_weights": 0}, "sum_of_weights 0.0 is zero in 2000 of 2000 events, the first of them row 1"),
            ({"sum_of_weights": "log(-pt)"}, r"sum_of_weights log\(-pt\) is NaN or infinite in 2000 of 2000 events"),
            ({"sum_of_weights": "pt"}, "sum_of_weights pt has 2000 values in 2000 events"),
            ({"k_factor": "pt / 0"}, "k_factor pt / 0 is NaN or infinite in 2000 of 2000 events"),
            ({"cross_section": "XS"}, "no column 'XS'"),
            ({"cross_section": 0}, "all 2000 weights are zero"),
            ({"k_factor": -1}, "the weights sum to -"),
        ],
    )
    def test_what_is_no_scale(self, change, says):
        files = read(events()).weigh("sf").normalise(**{"luminosity": 1, "cross_section": 2, **change})
        with pytest.raises(DataError, match=says):
            files.sample("s", kind="signal")


def told(*samples, **options):
    return [(f.subject, f.evidence) for f in check_samples(samples, **options) if f.code == "sum-of-weights"]


class TestDeclaredSums:
    def declared(self, off, *, skimmed=False):
        columns = events()
        total = columns["gen"].sum() * (1 + off)
        files = (
            read(columns)
            .weigh("sf")
            .normalise(luminosity=1, cross_section=2, sum_of_weights=total, generator_weight="gen", skimmed=skimmed)
        )
        return files.select("pt > 20").sample("s", kind="background", columns=["pt"])

    @pytest.mark.parametrize("off", [0.002, -0.002, 0.5, -0.9])
    def test_more_than_a_thousandth_off_is_told(self, off):
        ((subject, evidence),) = told(self.declared(off))
        assert subject == "s"
        assert evidence["found"] == pytest.approx(events()["gen"].sum(), rel=1e-12)
        assert evidence["declared"] == pytest.approx(events()["gen"].sum() * (1 + off), rel=1e-12)

    @pytest.mark.parametrize("off", [0, 0.0005, -0.0005])
    def test_less_is_not(self, off):
        assert told(self.declared(off)) == []

    def test_a_part_of_what_was_generated_is_said_to_be_one(self):
        assert told(self.declared(0.5, skimmed=True)) == []

    def test_it_is_said_part_by_part(self):
        files = [
            read(events(part)).normalise(luminosity=1, cross_section=1, sum_of_weights=10 * COUNT, skimmed=part == 0)
            for part in (0, 1)
        ]
        info = SampleInfo(name="s", kind="background")
        assert len(told(sample_of(files, info, columns=["pt"]))) == 1
        assert told(sample_of(files[:1], info, columns=["pt"])) == []

    def test_a_file_read_twice_is_told(self):
        columns = events()
        twice = {name: np.tile(column, 2) for name, column in columns.items()}
        files = read(twice).weigh("gen").normalise(luminosity=1, cross_section=2, sum_of_weights=columns["gen"].sum())
        ((_, evidence),) = told(files.sample("s", kind="background", columns=["pt"]))
        assert evidence["found"] == pytest.approx(2 * evidence["declared"])

    def test_sums_of_a_column_by_file(self):
        """Each production bears its own sum; both are whole, then one lacks an event in ten."""
        which = np.repeat([0, 1], COUNT // 2)
        columns = events()
        totals = np.array([columns["gen"][which == part].sum() for part in (0, 1)])
        for harm, expected in ((1.0, 0), (1.1, 1)):
            declared = np.where(which == 1, harm, 1.0) * totals[which]
            files = (
                read({**columns, "sum": declared})
                .weigh("gen")
                .normalise(luminosity=1, cross_section=2, sum_of_weights="sum")
            )
            assert len(told(files.sample("s", kind="background", columns=["pt"]))) == expected

    def test_parts_that_declare_the_same_sum_are_not_added(self):
        """Two productions of as many unweighted events each are each whole."""
        parts = [
            read({"pt": np.arange(1000.0) + 10**6 * part}).normalise(luminosity=1, cross_section=1, sum_of_weights=1000)
            for part in (0, 1)
        ]
        made = sample_of(parts, SampleInfo(name="s", kind="background"), columns=["pt"])
        assert made.generated == ((1000.0, 1000.0), (1000.0, 1000.0))
        assert told(made) == []

    def test_files_of_one_part_are(self, tmp_path, write):
        for name in ("a", "b"):
            write(f"{name}.parquet", {"pt": np.random.default_rng(ord(name)).uniform(size=500)})
        files = read(str(tmp_path / "*.parquet")).normalise(luminosity=1, cross_section=1, sum_of_weights=1000)
        made = files.sample("s", kind="background", columns=["pt"])
        assert made.generated == ((1000.0, 1000.0),)
        assert told(made) == []
