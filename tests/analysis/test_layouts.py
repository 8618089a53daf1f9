"""An analysis that meets its events in other files: layouts beside it, and samples that may not be there."""

import json

import numpy as np
import polars as pl
import pytest
from onnx import TensorProto, helper, save

from fivesigma.analysis.configuration import load_configuration, load_resolved
from fivesigma.analysis.events_stage import findings_of, load_events
from fivesigma.analysis.layouts import layouts_of
from fivesigma.analysis.recipes import recipes
from fivesigma.core.errors import ConfigurationError, DataError

ANALYSIS = """\
fivesigma: 1
analysis: {name: toy, luminosity: 10, energy: 13}
samples:
  signal: {kind: signal, files: ours/signal.parquet}
  top: {kind: background, files: ours/top.parquet}
events: {weight: w}
features:
  inputs:
    a: x
    b: y
systematics:
  top_rate: {type: normalisation, size: 0.1, samples: [top]}
"""
THEIRS = """\
layout: {title: Theirs, source: a lecturer}
samples:
  signal: {files: Data/signal.csv}
  top: {files: Data/TT.csv}
  rare: {kind: background, files: ["Data/rare_*.csv", "Data/other.csv"], optional: true}
features: {inputs: {a: X, b: null}}
events: {weight: weight}
systematics:
  rare_rate: {type: normalisation, size: 0.5, samples: [rare]}
groups: {all: [top, rare]}
training: {background: [all]}
"""


@pytest.fixture
def analysis(tmp_path):
    path = tmp_path / "recipe" / "analysis.yaml"
    (path.parent / "layouts").mkdir(parents=True)
    path.write_text(ANALYSIS)
    (path.parent / "layouts" / "theirs.yaml").write_text(THEIRS)
    return path


def ours(folder):
    (folder / "ours").mkdir(parents=True)
    for name in ("signal", "top"):
        events = pl.DataFrame({"x": np.arange(4.0), "y": np.arange(4.0), "w": np.full(4, 0.5)})
        events.write_parquet(folder / "ours" / f"{name}.parquet")
    return folder


def theirs(folder, *names):
    (folder / "Data").mkdir(parents=True)
    for name in names:
        pl.DataFrame({"X": np.arange(3.0), "weight": np.full(3, 0.1)}).write_csv(folder / "Data" / f"{name}.csv")
    return folder


def test_the_files_of_the_analysis_itself_come_first(analysis, tmp_path):
    folder = theirs(ours(tmp_path / "both"), "signal", "TT")
    config = load_resolved(analysis, folder)
    assert config.layout is None
    assert config.features.inputs == {"a": "x", "b": "y"}


def test_of_other_files_the_layout_is_taken_that_fits(analysis, tmp_path):
    config = load_resolved(analysis, theirs(tmp_path / "data", "signal", "TT", "rare_1", "rare_2"))
    assert config.layout.title == "Theirs"
    assert config.features.inputs == {"a": "X"}
    assert config.samples["signal"].kind == "signal"  # keys go into keys
    assert config.samples["rare"].parts["rare"].files == ["Data/rare_1.csv", "Data/rare_2.csv"]
    assert set(config.systematics) == {"top_rate", "rare_rate"}
    assert config.left_out == []


def test_optional_samples_without_files_are_left_out_with_all_that_names_them(analysis, tmp_path):
    folder = theirs(tmp_path / "data", "signal", "TT")
    config = load_resolved(analysis, folder)
    assert set(config.samples) == {"signal", "top"}
    assert set(config.systematics) == {"top_rate"}
    assert config.groups == {"all": ["top"]}
    assert config.training.background == ["top"]
    samples, _ = load_events(config, folder, blind=False)
    (finding,) = [one for one in findings_of(samples, config) if one.code == "sample-left-out"]
    assert finding.subject == "rare"


def test_a_sample_that_is_there_is_no_finding(analysis, tmp_path):
    folder = theirs(tmp_path / "data", "signal", "TT", "other")
    config = load_resolved(analysis, folder)
    samples, _ = load_events(config, folder, blind=False)
    assert not [one for one in findings_of(samples, config) if one.code == "sample-left-out"]


def test_an_optional_sample_takes_the_alternative_that_is_there(analysis, tmp_path):
    setting = 'samples.rare={kind: background, optional: true, use: one, alternatives: {one: {files: "Data/one.csv"}, two: {files: "Data/two.csv"}}}'
    config = load_resolved(analysis, theirs(tmp_path / "data", "signal", "TT", "two"), [setting])
    assert config.samples["rare"].use == "two"
    assert [part.files for part in config.samples["rare"].parts.values()] == [["Data/two.csv"]]


