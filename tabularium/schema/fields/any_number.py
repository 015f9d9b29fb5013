"""Numbers of any size, as only computed fields have them. No field is configured as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import sqlalchemy

from tabularium.db.arithmetic import number_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.number_keys import key_number, number_key
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode, plain_number
from tabularium.schema.fields.exact import lowest_exponent

MAX_DIGITS: Final = 100
"""A number that a formula yields has at most this many digits before the point."""

MAX_PLACES: Final = 1_000
"""What lies beyond this many decimals is rounded away."""

_PLAIN: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_PLAIN_DIGITS: Final = re.compile(_PLAIN, re.ASCII)
_NO_NUMBER: Final = Problem("wrong_type", "Must be a number.")
_NO_DECIMAL: Final = Problem("wrong_type", 'Must be a number, or a string of plain digits such as "9.50".')


class AnyNumberType(FieldType):
    """An exact number: a JSON number without needless zeros.

    Its driver form is `numeric` on PostgreSQL and the key of the number (`tabularium.db.number_keys`) on SQLite.
    """

    groups = frozenset({"E", "O"})
    is_sortable = True
    aggregates = frozenset({"sum", "avg", "min", "max"})
    is_number_text = True

    def __init__(self) -> None:
        super().__init__(FieldOptions())

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return ()

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        if value is None:
            return (None,)
        return (number_key(Decimal(value)) if dialect is SQLITE else number_text(Decimal(value)),)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        return column if dialect is SQLITE else f"trim_scale({column})"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect is SQLITE:
            return lambda key: plain_number(key_number(key))
        return lambda text: plain_number(Decimal(text))

    def text_expression(self, expression: str, dialect: Dialect) -> str:
        return f"tabularium_key_number({expression})" if dialect is SQLITE else f"trim_scale({expression})::text"

    def formula_expression(self, expression: str, dialect: Dialect) -> str:
        return f"tabularium_key_number({expression})" if dialect is SQLITE else expression

    def parse(self, value: Any, mode: Mode) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not Decimal(value).is_finite():
            raise InvalidValue(_NO_NUMBER)
        return _in_range(Decimal(value))

    def parse_text(self, text: str) -> Any:
        if not _PLAIN_DIGITS.fullmatch(text):
            raise InvalidValue(_NO_NUMBER)
        return Decimal(text)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "number"}


class AnyDecimalType(AnyNumberType):
    """An exact number that travels as a string of plain digits."""

    def read_expression(self, column: str, dialect: Dialect) -> str:
        return column if dialect is SQLITE else f"trim_scale({column})::text"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return (lambda key: number_text(key_number(key))) if dialect is SQLITE else None

    def parse(self, value: Any, mode: Mode) -> Any:
        if isinstance(value, str):
            if not _PLAIN_DIGITS.fullmatch(value):
                raise InvalidValue(_NO_DECIMAL)
            value = Decimal(value)
        return super().parse(value, mode)

    def present_number(self, number: Decimal, *, is_average: bool) -> Any:
        return number_text(number)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode == "filter":
            return {"type": ["string", "number"], "pattern": f"^{_PLAIN}$"}
        return {"type": "string", "pattern": f"^{_PLAIN}$"}


def _in_range(number: Decimal) -> Decimal:
    """Return the number if it can be compared with a result; a huge exponent is never written out."""
    if not number:
        return Decimal(0)
    if number.adjusted() >= MAX_DIGITS:
        raise InvalidValue(Problem("out_of_range", f"Must have at most {MAX_DIGITS} digits before the decimal point."))
    if lowest_exponent(number) < -MAX_PLACES:
        raise InvalidValue(Problem("too_precise", f"Must have at most {MAX_PLACES} decimals."))
    return number
