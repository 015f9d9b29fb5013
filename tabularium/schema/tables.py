"""How the tables of a schema lie in the database: schema → layout → SQLAlchemy tables.

A layout is plain data in the terms of one database. The database keeps it (`tabularium.schema.migration`), so that a
later version of the file can be compared with what is really there, removed fields included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import sqlalchemy
from pydantic import BaseModel, ConfigDict
from sqlalchemy.sql import quoted_name
from sqlalchemy.types import UserDefinedType

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.identity.tables import USER
from tabularium.db.names import own_name, primary_key_name
from tabularium.schema.fields.storage import ColumnKind, stored_column
from tabularium.schema.fields.user_id import USER_KEY
from tabularium.schema.model import (
    CREATED_COLUMN,
    DELETED_COLUMN,
    DELETION_COLUMN,
    KEY_COLUMN,
    REVISION_COLUMN,
    UPDATED_COLUMN,
    Field,
    Index,
    KeyKind,
    Schema,
    Table,
)

LIVE = f'"{DELETED_COLUMN}" IS NULL'
"""The condition of live rows."""

_KEY_KINDS: Mapping[KeyKind, ColumnKind] = {
    "auto-increment": "integer",
    "composite": "integer",
    "uuid": "uuid",
    "text": "text",
}

# Ahead of the fields, so that a scan for live rows on SQLite need not read past long values.
_SYSTEM_COLUMNS: tuple[tuple[str, ColumnKind, bool], ...] = (
    (REVISION_COLUMN, "integer", False),
    (CREATED_COLUMN, "instant", False),
    (UPDATED_COLUMN, "instant", False),
    (DELETED_COLUMN, "instant", True),
    (DELETION_COLUMN, "uuid", True),
)


class _Layout(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnLayout(_Layout):
    """A column. `type` is the database's own text."""

    name: str
    type: str
    nullable: bool = True


class IndexLayout(_Layout):
    """An index. `where` is SQL text, the condition of live rows included."""

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    where: str | None = None


class ForeignKeyLayout(_Layout):
    """A foreign key. Without `enforced` the server alone checks it.

    That is so where it points at values that are unique among live rows: no partial index can be a target.
    """

    name: str
    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...] = (KEY_COLUMN,)
    enforced: bool = True
    on_delete: Literal["SET NULL"] | None = None
    """What the database does by itself when the target goes: with users alone, who are no records."""

    @property
    def is_of_users(self) -> bool:
        """Whether it points at the table of users, which is none of the file's."""
        return self.table == USER.name


class CheckLayout(_Layout):
    """A check constraint."""

    name: str
    sql: str


class TableLayout(_Layout):
    """A table with everything on it."""

    name: str
    key: KeyKind
    columns: tuple[ColumnLayout, ...]
    """All columns, the key first."""
    indexes: tuple[IndexLayout, ...] = ()
    foreign_keys: tuple[ForeignKeyLayout, ...] = ()
    checks: tuple[CheckLayout, ...] = ()


# From the schema -----------------------------------------------------------------------------------------------------


def table_layout(table: Table, schema: Schema, dialect: Dialect) -> TableLayout:
    """Lay out one table of the schema."""
    fields = [column for field in table.fields for column in field_columns(field, dialect)]
    return TableLayout(
        name=table.database_name,
        key=table.primary_key.kind,
        columns=(*system_columns(table.primary_key.kind, dialect), *fields),
        indexes=tuple(_indexes(table, dialect)),
        foreign_keys=tuple(_foreign_keys(table, schema)),
        checks=tuple(CheckLayout(name=check.name, sql=check.sql[dialect.name]) for check in table.checks),
    )


def system_columns(key: KeyKind, dialect: Dialect) -> tuple[ColumnLayout, ...]:
    """Lay out the columns that every table has."""
    columns = ((KEY_COLUMN, _KEY_KINDS[key], False), *_SYSTEM_COLUMNS)
    return tuple(
        ColumnLayout(name=name, type=_type_text(stored_column(name, kind, dialect), dialect), nullable=nullable)
        for name, kind, nullable in columns
    )


def field_columns(field: Field, dialect: Dialect) -> tuple[ColumnLayout, ...]:
    """Lay out the columns of one field: none, one, or several with hidden ones."""
    return tuple(
        ColumnLayout(name=column.name, type=_type_text(column, dialect))
        for column in field.type.columns(field.name, dialect)
    )


def _type_text(column: sqlalchemy.Column[Any], dialect: Dialect) -> str:
    return str(column.type.compile(dialect=dialect.sqlalchemy))


def _indexes(table: Table, dialect: Dialect) -> Iterator[IndexLayout]:
    if dialect is SQLITE:
        # Live rows are counted in this index alone, in a half to a fifth of the time: the wider the rows, the more it
        # saves. On PostgreSQL it saves a quarter at best, and nothing on pages that were written lately.
        yield IndexLayout(name=own_name("live", table.database_name), columns=(KEY_COLUMN,), where=LIVE)
    for index in table.indexes:
        columns = tuple(column for name in index.fields for column in _indexed_columns(table, name))
        yield IndexLayout(name=index.name, columns=columns, unique=index.unique, where=_condition(index, dialect))


def _indexed_columns(table: Table, name: str) -> Sequence[str]:
    field = table.by_name.get(name)
    if field is None:
        return (name,)  # a system column
    if not field.type.column_names(name):
        return (field.type.column(name),)
    return field.type.unique_columns(name)