def test_a_folder_that_fits_nothing_is_told_what_each_lacks(analysis, tmp_path):
    folder = theirs(tmp_path / "data", "signal")
    with pytest.raises(DataError) as caught:
        load_resolved(analysis, folder)
    first, own, other = str(caught.value).splitlines()
    assert first == f"{folder} has the files of none of these:"
    assert own.startswith("- the events that come with it: ")
    assert "signal.parquet: no such file" in own
    assert own.endswith("(and 1 more)")
    assert other.startswith("- Theirs: ")
    assert "TT.csv: no such file" in other


def test_settings_count_in_every_layout(analysis, tmp_path):
    folder = theirs(tmp_path / "data", "signal", "TT", "more")
    config = load_resolved(analysis, folder, ["samples.rare.files=Data/more.csv", "analysis.seed=5"])
    assert config.analysis.seed == 5
    assert config.samples["rare"].parts["rare"].files == ["Data/more.csv"]


def test_a_mistake_is_told_once_with_its_line(analysis, tmp_path):
    analysis.write_text(ANALYSIS.replace("luminosity: 10", "luminosity: -10"))
    with pytest.raises(ConfigurationError) as caught:
        load_resolved(analysis, theirs(tmp_path / "data", "signal", "TT"))
    assert str(caught.value).startswith(f"{analysis}:2: analysis.luminosity: ")


def test_a_mistake_in_a_layout_is_told_with_the_layouts_line(analysis):
    (layout,) = layouts_of(analysis)
    layout.write_text(THEIRS.replace("optional: true", "optional: maybe"))
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(analysis, layout=layout)
    assert str(caught.value).startswith(f"{layout}:5: samples.rare.optional: ")


def test_a_layout_may_lie_over_another_and_call_folders_otherwise(analysis, tmp_path):
    (theirs_yaml,) = layouts_of(analysis)
    over = "layout: {title: Others, over: theirs.yaml, folders: {Data: Other}}\nsamples: {top: null}\nsystematics: {top_rate: null}\ntraining: {background: [rare]}\ngroups: null\n"
    theirs_yaml.with_name("others.yaml").write_text(over)
    folder = theirs(tmp_path / "data", "signal", "rare_1")
    (folder / "Data").rename(folder / "Other")
    config = load_resolved(analysis, folder)
    assert (config.layout.title, config.layout.source) == ("Others", "a lecturer")
    assert config.features.inputs == {"a": "X"}
    files = {name: sample.parts[name].files for name, sample in config.samples.items()}
    assert files == {"signal": ["Other/signal.csv"], "rare": ["Other/rare_1.csv"]}


def test_layouts_that_lie_over_one_another_in_a_circle_are_refused(analysis):
    (layout,) = layouts_of(analysis)
    layout.write_text(THEIRS.replace("title: Theirs", "title: Theirs, over: theirs.yaml"))
    with pytest.raises(ConfigurationError, match=r"theirs\.yaml: layout\.over: lies over itself"):
        load_configuration(analysis, layout=layout)


@pytest.mark.parametrize("over", ["their.yaml", "../analysis.yaml", "layouts/theirs.yaml", ".", "''"])
def test_a_layout_lies_over_one_beside_it(analysis, over):
    (theirs_yaml,) = layouts_of(analysis)
    layout = theirs_yaml.with_name("others.yaml")
    layout.write_text(f"layout: {{title: Others, over: {over}}}\n")
    with pytest.raises(ConfigurationError, match=r"others\.yaml:1: layout\.over: there is no layout .*theirs\.yaml"):
        load_configuration(analysis, layout=layout)


def test_files_of_another_layout_say_that_it_is_not_this_one(analysis, tmp_path):
    (layout,) = layouts_of(analysis)
    layout.write_text(THEIRS.replace("title: Theirs", 'title: Theirs, unless: ["more_*.csv"]'))
    folder = theirs(tmp_path / "data", "signal", "TT")
    assert load_resolved(analysis, folder).layout.title == "Theirs"
    (folder / "more_1.csv").touch()
    with pytest.raises(DataError, match=r"- Theirs: .*more_1\.csv belongs to another form of the files"):
        load_resolved(analysis, folder)


