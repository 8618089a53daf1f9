"""Files of an exercise given to an analysis that does not read them, or under a name that it does not know."""

import numpy as np
import polars as pl
import pytest

from fivesigma.analysis.opening import opened
from fivesigma.analysis.recipes import find_analysis
from fivesigma.analysis.run import run_analysis
from fivesigma.core.errors import DataError

FOUR_LEPTONS = [f"lep_{of}_{i}" for of in ("pt", "eta", "phi", "type", "charge", "E") for i in range(4)]
ANALYSIS = """\
fivesigma: 1
analysis: {name: toy, luminosity: 10, energy: 13}
samples:
  signal: {kind: signal, files: signal.csv}
  top: {kind: background, files: top.csv}
events: {weight: w}
features: {inputs: {a: mass, b: pt}}
"""


def write(path, *columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({name: np.arange(1.0, 4.0) for name in columns}).write_csv(path)


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy" / "toy.yaml"
    path.parent.mkdir()
    path.write_text(ANALYSIS)
    return path


@pytest.fixture
def four_leptons(tmp_path):
    write(tmp_path / "data" / "ggH125_ZZ4lep.csv", *FOUR_LEPTONS, "totalWeight")
    return tmp_path / "data"


def test_files_whose_columns_are_there_are_opened(toy, tmp_path):
    for name in ("signal", "top"):
        write(tmp_path / "data" / f"{name}.csv", "mass", "pt", "w")
    assert list(opened(toy, tmp_path / "data").samples) == ["signal", "top"]


def test_columns_that_are_not_there_are_told_at_once_and_nothing_is_written(toy, tmp_path):
    write(tmp_path / "data" / "signal.csv", "Mass", "pt", "w")
    write(tmp_path / "data" / "top.csv", "mass", "w")
    with pytest.raises(DataError) as caught:
        run_analysis(toy, tmp_path / "run", data=tmp_path / "data")
    first, second = str(caught.value).splitlines()
    assert first.endswith("signal.csv: no column 'mass'; did you mean Mass?")
    assert "top.csv: no column 'pt'" in second
    assert not (tmp_path / "run").exists()


def test_files_of_another_recipe_are_known_by_their_columns(four_leptons):
    says = r"ggH125_ZZ4lep\.csv has the columns of 'CSV files of the lesson on H.*, which `fivesigma run higgs-4l` reads; there such files are called ggH125_ZZ4lep\.csv"
    for recipe in ("ttz", "dijet-anomaly", "ww-systematics", "stop-four-body"):
        with pytest.raises(DataError, match=says) as caught:
            opened(find_analysis(recipe), four_leptons)
        assert str(caught.value).count("has the columns of") == 1


def test_a_file_under_another_name_or_one_folder_deeper_is_known(four_leptons):
    (four_leptons / "ggH125_ZZ4lep.csv").rename(four_leptons / "higgs_signal.csv")
    with pytest.raises(DataError, match=r"higgs_signal\.csv has the columns of .*called ggH125_ZZ4lep\.csv"):
        opened(find_analysis("higgs-4l"), four_leptons)
    with pytest.raises(DataError, match=r"data/higgs_signal\.csv has the columns of"):
        opened(find_analysis("higgs-4l"), four_leptons.parent)


def test_where_one_file_is_missing_nothing_is_said_of_the_others(four_leptons):
    with pytest.raises(DataError, match=r"llll\.csv: no such file") as caught:
        opened(find_analysis("higgs-4l"), four_leptons)
    assert "has the columns of" not in str(caught.value)
