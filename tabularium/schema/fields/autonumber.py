"""`autonumber`: a number that the server gives to each new record, once and without gaps."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import sqlalchemy
from pydantic import Field

from tabularium.db.counters import first_numbers
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.exact import MAX_INTEGER, whole_number
from tabularium.schema.fields.option_types import line_text
from tabularium.schema.fields.storage import stored_column

_READ_ONLY: Final = Problem("read_only", "The server gives this number; leave it out.")
_DIGITS: Final = re.compile(r"[0-9]{1,19}", re.ASCII)


class AutonumberOptions(FieldOptions):
    """The options of `autonumber`."""

    prefix: Annotated[str, Field(max_length=20), line_text] = Field("", description="What stands ahead of the number.")
    start_from: Annotated[int, Field(ge=0, le=10**15)] = Field(1, description="The first number.")
    digits: Annotated[int, Field(ge=1, le=10)] | None = Field(
        None, description="The least number of digits; zeros fill them up."
    )


class AutonumberType(FieldType):
    """A number of the table's own counter. With a prefix or digits its JSON form is text, such as `INV-00100`."""

    names = ("autonumber",)
    Options = AutonumberOptions
    options: AutonumberOptions
    groups = frozenset({"E", "O"})
    is_sortable = True
    is_uniquable = True
    is_read_only = True

    @property
    def first_number(self) -> int | None:
        return self.options.start_from

    @property
    def _is_text(self) -> bool:
        return bool(self.options.prefix) or self.options.digits is not None

    def _written(self, number: int) -> str | int:
        return f"{self.options.prefix}{number:0{self.options.digits or 1}}" if self._is_text else number

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "integer", dialect),)

    def fill_sql(self, table: str, name: str, dialect: Dialect) -> Sequence[str]:
        return first_numbers(table, name, self.options.start_from, dialect)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        if dialect is SQLITE or not self._is_text:
            return column
        # `lpad` would cut a number that has more digits.
        width = f"greatest({self.options.digits or 1}, length({column}::text))"
        return f"{dialect.literal(self.options.prefix)} || lpad({column}::text, {width}, '0')"

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return self._written if dialect is SQLITE and self._is_text else None

    def text_expression(self, expression: str, dialect: Dialect) -> str:
        if dialect is SQLITE and self._is_text:
            form = f"%0{self.options.digits or 1}d"
            return f"{dialect.literal(self.options.prefix)} || printf('{form}', {expression})"
        return super().text_expression(expression, dialect)

    def parse(self, value: Any, mode: Mode) -> int:
        """Read the JSON form, for a filter; a write gives no number."""
        if mode != "filter":
            raise InvalidValue(_READ_ONLY)
        number = self._number_of_text(value) if self._is_text else self._plain_number(value)
        if number is None:
            raise InvalidValue(Problem("wrong_type", f"Must be a number of this field, such as {self._written(7)}."))
        if number > MAX_INTEGER:
            raise InvalidValue(Problem("out_of_range", f"Must be at most {MAX_INTEGER}."))
        return number

    def _number_of_text(self, value: Any) -> int | None:
        if not isinstance(value, str) or not value.startswith(self.options.prefix):
            return None
        digits = value.removeprefix(self.options.prefix)
        return int(digits) if _DIGITS.fullmatch(digits) else None

    def _plain_number(self, value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            return None
        number = whole_number(value)
        return number if number is None or number >= 0 else None

    def parse_text(self, text: str) -> Any:
        return int(text) if not self._is_text and _DIGITS.fullmatch(text) else text

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string" if self._is_text else "integer"}
        return schema if mode == "filter" else {**schema, "readOnly": True}
