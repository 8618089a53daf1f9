"""A signal grid from files to ``results.json``: its limits, its numbers, its figures; and what a grid needs to be judged."""

import json
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.configuration import load_resolved
from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.inference_item import InferenceItem
from fivesigma.analysis.inferring import infer_one
from fivesigma.analysis.run import run_analysis
from fivesigma.analysis.stages import Stages
from fivesigma.core.errors import ConfigurationError

POINTS = {(300, 270): 0.5, (400, 370): 0.2, (400, 300): 0.1}
EDGES = [0.0, 1.0, 2.0, 5.0]
CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "plane", "luminosity": 10.0, "energy": 13.0, "seed": 3, "blind": True},
    "samples": {
        "stop": {
            "kind": "signal",
            "label": "({m_stop}, {m_lsp})",
            "files": "stop_{m_stop}_{m_lsp}.parquet",
            "metadata": "stop_{m_stop}_{m_lsp}",
            "sum_of_weights": "files",
        },
        "bkg": {"kind": "background", "files": "bkg.parquet", "weight": "w"},
        "data": {"kind": "data", "pseudo": True, "files": "data.parquet"},
    },
    "events": {"metadata": {"file": "metadata.csv", "key": "name", "cross_section": "xs", "filter_efficiency": "eff"}},
    "features": {"inputs": {"a": "x"}, "observables": {"y": "y"}, "titles": {"m_stop": "m(stop) [GeV]"}},
    "judgement": {"signal": ["stop_400_370"]},
    "regions": {"hard": {"kind": "signal", "select": "y > 1"}, "soft": {"kind": "control", "select": "y < 1"}},
    "systematics": {
        "luminosity": {"type": "normalisation", "size": 0.02},
        "rate": {"type": "normalisation", "size": 0.1, "samples": ["bkg"]},
        "theory": {"type": "normalisation", "size": 0.2, "samples": ["stop"]},
        "scale": {"type": "shift", "up": {"y": "1.05 * y"}},
    },
    "inference": {
        "plane": {"type": "limit_plane", "grid": "stop", "observable": "y", "bins": EDGES},
        "soft": {"type": "limit_plane", "grid": "stop", "observable": "y", "regions": ["soft"], "bins": [0, 0.4, 1]},
        "count": {"type": "counting", "region": "hard", "signal": ["stop_300_270"]},
    },
}


def table(folder, name, count, seed, rise, weight=1.0):
    generator = np.random.default_rng(seed)
    columns = {"x": generator.normal(size=count), "y": generator.exponential(rise, count).clip(0, 4.7)}
    pl.DataFrame({**columns, "w": np.full(count, weight)}).write_parquet(folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("plane")
    lines = ["name,xs,eff"]
    for place, ((stop, lsp), sigma) in enumerate(POINTS.items()):
        table(made, f"stop_{stop}_{lsp}", 300, place, rise=2.0)
        lines.append(f"stop_{stop}_{lsp},{2 * sigma / 1000},0.5")
    (made / "metadata.csv").write_text("\n".join(lines) + "\n")
    table(made, "bkg", 1500, 10, rise=1.0, weight=0.1)
    table(made, "data", 150, 11, rise=1.0)
    return made


def written(folder, name="plane", **changes):
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps({**CONFIGURATION, **changes}))
    return path


@pytest.fixture(scope="module")
def blind(folder):
    return run_analysis(written(folder), folder / "run")


@pytest.fixture(scope="module")
def results(blind):
    return json.loads((blind.directory / "results.json").read_text())


@pytest.fixture(scope="module")
def plane(results):
    return results["inference"]["plane"]


