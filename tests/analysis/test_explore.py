"""A page of the events of an analysis: its figures hold what was read, and of blind data nothing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from ruamel.yaml import YAML

from fivesigma.analysis.explore import explore
from fivesigma.core.errors import ConfigurationError, DataError

CONFIGURATION = {
    "fivesigma": 1,
    "analysis": {"name": "toy", "luminosity": 10.0, "energy": 13.0, "blind": True},
    "samples": {
        "sig": {"kind": "signal", "files": "sig.parquet"},
        "bkg": {"kind": "background", "files": "bkg.parquet"},
        "seen": {"kind": "data", "files": "seen.parquet"},
    },
    "events": {"missing": [-999.0]},
    "features": {"inputs": {"a": "x", "b": "y"}, "observables": {"m": "mass"}},
    "regions": {"window": {"kind": "signal", "select": "118 < m < 132"}},
}


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(3)
    for name, count in (("sig", 200), ("bkg", 400), ("seen", 100)):
        y = np.where(np.arange(count) % 4 == 0, -999.0, generator.normal(size=count))
        mass = generator.normal(125, 2, count) if name == "sig" else generator.uniform(100, 150, count)
        frame = pl.DataFrame({"x": generator.normal(name == "sig", 1, count), "y": y, "mass": mass})
        frame.write_parquet(tmp_path / f"{name}.parquet")
    YAML().dump(CONFIGURATION, tmp_path / "toy.yaml")
    return tmp_path


def test_the_page_depends_on_no_blind_data(folder):
    first = explore(folder / "toy.yaml", folder / "pages/first.html").read_text()
    assert "25" in first.partition("Missing values")[2]
    assert "signal region blind" in first
    assert first.count("<img") == 4
    seen = pl.read_parquet(folder / "seen.parquet")
    hidden = pl.col("mass").is_between(118, 132, closed="none")
    seen.with_columns(x=pl.when(hidden).then(pl.col("x") + 5).otherwise(pl.col("x"))).write_parquet(
        folder / "seen.parquet"
    )
    assert explore(folder / "toy.yaml", folder / "pages/second.html").read_text() == first
    assert sorted(path.name for path in (folder / "pages").iterdir()) == ["first.html", "second.html"]


def test_mistakes_are_told(folder):
    with pytest.raises(ConfigurationError, match="there is no key"):
        explore(folder / "toy.yaml", folder / "page.html", settings=["analysis.sed=1"])
    (folder / "sig.parquet").unlink()
    with pytest.raises(DataError, match=r"sig\.parquet: no such file"):
        explore(folder / "toy.yaml", folder / "page.html")
    assert not (folder / "page.html").exists()
