"""``explore`` prints the path of its page; what it says while it works goes elsewhere."""

from __future__ import annotations


def test_the_page_is_written_where_it_is_wanted(fivesigma):
    done = fivesigma("explore", "toy.yaml", "--workers", 1, "--output", "look.html")
    assert (done.returncode, done.stdout) == (0, "look.html\n")
    assert done.stderr.splitlines()[0] == "Reading events"
    assert "<!DOCTYPE html>" in (fivesigma.root / "look.html").read_text(encoding="utf-8")


def test_what_cannot_be_found_is_named(fivesigma):
    done = fivesigma("explore", "toyy.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean toy.yaml" in done.stderr