class TestPlane:
    def test_the_points_in_order(self, plane):
        assert (plane["type"], plane["parameters"]) == ("limit_plane", ["m_stop", "m_lsp"])
        assert [point["parameters"] for point in plane["points"]] == [
            {"m_stop": 300.0, "m_lsp": 270.0},
            {"m_stop": 400.0, "m_lsp": 300.0},
            {"m_stop": 400.0, "m_lsp": 370.0},
        ]
        assert [point["signal"] for point in plane["points"]] == [["stop_300_270"], ["stop_400_300"], ["stop_400_370"]]

    def test_five_limits_that_rise_and_none_observed_while_blind(self, plane):
        for point in plane["points"]:
            limits = point["limit_expected"]
            assert len(limits) == 5
            assert all(low < high for low, high in pairwise(limits))
            assert point["limit_observed"] is None
            assert point["failure"] is None
            assert point["z_expected"] > 0

    def test_limits_on_the_cross_section(self, plane):
        """That of the table times the filter's efficiency; the limits are on the strength times it."""
        for point in plane["points"]:
            sigma = POINTS[tuple(point["parameters"].values())] / 1000
            assert point["cross_section"] == pytest.approx(sigma, rel=1e-12)
            expected = point["cross_section_limit"]["expected"]
            assert expected == pytest.approx([sigma * limit for limit in point["limit_expected"]], rel=1e-12)
            assert point["cross_section_limit"]["observed"] is None

    def test_a_signal_of_half_the_rate_is_excluded_at_twice_the_strength(self, plane):
        by_place = {tuple(p["parameters"].values()): p for p in plane["points"]}
        one, two = by_place[400, 370], by_place[400, 300]
        assert two["limit_expected"][2] == pytest.approx(2 * one["limit_expected"][2], rel=0.2)

    def test_each_point_is_fitted_as_if_it_were_the_only_signal(self, blind, plane, folder):
        """A template fit of one point says what the plane does there."""
        fit = {"type": "template_fit", "observable": "y", "bins": EDGES, "signal": ["stop_400_370"]}
        config = load_resolved(written(folder, "one", inference={"one": fit}), folder)
        directory = RunDirectory(blind.directory)
        item = InferenceItem("one", directory, Stages(directory=directory).recorded("events"), config, True)
        result = infer_one(item, {}).result
        (point,) = [point for point in plane["points"] if point["signal"] == ["stop_400_370"]]
        assert point["limit_expected"] == pytest.approx(result.limit_expected, rel=1e-6)
        assert point["z_expected"] == pytest.approx(result.z_expected, rel=1e-6)

    def test_observed_limits_where_data_are_looked_at(self, results):
        """In the control region, whose data are not blind."""
        for point in results["inference"]["soft"]["points"]:
            low, *_, high = point["limit_expected"]
            assert low / 3 < point["limit_observed"] < 3 * high
            sigma = POINTS[tuple(point["parameters"].values())] / 1000
            assert point["cross_section_limit"]["observed"] == pytest.approx(sigma * point["limit_observed"], rel=1e-12)

    def test_no_point_is_told_of_as_left_out(self, results):
        assert "signal-left-out" not in {finding["code"] for finding in results["findings"]}

    def test_the_files_of_the_plane(self, blind, plane):
        inference = blind.directory / "inference"
        workspaces = {f"plane-{point['signal'][0]}-workspace.json" for point in plane["points"]}
        assert {path.name for path in inference.glob("plane*")} == {"plane.json", *workspaces}
        for point in plane["points"]:
            workspace = json.loads((inference / f"plane-{point['signal'][0]}-workspace.json").read_text())
            names = {sample["name"] for channel in workspace["channels"] for sample in channel["samples"]}
            assert names == {"bkg", point["signal"][0]}
        for suffix in ("svg", "pdf", "json"):
            assert (blind.directory / f"figures/limits-plane.{suffix}").is_file()

    def test_the_page_shows_it(self, blind):
        page = blind.page.read_text()
        assert "Upper limits over the grid, plane" in page
        assert "(400, 370)" in page


class TestYields:
    def expected(self, folder, name, scale=1.0):
        columns = pl.read_parquet(folder / f"{name}.parquet")
        total = POINTS[tuple(map(int, name.split("_")[1:]))] * 10 if name.startswith("stop") else 150.0
        counts, _ = np.histogram(np.minimum(scale * columns["y"].to_numpy(), 4.99), EDGES)
        return counts * total / len(columns)

    @pytest.mark.parametrize("name", ["bkg", *(f"stop_{stop}_{lsp}" for stop, lsp in POINTS)])
    def test_from_the_files_to_the_templates_on_disk(self, blind, results, folder, name):
        templates = json.loads((blind.directory / "templates/plane.json").read_text())
        expected = self.expected(folder, name)
        np.testing.assert_allclose(templates[f"all/{name}"]["storage"]["values"], expected, rtol=1e-12)
        shifted = templates[f"all/{name}/scale/up"]["storage"]["values"]
        np.testing.assert_allclose(shifted, self.expected(folder, name, 1.05), rtol=1e-12)
        assert results["samples"][name]["yield"] == pytest.approx(expected.sum(), rel=1e-12)
        assert results["variations"]["scale.up"][name] == pytest.approx(expected.sum(), rel=1e-12)

    def test_points_bear_their_parameters(self, results):
        assert results["samples"]["stop_400_370"]["parameters"] == {"m_stop": 400.0, "m_lsp": 370.0}
        assert results["samples"]["stop_400_370"]["label"] == "(400, 370)"
        assert results["samples"]["bkg"]["parameters"] == {}

    def test_a_count_is_of_the_signal_that_it_names(self, results, folder):
        count = results["inference"]["count"]
        assert count["signal"] == pytest.approx(self.expected(folder, "stop_300_270")[1:].sum(), rel=1e-12)
        assert count["background"] == pytest.approx(self.expected(folder, "bkg")[1:].sum(), rel=1e-12)
        assert count["observed"] is None


