from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.errors import BadRequest, ValidationFailed
from tabularium.query import ListParameters, list_statements, plan_list
from tabularium.query.nodes import ABSENT, Group, Leaf, Mention, Not, RawText
from tabularium.query.operators import OPERATORS
from tabularium.query.parse import MAX_DEPTH, MAX_LEAVES, MAX_LIST, parse_filter
from tests.query.people import ALL, PEOPLE


def parse(written: Any) -> Any:
    return parse_filter(written if isinstance(written, str) else json.dumps(written))


def failures(written: Any) -> dict[str, str]:
    return {error.field: error.code for error in parse(written).errors}


def text_leaf(name: str, operator: str, value: object) -> Leaf:
    return Leaf(name, operator, value, "filter", "filter", "filter")


def test_any_node_may_be_the_root() -> None:
    leaf = Leaf("a", "equals", 1, "filter.field", "filter.operator", "filter.value")
    assert parse({"field": "a", "operator": "equals", "value": 1}).node == leaf
    assert parse({"and": []}).node == Group("and", ())
    assert parse({"or": []}).node == Group("or", ())
    assert parse({"not": {}}).node == Not(Group("and", ()))
    assert parse({}).node == Group("and", ())


def test_paths_lead_into_the_request() -> None:
    node = parse({"and": [{"or": []}, {"not": {"field": "a", "operator": "isNull"}}]}).node
    path = "filter.and.1.not"
    assert node.members[1].member == Leaf("a", "isNull", ABSENT, f"{path}.field", f"{path}.operator", f"{path}.value")


def test_the_shorthand_says_equals_is_null_a_list_or_operators() -> None:
    members = parse(
        {"a": "x", "b": None, "c": [1, None], "d": {"greaterThan": 3, "isNull": True}, "e": {}}
    ).node.members
    assert members == (
        Leaf("a", "equals", "x", "filter.a", "filter.a", "filter.a"),
        Leaf("b", "isNull", ABSENT, "filter.b", "filter.b", "filter.b"),
        Leaf("c", None, [1, None], "filter.c", "filter.c", "filter.c"),
        Leaf("d", "greaterThan", 3, "filter.d", "filter.d.greaterThan", "filter.d.greaterThan"),
        Leaf("d", "isNull", ABSENT, "filter.d", "filter.d.isNull", "filter.d.isNull"),
        Mention("e", "filter.e"),
    )


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("a:x", text_leaf("a", "equals", RawText("x"))),
        ("a:", text_leaf("a", "equals", RawText(""))),
        ("site:https://a.b", text_leaf("site", "equals", RawText("https://a.b"))),
        ("a:greaterThan:3", text_leaf("a", "greaterThan", RawText("3"))),
        ("a:greaterThan", text_leaf("a", "equals", RawText("greaterThan"))),
        ("a:isNull", text_leaf("a", "isNull", ABSENT)),
        ("a:isNull:x", text_leaf("a", "isNull", RawText("x"))),
        ("a:isNullable", text_leaf("a", "equals", RawText("isNullable"))),
        ("a:in:x,y:z,", text_leaf("a", "in", [RawText("x"), RawText("y:z"), RawText("")])),
        ("a:between:1,2", text_leaf("a", "between", [RawText("1"), RawText("2")])),
        ("a:equals:x,y", text_leaf("a", "equals", RawText("x,y"))),
        ("a:contains:b:c", text_leaf("a", "contains", RawText("b:c"))),
        ("a:today", text_leaf("a", "today", ABSENT)),
        ("a:before:x", text_leaf("a", "before", RawText("x"))),
        (' {"a": 1}:b', text_leaf(' {"a"', "equals", RawText(" 1}:b"))),
    ],
)
def test_the_text_form_is_one_condition(text: str, leaf: Leaf) -> None:
    assert parse(text).node == leaf


@pytest.mark.parametrize(
    "text",
    ["", "a", ":x", "{", '{"a": }', '{"a": NaN}', '{"a": -Infinity}', '{"a": 1} x', '{"a": "\\ud800"}', "{'a': 1}"],
)
def test_what_cannot_be_read_is_a_bad_request(text: str) -> None:
    with pytest.raises(BadRequest):
        parse(text)


def test_broken_json_is_told_with_its_place() -> None:
    with pytest.raises(
        BadRequest, match=r"^The filter is not valid JSON: Unterminated string starting at character 2\.$"
    ):
        parse('{"a')


def test_half_a_surrogate_pair_is_a_bad_request_wherever_it_stands() -> None:
    for text in ("a:\ud800", '{"\ud800": 1}', '{"\\udc00": 1}', '{"a": {"in": [{"b": "\\udc00"}]}}'):
        with pytest.raises(BadRequest):
            parse(text)
    assert parse('{"a": "\\ud83d\\ude00"}').node.members[0].value == "\U0001f600"


