"""`geolocation`: a place on Earth, as latitude and longitude in degrees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any, Final

import orjson
import sqlalchemy

from tabularium import json_text
from tabularium.db.arithmetic import number_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.names import own_name
from tabularium.schema.fields.base import (
    FieldType,
    Group,
    InvalidValue,
    Mode,
    Problem,
    Row,
    SchemaMode,
    plain_number,
)
from tabularium.schema.fields.storage import stored_column

_BOUNDS: Final[Mapping[str, int]] = {"latitude": 90, "longitude": 180}
_WRONG_TYPE: Final = Problem("wrong_type", 'Must be an object with the numbers "latitude" and "longitude".')


def _longitude_column(name: str) -> str:
    return own_name(name, "longitude")


class GeolocationType(FieldType):
    """A latitude and a longitude, each exactly what a double holds. The stored form is a pair of `Decimal`."""

    names = ("geolocation",)
    groups = frozenset()

    def column_names(self, name: str) -> tuple[str, ...]:
        return (name, _longitude_column(name))

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return tuple(stored_column(each, "double", dialect) for each in self.column_names(name))

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        return (None, None) if value is None else tuple(float(each) for each in value)

    def value_expression(self, name: str, row: Row) -> str:
        latitude, longitude = (row.column(each) for each in self.column_names(name))
        if row.dialect is SQLITE:
            # Seventeen digits tell every double from its neighbours.
            return f"CASE WHEN {latitude} IS NOT NULL THEN printf('%!.17g,%!.17g', {latitude}, {longitude}) END"
        # A double's own text is the shortest that means it, and a numeric is written without an exponent.
        pair = ", ".join(
            f"{column}::text::numeric AS {part}" for part, column in (("latitude", latitude), ("longitude", longitude))
        )
        return f"CASE WHEN {latitude} IS NOT NULL THEN (SELECT row_to_json(_pair) FROM (SELECT {pair}) AS _pair) END"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect is SQLITE:
            return lambda text: _object(*(Decimal(repr(float(part))) for part in text.split(",")))
        return lambda text: _object(*(Decimal(str(part)) for part in orjson.loads(text).values()))

    def presenter(self) -> Callable[[Any], Any]:
        return lambda value: _object(*value)

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        return row.column(name)

    def parse(self, value: Any, mode: Mode) -> tuple[Decimal, Decimal]:
        if not isinstance(value, Mapping):
            raise InvalidValue(_WRONG_TYPE)
        surplus = [key for key in value if key not in _BOUNDS]
        problems = [Problem("wrong_type", "Only latitude and longitude may stand here.")] if surplus else []
        read = []
        for part, bound in _BOUNDS.items():
            number, problem = _read_degrees(value.get(part), part, bound)
            read.append(number)
            problems += [problem] if problem else []
        if problems:
            raise InvalidValue(*problems)
        return read[0], read[1]

    def parse_text(self, text: str) -> Any:
        parts = text.split(",")
        try:
            numbers = [Decimal(part.strip()) for part in parts]
        except ArithmeticError:
            numbers = []
        if len(numbers) != len(_BOUNDS) or not all(number.is_finite() for number in numbers):
            raise InvalidValue(Problem("wrong_type", "Must be a latitude and a longitude, such as 48.85, 2.35."))
        return dict(zip(_BOUNDS, numbers, strict=True))

    def to_text(self, value: Any) -> str:
        return self.display(value, None)

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return ", ".join(json_text.number_text(Decimal(value[part])) for part in _BOUNDS)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        limits = mode in ("create", "update")
        properties = {
            part: {"type": "number", **({"minimum": -bound, "maximum": bound} if limits else {})}
            for part, bound in _BOUNDS.items()
        }
        return {
            "type": "object",
            "additionalProperties": False,
            "required": list(_BOUNDS),
            "properties": properties,
        }


def _object(latitude: Decimal, longitude: Decimal) -> dict[str, Any]:
    return {"latitude": plain_number(latitude), "longitude": plain_number(longitude)}


def _read_degrees(value: Any, part: str, bound: int) -> tuple[Decimal, Problem | None]:
    zero = Decimal(0)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return zero, Problem("wrong_type", "Must be a number of degrees.", part)
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() > 2 or abs(number) > bound:
        return zero, Problem("out_of_range", f"Must be from -{bound} to {bound}.", part)
    exact = Decimal(repr(float(number)))
    if exact != number:
        return zero, Problem("too_precise", "Must have no more digits than a double keeps, which is about 15.", part)
    return Decimal(number_text(exact)), None
