"""What the types share whose value is several of a list of options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

import orjson
import sqlalchemy
from sqlalchemy.dialects import postgresql

from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, Group, InvalidValue, Mode, Problem, Row, SchemaMode
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.choices import Choice, labels_of, renamed_values, shown_values
from tabularium.schema.fields.list_items import read_items, repeated_items


class MultiChoiceType(FieldType):
    """A list of different options, in the order in which they were sent."""

    groups = frozenset({"A"})
    search_group = True

    def __init__(self, options: FieldOptions, choices: Sequence[Choice], most: int | None) -> None:
        super().__init__(options)
        self._values = tuple(choice.value for choice in choices)
        self._labels = labels_of(choices)
        self.renamed_values = renamed_values(choices)
        self._most = most or len(self._values)

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        kind = postgresql.ARRAY(sqlalchemy.Text()) if dialect is POSTGRESQL else sqlalchemy.Text()
        return (sqlalchemy.Column(name, kind, nullable=True),)

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        return (orjson.dumps(value).decode() if dialect is SQLITE and value is not None else value,)

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return orjson.loads if dialect is SQLITE else None

    def parse(self, value: Any, mode: Mode) -> Any:
        """Read a list; in a filter, one item."""
        if mode == "filter":
            return self._read_choice(value)
        items, problems = read_items(value, self._read_choice)
        problems += repeated_items(items)
        if len(items) > self._most:
            problems.append(Problem("too_many", f"Must have at most {self._most} items."))
        if problems:
            raise InvalidValue(*problems)
        return items

    def _read_choice(self, value: Any) -> str:
        text = read_text(value)
        if text not in self._labels:
            raise InvalidValue(Problem("not_an_option", f"Must be one of: {shown_values(self._values)}."))
        return text

    def is_blank(self, value: Any) -> bool:
        return not value

    def from_text(self, text: str) -> Any:
        try:
            return orjson.loads(text)
        except ValueError:
            raise InvalidValue(Problem("wrong_type", 'Must be a JSON list, such as ["a", "b"].')) from None

    def to_text(self, value: Any) -> str:
        return orjson.dumps(value).decode()

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        return value

    def search_expression(self, name: str, row: Row) -> str | None:
        # U+0001 stands in no option, so that no word is found across two of them.
        column = row.column(name)
        if row.dialect is POSTGRESQL:
            return f"array_to_string({column}, E'\\x01')"
        return f"(SELECT group_concat(value, char(1)) FROM json_each({column}))"

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return ", ".join(self._labels.get(item, item) for item in value)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        item: dict[str, Any] = {"type": "string", "enum": list(self._values)}
        if mode == "filter":
            return item
        schema = {"type": "array", "items": item, "uniqueItems": True}
        return {**schema, "maxItems": self._most} if mode in ("create", "update") else schema
