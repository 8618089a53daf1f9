"""What a model must not be asked for is said before anything is trained."""

import math
from typing import Any

import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.learning.classifiers import ModelSpec, Range, Tuning
from fivesigma.learning.spec_checks import check_spec
from fivesigma.learning.tuning_ranges import every_point


def spec(use: str, *, tune: Tuning | None = None, **parameters: Any) -> ModelSpec:
    return ModelSpec(name="m", use=use, inputs=("x",), parameters=parameters, tune=tune)


@pytest.mark.parametrize(
    ("use", "parameters"),
    [
        ("logistic", {"C": math.inf}),
        ("xgboost", {"gamma": math.inf}),
        ("lightgbm", {"learning_rate": math.nan}),
        ("network", {"hidden": [8, -math.inf]}),
    ],
)
def test_numbers_are_finite(use: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(FivesigmaError, match=f"{next(iter(parameters))} must be finite"):
        check_spec(spec(use, **parameters))


@pytest.mark.parametrize("use", ["gradient_boosting", "random_forest", "network"])
def test_whole_numbers_fit_into_a_machine(use: str) -> None:
    name = "learning_rate" if use == "network" else "max_depth"
    with pytest.raises(FivesigmaError, match=f"{name}: a whole number has at most 19 digits, unlike one of 401"):
        check_spec(spec(use, **{name: 10**400}))


def test_so_do_those_that_are_sought() -> None:
    ranges = {"max_depth": Range(low=1, high=10**30)}
    with pytest.raises(FivesigmaError, match="tune: max_depth: a whole number"):
        check_spec(spec("random_forest", tune=Tuning(ranges=ranges, trials=2)))


def test_what_cannot_be_stored_is_no_parameter() -> None:
    with pytest.raises(FivesigmaError, match="no parameter 'scoring'"):
        check_spec(spec("hist_gradient_boosting", scoring="roc_auc"))


@pytest.mark.parametrize("seeds", [0, 1001, 10**9])
def test_seeds_are_not_without_number(seeds: int) -> None:
    with pytest.raises(FivesigmaError, match=f"seeds must be 1 to 1000, not {seeds}"):
        check_spec(ModelSpec(name="m", use="logistic", inputs=("x",), parameters={}, seeds=seeds))


def test_a_range_of_any_width_is_not_listed() -> None:
    assert every_point({"max_leaf_nodes": Range(low=2, high=10**20)}, {}, most=10_000) == []
    assert every_point({"depth": Range(low=1, high=2)}, {"depth": 2}, most=2) == [{"depth": 2}, {"depth": 1}]
    with pytest.raises(FivesigmaError, match="trials must be 1 to 10,000"):
        check_spec(spec("random_forest", tune=Tuning(ranges={"max_depth": Range(low=1, high=3)}, trials=10**30)))
