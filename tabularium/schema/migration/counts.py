"""Questions to the rows that are there: how many would break a rule that is about to hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tabularium.db.database import Statement
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.fields.base import FieldType
from tabularium.schema.migration.places import Places
from tabularium.schema.tables import CheckLayout, ColumnLayout, ForeignKeyLayout, IndexLayout, TableLayout

# Every character that is drawn as nothing lies in these planes.
_PLANES_WITH_BLANKS = (range(1, 0x10000), range(0xE0000, 0xE1000))


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table as they are, with the columns that will be added as if they were there already."""

    table: TableLayout
    dialect: Dialect
    added: Sequence[ColumnLayout] = ()
    fill: Mapping[str, Any] = field(default_factory=dict)
    """By the name of an added column: the value that it will be filled with, null otherwise."""
    places: Places = field(default_factory=Places)
    """Where the rows of this table and of others are now."""

    def all(self) -> Statement:
        return self._count(Binder(self.dialect), "TRUE")

    def with_value(self, column: str, values: Sequence[Any]) -> Statement:
        binder = Binder(self.dialect)
        listed = ", ".join(binder.bind(value) for value in values)
        return self._count(binder, f"{self._quote(column)} IN ({listed})")

    def with_item(self, column: str, values: Sequence[Any]) -> Statement:
        """Count rows whose list in `column` holds one of the values."""
        binder = Binder(self.dialect)
        return self._count(binder, holds_item(self._quote(column), values, binder, self.dialect))

    def with_any_value(self, column: str) -> Statement:
        return self._count(Binder(self.dialect), f"{self._quote(column)} IS NOT NULL")

    def empty(self, column: str) -> Statement:
        return self._count(Binder(self.dialect), f"{self._quote(column)} IS NULL")

    def without_value(self, column: str, kind: FieldType) -> Statement:
        """Count rows in which a required field would be missing."""
        condition, binder = without_value(column, kind, self.dialect)
        return self._count(binder, condition)

    def breaking_check(self, check: CheckLayout) -> Statement:
        return self._count(Binder(self.dialect), f"NOT ({check.sql})")

    def breaking_unique(self, index: IndexLayout) -> Statement:
        """Count rows that share their values with another one. Empty never equals empty."""
        binder = Binder(self.dialect)
        columns = ", ".join(map(self._quote, index.columns))
        conditions = [f"{self._quote(column)} IS NOT NULL" for column in index.columns]
        conditions += [f"({index.where})"] if index.where else []
        groups = (
            f"SELECT count(*) AS n FROM {self._source(binder)} WHERE {' AND '.join(conditions)} "
            f"GROUP BY {columns} HAVING count(*) > 1"
        )
        return f"SELECT CAST(coalesce(sum(n), 0) AS bigint) FROM ({groups}) AS groups", binder.values

    def breaking_foreign_key(self, key: ForeignKeyLayout, *, target_exists: bool) -> Statement:
        """Count rows that point at nothing."""
        binder = Binder(self.dialect)
        conditions = [f"{self._quote(column)} IS NOT NULL" for column in key.columns]
        if target_exists:
            pairs = zip(key.referenced, key.columns, strict=True)
            equal = " AND ".join(
                f"target.{self._quote(there)} = {self._quote(self.table.name)}.{self._quote(here)}"
                for there, here in pairs
            )
            target = self.places.source(key.table, self.dialect)
            conditions.append(f"NOT EXISTS (SELECT 1 FROM {target} AS target WHERE {equal})")
        return self._count(binder, " AND ".join(conditions))

    def _count(self, binder: Binder, condition: str) -> Statement:
        return f"SELECT count(*) FROM {self._source(binder)} WHERE {condition}", binder.values

    def _source(self, binder: Binder) -> str:
        name, source = self._quote(self.table.name), self.places.source(self.table.name, self.dialect)
        rows = source if source == name else f"{source} AS {name}"
        if not self.added:
            return rows
        columns = ", ".join(self._added_column(column, binder) for column in self.added)
        return f"(SELECT *, {columns} FROM {rows}) AS {name}"

    def _added_column(self, column: ColumnLayout, binder: Binder) -> str:
        value = self.fill.get(column.name)
        kind, collate, collation = column.type.partition(" COLLATE ")
        text = "NULL" if value is None else binder.bind(value)
        return f"CAST({text} AS {kind}){collate}{collation} AS {self._quote(column.name)}"

    def _quote(self, name: str) -> str:
        return self.dialect.quote(name)


class Binder:
    """Collects the values of a statement in the order of their placeholders."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.values: list[Any] = []

    def bind(self, value: Any) -> str:
        self.values.append(value)
        return self._dialect.placeholder(len(self.values))


def holds_item(column: str, values: Sequence[Any], binder: Binder, dialect: Dialect) -> str:
    """Write that a list holds one of the values."""
    listed = ", ".join(binder.bind(value) for value in values)
    if dialect is SQLITE:
        return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value IN ({listed}))"
    return f"{column} && ARRAY[{listed}]::text[]"


def without_value(column: str, kind: FieldType, dialect: Dialect, *bound: Any) -> tuple[str, Binder]:
    """Return the condition of rows that have nothing there, or text that the type calls blank.

    The values of `bound` come before its own.
    """
    binder = Binder(dialect)
    for value in bound:
        binder.bind(value)
    quoted = dialect.quote(column)
    blanks = _blank_characters(kind)
    if not blanks:
        return f"{quoted} IS NULL", binder
    trim = "trim" if dialect is SQLITE else "btrim"
    return f"({quoted} IS NULL OR {trim}({quoted}, {binder.bind(blanks)}) = '')", binder


def _blank_characters(kind: FieldType) -> str:
    """Return the characters of which a blank text consists; none where the type has no such thing."""
    if not kind.is_blank(""):
        return ""
    characters = (chr(point) for plane in _PLANES_WITH_BLANKS for point in plane)
    return "".join(each for each in characters if unicodedata.category(each) != "Cs" and kind.is_blank(each))
