from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exact_json import MAX_DEPTH, parse_json, parse_number
from tabularium.errors import BadRequest, ValidationFailed


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b"[1.10]", [Decimal("1.10")]),
        (b"9007199254740993", 9007199254740993),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b'{"a": [{"b": 0.1}]}', {"a": [{"b": Decimal("0.1")}]}),
        (b"[1e400]", [Decimal("1e400")]),
        (b"[-0.0, 31.0]", [Decimal("-0.0"), Decimal("31.0")]),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
    ],
)
def test_numbers_keep_their_digits(body: bytes, expected: Any) -> None:
    parsed = parse_json(body)
    assert parsed == expected
    assert repr(parsed) == repr(expected)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity, 1.5]",
        b'{"\\ud800": 1}',
        b'{"a": [{"\\udc00": 1e400}]}',
        b"\xff",
        b'{"a": "\xc3"}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b'"\x00"',
        b"[1e999999999]",
        b"[1e-999999999]",
        b"[0e99999999999999999999]",
        b"1" * 5000,
        b"[01]",
        b"1 2",
        nested(MAX_DEPTH + 1),
        nested(5000),
        b'{"a":' * 80 + b"1.5" + b"}" * 80,
    ],
)
def test_what_is_no_json_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_json(body)


@pytest.mark.parametrize(
    ("body", "fields"),
    [(b'"\\ud800"', ["body"]), (b'{"a": ["\\udc00", 1e400, "x"], "b": {"c": "\\ud800x"}}', ["a.0", "b.c"])],
)
def test_a_text_of_half_a_surrogate_pair_is_no_text(body: bytes, fields: list[str]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        parse_json(body)
    assert [(error.field, error.code) for error in caught.value.errors] == [(each, "invalid_text") for each in fields]


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    assert parse_json(nested(MAX_DEPTH)) == json.loads(nested(MAX_DEPTH))


def has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_float, value.values()))
    if isinstance(value, list):
        return any(map(has_float, value))
    return isinstance(value, float)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_as_the_standard_library_reads_it_without_floats(value: Any) -> None:
    text = json.dumps(value)
    parsed = parse_json(text.encode())
    assert not has_float(parsed)
    assert parsed == json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize("text", ["", "+1", "01", "1.", ".5", "0x1", "1e", "NaN", "1_000", " 1", "1e99999", "\u0661"])
def test_what_is_no_json_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        parse_number(text)


def test_a_number_is_read_as_written() -> None:
    assert parse_number("12") == 12
    assert repr(parse_number("1.50")) == "Decimal('1.50')"
