"""`decimal`: an exact number with a fixed number of decimals, which travels as a string."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any, Final

from tabularium.db.arithmetic import number_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.exact import MAX_DIGITS, fixed_number, fixed_text, json_number
from tabularium.schema.fields.exact_number import ExactNumberOptions, ExactNumberType

_WRONG_TYPE: Final = Problem("wrong_type", 'Must be a number, or a string of plain digits such as "9.50".')
_PLAIN: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_PLAIN_DIGITS: Final = re.compile(_PLAIN, re.ASCII)
_EXACT: Final = Context(prec=1_000)


class DecimalOptions(ExactNumberOptions):
    """The options of `decimal`."""


class DecimalType(ExactNumberType):
    """A number with `precision` decimals, exact in storage, comparison and sum."""

    names = ("decimal",)
    Options = DecimalOptions
    options: DecimalOptions
    is_uniquable = True

    def __init__(self, options: DecimalOptions) -> None:
        super().__init__(options)
        whole = f"-?(?:0|[1-9][0-9]{{0,{MAX_DIGITS - self.places - 1}}})"
        decimals = f"\\.[0-9]{{{self.places}}}" if self.places else ""
        self._has_places = re.compile(f"{whole}{decimals}", re.ASCII).fullmatch

    def read_expression(self, column: str, dialect: Dialect) -> str:
        # numeric(18, p) is written with all its decimals, so the text is the JSON form.
        return column if dialect is SQLITE else f"{column}::text"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        places = self.places
        return (lambda scaled: fixed_text(scaled, places)) if dialect is SQLITE else None

    def presenter(self) -> Callable[[Any], Any]:
        places = self.places
        return lambda number: format(fixed_number(number, places), "f")

    def text_expression(self, expression: str, dialect: Dialect) -> str:
        if dialect is SQLITE:
            return f"tabularium_fixed({expression}, {self.places})"
        return f"({expression})::text"

    def parse(self, value: Any, mode: Mode) -> Decimal:
        number = fixed_number(_read_number(value), self.places)
        if mode != "filter" and (problem := self._range_problem(number)):
            raise InvalidValue(problem)
        return number

    def parse_column(self, values: list[Any]) -> list[Any]:
        has_places = self._has_places
        if set(map(type, values)) != {str} or not all(map(has_places, values)):
            return super().parse_column(values)
        # Digits as answers have them, which most clients send: there is nothing to round.
        numbers = [number or number.copy_abs() for number in map(Decimal, values)]
        if any(map(self._range_problem, numbers)):
            raise InvalidValue
        return numbers

    def parse_text(self, text: str) -> Any:
        return text

    def to_text(self, value: Any) -> str:
        return str(value)

    def present_number(self, number: Decimal, *, is_average: bool) -> Any:
        if is_average:
            return number_text(number)
        return format(number.quantize(Decimal(1).scaleb(-self.places), context=_EXACT), "f")

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode == "record":
            places = self.places
            return {"type": "string", "pattern": f"^-?[0-9]+\\.[0-9]{{{places}}}$" if places else "^-?[0-9]+$"}
        if mode == "filter":
            return {"type": ["string", "number"], "pattern": f"^{_PLAIN}$"}
        return {"type": ["string", "number"], "pattern": self._written_pattern(), **self._bounds()}

    def _written_pattern(self) -> str:
        places = self.places
        decimals = f"\\.[0-9]{{1,{places}}}0*" if places else "\\.0+"
        plain = f"(?:0|[1-9][0-9]{{0,{MAX_DIGITS - places - 1}}})(?:{decimals})?"
        if self.options.min is None or self.options.min < 0:
            return f"^-?{plain}$"
        # A range cannot be said of text, but for the sign; "-0" is zero.
        return f"^(?:{plain}|-0(?:\\.0+)?)$"

    def _bounds(self) -> dict[str, Any]:
        limit = 10 ** (MAX_DIGITS - self.places)
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