FOREST = {"forest": {"use": "random_forest", "n_estimators": 3}}


@pytest.mark.parametrize(
    ("changes", "place", "says"),
    [
        ({"judgement": {}, "models": FOREST}, "judgement", "judged by one point of a grid; `signal` names it, such as"),
        (
            {"inference": {"count": {"type": "counting", "region": "hard"}}},
            "inference.count",
            "only one point of a grid can be counted; `signal` names it",
        ),
        (
            {"inference": {"fit": {"type": "template_fit", "observable": "y"}}},
            "inference.fit",
            "only one point of a grid can be fitted; a limit_plane fits each; `signal` names it",
        ),
        (
            {"inference": {"plane": {"type": "limit_plane", "grid": "stopp", "observable": "y"}}},
            "inference.plane.grid",
            "no signal grid 'stopp'; did you mean stop?",
        ),
        (
            {"inference": {"plane": {"type": "limit_plane", "grid": "bkg", "observable": "y"}}},
            "inference.plane.grid",
            "no signal grid 'bkg'",
        ),
        (
            {"inference": {"plane": {"type": "limit_plane", "grid": "stop", "observable": "yy"}}},
            "inference.plane.observable",
            "no model or observable 'yy'; did you mean y?",
        ),
        ({"judgement": {"signal": ["stop_1_1"]}}, "judgement.signal", "no signal sample 'stop_1_1'"),
    ],
)
def test_what_a_grid_needs_is_told(folder, tmp_path, changes, place, says):
    path = tmp_path / "wrong.yaml"
    path.write_text(json.dumps({**CONFIGURATION, **changes}))
    with pytest.raises(ConfigurationError) as caught:
        load_resolved(path, folder)
    assert any(place in line and says in line for line in str(caught.value).splitlines()), str(caught.value)


def test_a_group_of_points_is_no_one_point(folder, tmp_path):
    """Two points named as the signal are both expected: that is what was written, and the schema cannot know better."""
    path = tmp_path / "group.yaml"
    groups, judgement = {"near": ["stop_400_370", "stop_300_270"]}, {"signal": ["near"]}
    path.write_text(json.dumps({**CONFIGURATION, "groups": groups, "judgement": judgement}))
    assert load_resolved(path, folder).judgement.signal == ["stop_400_370", "stop_300_270"]


TABLE = "m_stop m_lsp sigma # in pb\n300 270 0.001\n400 370 0.002\n500 300 0.004\n"


class TestPublished:
    def test_limits_of_others_stand_beside_ours(self, folder, untraced):
        (folder / "published.txt").write_text(TABLE)
        other = {"file": "published.txt", "reference": "CMS-SUS-00-000", "columns": {"observed": "sigma"}}
        plane = {**CONFIGURATION["inference"]["plane"], "published": {"CMS": other}}
        run_analysis(written(folder, "published", inference={"plane": plane}), folder / "run-published")
        entry = json.loads((folder / "run-published/results.json").read_text())["inference"]["plane"]
        beside = {tuple(p["parameters"].values()): p for p in entry["published"]["CMS"]["points"]}
        assert beside[300, 270]["published_observed"] == pytest.approx(0.001)
        assert beside[400, 370]["published_observed"] == pytest.approx(0.002)
        assert beside[400, 370]["published_expected"] is None
        assert "CMS, observed [pb]" in (page := folder / "run-published/report.html").read_text()
        assert untraced(page) == []

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"file": "publishd.txt"}, "no file 'publishd.txt'"),
            ({"parameters": ["m_stop", "m_lps"]}, "no parameter of a signal grid 'm_lps'; did you mean m_lsp?"),
        ],
    )
    def test_what_is_not_there_is_told(self, folder, change, says):
        (folder / "published.txt").write_text(TABLE)
        plane = {**CONFIGURATION["inference"]["plane"], "published": {"CMS": {"file": "published.txt", **change}}}
        with pytest.raises(ConfigurationError) as caught:
            run_analysis(written(folder, "wrong", inference={"plane": plane}), folder / "run-wrong")
        assert says in str(caught.value)
