"""`format` of computed fields: as which other type people read a value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import PlainValidator, ValidationError

from tabularium.db.arithmetic import round_half_away
from tabularium.schema.fields.base import FieldType, InvalidValue
from tabularium.schema.fields.currency import CurrencyType
from tabularium.schema.fields.date import DateType
from tabularium.schema.fields.datetime import DatetimeType
from tabularium.schema.fields.decimal import DecimalType
from tabularium.schema.fields.duration import DurationType
from tabularium.schema.fields.integer import IntegerType
from tabularium.schema.fields.number import NumberType
from tabularium.schema.fields.option_types import refuse
from tabularium.schema.fields.percentage import PercentageType

_TYPES: Final[Mapping[str, tuple[type[FieldType], Mapping[str, Any]]]] = {
    "currency": (CurrencyType, {"currency": "USD"}),
    "percentage": (PercentageType, {}),
    "number": (NumberType, {}),
    "decimal": (DecimalType, {}),
    "integer": (IntegerType, {}),
    "duration": (DurationType, {}),
    "date": (DateType, {}),
    "datetime": (DatetimeType, {}),
}
"""The types that may be named, with what an option of theirs is if the file does not say."""


def _read_format(value: Any) -> FieldType:
    named = {"type": value} if isinstance(value, str) else value
    if isinstance(named, FieldType):
        return named
    if not isinstance(named, dict) or not isinstance(named.get("type"), str):
        refuse("must be the name of a type, or a mapping with its type and the options of that")
    if named["type"] not in _TYPES:
        refuse(f"must name one of {', '.join(_TYPES)}")
    kind, defaults = _TYPES[named["type"]]
    given = {name: option for name, option in named.items() if name != "type"}
    try:
        return kind(kind.Options.model_validate({**defaults, **given}))
    except ValidationError as failure:
        refuse("; ".join(f"{_path(error['loc'])} {error['msg']}" for error in failure.errors()))


def _path(location: tuple[int | str, ...]) -> str:
    return f'"{".".join(map(str, location))}"'


ResultFormat = Annotated[FieldType, PlainValidator(_read_format)]
"""A type whose display is borrowed: by its name, or as a mapping such as `{type: currency, currency: EUR}`."""


def shown_as(kind: FieldType, value: Any, zone: tzinfo | None) -> str | None:
    """Return the text that a type shows of a JSON value of another; `None` for a number that it cannot hold."""
    if kind.formula_type != "number":
        return kind.display(value, zone)
    rounded = Decimal(round_half_away(str(value), str(kind.places)) or "0")
    try:
        return kind.display(kind.present(rounded if kind.places else int(rounded)), zone)
    except InvalidValue:
        return None
