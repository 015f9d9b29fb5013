"""Opening the database that a URL names."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from tabularium.db.database import Database
from tabularium.db.options import DatabaseOptions
from tabularium.db.postgresql import PostgresqlDatabase
from tabularium.db.sqlite import SqliteDatabase
from tabularium.db.sqlite.location import path_of_url
from tabularium.errors import Unavailable

_log = logging.getLogger("tabularium.db")
_PAUSE = 0.5
_POSTGRESQL_SCHEMES = ("postgres://", "postgresql://")

_DEFAULTS = DatabaseOptions()


async def open_database(url: str, options: DatabaseOptions = _DEFAULTS, *, patience: float = 30.0) -> Database:
    """Open the database, trying for `patience` seconds while it is away.

    `url` is `postgresql://…`, `postgres://…`, `sqlite:PATH`, `file:PATH` or a path. Raises `Unavailable` in the end,
    and `UnsuitableDatabase` at once for one that can never serve.
    """
    until = time.monotonic() + patience
    told = None
    while True:
        try:
            return await _open(url, options)
        except Unavailable as error:
            if time.monotonic() + _PAUSE >= until:
                raise
            if error.message != told:
                _log.warning("%s Trying again for up to %.0f s.", error.message, until - time.monotonic())
                told = error.message
            await asyncio.sleep(_PAUSE)


def sqlite_file(url: str) -> Path | None:
    """Return the file that a URL names, or `None` for one of PostgreSQL. Raises `UnsuitableDatabase`."""
    return None if url.startswith(_POSTGRESQL_SCHEMES) else path_of_url(url)


async def _open(url: str, options: DatabaseOptions) -> Database:
    path = sqlite_file(url)
    return await PostgresqlDatabase.open(url, options) if path is None else SqliteDatabase(path, options)
