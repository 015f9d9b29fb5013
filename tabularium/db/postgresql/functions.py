"""How the product's functions come into a PostgreSQL database, and stay those of the program that runs."""

from __future__ import annotations

import hashlib
from typing import Final

from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL
from tabularium.db.postgresql.function_texts import POSTGRESQL_FUNCTIONS

_FINGERPRINT: Final = hashlib.sha256("\n".join(POSTGRESQL_FUNCTIONS).encode()).hexdigest()

_INSTALLED: Final = "SELECT obj_description(to_regprocedure('_tabularium_fold(text)'), 'pg_proc')"


async def provide_functions(session: Session) -> None:
    """Create or replace the functions, unless the database has those of this program already. SQLite has its own."""
    if session.dialect is not POSTGRESQL:
        return
    row = await session.fetch_one(_INSTALLED)
    if row is not None and row[0] == _FINGERPRINT:
        return
    for statement in POSTGRESQL_FUNCTIONS:
        await session.execute(statement)
    # A mark on the first of them tells whether all are there and up to date.
    await session.execute(f"COMMENT ON FUNCTION _tabularium_fold(text) IS '{_FINGERPRINT}'")
