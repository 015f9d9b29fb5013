"""Random keys that a database keeps for all the processes that share it."""

from __future__ import annotations

import base64
import secrets
from typing import Any, Final

import sqlalchemy
from sqlalchemy.schema import CreateTable

from tabularium.db.database import Session
from tabularium.db.system_tables import Secret, statement

KEY_BYTES: Final = 32
CURSOR_KEY: Final = "cursor"


async def secret_key(session: Session, name: str) -> bytes:
    """Return the key with this name, which is made where there is none. For the transaction of a migration."""
    table: Any = Secret
    await session.execute(
        str(CreateTable(table.__table__, if_not_exists=True).compile(dialect=session.dialect.sqlalchemy))
    )
    row = await session.fetch_one(*statement(sqlalchemy.select(table.value).where(table.name == name), session.dialect))
    if row is not None:
        return base64.b64decode(row[0])
    key = secrets.token_bytes(KEY_BYTES)
    made = sqlalchemy.insert(table).values(name=name, value=base64.b64encode(key).decode())
    await session.execute(*statement(made, session.dialect))
    return key
