"""What computed types share: no column, read only, and in all else like the type of their result."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any, Final, Literal, Self

import sqlalchemy

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import (
    FieldOptions,
    FieldType,
    FormulaKind,
    Group,
    InvalidValue,
    Mode,
    Problem,
    Row,
    SchemaMode,
)

_READ_ONLY: Final = Problem("read_only", "The server works this field out; leave it out.")


class ComputedType(FieldType):
    """A value that the database works out in the query that reads it. It resolves to a copy with its `result`."""

    is_read_only = True
    is_computed = True
    groups = frozenset()

    def __init__(self, options: FieldOptions) -> None:
        super().__init__(options)
        self._result: FieldType | None = None

    def bound(self, result: FieldType, **attributes: Any) -> Self:
        """Return a copy whose values are those of `result`, with some attributes set."""
        made = copy.copy(self)
        made._result = result
        made.groups = result.groups
        made.is_sortable = result.is_sortable
        made.aggregates = result.aggregates
        made.is_number_text = result.is_number_text
        made.is_long_text = result.is_long_text
        for name, value in attributes.items():
            setattr(made, name, value)
        return made

    @property
    def result(self) -> FieldType:
        """Return the type of the values."""
        if self._result is None:
            raise RuntimeError(f"A field of the type {self.names[0]} is used before it was resolved.")
        return self._result

    def column_names(self, name: str) -> tuple[str, ...]:
        return ()

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return ()

    def read_expression(self, column: str, dialect: Dialect) -> str:
        return self.result.read_expression(column, dialect)

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return self.result.decoder(dialect)

    def parse(self, value: Any, mode: Mode) -> Any:
        if mode != "filter":
            raise InvalidValue(_READ_ONLY)
        return self.result.parse(value, mode)

    def parse_filter(self, value: Any, zone: tzinfo) -> Any:
        return self.result.parse_filter(value, zone)

    def parse_text(self, text: str) -> Any:
        return self.result.parse_text(text)

    def to_text(self, value: Any) -> str:
        return self.result.to_text(value)

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return self.result.display(value, zone)

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        return self.result.filter_value(value, group, dialect)

    def sort_expression(self, column: str, dialect: Dialect) -> str:
        return self.result.sort_expression(column, dialect)

    def text_expression(self, expression: str, dialect: Dialect) -> str:
        return self.result.text_expression(expression, dialect)

    @property
    def formula_type(self) -> FormulaKind | None:
        return self.result.formula_type

    def formula_expression(self, expression: str, dialect: Dialect) -> str:
        return self.result.formula_expression(expression, dialect)

    @property
    def places(self) -> int:
        return self.result.places

    def present_number(self, number: Decimal, *, is_average: bool) -> Any:
        return self.result.present_number(number, is_average=is_average)

    def extreme_expression(self, expression: str, aggregate: Literal["min", "max"], dialect: Dialect) -> str:
        return self.result.extreme_expression(expression, aggregate, dialect)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        schema = self.result.schema("filter" if mode == "filter" else "record")
        return schema if mode == "filter" else {**schema, "readOnly": True}


def row_subquery(expression: str, source: str, condition: str) -> str:
    """Write the subquery that reads one value of the rows of `source`."""
    return f"(SELECT {expression} FROM {source} WHERE {condition})"


def value_of(kind: FieldType, name: str, row: Row) -> str:
    """Return the SQL of the field called `name`, of this type, in a row."""
    return kind.value_expression(name, row)
