"""Where the description lies in the database, and the journal of migrations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy

from tabularium import __version__
from tabularium.db.database import Session
from tabularium.db.options import UnsuitableDatabase
from tabularium.db.system_tables import (
    FORMAT,
    AppliedMigration,
    AppliedSchema,
    create_system_tables,
    statement,
    system_tables_exist,
)
from tabularium.ids import uuid7
from tabularium.schema.migration.description import Description
from tabularium.schema.migration.steps import Step


class NewerDatabase(UnsuitableDatabase):
    """The database was written by a later version of the program, whose form this one does not know."""


async def read_description(session: Session) -> Description:
    """Return what has been applied; an empty description for a new database. Raises `NewerDatabase`."""
    if not await system_tables_exist(session):
        return Description()
    table = _table(AppliedSchema)
    # A later version may have changed everything but these two columns, so they are read by themselves.
    row = await session.fetch_one(*statement(sqlalchemy.select(table.c.format, table.c.program), session.dialect))
    if row is None:
        return Description()
    if row[0] > FORMAT:
        raise NewerDatabase(
            f"the database was written by Tabularium {row[1]} (form {row[0]}), and this is Tabularium "
            f"{__version__} (form {FORMAT}); nothing was changed. Use {row[1]} or newer"
        )
    found = await session.fetch_one(*statement(sqlalchemy.select(table.c.description), session.dialect))
    return Description() if found is None else Description.model_validate_json(found[0])


async def write_description(session: Session, description: Description, steps: Sequence[Step], now: str) -> None:
    """Store what has been applied and note it in the journal. The tables for that are created with the first."""
    if not await system_tables_exist(session):
        await create_system_tables(session)
    table = _table(AppliedSchema)
    values = {
        "format": FORMAT,
        "program": __version__,
        "applied_at": now,
        "description": description.model_dump_json(),
    }
    update = sqlalchemy.update(table).where(table.c.id == 1).values(**values)
    if not await session.execute(*statement(update, session.dialect)):
        await session.execute(*statement(sqlalchemy.insert(table).values(id=1, **values), session.dialect))
    journal = sqlalchemy.insert(_table(AppliedMigration)).values(
        id=str(uuid7()), applied_at=now, program=__version__, steps=_journal(steps)
    )
    await session.execute(*statement(journal, session.dialect))


async def write_form(session: Session) -> None:
    """Note that the server's own tables have the form of this version, also where the file asks for no change."""
    if await system_tables_exist(session):
        table = _table(AppliedSchema)
        update = sqlalchemy.update(table).where(table.c.format < FORMAT).values(format=FORMAT, program=__version__)
        await session.execute(*statement(update, session.dialect))


def _journal(steps: Sequence[Step]) -> str:
    entries = [
        {"table": step.table, "summary": step.summary, "statements": [sql for sql, _ in step.statements]}
        for step in steps
    ]
    return json.dumps(entries, ensure_ascii=False)


def _table(model: Any) -> sqlalchemy.Table:
    table: sqlalchemy.Table = model.__table__
    return table
