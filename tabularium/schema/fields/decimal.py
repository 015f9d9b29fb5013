"""`decimal`: an exact number with a fixed number of decimals, which travels as a string."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import sqlalchemy
from pydantic import Field, ValidationInfo, field_validator

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.exact import MAX_DIGITS, fixed_text, json_number, scaled_integer
from tabularium.schema.fields.option_types import ExactNumber, not_below
from tabularium.schema.fields.storage import exact_column

_WRONG_TYPE: Final = Problem("wrong_type", 'Must be a number, or a string of plain digits such as "9.50".')
_PLAIN: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_PLAIN_DIGITS: Final = re.compile(_PLAIN, re.ASCII)


class DecimalOptions(FieldOptions):
    """The options of `decimal`."""

    precision: Annotated[int, Field(ge=0, le=10)] = Field(2, description="The number of decimals that are stored.")
    min: ExactNumber | None = Field(None, description="The least value.")
    max: ExactNumber | None = Field(None, description="The greatest value.")

    @field_validator("max")
    @classmethod
    def _check_order(cls, value: Decimal | None, info: ValidationInfo) -> Any:
        return not_below(value, info, "min", "min")


class DecimalType(FieldType):
    """A number with `precision` decimals, exact in storage, comparison and sum."""

    names = ("decimal",)
    Options = DecimalOptions
    options: DecimalOptions
    groups = frozenset({"E", "O"})
    is_sortable = True
    is_uniquable = True
    aggregates = frozenset({"sum", "avg", "min", "max"})

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (exact_column(name, self.options.precision, dialect),)

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        if value is None:
            return (None,)
        scaled = scaled_integer(value, self.options.precision)
        return (scaled if dialect is SQLITE else fixed_text(scaled, self.options.precision),)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        # numeric(18, p) is written with all its decimals, so the text is the JSON form.
        return column if dialect is SQLITE else f"{column}::text"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        places = self.options.precision
        return (lambda scaled: fixed_text(scaled, places)) if dialect is SQLITE else None

    def text_expression(self, expression: str, dialect: Dialect) -> str:
        if dialect is SQLITE:
            return f"tabularium_fixed({expression}, {self.options.precision})"
        return f"({expression})::text"

    def parse(self, value: Any, mode: Mode) -> Decimal:
        places = self.options.precision
        number = Decimal(fixed_text(scaled_integer(_read_number(value), places), places))
        if mode != "filter" and (problem := self._range_problem(number)):
            raise InvalidValue(problem)
        return number

    def _range_problem(self, number: Decimal) -> Problem | None:
        least, greatest = self.options.min, self.options.max
        if least is not None and number < least:
            return Problem("out_of_range", f"Must be at least {least:f}.")
        if greatest is not None and number > greatest:
            return Problem("out_of_range", f"Must be at most {greatest:f}.")
        return None

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode == "record":
            places = self.options.precision
            return {"type": "string", "pattern": f"^-?[0-9]+\\.[0-9]{{{places}}}$" if places else "^-?[0-9]+$"}
        if mode == "filter":
            return {"type": ["string", "number"], "pattern": f"^{_PLAIN}$"}
        return {"type": ["string", "number"], "pattern": self._written_pattern(), **self._bounds()}

    def _written_pattern(self) -> str:
        places = self.options.precision
        decimals = f"\\.[0-9]{{1,{places}}}0*" if places else "\\.0+"
        plain = f"(?:0|[1-9][0-9]{{0,{MAX_DIGITS - places - 1}}})(?:{decimals})?"
        if self.options.min is None or self.options.min < 0:
            return f"^-?{plain}$"
        # A range cannot be said of text, but for the sign; "-0" is zero.
        return f"^(?:{plain}|-0(?:\\.0+)?)$"

    def _bounds(self) -> dict[str, Any]:
        limit = 10 ** (MAX_DIGITS - self.options.precision)
        bounds: dict[str, Any] = {"exclusiveMinimum": -limit, "exclusiveMaximum": limit}
        for keyword, bound in (("minimum", self.options.min), ("maximum", self.options.max)):
            if bound is not None and (number := json_number(bound)) is not None:
                bounds[keyword] = number
        return bounds


def _read_number(value: Any) -> int | Decimal:
    if isinstance(value, str) and _PLAIN_DIGITS.fullmatch(value):
        return Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InvalidValue(_WRONG_TYPE)
