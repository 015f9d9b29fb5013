from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from server.parameters import snake_case
from server.specification import InvalidContract
from tests.support.server import Serve, Served, document, module_of

OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
NUMBERS = {"type": "array", "items": {"type": "integer"}}


def served_with(serve: Serve, definition: dict[str, Any], path: str = "/a") -> tuple[Served, list[Any]]:
    """Serve an operation with one parameter called `p`, and return what its handler gets."""
    got: list[Any] = []

    async def operate(p: Any) -> dict[str, Any]:
        got.append(p)
        return {}

    definition = {"name": "p", "in": "query", **definition}
    return serve(document({path: {"get": {"parameters": [definition]}}}), module_of(operate=operate)), got


QUERY_FORMS: list[tuple[str, bool, Any, str, Any]] = [
    ("form", True, {"type": "integer"}, "p=5", 5),
    ("form", True, {"type": "integer"}, "p=-5", -5),
    ("form", True, {"type": "number"}, "p=1.50", Decimal("1.50")),
    ("form", True, {"type": "boolean"}, "p=true", True),
    ("form", True, {"type": "string"}, "p=a+b%26", "a b&"),
    ("form", True, {"type": "string"}, "p=", ""),
    ("form", True, {"type": ["integer", "null"]}, "p=null", None),
    ("form", True, {"type": ["integer", "string"]}, "p=x", "x"),
    ("form", True, {"enum": [1, 2]}, "p=2", 2),
    ("form", True, {"const": True}, "p=true", True),
    ("form", True, {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "p=false", False),
    ("form", True, NUMBERS, "p=1&p=2", [1, 2]),
    ("form", False, NUMBERS, "p=1,2", [1, 2]),
    ("form", False, NUMBERS, "p=1%2C2", [1, 2]),
    ("form", False, NUMBERS, "p=", []),
    ("form", True, OBJECT, "a=1&b=x", {"a": 1, "b": "x"}),
    ("form", False, OBJECT, "p=a,1,b,x", {"a": 1, "b": "x"}),
    ("spaceDelimited", False, NUMBERS, "p=1%202", [1, 2]),
    ("pipeDelimited", False, NUMBERS, "p=1|2", [1, 2]),
    ("pipeDelimited", False, OBJECT, "p=a|1|b|x", {"a": 1, "b": "x"}),
    ("deepObject", True, OBJECT, "p[a]=1&p%5Bb%5D=x", {"a": 1, "b": "x"}),
]


@pytest.mark.parametrize(("style", "explode", "schema", "query", "expected"), QUERY_FORMS)
def test_every_style_of_the_query_is_read(
    serve: Serve, style: str, explode: bool, schema: Any, query: str, expected: Any
) -> None:
    served, got = served_with(serve, {"style": style, "explode": explode, "schema": schema})
    answer = served("GET", f"/a?{query}")
    assert answer.status == 200, answer.body
    assert repr(got) == repr([expected])


PATH_FORMS: list[tuple[str, bool, Any, str, Any]] = [
    ("simple", False, {"type": "integer"}, "5", 5),
    ("simple", False, NUMBERS, "1,2", [1, 2]),
    ("simple", True, NUMBERS, "1,2", [1, 2]),
    ("simple", False, OBJECT, "a,1,b,x", {"a": 1, "b": "x"}),
    ("simple", True, OBJECT, "a=1,b=x", {"a": 1, "b": "x"}),
    ("label", False, {"type": "integer"}, ".5", 5),
    ("label", False, NUMBERS, ".1,2", [1, 2]),
    ("label", True, NUMBERS, ".1.2", [1, 2]),
    ("label", True, OBJECT, ".a=1.b=x", {"a": 1, "b": "x"}),
    ("matrix", False, {"type": "integer"}, ";p=5", 5),
    ("matrix", False, NUMBERS, ";p=1,2", [1, 2]),
    ("matrix", True, NUMBERS, ";p=1;p=2", [1, 2]),
    ("matrix", False, OBJECT, ";p=a,1,b,x", {"a": 1, "b": "x"}),
    ("matrix", True, OBJECT, ";a=1;b=x", {"a": 1, "b": "x"}),
]


@pytest.mark.parametrize(("style", "explode", "schema", "segment", "expected"), PATH_FORMS)
def test_every_style_of_the_path_is_read(
    serve: Serve, style: str, explode: bool, schema: Any, segment: str, expected: Any
) -> None:
    definition = {"in": "path", "required": True, "style": style, "explode": explode, "schema": schema}
    served, got = served_with(serve, definition, "/a/{p}")
    assert served("GET", f"/a/{segment}").status == 200
    assert got == [expected]


@pytest.mark.parametrize("segment", ["x", "1.5", "5,", "99"])
def test_a_path_value_that_cannot_mean_anything_is_not_found(serve: Serve, segment: str) -> None:
    definition = {"in": "path", "required": True, "schema": {"type": "integer", "maximum": 10}}
    served, got = served_with(serve, definition, "/a/{p}")
    answer = served("GET", f"/a/{segment}")
    assert (answer.status, answer.json()["code"]) == (404, "NOT_FOUND")
    assert served("GET", f"/a/{segment}?unknown=1").status == 400, "what is wrong elsewhere is told first"
    assert got == []


def test_headers_and_cookies_are_read(serve: Serve) -> None:
    got: list[Any] = []

    async def operate(x_page_size: Any, theme: Any, tags: Any) -> dict[str, Any]:
        got.append((x_page_size, theme, tags))
        return {}

    parameters = [
        {"name": "X-Page-Size", "in": "header", "required": True, "schema": {"type": "integer"}},
        {"name": "tags", "in": "header", "schema": {"type": "array", "items": {"type": "string"}}},
        {"name": "theme", "in": "cookie", "schema": {"type": "string", "default": "dark"}},
        {"name": "Accept", "in": "header", "schema": {"type": "integer"}},
    ]
    served = serve(document({"/a": {"get": {"parameters": parameters}}}), module_of(operate=operate))
    served("GET", "/a", headers={"x-page-size": "7", "cookie": "a=b; theme=light%20blue", "tags": "x,y", "accept": "z"})
    served("GET", "/a", headers={"x-page-size": "7"})
    assert got == [(7, "light blue", ["x", "y"]), (7, "dark", None)]
    assert served("GET", "/a").codes == {"X-Page-Size": "required"}
    assert served("GET", "/a", headers={"x-page-size": "x"}).codes == {"X-Page-Size": "invalid_value"}


def test_defaults_take_the_place_of_what_is_absent(serve: Serve) -> None:
    served, got = served_with(serve, {"schema": {"type": "number", "default": 1.5}})
    served("GET", "/a")
    assert repr(got) == "[Decimal('1.5')]"


def test_a_parameter_as_json_is_parsed_and_checked(serve: Serve) -> None:
    served, got = served_with(serve, {"content": {"application/json": {"schema": {"type": "object"}}}})
    assert served("GET", "/a", query={"p": '{"a": 1.10}'}).status == 200
    assert repr(got) == "[{'a': Decimal('1.10')}]"
    for bad in ("{", "[]", "NaN"):
        assert served("GET", "/a", query={"p": bad}).codes == {"p": "invalid_value"}


BAD: list[tuple[Any, str, dict[str, str], str]] = [
    ({"type": "integer"}, "p=abc", {"p": "invalid_value"}, "Expected an integer."),
    ({"type": "integer"}, "p=1e3", {"p": "invalid_value"}, "Expected an integer."),
    ({"type": "integer"}, "p=" + "9" * 5000, {"p": "invalid_value"}, "Expected an integer."),
    ({"type": "integer", "maximum": 1000}, "p=5000", {"p": "out_of_range"}, "The most that is allowed is 1000."),
    ({"type": "integer", "maximum": 1000}, "p=" + "9" * 30, {"p": "out_of_range"}, "1000"),
    ({"type": "boolean"}, "p=TRUE", {"p": "invalid_value"}, "Expected true or false."),
    ({"type": "string", "enum": ["a", "b"]}, "p=c", {"p": "invalid_value"}, 'Allowed: "a" or "b".'),
    ({"type": "string", "maxLength": 1}, "p=cc", {"p": "too_long"}, "At most 1 character"),
    ({"type": "integer"}, "p=1&p=2", {"p": "duplicate"}, "once"),
    ({"type": "integer"}, "q=1", {"q": "unknown_parameter"}, 'Allowed: "p".'),
    ({**NUMBERS, "maxItems": 1}, "p=1&p=2", {"p": "too_many"}, "At most 1 item"),
    (NUMBERS, "p=1&p=x", {"p": "invalid_value"}, "Expected an integer."),
    ({"type": "array", "items": {"type": "integer", "minimum": 3}}, "p=1", {"p.0": "out_of_range"}, "3"),
]


@pytest.mark.parametrize(("schema", "query", "codes", "message"), BAD)
def test_a_bad_parameter_is_named_with_what_is_allowed(
    serve: Serve, schema: Any, query: str, codes: dict[str, str], message: str
) -> None:
    served, got = served_with(serve, {"schema": schema})
    answer = served("GET", f"/a?{query}")
    assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.codes == codes
    assert message in answer.json()["errors"][0]["message"]
    assert got == []


def test_all_errors_of_all_places_come_in_one_answer(serve: Serve) -> None:
    async def operate(limit: int, x_a: int, body: Any) -> None: ...

    parameters = [
        {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}},
        {"name": "X-A", "in": "header", "required": True, "schema": {"type": "integer"}},
    ]
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}
    body = {"content": {"application/json": {"schema": schema}}}
    contract = document({"/a": {"post": {"parameters": parameters, "requestBody": body}}})
    served = serve(contract, module_of(operate=operate))
    answer = served("POST", "/a?limit=x&z=1&limit=2", {"n": "s", "m": 1}, headers={"x-a": "q"})
    assert answer.codes == {
        "limit": "invalid_value",
        "z": "unknown_parameter",
        "X-A": "invalid_value",
        "n": "wrong_type",
        "m": "unknown_property",
    }


def test_a_query_string_that_is_not_utf8_is_a_bad_request(serve: Serve) -> None:
    served, _ = served_with(serve, {"schema": {"type": "string"}})
    answer = served("GET", "/a?p=%ff")
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "definition",
    [
        {"in": "cookie", "schema": NUMBERS},
        {"in": "query", "style": "deepObject", "schema": NUMBERS},
        {"in": "query", "name": "body", "schema": {"type": "string"}},
        {"in": "query", "content": {"text/csv": {}}},
        {"in": "query", "name": "?", "schema": {"type": "string"}},
    ],
)
def test_a_parameter_that_cannot_be_served_stops_the_start(serve: Serve, definition: dict[str, Any]) -> None:
    with pytest.raises(InvalidContract):
        served_with(serve, definition)


@pytest.mark.parametrize(
    ("name", "argument"),
    [("tableId", "table_id"), ("If-Match", "if_match"), ("filterByFormula", "filter_by_formula"), ("from", "from_")],
)
def test_a_handler_knows_a_parameter_in_snake_case(name: str, argument: str) -> None:
    assert snake_case(name) == argument