def test_of_layouts_whose_files_are_there_that_is_taken_whose_columns_are(analysis, tmp_path):
    (layout,) = layouts_of(analysis)
    layout.with_name("a_first.yaml").write_text(THEIRS.replace("Theirs", "First").replace("a: X", "a: Z"))
    folder = theirs(tmp_path / "data", "signal", "TT")
    assert load_resolved(analysis, folder).layout.title == "Theirs"
    layout.write_text(THEIRS.replace("weight: weight", "weight: mass"))
    assert load_resolved(analysis, folder).layout.title == "First"  # who reads it is told what is not there


def test_a_mistake_in_a_setting_is_told_of_the_layout_whose_files_are_there(analysis, tmp_path):
    (layout,) = layouts_of(analysis)
    layout.with_name("z_last.yaml").write_text(THEIRS.replace("Theirs", "Last").replace("b: null", "c: X"))
    folder = theirs(tmp_path / "data", "signal", "TT")
    assert load_resolved(analysis, folder, ["training.background=[top]"]).layout.title == "Theirs"
    with pytest.raises(ConfigurationError, match="no sample 'tp'"):
        load_resolved(analysis, folder, ["training.background=[tp]"])


def test_a_mistake_in_an_earlier_layout_is_not_passed_over(analysis, tmp_path):
    layouts_of(analysis)[0].with_name("a_first.yaml").write_text(THEIRS.replace("optional: true", "optional: maybe"))
    with pytest.raises(ConfigurationError, match=r"a_first\.yaml:5: samples\.rare\.optional"):
        load_resolved(analysis, theirs(tmp_path / "data", "signal", "TT"))


def test_what_is_no_folder_is_told_so(analysis, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file: a file, not a folder"):
        load_resolved(analysis, tmp_path / "file")
    with pytest.raises(DataError, match="nowhere: there is no such folder"):
        load_resolved(analysis, tmp_path / "nowhere")


def test_a_line_of_the_analysis_stays_its_own_beside_a_layout(analysis):
    analysis.write_text(ANALYSIS.replace("size: 0.1", "size: -0.1"))
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(analysis, layout=layouts_of(analysis)[0])
    assert str(caught.value).startswith(f"{analysis}:12: systematics.top_rate.size: ")


def test_tables_of_numbers_are_taken_from_beside_the_analysis_where_the_folder_has_none(analysis, tmp_path):
    table = "key,xs,sum\ntop,0.5,1000\n"
    (analysis.parent / "table.csv").write_text(table)
    metadata = "events: {weight: w, metadata: {file: table.csv, key: key, cross_section: xs, sum_of_weights: sum}}"
    text = ANALYSIS.replace("events: {weight: w}", metadata).replace("top.parquet", "top.parquet, metadata: top")
    analysis.write_text(text)
    folder = ours(tmp_path / "data")
    (part,) = load_resolved(analysis, folder).samples["top"].parts.values()
    assert (part.cross_section, part.sum_of_weights) == ("0.5", "1000.0")
    (folder / "table.csv").write_text(table.replace("0.5", "0.7"))  # what lies with the events is theirs
    (part,) = load_resolved(analysis, folder).samples["top"].parts.values()
    assert part.cross_section == "0.7"


def test_a_trained_model_is_taken_from_beside_the_analysis_where_the_folder_has_none(analysis, tmp_path):
    node = helper.make_node("ReduceMean", ["X"], ["Y"], axes=[1], keepdims=1)
    shapes = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["events", width])
        for name, width in (("X", 2), ("Y", 1))
    ]
    graph = helper.make_graph([node], "mean", shapes[:1], shapes[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    beside, there = analysis.parent / "mean.onnx", ours(tmp_path / "data")
    analysis.write_text(ANALYSIS + "models: {theirs: {use: onnx, file: mean.onnx, inputs: [a, b]}}\n")
    with pytest.raises(ConfigurationError, match=r"mean\.onnx: cannot be read"):
        load_resolved(analysis, there)
    save(model, beside)
    assert load_resolved(analysis, there).models["theirs"].parameters["file"] == str(beside.resolve())
    save(model, there / "mean.onnx")  # what lies with the events is theirs
    assert load_resolved(analysis, there).models["theirs"].parameters["file"] == "mean.onnx"


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_layouts_of_recipes_are_valid_and_say_what_they_are(recipe):
    for layout in layouts_of(recipe.path):
        config = load_configuration(recipe.path, layout=layout)
        assert config.layout is not None, layout
        assert config.layout.source, layout
        assert json.dumps(config.model_dump())
