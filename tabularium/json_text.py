"""Writes JSON in which numbers keep their digits: the one way in which values become text for a client.

Beside what orjson knows, a value may be a `Decimal`, which is written in plain digits without an exponent, or a
`JsonText`, which is JSON already.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class JsonText:
    """A JSON text that stands in an answer as it is."""

    text: str


def dump(value: Any) -> bytes:
    """Write a value as JSON in UTF-8."""
    # A `JsonText` is a dataclass, which orjson would write as an object by itself.
    return orjson.dumps(value, default=_written, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def load(text: str) -> Any:
    """Read JSON whose numbers `dump` writes with the same digits: each is a `JsonText`."""
    return json.loads(text, parse_float=JsonText, parse_int=JsonText)


def load_plain(text: str) -> Any:
    """Read JSON as a request is read: its numbers are `int` and `Decimal`."""
    return json.loads(text, parse_float=Decimal)


def number_text(number: Decimal) -> str:
    """Write a number in plain digits; zero has no sign."""
    return format(number, "f") if number else format(abs(number), "f")


def _written(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(number_text(value))
    if isinstance(value, JsonText):
        return orjson.Fragment(value.text)
    raise TypeError(f"A value of the type {type(value).__name__} has no JSON form.")
