"""SQL in the application file: `constraints[].check` and `indexes[].where`, for both databases.

A condition is parsed, checked against a closed list, typed, and written anew for each database, so that it means the
same on both:

- numbers are exact; a quotient is rounded half away from zero to ten places; division by zero is null;
- text compares by code point; `lower` and `upper` change ASCII letters only; `trim` takes spaces away;
- `LIKE` is case-sensitive and has no escape sign unless `ESCAPE` names one;
- a condition that is null holds, as in SQL.

On SQLite the arithmetic is that of `tabularium.db.arithmetic`, which every connection registers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.condition_rules import RULES
from tabularium.schema.condition_syntax import ConditionError, UnknownName, parse_condition
from tabularium.schema.condition_values import Columns, Value, ValueKind, shown
from tabularium.schema.condition_walk import Translation
from tabularium.schema.fields.base import FieldType
from tabularium.schema.model import CREATED_COLUMN, DELETED_COLUMN, KEY_COLUMN, UPDATED_COLUMN, KeyKind

__all__ = ["Columns", "Condition", "ConditionError", "UnknownName", "field_column", "read_condition", "system_columns"]

_KEY_KINDS: Final[Mapping[KeyKind, ValueKind]] = {
    "auto-increment": "number",
    "composite": "number",
    "uuid": "uuid",
    "text": "text",
}
_COLUMN_KINDS: Final[tuple[tuple[type[Any], ValueKind], ...]] = (
    (sqlalchemy.Boolean, "boolean"),
    (sqlalchemy.Date, "date"),
    (sqlalchemy.DateTime, "instant"),
    (sqlalchemy.Uuid, "uuid"),
    (sqlalchemy.Integer, "number"),
    (sqlalchemy.Numeric, "number"),
    (sqlalchemy.Text, "text"),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition for both databases. `sql` is by dialect name; `names` are the fields it reads, in order."""

    names: tuple[str, ...]
    sql: Mapping[str, str]


def system_columns(key: KeyKind) -> Columns:
    """Return the columns that every table has, for a condition."""
    instants = (CREATED_COLUMN, UPDATED_COLUMN, DELETED_COLUMN)
    return {
        KEY_COLUMN: _column(KEY_COLUMN, _KEY_KINDS[key]),
        **{name: _column(name, "instant") for name in instants},
    }


def field_column(name: str, field_type: FieldType) -> Value | None:
    """Return the column of a field for a condition, or `None` where the field stores nothing that can stand in one."""
    columns = field_type.columns(name, POSTGRESQL)
    if not columns:
        return _column(field_type.column(name), "instant") if "D" in field_type.groups else None
    stored = columns[0].type
    for column_type, kind in _COLUMN_KINDS:
        if isinstance(stored, column_type):
            places = stored.scale if isinstance(stored, sqlalchemy.Numeric) else 0
            return _column(field_type.column(name), kind, places or 0)
    return None


def _column(name: str, kind: ValueKind, places: int = 0) -> Value:
    quoted = SQLITE.quote(name)
    return Value(kind, quoted, quoted, places if kind == "number" else None)


def read_condition(text: str, columns: Columns) -> Condition:
    """Check a condition and write it for both databases. Raises `ConditionError`."""
    tree = parse_condition(text, columns)
    translation = Translation(columns, RULES)
    try:
        value = translation.value(tree)
    except RecursionError:
        raise ConditionError("is nested too deeply") from None
    if value.kind != "boolean":
        raise ConditionError(f"must be true or false; this is {shown(value.kind)}", 0)
    if not translation.names:
        raise ConditionError("must name at least one field")
    return Condition(tuple(translation.names), {SQLITE.name: value.sqlite, POSTGRESQL.name: value.postgresql})