@pytest.mark.parametrize(
    ("written", "errors"),
    [
        ({"and": {}}, {"filter.and": "wrong_type"}),
        ({"or": [1, {"not": []}]}, {"filter.or.0": "wrong_type", "filter.or.1.not": "wrong_type"}),
        ({"and": [], "age": 1, "or": []}, {"filter.age": "unknown_property", "filter.or": "unknown_property"}),
        ({"field": "a", "operator": "in", "x": 1}, {"filter.x": "unknown_property"}),
        ({"field": 1, "operator": None}, {"filter.field": "wrong_type", "filter.operator": "wrong_type"}),
        ({"a": {"isNull": False}}, {"filter.a.isNull": "invalid_value"}),
        ({"a": {"isTrue": 1}}, {"filter.a.isTrue": "invalid_value"}),
        ('{"a": 1, "a": 2}', {"filter.a": "duplicate"}),
        ('{"a": {"in": [], "in": []}}', {"filter.a.in": "duplicate"}),
        ('{"field": "a", "operator": "equals", "value": {"x": 1, "x": 1}}', {"filter.value.x": "duplicate"}),
    ],
)
def test_what_breaks_the_grammar_is_named_by_its_path(written: Any, errors: dict[str, str]) -> None:
    assert failures(written) == errors


def test_numbers_keep_their_digits() -> None:
    text = '{"a": 9007199254740993, "b": 0.10000000000000000001, "c": 1e400, "d": -0.0}'
    values = [leaf.value for leaf in parse(text).node.members]
    assert values == [9007199254740993, Decimal("0.10000000000000000001"), Decimal("1e400"), Decimal("-0.0")]
    assert [type(value) for value in values] == [int, Decimal, Decimal, Decimal]


@pytest.mark.parametrize(
    "number", ["1e999999999999999999999", "-1E-99999999999999999999", "9" * 5000, "0e99999999999999999999"]
)
def test_numbers_beyond_all_bounds_are_read_and_refused_by_their_field(number: str) -> None:
    for name in ("age", "price", "name", "vip", "id", "seen"):
        text = f'{{"{name}": {number}}}'
        if number[0] == "0" and name in ("age", "price", "id"):
            plan_list(PEOPLE, ALL, ListParameters(filter=text))
            continue
        with pytest.raises(ValidationFailed):
            plan_list(PEOPLE, ALL, ListParameters(filter=text))


def too_complex(written: Any) -> bool:
    try:
        parse(written)
    except ValidationFailed as failed:
        return [error.code for error in failed.errors] == ["filter_too_complex"]
    return False


def nested(depth: int, word: str) -> Any:
    leaf: Any = {"field": "a", "operator": "isNull"}
    for _ in range(depth - 1):
        leaf = {word: [leaf]} if word != "not" else {word: leaf}
    return leaf


@pytest.mark.parametrize("word", ["and", "or", "not"])
def test_a_filter_has_at_most_ten_levels(word: str) -> None:
    assert not too_complex(nested(MAX_DEPTH, word))
    assert too_complex(nested(MAX_DEPTH + 1, word))


def test_a_filter_has_at_most_a_hundred_leaves() -> None:
    leaf = {"field": "a", "operator": "isNull"}
    assert not too_complex({"or": [leaf] * MAX_LEAVES})
    assert too_complex({"or": [leaf] * (MAX_LEAVES + 1)})
    assert not too_complex({f"f{number}": {"greaterThan": 1, "lessThan": 2} for number in range(MAX_LEAVES // 2)})
    assert too_complex(
        {"x": 1} | {f"f{number}": {"greaterThan": 1, "lessThan": 2} for number in range(MAX_LEAVES // 2)}
    )


def test_a_list_has_at_most_a_thousand_values() -> None:
    assert not too_complex({"a": [1] * MAX_LIST})
    assert too_complex({"a": [1] * (MAX_LIST + 1)})
    assert not too_complex("a:in:" + ",".join("x" * MAX_LIST))
    assert too_complex("a:in:" + ",".join("x" * (MAX_LIST + 1)))


@pytest.mark.parametrize("depth", [65, 500, 30_000])
def test_deep_nesting_is_refused_before_it_hurts(depth: int) -> None:
    assert too_complex('{"a":' + "[" * depth + "]" * depth + "}")
    assert too_complex('{"not":' * depth + "{}" + "}" * depth)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["and", "or", "not", "field", "operator", "value", *ALL, "id", *OPERATORS])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FRAGMENTS = st.lists(
    st.sampled_from(
        [*ALL, *OPERATORS, ":", ":", ",", "1", "true", "2024-02-29", "\x00", "{", "}", '"', "\\ud800", "[", " "]
    )
    | st.text(max_size=3),
    max_size=8,
).map("".join)


@given(FRAGMENTS | st.text(max_size=30) | JSON.map(json.dumps))
@example('{"name": {"contains": "\\u0000"}}')
@example("name:contains:\x00")
@example('{"\\u0000": {"\\u0000": 1}}')
@example('{"age": {"in": [[1], {}, "x", null, 1.5]}}')
def test_no_filter_does_anything_but_be_planned_or_refused(text: str) -> None:
    try:
        query = plan_list(PEOPLE, ALL, ListParameters(filter=text))
    except BadRequest:
        return
    except ValidationFailed as failed:
        refusal = failed
    else:
        for dialect in (SQLITE, POSTGRESQL):
            list_statements(query, dialect)
        return
    assert refusal.errors
    assert all(error.message and error.code for error in refusal.errors)
    json.dumps([error.as_json() for error in refusal.errors], ensure_ascii=False).encode()
