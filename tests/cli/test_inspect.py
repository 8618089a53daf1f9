"""``inspect`` says what files hold, on terminals and in pipes, and in words what is wrong with them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

SHARED = Path(__file__).parents[3] / "shared/data"
GENERATOR = np.random.default_rng(4)


@pytest.fixture(scope="module")
def folder(fivesigma):
    root = fivesigma.root
    with uproot.recreate(root / "two.root") as file:
        for tree, count in (("signal", 40), ("background", 1)):
            file.mktree(tree, {"lep_pt": "float64", "met": "float64", "jets": "var * float32"})
            jets = ak.unflatten(np.arange(3.0 * count, dtype=np.float32), np.full(count, 3))
            values = {"lep_pt": GENERATOR.exponential(40_000, count), "met": np.full(count, -999.0), "jets": jets}
            file[tree].extend(values)
    names = [f"Jet_{i}" for i in range(70)]
    rows = GENERATOR.normal(size=(30, 72))
    lines = [",".join([*names, "met", "a [/b]"]), *(",".join(map(str, row)) for row in rows)]
    (root / "wide.csv").write_text("\n".join(lines) + "\n")
    (root / "ragged.csv").write_text("a,b\n1,2\n3,4,5\n6,x\n")
    (root / "torn.root").write_bytes((root / "two.root").read_bytes()[:700])
    (root / "empty.root").write_bytes(b"")
    return fivesigma


def test_every_tree_is_described(folder):
    done = folder("inspect", "two.root")
    assert (done.returncode, done.stderr) == (0, "")
    assert "two.root: 2 tables" in done.stdout
    assert "signal: 40 events, 4 columns" in done.stdout
    assert "background: 1 event, 4 columns" in done.stdout
    assert re.search(r"lep_pt +double +[\d.]+ +\d+ +\d+ +MeV\?", done.stdout)
    assert re.search(r"met +double +-999 in 100 %: missing\?", done.stdout)
    assert re.search(r"jets +float\[\] +0 +119 +59\.5 +3 each, ≤ 3", done.stdout)


def test_one_tree_on_request(folder):
    assert "signal" not in folder("inspect", "two.root", "--tree", "background").stdout
    done = folder("inspect", "two.root", "--tree", "backgroud")
    assert (done.returncode, done.stdout) == (1, "")
    assert "two.root: no tree 'backgroud'; did you mean background?" in done.stderr


def test_wide_tables_are_folded_and_unfolded(folder):
    folded = folder("inspect", "wide.csv").stdout
    assert re.search(r"Jet_\* \(70 columns\) +float64", folded)
    assert "Jet_17" not in folded
    assert re.search(r"^ *met +float64", folded, re.MULTILINE)
    assert "a [/b]" in folded
    unfolded = folder("inspect", "wide.csv", "--columns", "Jet_1*", "--columns", "met").stdout
    assert all(f" {name} " in unfolded for name in ("Jet_1", "Jet_10", "Jet_19", "met"))
    assert "Jet_2" not in unfolded
    done = folder("inspect", "wide.csv", "--columns", "Mte*")
    assert done.returncode == 1
    assert "wide.csv: no column 'Mte*'; did you mean met?" in done.stderr


def test_only_so_many_rows(folder):
    assert (
        "wide.csv: 30 events, 72 columns; looked at the first 7\n" in folder("inspect", "wide.csv", "--rows", 7).stdout
    )


def test_json_is_strict_and_whole(folder):
    done = folder("inspect", "two.root", "wide.csv", "--json")
    tables = json.loads(done.stdout, parse_constant=pytest.fail)
    assert [(table["file"], table["tree"], table["events"]) for table in tables] == [
        ("two.root", "signal", 40),
        ("two.root", "background", 1),
        ("wide.csv", None, 30),
    ]
    columns = {column["name"]: column for column in tables[0]["columns"]}
    assert columns["met"]["sentinel"] == {"value": -999, "fraction": 1}
    assert columns["jets"]["multiplicity"] == {"mean": 3, "maximum": 3}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("torn.root", r"torn\.root: not a readable ROOT file: truncated"),
        ("empty.root", r"empty\.root: not a readable ROOT file: it is empty"),
        ("ragged.csv", r"ragged\.csv:3: 3 fields, not 2"),
        ("nowhere.csv", r"nowhere\.csv: there is no such file"),
        (".", r"\.: a folder, not a file"),
        ("toy.yaml", r"toy\.yaml: no reader for '\.yaml'"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_rest_still_shown(folder, name, message):
    done = folder("inspect", name, "wide.csv")
    assert done.returncode == 1
    assert re.match(rf"error: {message}", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert "wide.csv: 30 events" in done.stdout


def test_eighty_columns_are_enough(folder, monkeypatch, capsys):
    from fivesigma.cli.main import main

    monkeypatch.chdir(folder.root)
    monkeypatch.setattr("sys.argv", ["fivesigma", "inspect", "two.root", "wide.csv"])
    monkeypatch.setenv("COLUMNS", "80")
    main()
    narrow = capsys.readouterr().out
    assert max(map(len, narrow.splitlines())) <= 80
    assert all(word in narrow for word in ("lep_pt", "MeV?", "3 each, ≤ 3", "-999", "missing?"))


def test_a_pipe_gets_whole_lines_and_no_colours(folder):
    done = folder("inspect", "wide.csv", "--columns", "Jet_1")
    assert "\x1b" not in done.stdout


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of open data is not beside the checkout")
def test_published_files_of_every_format(folder):
    files = [
        SHARED / "root_files/nanoAOD_2015_CMS_Open_Data_ttbar.root",
        SHARED / "atlas_ll_met/Z+jets.csv",
        SHARED / "higgsml/higgsml_dev.csv.gz",
        SHARED / "simulated/stop_like.parquet",
        SHARED / "lhco/lhco_rnd_dev.h5",
    ]
    done = folder("inspect", *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert "200 events, 947 columns" in done.stdout
    assert len(done.stdout.splitlines()) < 250
    assert re.search(r"DER_mass_MMC +float64 .* GeV\? +-999 in 15 %: missing\?", done.stdout)
    assert "70,000 events" in done.stdout
