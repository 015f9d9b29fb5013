"""A file of one table, for types that are resolved outside of a whole application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tabularium.db.dialect import Dialect
from tabularium.query.configured import plan_configured
from tabularium.query.rows import StatementRow, outer_row
from tabularium.schema.fields.base import FieldType, Unresolved
from tabularium.schema.model import Field, PrimaryKey, Table


@dataclass(frozen=True)
class OneTable:
    """The scope of a field, and of its own table, which every reference means."""

    name: str = "people"
    key: PrimaryKey = field(default_factory=PrimaryKey)
    types: Mapping[str, FieldType] = field(default_factory=dict)
    field_name: str = "value"

    @property
    def own(self) -> OneTable:
        return self

    @property
    def database_name(self) -> str:
        return self.name

    def table(self, reference: str, option: str) -> OneTable:
        return self

    def field(self, name: str, option: str) -> FieldType:
        if name not in self.types:
            raise Unresolved((option, f'the table "{self.name}" has no field "{name}"'))
        return self.types[name]

    def draft(self, name: str) -> FieldType | None:
        return self.types.get(name)

    def condition(self, filters: Any, option: str) -> object:
        table = Table(None, self.name, self.name, (), self.key)
        fields = {name: Field(None, name, kind) for name, kind in self.types.items()}
        condition, errors = plan_configured(filters, table, fields.get, fields)
        if errors:
            raise Unresolved(*((f"{option}{error.field}", error.message) for error in errors))
        return condition


def row_of(table: str, dialect: Dialect) -> StatementRow:
    """Return a row of a table without fields, of which only the name matters."""
    return outer_row(Table(None, table, table, ()), dialect)
