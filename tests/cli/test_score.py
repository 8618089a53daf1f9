"""`fivesigma score` adds a score to files and says what has none."""

import polars as pl
import pytest


@pytest.fixture(scope="module")
def run(fivesigma):
    """A run with a model."""
    fivesigma.yaml("scored.yaml", models={"forest": {"use": "random_forest", "n_estimators": 3, "max_depth": 3}})
    done = fivesigma("run", "scored.yaml", "--output", "runs/scored", "--until", "models", "--workers", 1)
    assert done.returncode == 0, done.stderr
    return fivesigma.root / "runs/scored"


def test_the_file_on_stdout(fivesigma, run):
    done = fivesigma("score", "runs/scored", "forest", "sig.parquet", "bkg.parquet", "-o", "out.parquet")
    assert (done.returncode, done.stdout) == (0, "out.parquet\n")
    assert done.stderr == "Scoring sig.parquet\nScoring bkg.parquet\n"
    out = pl.read_parquet(fivesigma.root / "out.parquet")
    assert out.columns == ["event", "x", "mass", "forest", "forest_raw", "forest_fold"]
    assert len(out) == 1200
    again = fivesigma("score", "runs/scored", "forest", "out.parquet", "-o", "twice.parquet", "--name", "again")
    assert again.returncode == 0
    assert pl.read_parquet(fivesigma.root / "twice.parquet")["again"].equals(out["forest"])


def test_events_without_a_score_are_counted(fivesigma, run):
    frame = pl.read_parquet(fivesigma.root / "sig.parquet").with_columns(word=pl.lit("w")).drop("event")
    frame.with_columns(x=pl.when(pl.int_range(300) < 5).then(None).otherwise(pl.col("x"))).write_parquet(
        fivesigma.root / "lacking.parquet"
    )
    done = fivesigma("score", "runs/scored", "forest", "lacking.parquet", "-o", "lacking.root")
    assert (done.returncode, done.stdout) == (0, "lacking.root\n")
    assert "5 of 300 events have no score (NaN): what cannot be computed is a in 5" in done.stderr
    assert "not written, for the file cannot hold them or not all files have them: word" in done.stderr
    assert "lacking.parquet: no columns identify its events" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere", "forest", "sig.parquet", "-o", "o.root"], 1, "nowhere: there is no such folder"),
        (["runs/scored", "frost", "sig.parquet", "-o", "o.root"], 1, "no model 'frost'; did you mean forest?"),
        (["runs/scored", "forest", "sg.parquet", "-o", "o.root"], 1, "no such file; did you mean sig.parquet"),
        (["runs/scored", "forest", "sig.parquet", "-o", "sig.parquet"], 1, "sig.parquet: is there already"),
        (["runs/scored", "forest", "sig.parquet", "-o", "o.csv"], 1, "is written as .root or .parquet, not as .csv"),
        (["runs/scored", "forest", "sig.parquet"], 2, "Missing option '-o'"),
        (["runs/scored", "forest", "-o", "o.root"], 2, "Missing argument 'FILE...'"),
        (["runs/scored", "forest", "sig.parquet", "-o", "o.root", "--at", "gap"], 2, "takes name=number, as in gap=30"),
        (["runs/scored", "forest", "sig.parquet", "-o", "o.root", "--at", "gap=3"], 1, "'forest' is not parametrised"),
    ],
)
def test_mistakes_end_in_a_message(fivesigma, run, arguments, code, message):
    done = fivesigma("score", *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (fivesigma.root / "o.root").exists()
