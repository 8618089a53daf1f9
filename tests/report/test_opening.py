from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fivesigma.report.content import RunContent
from fivesigma.report.opening import key_numbers, source


def test_the_numbers_beside_the_answer_are_those_in_it(content: RunContent) -> None:
    numbers = {number.label: number.value.text for number in key_numbers(content)}
    assert list(numbers.values()) == ["0.42", "4.3\u00a0σ", "0.45", "4.6\u00a0σ", "0.9127"]
    assert [label for label in numbers if "observed" in label and "pseudo-data" not in label] == []


def test_blind_numbers_are_missing(
    changed: Callable[..., RunContent], blind: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    results, config = blind
    numbers = {number.label: number.value for number in key_numbers(changed(results=results, config=config))}
    assert numbers["observed limit on μ"].kind == numbers["observed significance"].kind == "missing"


def test_without_inference_only_the_models_count(changed: Callable[..., RunContent], results: dict[str, Any]) -> None:
    alone = changed(results=results | {"inference": {}})
    assert [number.label for number in key_numbers(alone)] == ["highest AUC, out of fold (trees)"]
    assert source(alone) == ""


def test_one_inference_needs_no_name(changed: Callable[..., RunContent], results: dict[str, Any]) -> None:
    del results["inference"]["count"]
    assert source(changed(results=results)) == ""


def test_of_several_of_a_kind_it_is_told_that_the_first_answers(
    changed: Callable[..., RunContent], results: dict[str, Any]
) -> None:
    shape = results["inference"]["shape"] | {"observable": "trees"}
    results["inference"] = {"shape": shape, "shape_network": {**shape, "observable": "network", "z_expected": 99.0}}
    assert source(changed(results=results)) == (
        "From the template fit “shape” of “trees”, one of 2 inferences of this run: of its kind the first that the YAML names, as the"
        " best of several would flatter."
    )
