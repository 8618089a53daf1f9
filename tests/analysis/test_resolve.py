"""A configuration as written to plain samples: groups, alternatives, parts, periods, grids, injected signal, missing files."""

import json

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.consistency import inconsistencies
from fivesigma.analysis.events_stage import input_digests, load_events
from fivesigma.analysis.resolve import members_of, point_name, resolve
from fivesigma.analysis.sample_files import cross_section_at_unit_strength
from fivesigma.core.errors import ConfigurationError, DataError

ANALYSIS = {"name": "toy", "luminosity": 10.0, "energy": 13.0, "seed": 1}


def table(path, values=(1.0, 2.0, 3.0), **columns):
    """Write a few events with a weight of one half each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = len(values)
    pl.DataFrame({"x": np.array(values, dtype=float), "w": np.full(count, 0.5), **columns}).write_parquet(path)


@pytest.fixture
def folder(tmp_path):
    """A folder with a signal and two backgrounds, of other values each."""
    for place, name in enumerate(("sig", "bkg", "other")):
        table(tmp_path / f"{name}.parquet", 10.0 * place + np.arange(3.0))
    return tmp_path


def written(folder, **changes):
    """Write a configuration with some of its parts replaced, and return its path."""
    config = {
        "fivesigma": 1,
        "analysis": ANALYSIS,
        "samples": {
            "sig": {"kind": "signal", "files": "sig.parquet"},
            "bkg": {"kind": "background", "files": "bkg.parquet"},
        },
        "events": {"weight": "w"},
        "features": {"inputs": {"a": "x"}},
        **changes,
    }
    path = folder / "analysis.yaml"
    path.write_text(json.dumps(config))
    return path


def loaded(folder, settings=(), **changes):
    return load_resolved(written(folder, **changes), folder, settings)


def refused(folder, error=ConfigurationError, settings=(), **changes):
    with pytest.raises(error) as caught:
        loaded(folder, settings, **changes)
    return str(caught.value)


def samples(folder, **changes):
    """Return the samples that are read, by name."""
    read, _ = load_events(loaded(folder, **changes), folder, blind=False)
    return {sample.name: sample for sample in read}


SIGNAL = {"kind": "signal", "files": "sig.parquet"}
BACKGROUND = {"kind": "background", "files": "bkg.parquet"}
OTHER = {"kind": "background", "files": "other.parquet"}


THREE = {"sig": SIGNAL, "bkg": BACKGROUND, "other": OTHER}
TT = {
    "kind": "background",
    "use": "powheg",
    "weight": "2 * w",
    "alternatives": {"powheg": {"files": "bkg.parquet"}, "madgraph": {"files": "other.parquet", "weight": "3 * w"}},
}
PERIODS = {**ANALYSIS, "periods": {"2017": 4.0, "2018": 6.0}}
ZZ = {"kind": "background", "cross_section": 1, "sum_of_weights": "files"}
STOP = {"kind": "signal", "files": "T2DegStop_{m_stop}_{m_lsp}.parquet", "label": "({m_stop}, {m_lsp}) GeV"}
POINTS = ((500, 420), (500, 470), (300, 290))


class TestGroups:
    def test_nested_groups_stand_for_their_samples_each_once(self, folder):
        config = loaded(
            folder,
            samples=THREE,
            groups={"all": ["inner", "bkg"], "inner": ["bkg", "other"]},
            training={"background": ["all", "other"]},
            systematics={"rate": {"type": "normalisation", "size": 0.1, "samples": ["inner", "sig"]}},
        )
        assert config.training.background == ["bkg", "other"]
        assert config.systematics["rate"].samples == ["bkg", "other", "sig"]
        assert config.groups["all"] == ["bkg", "other"]

    @pytest.mark.parametrize("groups", [{"one": ["one"]}, {"one": ["two"], "two": ["three"], "three": ["one", "bkg"]}])
    def test_a_group_that_holds_itself_is_told_and_ends(self, folder, groups):
        said = refused(folder, groups=groups, training={"background": ["one"]})
        assert "groups.one: holds itself" in said
        assert members_of(["one"], groups) == ([] if len(groups) == 1 else ["bkg"])

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"groups": {"all": ["bgk"]}}, "groups.all: no sample 'bgk'; did you mean bkg?"),
            ({"groups": {"bkg": ["sig"]}}, "groups.bkg: a sample is called so too"),
            ({"groups": {"all": ["bkg"]}, "training": {"background": ["al"]}}, "no sample 'al'; did you mean all?"),
            (
                {
                    "groups": {"mixed": ["bkg", "sig"]},
                    "training": {"background": ["mixed"]},
                    "judgement": {"signal": ["mixed"]},
                },
                "judgement.signal: the group 'mixed' holds 'bkg', which is no signal sample",
            ),
        ],
    )
    def test_names_that_are_none(self, folder, changes, says):
        assert says in refused(folder, **changes)

    def test_a_background_of_the_fit_that_does_not_train(self, folder):
        config = loaded(folder, samples=THREE, training={"background": ["bkg"]})
        assert config.training.background == ["bkg"]
        _, dataset = load_events(config, folder, blind=False)
        assert dataset.names("background") == ("bkg", "other")


class TestAlternatives:
    def test_the_one_in_use_is_read(self, folder):
        read = samples(folder, samples={"sig": SIGNAL, "tt": TT})
        np.testing.assert_array_equal(read["tt"].events["a"], [10, 11, 12])
        np.testing.assert_array_equal(read["tt"].weight, 2 * [1.0] + [1.0])

    def test_another_by_setting(self, folder):
        config = loaded(folder, ["samples.tt.use=madgraph"], samples={"sig": SIGNAL, "tt": TT})
        read, _ = load_events(config, folder, blind=False)
        np.testing.assert_array_equal(read[1].events["a"], [20, 21, 22])
        np.testing.assert_array_equal(read[1].weight, [1.5, 1.5, 1.5])

    def test_all_of_them_are_inputs_of_the_run(self, folder):
        config = loaded(folder, samples={"sig": SIGNAL, "tt": TT})
        assert set(input_digests(config, folder)) == {"sig.parquet", "bkg.parquet", "other.parquet"}

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"use": "powhegg"}, "samples.tt.use: no alternative 'powhegg'; did you mean powheg?"),
            ({"use": None}, "samples.tt: `use` names one of the alternatives: powheg, madgraph"),
            ({"parts": {"one": {"files": "bkg.parquet"}}}, "has parts and alternatives"),
            (
                {"alternatives": {"powheg": {}, "madgraph": {"files": "other.parquet"}}},
                "alternatives.powheg: no `files`",
            ),
        ],
    )
    def test_what_is_wrong_with_them(self, folder, change, says):
        assert says in refused(folder, samples={"sig": SIGNAL, "tt": {**TT, **change}})

    def test_the_one_in_use_is_no_systematic(self, folder):
        said = refused(
            folder,
            samples={"sig": SIGNAL, "tt": TT},
            systematics={"generator": {"type": "alternative", "sample": "tt", "use": "powheg"}},
        )
        assert "systematics.generator.use: 'powheg' is the one that is used already" in said

    def test_an_alternative_in_parts(self, folder):
        parts = {"one": {"files": "bkg.parquet"}, "two": {"files": "other.parquet", "weight": "4 * w"}}
        read = samples(folder, samples={"sig": SIGNAL, "tt": {**TT, "alternatives": {"powheg": {"parts": parts}}}})
        np.testing.assert_array_equal(read["tt"].weight, [1, 1, 1, 2, 2, 2])


class TestParts:
    def test_each_has_its_own_numbers_and_the_samples_besides(self, folder):
        part = {"files": "bkg.parquet", "cross_section": 2, "select": "x > 10.5"}
        sample = {
            "kind": "background",
            "k_factor": 1.5,
            "sum_of_weights": "files",
            "select": "x < 21.5",
            "parts": {"one": part, "two": {"files": "other.parquet", "cross_section": 3, "k_factor": 1.0}},
        }
        read = samples(folder, samples={"sig": SIGNAL, "tt": sample})["tt"]
        # σ L k w / Σw, each part with the sum over its own files
        one, two = 2 * 1.5 * 1e4 / 3, 3 * 1e4 / 3
        np.testing.assert_allclose(read.weight, [one, one, two, two], rtol=1e-14)
        assert [row.step for row in read.cutflow] == ["read", "is tt"]
        assert read.cutflow[0].total == pytest.approx(3 * one + 3 * two, rel=1e-14)

    @pytest.mark.parametrize(
        ("sample", "place"),
        [
            ({"files": "bkg.parquet", "cross_section": 1}, "samples.tt.cross_section"),
            ({"parts": {"one": {"files": "bkg.parquet", "cross_section": 1}}}, "samples.tt.parts.one.cross_section"),
            ({"cross_section": 1, "parts": {"one": {"files": "bkg.parquet"}}}, "samples.tt.cross_section"),
            (
                {"use": "a", "alternatives": {"a": {"files": "bkg.parquet", "cross_section": 1}}},
                "samples.tt.alternatives.a.cross_section",
            ),
            (
                {"use": "a", "alternatives": {"a": {"parts": {"b": {"files": "bkg.parquet", "cross_section": 1}}}}},
                "samples.tt.alternatives.a.parts.b.cross_section",
            ),
        ],
    )
    def test_a_cross_section_without_a_sum_of_weights_is_told_wherever_it_stands(self, folder, sample, place):
        said = refused(folder, samples={"sig": SIGNAL, "tt": {"kind": "background", **sample}})
        assert said.count("needs `sum_of_weights`") == 1
        assert f"{place}: needs `sum_of_weights`" in said

    def test_files_that_two_parts_share_may_stand_above_them(self, folder):
        parts = {"low": {"select": "x < 11"}, "high": {"select": "x >= 11", "weight": "10 * w"}}
        sample = {"kind": "background", "files": "bkg.parquet", "parts": parts}
        np.testing.assert_array_equal(samples(folder, samples={"sig": SIGNAL, "tt": sample})["tt"].weight, [0.5, 5, 5])


class TestPeriods:
    @pytest.fixture
    def runs(self, folder):
        table(folder / "2017/zz.parquet", (1.0, 2.0))
        table(folder / "2018/zz.parquet", (3.0, 4.0, 5.0))
        return folder

    def test_luminosities_sum(self, runs):
        zz = {**ZZ, "files": "{period}/zz.parquet"}
        read = samples(runs, analysis=PERIODS, samples={"sig": SIGNAL, "zz": zz})["zz"]
        np.testing.assert_allclose(read.weight, [2000, 2000, 2000, 2000, 2000], rtol=1e-14)
        assert read.cutflow[0].total == pytest.approx(1e4, rel=1e-14)

    def test_files_by_period(self, runs):
        files = {"2018": ["2018/zz.parquet"], "2017": "{period}/zz.parquet"}
        config = loaded(runs, analysis=PERIODS, samples={"sig": SIGNAL, "zz": {**ZZ, "files": files}})
        parts = config.samples["zz"].parts
        assert {name: (part.files, part.luminosity) for name, part in parts.items()} == {
            "zz-2018": (["2018/zz.parquet"], 6.0),
            "zz-2017": (["2017/zz.parquet"], 4.0),
        }

    def test_data_of_all_periods_are_one_sample(self, runs):
        data = {"kind": "data", "files": {"2017": "2017/*.parquet", "2018": "2018/*.parquet"}}
        read = samples(runs, analysis=PERIODS, samples={"sig": SIGNAL, "bkg": BACKGROUND, "data": data})["data"]
        np.testing.assert_array_equal(read.events["a"], [1, 2, 3, 4, 5])

    @pytest.mark.parametrize(
        ("analysis", "files", "says"),
        [
            (
                {"periods": {"2017": 4.0, "2018": 5.0}},
                "{period}/zz.parquet",
                "they sum to 9 fb⁻¹, the luminosity is 10 fb⁻¹",
            ),
            (
                {"periods": {"2018": 10.0}},
                {"2019": "2018/zz.parquet"},
                "no period '2019' under `analysis.periods`; did you mean 2018?",
            ),
            ({}, "{period}/zz.parquet", "`analysis.periods` names none"),
        ],
    )
    def test_what_is_wrong_with_them(self, runs, analysis, files, says):
        zz = {**ZZ, "files": files}
        assert says in refused(runs, analysis={**ANALYSIS, **analysis}, samples={"sig": SIGNAL, "zz": zz})


class TestGrid:
    @pytest.fixture
    def grid(self, folder):
        for stop, lsp in POINTS:
            table(folder / f"T2DegStop_{stop}_{lsp}.parquet", (1.0, stop - lsp))
        table(folder / "T2DegStop_summary_all.parquet")
        return folder

    def grid_of(self, grid, **changes):
        return loaded(grid, samples={"stop": STOP, "bkg": BACKGROUND}, **changes)

    def test_every_point_is_a_sample_called_by_its_parameters(self, grid):
        config = self.grid_of(grid)
        assert list(config.samples) == ["stop_300_290", "stop_500_420", "stop_500_470", "bkg"]
        point = config.samples["stop_500_420"]
        assert (point.label, point.grid) == ("(500, 420) GeV", "stop")
        assert point.parameters == {"m_stop": 500.0, "m_lsp": 420.0}
        assert point.parts["stop"].files == ["T2DegStop_500_420.parquet"]

    def test_parameters_are_columns_of_weights_cuts_and_features(self, grid):
        config = loaded(
            grid,
            samples={
                "stop": {**STOP, "select": "m_stop - m_lsp == 30 or x > 5", "weight": "w * m_stop"},
                "bkg": BACKGROUND,
            },
        )
        read, dataset = load_events(config, grid, blind=False)
        assert {sample.name: sample.weight.tolist() for sample in read} == {
            "stop_300_290": [150.0],  # 10 apart: only the event of x = 10
            "stop_500_420": [250.0],
            "stop_500_470": [250.0, 250.0],  # 30 apart: both
            "bkg": [0.5, 0.5, 0.5],
        }
        assert [info.parameters for info in dataset.samples][:2] == [
            {"m_stop": 300.0, "m_lsp": 290.0},
            {"m_stop": 500.0, "m_lsp": 420.0},
        ]

    def test_a_selection_of_parameters_is_one_of_points(self, grid):
        config = loaded(grid, samples={"stop": {**STOP, "select": "m_stop - m_lsp >= 30"}, "bkg": BACKGROUND})
        assert list(config.samples) == ["stop_500_420", "stop_500_470", "bkg"]
        none = {"stop": {**STOP, "select": "m_stop == 501"}, "bkg": BACKGROUND}
        assert "samples.stop.select: leaves none of the 3 points" in refused(grid, DataError, samples=none)
        number = {"stop": {**STOP, "select": "m_stop - m_lsp"}, "bkg": BACKGROUND}
        assert "samples.stop.select: 'm_stop - m_lsp' is a number" in refused(grid, DataError, samples=number)

    def test_points_of_other_parameters_are_no_points_of_the_same_grid(self, grid):
        table(grid / "other_1_2.parquet")
        stop = {**STOP, "files": [STOP["files"], "other_{a}_{b}.parquet"]}
        said = refused(grid, DataError, samples={"stop": stop, "bkg": BACKGROUND})
        assert "samples.stop.files: the points of a grid have the same parameters, not m_stop, m_lsp and a, b" in said

    def test_its_name_stands_for_all_points_where_samples_are_named(self, grid):
        config = self.grid_of(
            grid,
            groups={"close": ["stop_500_470", "stop_300_290"], "any": ["stop"]},
            training={"signal": ["stop"]},
            judgement={"signal": ["stop_500_470"]},
            systematics={
                "theory": {"type": "normalisation", "size": 0.1, "samples": ["stop"]},
                "close": {"type": "normalisation", "size": 0.1, "samples": ["close"]},
            },
        )
        points = ["stop_300_290", "stop_500_420", "stop_500_470"]
        assert config.training.signal == config.systematics["theory"].samples == config.groups["any"] == points
        assert config.systematics["close"].samples == ["stop_500_470", "stop_300_290"]

    def test_a_point_that_is_not_there_is_told(self, grid):
        training = {"signal": ["stop_500_430"]}
        assert "training.signal: no sample 'stop_500_430'; did you mean stop_500_4" in refused(
            grid, samples={"stop": STOP, "bkg": BACKGROUND}, training=training
        )

    @pytest.mark.parametrize(
        ("text", "parameters"),
        [
            ("0012", {"m": 12.0}),
            ("12p5", {"m": 12.5}),
            ("12.50", {"m": 12.5}),
            ("-3", {"m": -3.0}),
            ("-3p25", {"m": -3.25}),
        ],
    )
    def test_numbers_however_the_file_writes_them(self, folder, text, parameters):
        table(folder / f"s_{text}.parquet")
        table(folder / "s_700.parquet")
        read = samples(folder, samples={"s": {"kind": "signal", "files": "s_{m}.parquet"}, "bkg": BACKGROUND})
        name = point_name("s", parameters)
        assert set(read) == {name, "s_700", "bkg"}
        assert len(read[name]) == 3
        assert read[name].info.parameters == parameters
        assert name == {12.0: "s_12", 12.5: "s_12p5", -3.0: "s_m3", -3.25: "s_m3p25"}[parameters["m"]]

    def test_labels_without_placeholders_get_the_numbers(self, grid):
        config = loaded(grid, samples={"stop": {**STOP, "label": "stop"}, "bkg": BACKGROUND})
        assert config.samples["stop_500_470"].label == "stop (500, 470)"

    def test_parts_share_what_stands_above_them(self, grid):
        parts = {"low": {"select": "x < 5"}, "high": {"select": "x >= 5", "weight": "10 * w"}}
        config = loaded(grid, samples={"stop": {**STOP, "parts": parts}, "bkg": BACKGROUND})
        read, _ = load_events(config, grid, blind=False)
        assert {sample.name: sample.weight.tolist() for sample in read if sample.kind == "signal"} == {
            f"stop_{stop}_{lsp}": [0.5, 5.0] for stop, lsp in POINTS
        }

    def test_parts_may_name_the_parameters_in_another_order_or_fewer(self, folder):
        for stop, lsp in ((300, 200), (400, 200)):
            table(folder / f"a_{stop}_{lsp}.parquet", (1.0,))
            table(folder / f"b_{lsp}_{stop}.parquet", (2.0,))
            table(folder / f"c_{stop}.parquet", (3.0,))
        parts = {
            name: {"files": f"{name}_{{{one}}}{two}.parquet"}
            for name, one, two in (("a", "stop", "_{lsp}"), ("b", "lsp", "_{stop}"), ("c", "stop", ""))
        }
        read = samples(folder, samples={"s": {"kind": "signal", "parts": parts}, "bkg": BACKGROUND})
        assert {name: sample.events["a"].tolist() for name, sample in read.items() if name != "bkg"} == {
            "s_300_200": [1.0, 2.0, 3.0],
            "s_400_200": [1.0, 2.0, 3.0],
        }

    def test_a_point_of_which_a_part_is_missing_is_told(self, folder):
        for name in ("a_1", "a_2", "b_1"):
            table(folder / f"{name}.parquet")
        parts = {"a": {"files": "a_{m}.parquet"}, "b": {"files": "b_{m}.parquet"}}
        said = refused(folder, DataError, samples={"s": {"kind": "signal", "parts": parts}, "bkg": BACKGROUND})
        assert "b_2.parquet: no such file, as other points of the grid have" in said

    def test_a_point_called_as_another_sample(self, grid):
        other = {**SIGNAL}
        said = refused(grid, DataError, samples={"stop_500_470": other, "stop": STOP, "bkg": BACKGROUND})
        assert "two samples are called 'stop_500_470'" in said

    def test_of_a_background_placeholders_are_only_columns(self, grid):
        stop = {**STOP, "kind": "background", "weight": "m_stop - m_lsp"}
        read = samples(grid, samples={"sig": SIGNAL, "stop": stop})["stop"]
        np.testing.assert_array_equal(read.weight, [10, 10, 80, 80, 30, 30])

    def test_cross_sections_of_points(self, grid):
        table(grid / "T2DegStop_500_420.parquet", (1.0,), XS=np.array([2.0]))
        parts = {"a": {"cross_section": 2, "k_factor": 1.5, "sum_of_weights": "included"}, "b-c": {}}
        stop = {**STOP, "cross_section": 0.25, "filter_efficiency": 0.5, "sum_of_weights": "files", "parts": parts}
        config = loaded(grid, samples={"stop": stop, "bkg": BACKGROUND})
        assert (
            cross_section_at_unit_strength(config.samples["stop_500_470"], config.analysis.periods)
            == 2 * 1.5 * 0.5 + 0.125
        )
        of_column = loaded(grid, samples={"stop": {**stop, "cross_section": "XS"}, "bkg": BACKGROUND})
        assert cross_section_at_unit_strength(of_column.samples["stop_500_420"], {}) is None

    def test_periods_are_not_subprocesses(self, folder):
        for period in ("a", "b"):
            table(folder / period / "s_1.parquet")
        parts = {"t-chan": {"cross_section": 1}, "t-sub": {"cross_section": 2}}
        sample = {"kind": "signal", "files": "{period}/s_{m}.parquet", "sum_of_weights": "files", "parts": parts}
        analysis = {**ANALYSIS, "periods": {"a": 5.0, "b": 5.0}}
        config = loaded(folder, analysis=analysis, samples={"s": sample, "bkg": BACKGROUND})
        assert set(config.samples["s_1"].parts) == {"t-chan-a", "t-chan-b", "t-sub-a", "t-sub-b"}
        assert cross_section_at_unit_strength(config.samples["s_1"], config.analysis.periods) == 3.0

    def test_luminosities_of_parts_do_not_make_them_periods(self, folder):
        parts = {"t-chan": {"cross_section": 1, "luminosity": 4}, "t-sub": {"cross_section": 2, "luminosity": 6}}
        sample = {**SIGNAL, "sum_of_weights": "files", "parts": parts}
        config = loaded(folder, samples={"sig": sample, "bkg": BACKGROUND})
        assert cross_section_at_unit_strength(config.samples["sig"], config.analysis.periods) == 3.0


class TestInject:
    @pytest.fixture
    def mixed(self, folder):
        count = 200
        label = (np.arange(count) % 2).astype(np.int64)
        table(folder / "mix.parquet", np.arange(count, dtype=float), label=label, part=np.arange(count) // 100)
        return folder

    def read(self, folder, **change):
        sample = {"kind": "data", "pseudo": True, "files": "mix.parquet", **change}
        return samples(folder, samples={"sig": SIGNAL, "bkg": BACKGROUND, "mix": sample})["mix"]

    def test_a_number_of_the_signal_events_of_the_files_stays(self, mixed):
        read = self.read(mixed, inject={"select": "label == 1", "events": 13})
        assert np.count_nonzero(read.events["a"] % 2 == 1) == 13
        assert np.count_nonzero(read.events["a"] % 2 == 0) == 100
        assert read.cutflow[1].step == "13 of 100 signal events injected"
        assert (read.weight == 1).all()

    def test_which_stay_is_a_matter_of_identifier_and_seed(self, mixed):
        one, again = (self.read(mixed, inject={"select": "label == 1", "events": 13}).events["a"] for _ in range(2))
        np.testing.assert_array_equal(one, again)
        config = loaded(
            mixed,
            ["analysis.seed=2"],
            samples={
                "sig": SIGNAL,
                "bkg": BACKGROUND,
                "mix": {
                    "kind": "data",
                    "pseudo": True,
                    "files": "mix.parquet",
                    "inject": {"select": "label == 1", "events": 13},
                },
            },
        )
        read, _ = load_events(config, mixed, blind=False)
        assert len(read[2]) == len(one)
        assert set(read[2].events["a"]) != set(one)

    def test_only_signal_of_the_sample_is_drawn_from(self, mixed):
        """The sample is the second half of the file: its 50 signal events are those of which 13 stay."""
        read = self.read(mixed, select="part == 1", inject={"select": "label == 1", "events": 13})
        assert np.count_nonzero(read.events["a"] % 2 == 1) == 13
        assert read.events["a"].min() >= 100
        assert read.cutflow[1].step == "13 of 50 signal events injected"

    def test_signal_from_files_of_its_own(self, mixed):
        table(
            mixed / "extra.parquet", 1000 + np.arange(40.0), label=np.ones(40, dtype=int), part=np.ones(40, dtype=int)
        )
        read = self.read(mixed, inject={"files": "extra.parquet", "events": 7})
        assert np.count_nonzero(read.events["a"] >= 1000) == 7
        assert len(read) == 207

    def test_signal_of_a_mixed_file_of_its_own(self, mixed):
        """Seven of the events that fulfil the condition are injected, none of the others."""
        table(mixed / "extra.parquet", 1000 + np.arange(40.0), label=np.arange(40) % 2, part=np.ones(40, dtype=int))
        read = self.read(mixed, inject={"files": "extra.parquet", "select": "label == 1", "events": 7})
        extra = read.events["a"][read.events["a"] >= 1000]
        assert len(extra) == 7
        assert (extra % 2 == 1).all()

    def test_more_than_there_are_is_refused(self, mixed):
        with pytest.raises(DataError, match="sample 'mix': 101 events are to be injected, but there are 100"):
            self.read(mixed, inject={"select": "label == 1", "events": 101})

    def test_only_into_pseudo_data(self, mixed):
        sample = {"kind": "data", "files": "mix.parquet", "inject": {"events": 3}}
        said = refused(mixed, samples={"sig": SIGNAL, "bkg": BACKGROUND, "mix": sample})
        assert "samples.mix.inject: signal is injected into pseudo-data only" in said
        assert "samples.mix.inject: `select` says which events are signal, or `files` where they come from" in said


class TestResolvedOnce:
    def whole(self, folder):
        """Write files and a configuration with all there is to resolve."""
        for stop in (300, 400):
            table(folder / f"stop_{stop}.parquet")
        for period in ("2017", "2018"):
            table(folder / period / "zz.parquet")
        (folder / "metadata.csv").write_text("key,xs,sum\nzz,2.0,6\nstop300,0.5,6\nstop400,0.25,6\n")
        table(folder / "mix.parquet")
        return written(
            folder,
            analysis={**ANALYSIS, "periods": {"2017": 4.0, "2018": 6.0}},
            groups={"vv": ["zz", "tt"], "all": ["vv", "stop"]},
            samples={
                "stop": {"kind": "signal", "files": "stop_{m}.parquet", "metadata": "stop{m}", "label": "{m} GeV"},
                "zz": {"kind": "background", "files": "{period}/zz.parquet", "metadata": "zz", "select": "x < 5"},
                "tt": {**TT, "parts": {}},
                "mix": {
                    "kind": "data",
                    "pseudo": True,
                    "files": "mix.parquet",
                    "inject": {"files": "sig.parquet", "events": 1},
                },
            },
            events={
                "weight": "w",
                "metadata": {"file": "metadata.csv", "key": "key", "cross_section": "xs", "sum_of_weights": "sum"},
            },
            systematics={"rate": {"type": "normalisation", "size": 0.1, "samples": ["all"]}},
        )

    def test_resolving_twice_changes_nothing(self, folder):
        config = load_resolved(self.whole(folder), folder)
        assert resolve(config, folder) == config

    def test_what_a_run_writes_down_is_a_configuration_that_says_the_same(self, folder):
        config = load_resolved(self.whole(folder), folder)
        again = folder / "again.yaml"
        again.write_text(json.dumps(config.model_dump()))
        assert load_resolved(again, folder) == config

    def test_a_written_configuration_is_consistent(self, folder):
        assert list(inconsistencies(load_resolved(self.whole(folder), folder))) == []


class TestMissingFiles:
    TEXT = """\
