"""Numbers that remember where they were read."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fivesigma.report.traced import computed, origin, traced

KEYS = st.text(st.sampled_from("ab/~0 1"), max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [value]


def resolve(value: Any, pointer: str) -> Any:
    """Follow a JSON pointer as RFC 6901, section 4, has it."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


@given(VALUES)
def test_every_number_is_found_again_where_it_says_it_was(value: Any) -> None:
    for leaf in leaves(traced(value, "results.json")):
        if isinstance(leaf, bool) or not isinstance(leaf, int | float):
            assert origin(leaf) == ""
        else:
            assert origin(leaf).startswith("results.json")
            assert resolve(value, origin(leaf).removeprefix("results.json")) == leaf


@given(VALUES)
def test_it_is_the_same_json(value: Any) -> None:
    assert json.dumps(traced(value, "x")) == json.dumps(value)


def test_what_is_computed_has_no_origin() -> None:
    number = traced(2.5, "results.json/a")
    assert origin(number) == "results.json/a"
    assert [origin(made) for made in (number + 1, number * 1, -number, round(number, 1))] == ["", "", "", ""]


def test_what_is_computed_from_traced_numbers_can_say_from_which() -> None:
    read = traced({"a": 2.5, "b": [4]}, "results.json")
    total = computed(read["a"] + read["b"][0], read["a"], read["b"][0], read["a"], 7)
    assert (total, origin(total)) == (6.5, "results.json/a\nresults.json/b/0")
    twice = computed(int(2 * total), total)
    assert (type(twice + 0), twice, origin(twice)) == (int, 13, origin(total))
    assert origin(computed(1.0, "text", 3)) == ""
