"""What the types of exact JSON numbers share: a fixed number of decimals in storage, at most 15 significant digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated, Any, Final

import sqlalchemy
from pydantic import Field, ValidationInfo, field_validator

from tabularium.db.arithmetic import number_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import (
    FieldOptions,
    FieldType,
    InvalidValue,
    Mode,
    Problem,
    SchemaMode,
    plain_number,
)
from tabularium.schema.fields.exact import MAX_DIGITS, fixed_number, fixed_text, json_number, scaled_integer
from tabularium.schema.fields.option_types import ExactNumber, not_below
from tabularium.schema.fields.storage import exact_column

SIGNIFICANT_DIGITS: Final = 15
"""A double, which most JSON clients read numbers as, keeps so many digits of every number."""

_NO_NUMBER: Final = Problem("wrong_type", "Must be a number.")
# Sums have more digits than a field holds, and averages more decimals.
_ROUNDING: Final = Context(prec=1_000, rounding=ROUND_HALF_UP)
_PLAIN_DIGITS: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)


class ExactNumberOptions(FieldOptions):
    """The options that the types of exact numbers have in common."""

    precision: Annotated[int, Field(ge=0, le=10)] = Field(2, description="The number of decimals that are stored.")
    min: ExactNumber | None = Field(None, description="The least value.")
    max: ExactNumber | None = Field(None, description="The greatest value.")

    @field_validator("max")
    @classmethod
    def _check_order(cls, value: Decimal | None, info: ValidationInfo) -> Any:
        return not_below(value, info, "min", "min")


class ExactNumberType(FieldType):
    """A number with `precision` decimals, exact in storage, comparison and sum, that travels as a JSON number."""

    options: ExactNumberOptions
    groups = frozenset({"E", "O"})
    is_sortable = True
    aggregates = frozenset({"sum", "avg", "min", "max"})

    @property
    def places(self) -> int:
        return self.options.precision

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (exact_column(name, self.places, dialect),)

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        if value is None:
            return (None,)
        if dialect is SQLITE:
            return (scaled_integer(value, self.places),)
        return (format(fixed_number(value, self.places), "f"),)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        return column if dialect is SQLITE else f"trim_scale({column})"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect is SQLITE:
            return self._number_of_scaled
        return lambda text: plain_number(Decimal(text))

    def presenter(self) -> Callable[[Any], Any]:
        return plain_number

    def _number_of_scaled(self, scaled: int) -> int | Decimal:
        return plain_number(Decimal(fixed_text(scaled, self.places)))

    def text_expression(self, expression: str, dialect: Dialect) -> str:
        if dialect is SQLITE:
            return f"tabularium_unscale({expression}, {self.places})"
        return f"trim_scale({expression})::text"

    def parse(self, value: Any, mode: Mode) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not Decimal(value).is_finite():
            raise InvalidValue(_NO_NUMBER)
        number = fixed_number(value, self.places)
        problems = [_digits_problem(scaled_integer(number, self.places), self.places)]
        if mode != "filter":
            problems.append(self._range_problem(number))
        found = [problem for problem in problems if problem]
        if found:
            raise InvalidValue(*found)
        return number

    def _range_problem(self, number: Decimal) -> Problem | None:
        least, greatest = self.options.min, self.options.max
        if least is not None and number < least:
            return Problem("out_of_range", f"Must be at least {least:f}.")
        if greatest is not None and number > greatest:
            return Problem("out_of_range", f"Must be at most {greatest:f}.")
        return None

    def parse_text(self, text: str) -> Any:
        if not _PLAIN_DIGITS.fullmatch(text):
            raise InvalidValue(_NO_NUMBER)
        return Decimal(text)

    def to_text(self, value: Any) -> str:
        return number_text(Decimal(value))

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode in ("record", "filter"):
            return {"type": "number"}
        limit = 10 ** (MAX_DIGITS - self.places)
        bounds: dict[str, Any] = {"type": "number", "exclusiveMinimum": -limit, "exclusiveMaximum": limit}
        for keyword, bound in (("minimum", self.options.min), ("maximum", self.options.max)):
            if bound is not None and (number := json_number(bound)) is not None:
                bounds[keyword] = number
        return bounds


def _digits_problem(scaled: int, places: int) -> Problem | None:
    digits = str(abs(scaled)).rstrip("0")
    if len(digits) <= SIGNIFICANT_DIGITS:
        return None
    is_large = len(str(abs(scaled))) - places > SIGNIFICANT_DIGITS
    code = "out_of_range" if is_large else "too_precise"
    return Problem(code, f"Must have at most {SIGNIFICANT_DIGITS} significant digits.")


def grouped_digits(number: Decimal | int, places: int, separator: str, point: str) -> tuple[bool, str]:
    """Round a number half away from zero, and return whether it is negative then, with its digits without a sign.

    `places` decimals stand behind `point`, and `separator` between thousands.
    """
    # `abs` would round again, to the digits of the context of the thread.
    rounded = Decimal(number).quantize(Decimal(1).scaleb(-places), context=_ROUNDING)
    whole, _, decimals = format(rounded.copy_abs(), "f").partition(".")
    grouped = f"{int(whole):,}".replace(",", separator)
    return rounded < 0, f"{grouped}{point}{decimals}" if decimals else grouped
