"""The system columns as fields: `id`, `created_at`, `updated_at`, `deleted_at` may be named in queries of any table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import sqlalchemy
from pydantic.alias_generators import to_camel

from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import TEXT_PATTERN, text_problem
from tabularium.schema.fields.datetime import DatetimeOptions, DatetimeType
from tabularium.schema.fields.exact import MAX_INTEGER, MIN_INTEGER, whole_number
from tabularium.schema.model import (
    CREATED_COLUMN,
    DELETED_COLUMN,
    KEY_COLUMN,
    UPDATED_COLUMN,
    Field,
    KeyKind,
    PrimaryKey,
    Table,
)

SYSTEM_NAMES: Final = (KEY_COLUMN, CREATED_COLUMN, UPDATED_COLUMN, DELETED_COLUMN)

# One digit more than the largest: enough to tell that a number is out of range.
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,19})", re.ASCII)
_WHOLE_SCHEMA: Final[Mapping[str, Any]] = {
    "type": ["string", "integer"],
    "pattern": "^-?(?:0|[1-9][0-9]{0,18})$",
    "minimum": MIN_INTEGER,
    "maximum": MAX_INTEGER,
}
_FILTER_SCHEMAS: Final[Mapping[KeyKind, Mapping[str, Any]]] = {
    "auto-increment": _WHOLE_SCHEMA,
    "composite": _WHOLE_SCHEMA,
    "uuid": {"type": "string", "format": "uuid"},
    "text": {"type": "string", "pattern": TEXT_PATTERN},
}

_NOT_WHOLE: Final = Problem("wrong_type", "Must be an id: a whole number, or its digits as text.")
_NOT_TEXT: Final = Problem("wrong_type", "Must be an id, as text.")
_NO_UUID: Final = Problem("invalid_value", "Must be an id of this table, which is a UUID.")


class KeyType(FieldType):
    """The key of a table as a query sees it.

    A filter accepts ids that no record can have (`id` greater than 0), as long as the database can compare them.
    """

    names = (KEY_COLUMN,)
    groups = frozenset({"E", "O"})
    is_sortable = True
    is_read_only = True

    def __init__(self, key: PrimaryKey) -> None:
        super().__init__(FieldOptions())
        self._key = key

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return ()

    def read_expression(self, column: str, dialect: Dialect) -> str:
        return f"{column}::text" if dialect is POSTGRESQL and self._key.kind != "text" else column

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return str if dialect is SQLITE and self._key.is_integer else None

    def parse(self, value: Any, mode: Mode) -> int | str:
        if self._key.is_integer:
            return _parse_whole(value)
        if not isinstance(value, str):
            raise InvalidValue(_NOT_TEXT)
        problem = text_problem(value)
        if problem:
            raise InvalidValue(problem)
        parsed = value if self._key.kind == "text" else self._key.parse(value)
        if not isinstance(parsed, str):
            raise InvalidValue(_NO_UUID)
        return parsed

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return dict(_FILTER_SCHEMAS[self._key.kind]) if mode == "filter" else {"type": "string"}


def _parse_whole(value: Any) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise InvalidValue(_NOT_WHOLE)
    number = whole_number(value)
    if number is None:
        raise InvalidValue(_NOT_WHOLE)
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        raise InvalidValue(Problem("out_of_range", f"Must be from {MIN_INTEGER} to {MAX_INTEGER}."))
    return number


@lru_cache(maxsize=1024)
def system_fields(table: Table) -> Mapping[str, Field]:
    """Return the system columns of a table as fields, by column name and by camelCase name."""
    instant = DatetimeType(DatetimeOptions())
    fields = {
        KEY_COLUMN: Field(None, KEY_COLUMN, KeyType(table.primary_key), required=True),
        CREATED_COLUMN: Field(None, CREATED_COLUMN, instant, required=True),
        UPDATED_COLUMN: Field(None, UPDATED_COLUMN, instant, required=True),
        DELETED_COLUMN: Field(None, DELETED_COLUMN, instant),
    }
    return fields | {to_camel(name): field for name, field in fields.items()}
