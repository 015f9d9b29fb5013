from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_json import parse_json
from server.repeated_keys import repeated_keys
from tests.support.server import Serve, document, module_of


def found(body: bytes) -> list[str]:
    return [error.field for error in repeated_keys(body, parse_json(body))]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b'{"a":1,"a":2}', ["a"]),
        (b'{"a":1,"a":2,"a":3}', ["a"]),
        (b'{"a" :1, "a"\n:2}', ["a"]),
        (b'{"a":1,"a" :2}', ["a"]),
        (b'{"a":1,"\\u0061":2}', ["a"]),
        (b'{"a\\\\":1,"a\\\\":2}', ["a\\"]),
        (b'{"a":{"b":[1,{"c":1,"c":{}}]},"d":"x:y\\":"}', ["a.b.1.c"]),
        (b'[{"a":1},{"a":1,"b":1,"b":1}]', ["1.b"]),
        (b'{"":1,"":1}', [""]),
        (b'{"a":1.5,"a":1e400}', ["a"]),
        (b'{"a":1,"A":2,"b":{"a":3}}', []),
        (b'{"a":"{\\"a\\":1,\\"a\\":2}"}', []),
        (b'{"a":"\\":","b":" :"}', []),
        (b'"a:a"', []),
        (b"[]", []),
    ],
)
def test_each_key_that_stands_twice_is_found_where_it_stands(body: bytes, paths: list[str]) -> None:
    assert found(body) == paths


values = st.recursive(
    st.none() | st.integers() | st.text('a":\\ ,{}', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a":\\ ', max_size=3), inner, max_size=3),
)


@given(
    st.dictionaries(st.text('a":\\ ', max_size=3), values, min_size=1, max_size=4), st.sampled_from([":", " : ", "\t:"])
)
def test_a_key_is_found_exactly_if_it_is_repeated(value: dict[str, Any], colon: str) -> None:
    text = json.dumps(value, separators=(", ", colon))
    assert found(text.encode()) == []
    key = json.dumps(next(iter(value)))
    repeated = f"{text[:-1]}, {key}{colon}0}}"
    assert found(repeated.encode()) == [next(iter(value))]


async def take(body: dict[str, Any]) -> dict[str, Any]:
    return body


def test_a_body_with_a_repeated_key_is_refused_with_all_other_failures(serve: Serve) -> None:
    schema = {"type": "object", "properties": {"b": {"type": "integer"}}}
    operation = {"operationId": "take", "requestBody": {"content": {"application/json": {"schema": schema}}}}
    served = serve(document({"/a": {"post": operation}}), module_of(take=take))
    answer = served("POST", "/a", raw=b'{"a":1,"a":2,"b":"x"}')
    assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.codes == {"a": "duplicate", "b": "wrong_type"}
