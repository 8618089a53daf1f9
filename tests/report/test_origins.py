"""What is told of where numbers come from."""

from __future__ import annotations

from fivesigma.report.content import RunContent
from fivesigma.report.origins import origins


def test_a_sample_has_its_cuts_its_weights_its_events_and_its_files(content: RunContent) -> None:
    content.config["samples"]["zz"]["parts"] = {
        "a": {"files": ["zz_1.root", "zz_*.root"]},
        "b": {"files": ["zz_1.root"]},
    }
    content.provenance["inputs"]["zz_1.root"] = "8d5629ff1860bc41"
    assert dict(origins(content)["results.json/samples/zz"]) == {
        "Sample": "ZZ/γ*",
        "Cuts": "types: sum in 44, 48, 52; charges",
        "Sum of weights": "341.2 ± 1.9",
        "Raw events": "31\N{NARROW NO-BREAK SPACE}207",
        "Files": "zz_1.root (8d5629ff1860bc41); zz_*.root",
    }


def test_a_step_of_the_cutflow_has_the_cuts_up_to_it(content: RunContent) -> None:
    told = origins(content)
    cuts = [dict(told[f"cutflow.json/higgs/{place}"])["Cuts"] for place in range(3)]
    assert cuts == ["none", "types: sum in 44, 48, 52", "types: sum in 44, 48, 52; charges"]


def test_a_limit_has_the_samples_it_is_made_from(content: RunContent) -> None:
    facts = dict(origins(content)["results.json/inference/shape"])
    assert facts["Inference"] == "shape, template fit"
    assert facts["Regions"] == "window, sides"
    assert facts["Raw events"] == "56\N{NARROW NO-BREAK SPACE}910", "all but the data"


def test_names_with_slashes_are_found(content: RunContent) -> None:
    content.results["samples"]["a/b"] = {"kind": "background", "events": 3, "yield": 1.5, "yield_error": 0.5}
    assert dict(origins(content)["results.json/samples/a~1b"])["Sum of weights"] == "1.5 ± 0.5"
