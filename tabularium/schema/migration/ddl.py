"""The SQL of each change of a table, through SQLAlchemy's and alembic's constructs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy
from alembic.ddl.base import AddColumn, RenameTable
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DropConstraint, DropIndex

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.names import own_name
from tabularium.schema.model import KEY_COLUMN
from tabularium.schema.tables import (
    CheckLayout,
    ColumnLayout,
    ForeignKeyLayout,
    IndexLayout,
    TableLayout,
    database_tables,
    sqlalchemy_column,
    sqlalchemy_table,
)

Constraint = CheckLayout | ForeignKeyLayout


def adding(constraint: Constraint) -> str:
    """Return the words for a constraint that is added."""
    kind = "foreign key" if isinstance(constraint, ForeignKeyLayout) else "constraint"
    return f'add the {kind} "{constraint.name}"'


class Ddl:
    """Writes the statements for one dialect. `layouts` are all tables of the database as they will be."""

    def __init__(self, layouts: Iterable[TableLayout], dialect: Dialect) -> None:
        self._dialect = dialect
        self._metadata = database_tables(layouts, dialect)

    def create_table(self, layout: TableLayout) -> Iterator[str]:
        """Create a table with its indexes: on PostgreSQL without foreign keys, whose targets may come later."""
        table = self._metadata.tables[layout.name]
        foreign_keys: list[Any] | None = None if self._dialect is SQLITE else []
        yield self._text(CreateTable(table, include_foreign_key_constraints=foreign_keys))
        yield from (self.create_index(layout, index) for index in layout.indexes)

    def create_index(self, layout: TableLayout, index: IndexLayout) -> str:
        table = self._metadata.tables[layout.name]
        return self._text(CreateIndex(next(each for each in table.indexes if each.name == index.name)))

    def drop_index(self, index: IndexLayout) -> str:
        return self._text(DropIndex(sqlalchemy.Index(self._name(index.name))))

    def add_column(self, layout: TableLayout, column: ColumnLayout, foreign_key: ForeignKeyLayout | None) -> str:
        """Add a column; on SQLite with its foreign key, for it cannot be added to a column later."""
        made = sqlalchemy_column(column, layout.key, self._dialect)
        text = self._text(AddColumn(self._name(layout.name), made))
        if foreign_key is None or self._dialect is not SQLITE:
            return text
        quote = self._dialect.quote
        target = f"{quote(foreign_key.table)} ({quote(foreign_key.referenced[0])})"
        rule = f" ON DELETE {foreign_key.on_delete}" if foreign_key.on_delete else ""
        return f"{text} CONSTRAINT {quote(foreign_key.name)} REFERENCES {target}{rule}"

    def add_constraint(self, layout: TableLayout, constraint: Constraint) -> str:
        """Add a constraint to an existing table (PostgreSQL)."""
        table = self._metadata.tables[layout.name]
        return self._text(AddConstraint(next(each for each in table.constraints if each.name == constraint.name)))

    def drop_constraint(self, layout: TableLayout, constraint: Constraint) -> str:
        """Drop a constraint (PostgreSQL)."""
        table = sqlalchemy.Table(self._name(layout.name), sqlalchemy.MetaData())
        made = sqlalchemy.CheckConstraint(sqlalchemy.true(), name=self._name(constraint.name))
        table.append_constraint(made)
        return self._text(DropConstraint(made))

    def rename_column(self, layout: TableLayout, before: str, after: str) -> str:
        quote = self._dialect.quote
        return f"ALTER TABLE {quote(layout.name)} RENAME COLUMN {quote(before)} TO {quote(after)}"

    def drop_column(self, layout: TableLayout, column: str) -> str:
        return f"ALTER TABLE {self._dialect.quote(layout.name)} DROP COLUMN {self._dialect.quote(column)}"

    def drop_table(self, name: str) -> str:
        return f"DROP TABLE {self._dialect.quote(name)}"

    def rebuild(self, layout: TableLayout, sources: Mapping[str, str] | None = None) -> Iterator[str]:
        """Make the table anew with all its rows (SQLite), which is how constraints come and go there.

        `sources` names the columns of the old table that others take their values from.

        Foreign keys must be off meanwhile (`Database.migrate`): else dropping the old table would break its children.
        """
        quote = self._dialect.quote
        temporary = own_name("new", layout.name)
        table = sqlalchemy_table(layout, self._metadata, self._dialect, temporary)
        columns = ", ".join(quote(column.name) for column in layout.columns)
        old, new = quote(layout.name), quote(temporary)
        values = ", ".join(quote((sources or {}).get(column.name, column.name)) for column in layout.columns)
        yield self._text(CreateTable(table))
        yield f"INSERT INTO {new} ({columns}) SELECT {values} FROM {old} ORDER BY {quote(KEY_COLUMN)}"
        if table.dialect_options["sqlite"]["autoincrement"]:
            # The copy would count on from the highest number present, and give that of a removed record again.
            name, former = self._dialect.literal(temporary), self._dialect.literal(layout.name)
            yield f"DELETE FROM sqlite_sequence WHERE name = {name}"
            number = f"SELECT {name}, seq FROM sqlite_sequence WHERE name = {former}"
            yield f"INSERT INTO sqlite_sequence (name, seq) {number}"
        yield f"DROP TABLE {old}"
        yield self._text(RenameTable(self._name(temporary), self._name(layout.name)))
        yield from (self.create_index(layout, index) for index in layout.indexes)
        self._metadata.remove(table)  # a table may be made anew twice

    def _name(self, name: str) -> Any:
        return sqlalchemy.sql.quoted_name(name, quote=True)

    def _text(self, construct: Any) -> str:
        return str(construct.compile(dialect=self._dialect.sqlalchemy)).strip()
