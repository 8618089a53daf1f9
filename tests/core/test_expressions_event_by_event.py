"""Any expression at all, over numbers and lists, against Python's own arithmetic event by event."""

from __future__ import annotations

import math

import awkward as ak
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.expressions import Expression

nan = math.nan

halves = st.integers(-4, 4).map(lambda k: k / 2)
elements = st.one_of(halves, st.just(nan))
events = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.lists(st.tuples(elements, st.integers(-3, 3), st.booleans()), max_size=4),
            "f": elements,
            "n": st.integers(-3, 3),
            "b": st.booleans(),
        }
    ),
    min_size=1,
    max_size=6,
)
"""Numbers so small and round that every way of adding them gives the same."""


def columns_of(table):
    lengths = [len(event["x"]) for event in table]
    flat = [element for event in table for element in event["x"]]
    types = {"x": np.float64, "k": np.int16, "c": np.bool_}
    lists = {
        name: ak.unflatten(np.array([element[i] for element in flat], dtype=dtype), lengths)
        for i, (name, dtype) in enumerate(types.items())
    }
    return lists | {
        "f": np.array([event["f"] for event in table]),
        "n": np.array([event["n"] for event in table], dtype=np.int32),
        "b": np.array([event["b"] for event in table]),
    }


def event_by_event(event):
    """Return what Python takes the columns for in one event."""
    lists = {name: [e[i] for e in event["x"]] for i, name in enumerate("xkc")}
    return lists | {name: event[name] for name in "fnb"}


def mapped(function, *operands):
    """Return a function of numbers for each element where an operand is a list."""
    lengths = {len(o) for o in operands if isinstance(o, list)}
    if not lengths:
        return function(*operands)
    (length,) = lengths
    return [function(*(o[i] if isinstance(o, list) else o for o in operands)) for i in range(length)]


def extreme(choose, *numbers):
    return nan if any(math.isnan(n) for n in numbers) else choose(numbers)


def whole(function):
    return lambda a, b: nan if b == 0 or math.isnan(a) or math.isnan(b) else function(a, b)


def reduced(choose):
    return lambda x: extreme(choose, *x) if x else nan


def place(choose):
    return lambda x: float(x.index(choose(x))) if x and not any(math.isnan(e) for e in x) else nan


def taken(x, i):
    return float(x[int(i)]) if not math.isnan(i) and -len(x) <= i < len(x) else nan


def in_order(x, *, descending):
    known = sorted((e for e in x if not math.isnan(e)), reverse=descending)
    return known + [e for e in x if math.isnan(e)]


BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "//": whole(lambda a, b: a // b),
    "%": whole(lambda a, b: a % b),
}
COMPARED = {
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
REDUCTIONS = {
    "count": len,
    "sum": lambda x: sum(x, 0),
    "max": reduced(max),
    "min": reduced(min),
    "first": lambda x: taken(x, 0),
    "last": lambda x: taken(x, -1),
    "argmax": place(max),
    "argmin": place(min),
}


def over(function, text, *parts):
    """Return an expression made of others: its text, and what it means in an event."""
    return text.format(*(part[0] for part in parts)), lambda e: mapped(function, *(part[1](e) for part in parts))


def column(name):
    return name, lambda e: e[name]


def number(value):
    return f"({value})", lambda e: value


def numbers(kind, deeper, conditions):
    """Return numbers of a kind ("flat" or "list") made of others; where lists come of flat and flat of lists."""
    same, flat, lists = deeper[kind], deeper["flat"], deeper["list"]
    other = st.one_of(same, flat)
    made = [
        st.builds(
            lambda s, a, b: over(BINARY[s], f"({{}} {s} {{}})", a, b), st.sampled_from(list(BINARY)), same, other
        ),
        st.builds(lambda a: over(lambda v: -v, "(-{})", a), same),
        st.builds(lambda a: over(abs, "abs({})", a), same),
        st.builds(lambda a, b: over(lambda *v: extreme(max, *v), "max({}, {})", a, b), same, other),
        st.builds(lambda a, b: over(lambda *v: extreme(min, *v, 1), "min({}, {}, 1)", a, b), other, same),
        st.builds(
            lambda c, a, b: over(lambda c, a, b: a if c else b, "where({}, {}, {})", c, a, b),
            conditions["flat"],
            same,
            same,
        ),
        st.builds(
            lambda c, a, b: over(lambda c, a, b: a if c else b, "({1} if {0} else {2})", c, a, b),
            conditions[kind],
            same,
            other,
        ),
        st.builds(lambda a, b: over(lambda a, b: b if math.isnan(a) else a, "default({}, {})", a, b), same, other),
    ]
    if kind == "flat":
        made += [
            st.builds(
                lambda r, a: (f"{r}({a[0]})", lambda e: REDUCTIONS[r](a[1](e))),
                st.sampled_from(list(REDUCTIONS)),
                lists,
            ),
            st.builds(
                lambda c, a: (f"sum({a[0]}[{c[0]}])", lambda e: sum(selected(a[1](e), c[1](e)), 0)),
                st.one_of(conditions["list"], conditions["flat"]),
                lists,
            ),
            st.builds(
                lambda c, a: (f"max({a[0]}[{c[0]}])", lambda e: reduced(max)(selected(a[1](e), c[1](e)))),
                conditions["list"],
                lists,
            ),
            st.builds(lambda c: (f"count({c[0]})", lambda e: sum(c[1](e))), conditions["list"]),
            st.builds(lambda a, i: (f"{a[0]}[{i}]", lambda e: taken(a[1](e), i)), lists, st.integers(-3, 3)),
            st.builds(lambda a: (f"at({a[0]}, n)", lambda e: taken(a[1](e), e["n"])), lists),
            st.builds(
                lambda a: (f"descending({a[0]})[1]", lambda e: taken(in_order(a[1](e), descending=True), 1)), lists
            ),
            st.builds(
                lambda a: (f"ascending({a[0]})[0]", lambda e: taken(in_order(a[1](e), descending=False), 0)), lists
            ),
        ]
    return st.one_of(made)


def selected(x, flags):
    return [e for i, e in enumerate(x) if (flags[i] if isinstance(flags, list) else flags)]


def conditions_of(kind, deeper, conditions):
    same, flat = deeper[kind], deeper["flat"]
    other, either = st.one_of(same, flat), st.one_of(conditions[kind], conditions["flat"])
    made = [
        st.builds(
            lambda s, a, b: over(COMPARED[s], f"({{}} {s} {{}})", a, b), st.sampled_from(list(COMPARED)), same, other
        ),
        st.builds(lambda a, b, c: over(lambda a, b, c: a < b <= c, "({} < {} <= {})", a, b, c), same, other, other),
        st.builds(lambda a, b: over(lambda a, b: any(a == m for m in (b, 1)), "({} in ({}, 1))", a, b), same, other),
        st.builds(
            lambda a, b: over(lambda a, b: all(a != m for m in (0.5, b)), "({} not in (0.5, {}))", a, b), same, other
        ),
        st.builds(lambda a, b: over(lambda a, b: a and b, "({} and {})", a, b), conditions[kind], either),
        st.builds(lambda a, b: over(lambda a, b: a or b, "({} || {})", a, b), either, conditions[kind]),
        st.builds(lambda a: over(lambda a: not a, "(not {})", a), conditions[kind]),
        st.builds(lambda a: over(math.isnan, "missing({})", a), same),
    ]
    if kind == "flat":
        made += [
            st.builds(lambda c: (f"any({c[0]})", lambda e: any(c[1](e))), conditions["list"]),
            st.builds(lambda c: (f"all({c[0]})", lambda e: all(c[1](e))), conditions["list"]),
        ]
    return st.one_of(made)


def grown(depth):
    """Return numbers and conditions, flat and of lists, up to a depth."""
    deeper = {
        "flat": st.one_of(st.sampled_from([column("f"), column("n")]), halves.map(number)),
        "list": st.sampled_from([column("x"), column("k")]),
    }
    conditions = {"flat": st.just(column("b")), "list": st.just(column("c"))}
    for _ in range(depth):
        deeper, conditions = (
            {kind: st.one_of(deeper[kind], numbers(kind, deeper, conditions)) for kind in deeper},
            {kind: st.one_of(conditions[kind], conditions_of(kind, deeper, conditions)) for kind in conditions},
        )
    return deeper, conditions


NUMBERS, CONDITIONS = grown(3)


@settings(deadline=None)
@given(NUMBERS["flat"], events)
def test_numbers_mean_what_python_means_event_by_event(expression, table):
    text, meaning = expression
    expected = [float(meaning(event_by_event(event))) for event in table]
    np.testing.assert_array_equal(Expression(text).values(columns_of(table)), expected)


@settings(deadline=None)
@given(CONDITIONS["flat"], events)
def test_conditions_mean_what_python_means_event_by_event(expression, table):
    text, meaning = expression
    expected = [bool(meaning(event_by_event(event))) for event in table]
    assert Expression(text).mask(columns_of(table)).tolist() == expected


@settings(deadline=None)
@given(NUMBERS["list"], events)
def test_lists_mean_what_python_means_event_by_event(expression, table):
    text, meaning = expression
    found = Expression(text).column(columns_of(table)).tolist()
    for one, event in zip(found, table, strict=True):
        np.testing.assert_array_equal(one, meaning(event_by_event(event)))


@settings(deadline=None)
@given(st.one_of(NUMBERS["flat"], CONDITIONS["flat"]), events, st.integers(1, 3))
def test_pieces_of_a_table_answer_as_the_whole_does(expression, table, size):
    """Whatever the pieces, the same numbers and the same type: streaming changes nothing."""
    asked, columns = Expression(expression[0]), columns_of(table)
    parts = [{name: c[i : i + size] for name, c in columns.items()} for i in range(0, len(table), size)]
    whole_table, pieces = asked.column(columns), [asked.column(part) for part in parts]
    assert {piece.dtype for piece in pieces} == {whole_table.dtype}
    np.testing.assert_array_equal(np.concatenate(pieces), whole_table)
