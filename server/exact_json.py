"""JSON of requests, read so that no number loses a digit: the result holds `int` and `Decimal`, never `float`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final, NoReturn

import orjson

from server.explanation import MAX_ERRORS, dotted
from tabularium.errors import BadRequest, FieldError, ValidationFailed

MAX_DEPTH: Final = 64
MAX_DIGITS: Final = 1000
"""Of a number written out in full, before and after the point. No field can hold more, and an exponent such as
`1e999999999` would take all memory as soon as somebody computes with it."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)


def parse_json(body: bytes) -> Any:
    """Read a JSON text in UTF-8.

    Raises `BadRequest` where it is none, or goes beyond the limits above, and `ValidationFailed` for a text in it that
    is none: half of a surrogate pair, which only an escape can write.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # The fast parser refuses numbers beyond a double, which are JSON all the same.
        return _parse_slowly(body, error)
    if _scan(value, 1):
        return _parse_slowly(body, None)
    return value


def parse_number(text: str) -> int | Decimal:
    """Read a JSON number. Raises `ValueError` where it is none, or has more than `MAX_DIGITS` digits."""
    if not _NUMBER.fullmatch(text):
        raise ValueError
    if _INTEGER.fullmatch(text):
        return _integer(text)
    return _decimal(text)


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError
    return int(text)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:  # an exponent that does not even fit a machine word
        raise ValueError from None
    exponent = value.as_tuple().exponent
    if (
        not isinstance(exponent, int)
        or exponent < -MAX_DIGITS
        or value.adjusted() > MAX_DIGITS
        or len(text) > MAX_DIGITS
    ):
        raise ValueError
    return value


def _scan(value: Any, depth: int) -> bool:
    """Refuse what is nested too deep, and say whether there is a `float`: a fraction, or an integer beyond 64 bits."""
    kind = type(value)
    if kind is dict:
        items = value.values()
    elif kind is list:
        items = value
    else:
        return kind is float
    if depth > MAX_DEPTH:
        raise BadRequest(f"The body is nested more than {MAX_DEPTH} deep.")
    found = False
    for item in items:
        kind = type(item)
        if kind is float or ((kind is dict or kind is list) and _scan(item, depth + 1)):
            found = True
    return found


def _parse_slowly(body: bytes, refusal: orjson.JSONDecodeError | None) -> Any:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    try:
        value = json.loads(text, parse_float=_body_decimal, parse_int=_body_integer, parse_constant=_refuse_constant)
    except RecursionError:
        raise BadRequest(f"The body is nested more than {MAX_DEPTH} deep.") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadRequest(f"The body is not valid JSON: look at {place}.") from None
    if refusal is not None:
        _scan(value, 1)
        _refuse_lone_surrogates(value)
    return value


def _body_decimal(text: str) -> Decimal:
    try:
        return _decimal(text)
    except ValueError:
        raise BadRequest(f"The body has a number of more than {MAX_DIGITS} digits.") from None


def _body_integer(text: str) -> int:
    try:
        return _integer(text)
    except ValueError:
        raise BadRequest(f"The body has a number of more than {MAX_DIGITS} digits.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise BadRequest(f"The body is not valid JSON: {name} is no number there.")


def _refuse_lone_surrogates(value: Any) -> None:
    paths = [dotted(path) or "body" for path in islice(_lone_surrogates(value, []), MAX_ERRORS)]
    if paths:
        message = "Must not hold half of a surrogate pair."
        raise ValidationFailed(errors=[FieldError(path, message, "invalid_text") for path in paths])


def _lone_surrogates(value: Any, path: list[str | int]) -> Iterator[list[str | int]]:
    if isinstance(value, str):
        if _SURROGATE.search(value):
            yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            if _SURROGATE.search(name):
                raise BadRequest("The body has half of a surrogate pair in a name.")  # no path could be sent
            yield from _lone_surrogates(item, [*path, name])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _lone_surrogates(item, [*path, index])
