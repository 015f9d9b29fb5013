"""A list of values of another type, as a lookup over a link to many records has it. No field is configured as one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

import sqlalchemy

from tabularium import json_text
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, Group, LinkedRows, Mode, Row, SchemaMode


class ListType(FieldType):
    """Values of one type, none of them empty, in an order that the field chooses.

    Its driver form is on PostgreSQL an array of what reads the values, on SQLite JSON text of their driver forms.
    """

    groups = frozenset({"A"})
    is_sortable = True
    is_long_text = True

    def __init__(self, element: FieldType) -> None:
        super().__init__(FieldOptions())
        self.element = element

    def collected(self, expression: str, linked: LinkedRows, order: str, dialect: Dialect) -> str:
        """Return the SQL of the list of what `expression`, in driver form, gives for the linked rows."""
        present = f"{linked.condition} AND {expression} IS NOT NULL"
        if dialect is SQLITE:
            rows = f"SELECT {expression} AS value FROM {linked.source} WHERE {present} ORDER BY {order}"
            return f"(SELECT json_group_array(value) FROM ({rows}))"
        read = self.element.read_expression(expression, dialect)
        return f"ARRAY(SELECT {read} FROM {linked.source} WHERE {present} ORDER BY {order})"

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return ()

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        if dialect is not SQLITE:
            return None
        decode = self.element.decoder(dialect)

        def read(text: str) -> list[Any]:
            values = json.loads(text)
            return [decode(value) for value in values] if decode else values

        return read

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        return self.comparable(self.value_expression(name, row), row.dialect)

    def comparable(self, expression: str, dialect: Dialect) -> str:
        """Return the SQL of the list as operators of group `A` compare it."""
        return expression if dialect is SQLITE else f"({expression})::text[]"

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        driver = self.element.encode(value, dialect)[0]
        if dialect is SQLITE:
            return driver
        return driver if isinstance(driver, str) else json_text.dump(driver).decode()

    def parse(self, value: Any, mode: Mode) -> Any:
        return self.element.parse(value, mode)

    def parse_filter(self, value: Any, zone: tzinfo) -> Any:
        return self.element.parse_filter(value, zone)

    def parse_text(self, text: str) -> Any:
        return self.element.parse_text(text)

    def to_text(self, value: Any) -> str:
        return json_text.dump(value).decode()

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return ", ".join(self.element.display(item, zone) for item in value)

    def sort_expression(self, column: str, dialect: Dialect) -> str:
        """Order by the joined texts of the values."""
        if dialect is SQLITE:
            text = self.element.text_expression("value", dialect)
            return f"(SELECT coalesce(group_concat({text}, ', '), '') FROM json_each({column}))"
        return f"""array_to_string(({column})::text[], ', ') COLLATE "C\""""

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        items = self.element.schema(mode)
        return items if mode == "filter" else {"type": "array", "items": items}
