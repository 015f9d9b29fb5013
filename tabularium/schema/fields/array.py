"""`array`: a list of values of one simple kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, Any, Final, Literal

import sqlalchemy
from pydantic import Field
from sqlalchemy.dialects import postgresql

from tabularium import json_text
from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, Group, InvalidValue, Mode, Problem, Row, SchemaMode
from tabularium.schema.fields.checkbox import CheckboxType
from tabularium.schema.fields.date import DateType
from tabularium.schema.fields.datetime import DatetimeType
from tabularium.schema.fields.integer import IntegerType
from tabularium.schema.fields.json_value import JsonStoredType
from tabularium.schema.fields.list_items import read_items
from tabularium.schema.fields.long_text import LongTextType
from tabularium.schema.fields.number import NumberType

_MOST: Final = 1000

ItemKind = Literal["text", "string", "integer", "number", "boolean", "date", "datetime"]

_ITEMS: Final[Mapping[ItemKind, FieldType]] = {
    "text": LongTextType(LongTextType.Options()),
    "string": LongTextType(LongTextType.Options()),
    "integer": IntegerType(IntegerType.Options()),
    "number": NumberType(NumberType.Options(precision=10)),
    "boolean": CheckboxType(CheckboxType.Options()),
    "date": DateType(DateType.Options()),
    "datetime": DatetimeType(DatetimeType.Options()),
}
"""The type whose rules the items of a list follow."""


class ArrayOptions(FieldOptions):
    """The options of `array`."""

    item_type: ItemKind = Field("text", description="What the items are.")
    max_items: Annotated[int, Field(ge=1, le=_MOST)] = Field(_MOST, description="The greatest number of items.")


class ArrayType(JsonStoredType):
    """A list whose order and repeats are kept."""

    names = ("array",)
    Options = ArrayOptions
    options: ArrayOptions
    groups = frozenset({"A"})

    @property
    def _item(self) -> FieldType:
        return _ITEMS[self.options.item_type]

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        kind = postgresql.JSONB() if dialect is POSTGRESQL else sqlalchemy.Text()
        return (sqlalchemy.Column(name, kind, nullable=True),)

    def read_expression(self, column: str, dialect: Dialect) -> str:
        if dialect is SQLITE:
            return column
        # `jsonb` is written with spaces, an array of it without.
        items = f"array_to_json(ARRAY(SELECT jsonb_array_elements({column})))"
        return f"CASE WHEN {column} IS NOT NULL THEN {items} END"

    def parse(self, value: Any, mode: Mode) -> Any:
        """Read a list; in a filter, one item."""
        if mode == "filter":
            return self._item.present(self._read_item(value))
        items, problems = read_items(value, self._read_item)
        if len(items) > self.options.max_items:
            problems.append(Problem("too_many", f"Must have at most {self.options.max_items} items."))
        if problems:
            raise InvalidValue(*problems)
        return [self._item.present(item) for item in items]

    def _read_item(self, value: Any) -> Any:
        if value is None:
            raise InvalidValue(Problem("wrong_type", "Null is no item."))
        return self._item.parse(value, "write")

    def parse_text(self, text: str) -> Any:
        return self._item.parse_text(text)

    def from_text(self, text: str) -> Any:
        return super().parse_text(text)

    def is_blank(self, value: Any) -> bool:
        return not value

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        column = row.column(name)
        if row.dialect is SQLITE or group != "A":
            return column
        return f"CASE WHEN {column} IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text({column})) END"

    def filter_value(self, value: Any, group: Group, dialect: Dialect) -> Any:
        if dialect is SQLITE or isinstance(value, str):
            return value
        return json_text.dump(value).decode()

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return ", ".join(self._item.display(item, zone) for item in value)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        if mode == "filter":
            return self._item.schema("filter")
        schema: dict[str, Any] = {"type": "array", "items": self._item.schema(mode)}
        return {**schema, "maxItems": self.options.max_items} if mode in ("create", "update") else schema
