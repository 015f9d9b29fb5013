"""Parts of a condition with their type and their SQL for both databases, and how parts are brought together.

A number on SQLite has one of two forms. *Scaled*: an integer that counts units of 10^-places, as columns hold it; two
of the same scale compare natively. *Exact*: text in the canonical form of `tabularium.db.arithmetic`, which every sum,
product and rounding yields, since a 64-bit integer would overflow. On PostgreSQL both are `numeric` or `bigint`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from tabularium.db.arithmetic import number_text
from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.condition_syntax import ConditionError
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.fields.temporal import read_day, read_instant

ValueKind = Literal["number", "text", "boolean", "date", "instant", "uuid", "null"]

_SHOWN: Final[dict[ValueKind, str]] = {
    "number": "a number",
    "text": "a text",
    "boolean": "a truth value",
    "date": "a date",
    "instant": "a date-time",
    "uuid": "an id",
    "null": "NULL",
}
_DIGITS = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_MAX_DIGITS: Final = 40
_MAX_SCALED: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Value:
    """A part of a condition. `places` is the scale of a scaled number, `None` for an exact one and for other kinds."""

    kind: ValueKind
    sqlite: str
    postgresql: str
    places: int | None = None
    number: Decimal | None = None
    """What a number literal says; literals take the scale of what they meet."""
    text: str | None = None
    """What a text literal says; literals become dates, date-times and ids where they meet one."""


Columns = Mapping[str, Value]
"""What a condition may name, by the names in the file."""

NULL: Final = Value("null", "NULL", "NULL")


def shown(kind: ValueKind) -> str:
    """Return what a kind is called in messages."""
    return _SHOWN[kind]


def number_literal(written: str) -> Value:
    """Read a number literal of plain digits."""
    if not _DIGITS.fullmatch(written) or len(written) > _MAX_DIGITS:
        raise ConditionError(f"numbers are written with plain digits, at most {_MAX_DIGITS} of them")
    return number_value(Decimal(written))


def number_value(number: Decimal) -> Value:
    """Make the value of a constant number, exact until it meets a scaled one."""
    text = number_text(number)
    return Value("number", SQLITE.literal(text), f"({text})" if number < 0 else text, number=number)


def text_literal(text: str) -> Value:
    """Make the value of a text literal. Its collation is named, since two literals have no column to take it from."""
    return Value("text", SQLITE.literal(text), f'{POSTGRESQL.literal(text)} COLLATE "C"', text=text)


def boolean_literal(truth: bool) -> Value:
    return Value("boolean", "1" if truth else "0", "TRUE" if truth else "FALSE")


def as_kind(value: Value, kind: ValueKind) -> Value:
    """Return a value as one of `kind`: itself, NULL, or what a text literal says. Else `ConditionError`."""
    if value.kind in (kind, "null"):
        return value
    if value.text is None or kind not in _READERS:
        raise ConditionError(f"{shown(value.kind)} stands where {shown(kind)} is expected")
    canonical, sql_type = _read_literal(value.text, kind)
    literal = SQLITE.literal(canonical)
    return Value(kind, literal, f"{literal}::{sql_type}")


def _read_uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ConditionError("the text is no UUID") from None


_READERS: Final = {"date": (read_day, "date"), "instant": (read_instant, "timestamptz"), "uuid": (_read_uuid, "uuid")}


def _read_literal(text: str, kind: ValueKind) -> tuple[str, str]:
    read, sql_type = _READERS[kind]
    try:
        return read(text), sql_type
    except InvalidValue as failure:
        reason = failure.problems[0].message
        raise ConditionError(f"the text is not {shown(kind)}. {reason}") from None


def unify(values: Sequence[Value]) -> list[Value]:
    """Return the values as ones of a single kind and, if numbers, of a single form on SQLite. Else `ConditionError`."""
    kinds = {value.kind for value in values if value.kind != "null"}
    if not kinds:
        raise ConditionError("at least one value must be something else than NULL")
    specific = sorted(kind for kind in kinds if kind not in ("text", "null"))
    kind = specific[0] if specific else "text"
    if len(specific) > 1:
        raise ConditionError(f"{shown(specific[0])} and {shown(specific[1])} cannot be brought together")
    return _one_form([as_kind(value, kind) for value in values])


def exact(value: Value) -> str:
    """Return the SQL of a number for SQLite in the exact form."""
    if value.number is not None or value.places is None:
        return value.sqlite
    return f"tabularium_unscale({value.sqlite}, {value.places})"


def numeric(value: Value) -> str:
    """Return the SQL of a number for PostgreSQL as `numeric`, so that sums and products cannot overflow."""
    return f"({value.postgresql})::numeric"


def _one_form(values: list[Value]) -> list[Value]:
    if values[0].kind not in ("number", "null") or not any(value.kind == "number" for value in values):
        return values
    scaled = _scaled_alike(values)
    if scaled is not None:
        return scaled
    return [replace(value, sqlite=exact(value), places=None, number=None) for value in values]


def _scaled_alike(values: list[Value]) -> list[Value] | None:
    """Return numbers in the scale that all of them have or, being literals, can take; `None` where there is none."""
    scales = {value.places for value in values if value.kind == "number" and value.number is None}
    if len(scales) != 1 or None in scales:
        return None
    places = scales.pop() or 0
    result = []
    for value in values:
        if value.number is None:
            result.append(replace(value, places=places))
            continue
        scaled = value.number.scaleb(places)
        if scaled != scaled.to_integral_value() or abs(scaled) > _MAX_SCALED:
            return None
        result.append(replace(value, sqlite=str(int(scaled)), places=places, number=None))
    return result
