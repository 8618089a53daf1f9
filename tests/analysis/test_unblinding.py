"""Who looked is never forgotten: what is changed or blind again after that is said to be so."""

from __future__ import annotations

BLIND = {"name": "toy", "luminosity": 10.0, "energy": 13.0, "seed": 7, "blind": True}


def looked_at(run):
    return [finding.message for finding in run.findings if finding.code == "looked-at-before"]


def test_what_is_changed_or_blind_after_a_look_is_told(toy):
    path = toy.yaml("first", analysis=BLIND)

    def events(path, **options):
        return looked_at(toy.run("run", path, until="events", **options))

    assert events(path) == []
    assert events(path, unblind=True) == []
    assert events(path, unblind=True) == []  # the same search again
    (again,) = events(path)
    assert "This run is blind again" in again
    narrow = {"window": {"kind": "signal", "select": "122 < m < 128"}}
    tighter = toy.yaml("tighter", analysis=BLIND, regions=narrow, inference={})
    (changed,) = events(tighter, unblind=True)
    assert "The configuration was another one then" in changed
    never = toy.yaml("never", analysis={**BLIND, "blind": False})
    assert len(events(never)) == 1


def test_the_page_and_the_results_tell_it(toy):
    path = toy.yaml("all", analysis=BLIND, models={}, inference={"count": {"type": "counting", "region": "window"}})
    toy.run("run", path, unblind=True)
    run = toy.run("run", path)
    assert "looked-at-before" in run.page.read_text()
    assert "looked-at-before" in (run.directory / "results.json").read_text()