fivesigma: 1
analysis: {name: toy, luminosity: 10.0, energy: 13.0}
samples:
  sig:
    kind: signal
    files: sgi.parquet
  bkg:
    kind: background
    files:
      - bkg.parquet
      - qqq.parquet
      - othr.parquet
  tt:
    kind: background
    use: a
    alternatives:
      a:
        parts:
          one:
            files: bkg.parquet
          two:
            files: bkgg.parquet
      b:
        files: "nowhere/*.root"
  stop:
    kind: signal
    files: "stop_{m}.parquet"
features: {inputs: {a: x}}
"""

    def test_all_are_told_at_once_with_line_and_near_names(self, folder):
        path = folder / "analysis.yaml"
        path.write_text(self.TEXT)
        with pytest.raises(DataError) as caught:
            load_resolved(path, folder)
        told = str(caught.value).splitlines()
        expected = [
            (6, "samples.sig.files", "sgi.parquet: no such file; did you mean sig.parquet"),
            (9, "samples.bkg.files", "qqq.parquet: no such file; "),
            (9, "samples.bkg.files", "othr.parquet: no such file; did you mean other.parquet"),
            (22, "samples.tt.alternatives.a.parts.two.files", "bkgg.parquet: no such file; did you mean bkg.parquet"),
            (24, "samples.tt.alternatives.b.files", "there is no folder"),
            (27, "samples.stop.files", "stop_{m}.parquet: no such file: its placeholders stand for numbers"),
        ]
        assert len(told) == len(expected)
        for line, (number, place, message) in zip(told, expected, strict=True):
            assert line.startswith(f"{path}:{number}: {place}: {folder}/"), line
            assert message in line

    def test_a_file_that_a_setting_names(self, folder):
        said = refused(folder, DataError, ["samples.sig.files=nothing.parquet"])
        assert said.startswith("--set samples.sig.files=nothing.parquet: samples.sig.files: ")

    def test_no_such_folder(self, folder):
        with pytest.raises(DataError, match="there is no such folder"):
            load_resolved(written(folder), folder / "elsewhere")
