"""`integer`: a whole number of 64 bits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import sqlalchemy
from pydantic import Field, ValidationInfo, field_validator

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.exact import MAX_INTEGER, MIN_INTEGER, whole_number
from tabularium.schema.fields.option_types import not_below
from tabularium.schema.fields.storage import stored_column

_WRONG_TYPE: Final = Problem("wrong_type", "Must be a whole number.")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)

Bound = Annotated[int, Field(ge=MIN_INTEGER, le=MAX_INTEGER)] | None


class IntegerOptions(FieldOptions):
    """The options of `integer`."""

    min: Bound = Field(None, description="The least value.")
    max: Bound = Field(None, description="The greatest value.")

    @field_validator("max")
    @classmethod
    def _check_order(cls, value: int | None, info: ValidationInfo) -> Any:
        return not_below(value, info, "min", "min")


class IntegerType(FieldType):
    """A whole number from -2^63 to 2^63 - 1; `5.0` is one."""

    names = ("integer",)
    Options = IntegerOptions
    options: IntegerOptions
    groups = frozenset({"E", "O"})
    is_sortable = True
    is_uniquable = True
    aggregates = frozenset({"sum", "avg", "min", "max"})

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "integer", dialect),)

    def parse(self, value: Any, mode: Mode) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise InvalidValue(_WRONG_TYPE)
        number = value if isinstance(value, int) else whole_number(value)
        if number is None:
            raise InvalidValue(_WRONG_TYPE)
        least, greatest = self._limits(mode)
        if not least <= number <= greatest:
            raise InvalidValue(Problem("out_of_range", f"Must be from {least} to {greatest}."))
        return number

    def parse_column(self, values: list[Any]) -> list[Any]:
        if set(map(type, values)) != {int}:  # a boolean is none, and a decimal may be a whole number
            return super().parse_column(values)
        least, greatest = self._limits("write")
        if min(values) < least or max(values) > greatest:
            raise InvalidValue
        return values

    def _limits(self, mode: Mode) -> tuple[int, int]:
        bounded = mode != "filter"
        least = self.options.min if bounded and self.options.min is not None else MIN_INTEGER
        greatest = self.options.max if bounded and self.options.max is not None else MAX_INTEGER
        return least, greatest

    def parse_text(self, text: str) -> Decimal:
        if not _NUMBER.fullmatch(text):
            raise InvalidValue(_WRONG_TYPE)
        return Decimal(text)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode in ("record", "filter"):
            return {"type": "integer"}
        least, greatest = self._limits("write")
        return {"type": "integer", "minimum": least, "maximum": greatest}
