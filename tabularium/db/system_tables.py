"""The server's own tables. Their names begin with `_`, as no configured table's can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import sqlalchemy
from sqlalchemy.orm import registry
from sqlalchemy.schema import CreateTable
from sqlmodel import Field, SQLModel

from tabularium.db.database import Session, Statement
from tabularium.db.dialect import Dialect

FORMAT = 4
"""The form of these tables and of what stands in them. A program refuses a database of a later form than its own."""


class _SystemTable(SQLModel, registry=registry()):
    """A class of its own keeps these tables apart from any others made with SQLModel."""

    metadata: ClassVar[sqlalchemy.MetaData] = sqlalchemy.MetaData()


class AppliedSchema(_SystemTable, table=True):
    """What the database holds: one row. Every form of it keeps the columns `format` and `program`."""

    __tablename__ = "_schema"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    format: int
    program: str
    """The version of the program that wrote it last."""
    applied_at: str
    description: str
    """JSON: `tabularium.schema.migration.description`."""


class Counter(_SystemTable, table=True):
    """The counters of fields that number records. A number that was given is never given again."""

    __tablename__ = "_counter"

    name: str = Field(primary_key=True)
    value: int = Field(sa_type=sqlalchemy.BigInteger)
    """The next number."""


class Secret(_SystemTable, table=True):
    """Random keys of this database, made by the first start that needs them, so that all nodes have the same."""

    __tablename__ = "_secret"

    name: str = Field(primary_key=True)
    value: str
    """Base64."""


class AppliedMigration(_SystemTable, table=True):
    """The journal: one row for each migration that changed something."""

    __tablename__ = "_migration"

    id: str = Field(primary_key=True)
    applied_at: str
    program: str
    steps: str
    """JSON: a list of `{table, summary, statements}`, without bound values."""


class JobRun(_SystemTable, table=True):
    """When each scheduled job ran last: one row a job, for all the processes that share the database."""

    __tablename__ = "_job"

    name: str = Field(primary_key=True)
    last_run: str
    """When it was last begun."""
    last_success: str | None = None
    """When it last came to its end without failing."""


async def create_system_tables(session: Session) -> None:
    """Create the server's own tables."""
    for sql in _creation(session.dialect):
        await session.execute(sql)


def _creation(dialect: Dialect) -> Iterator[str]:
    for table in _SystemTable.metadata.sorted_tables:
        yield str(CreateTable(table, if_not_exists=True).compile(dialect=dialect.sqlalchemy)).strip()


async def system_tables_exist(session: Session) -> bool:
    """Say whether a migration has ever been applied to this database."""
    sql = {
        "postgresql": "SELECT to_regclass('_schema') IS NOT NULL",
        "sqlite": "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_schema'",
    }[session.dialect.name]
    row = await session.fetch_one(sql)
    return row is not None and bool(row[0])


def statement(construct: sqlalchemy.sql.ClauseElement, dialect: Dialect) -> Statement:
    """Compile a statement over these tables to the form that a session takes."""
    compiled: Any = construct.compile(dialect=dialect.sqlalchemy)
    return str(compiled), tuple(compiled.params[name] for name in compiled.positiontup or ())