def _condition(index: Index, dialect: Dialect) -> str | None:
    configured = None if index.where is None else index.where[dialect.name]
    if not index.unique:
        return configured
    return LIVE if configured is None else f"{LIVE} AND ({configured})"


def _foreign_keys(table: Table, schema: Schema) -> Iterator[ForeignKeyLayout]:
    for field in table.fields:
        if field.type.is_user and field.type.column_names(field.name):
            name = own_name("fk", table.database_name, field.name)
            columns = (field.type.column(field.name),)
            yield ForeignKeyLayout(
                name=name, columns=columns, table=USER.name, referenced=(USER_KEY,), on_delete="SET NULL"
            )
        if field.type.referenced_table is not None:
            target = _find(field.type.referenced_table, schema)
            name = own_name("fk", table.database_name, field.name)
            columns = (field.type.column(field.name),)
            yield ForeignKeyLayout(name=name, columns=columns, table=target.database_name)
    for key in table.foreign_keys:
        target = _find(key.referenced_table, schema)
        yield ForeignKeyLayout(
            name=key.name,
            columns=_value_columns(table, key.fields),
            table=target.database_name,
            referenced=_value_columns(target, key.referenced_fields),
            enforced=key.referenced_fields == (KEY_COLUMN,),
        )


def _value_columns(table: Table, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(table.by_name[name].type.column(name) if name in table.by_name else name for name in names)


def _find(reference: str, schema: Schema) -> Table:
    table = schema.find_table(reference)
    if table is None:
        raise LookupError(f'the schema has no table "{reference}"')
    return table


# To SQLAlchemy -------------------------------------------------------------------------------------------------------


class _ColumnType(UserDefinedType[Any]):
    """A type that is known by its text."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: object) -> str:
        return self.text


def database_tables(layouts: Iterable[TableLayout], dialect: Dialect) -> sqlalchemy.MetaData:
    """Build SQLAlchemy tables, with indexes, from layouts that refer to no table outside of them but that of users.

    That one is there with its key alone if it is pointed at, and is not to be created from here.
    """
    metadata, made = sqlalchemy.MetaData(), list(layouts)
    if any(key.is_of_users for layout in made for key in layout.foreign_keys):
        column = sqlalchemy.Column(_quoted(USER_KEY), sqlalchemy.Text(), primary_key=True)
        sqlalchemy.Table(_quoted(USER.name), metadata, column)
    for layout in made:
        sqlalchemy_table(layout, metadata, dialect)
    return metadata


def sqlalchemy_table(
    layout: TableLayout, metadata: sqlalchemy.MetaData, dialect: Dialect, name: str | None = None
) -> sqlalchemy.Table:
    """Add a table to `metadata`. With `name` it is a copy under another name, and without indexes."""
    table = sqlalchemy.Table(
        _quoted(name or layout.name),
        metadata,
        *(sqlalchemy_column(column, layout.key, dialect) for column in layout.columns),
        sqlalchemy.PrimaryKeyConstraint(KEY_COLUMN, name=_quoted(primary_key_name(layout.name))),
        *(foreign_key_constraint(key) for key in layout.foreign_keys if key.enforced),
        *(check_constraint(check) for check in layout.checks),
        # Without it SQLite gives the number of the last row, once that is removed for good, to the next one.
        sqlite_autoincrement=_KEY_KINDS[layout.key] == "integer",
    )
    if name is None:
        for index in layout.indexes:
            _add_index(index, table)
    return table


def sqlalchemy_column(column: ColumnLayout, key: KeyKind, dialect: Dialect) -> sqlalchemy.Column[Any]:
    """Build one column; the key's numbers are given by the database."""
    if column.name == KEY_COLUMN and _KEY_KINDS[key] == "integer":
        if dialect is SQLITE:
            return sqlalchemy.Column(_quoted(KEY_COLUMN), sqlalchemy.Integer(), nullable=False)
        identity = sqlalchemy.Identity(always=True)
        return sqlalchemy.Column(_quoted(KEY_COLUMN), sqlalchemy.BigInteger(), identity, nullable=False)
    return sqlalchemy.Column(_quoted(column.name), _ColumnType(column.type), nullable=column.nullable)


def foreign_key_constraint(key: ForeignKeyLayout) -> sqlalchemy.ForeignKeyConstraint:
    """Build a foreign key. What a delete of records does is the server's work, so there the database only refuses."""
    targets = [f"{key.table}.{column}" for column in key.referenced]
    name = _quoted(key.name)
    return sqlalchemy.ForeignKeyConstraint(list(key.columns), targets, name=name, ondelete=key.on_delete)


def check_constraint(check: CheckLayout) -> sqlalchemy.CheckConstraint:
    """Build a check, whose SQL passes as it is: `text` would take a colon in it for a parameter."""
    return sqlalchemy.CheckConstraint(sqlalchemy.literal_column(check.sql), name=_quoted(check.name))


def _add_index(index: IndexLayout, table: sqlalchemy.Table) -> None:
    where: Any = None if index.where is None else sqlalchemy.literal_column(index.where)
    columns = [table.c[column] for column in index.columns]
    sqlalchemy.Index(_quoted(index.name), *columns, unique=index.unique, sqlite_where=where, postgresql_where=where)


def _quoted(name: str) -> quoted_name:
    # Every name is quoted, so no word of SQL has to be forbidden to users.
    return quoted_name(name, quote=True)
