"""How a connection to PostgreSQL is set up."""

from __future__ import annotations

from typing import Any

import asyncpg

from tabularium.db.options import DatabaseOptions, UnsuitableDatabase

_OLDEST_VERSION = 13
# Callers write filters of any shape, and PostgreSQL keeps some twenty bytes for each character of a prepared statement:
# together these bound what one connection can be made to hold to about 100 MB.
_CACHED_STATEMENTS = 256
_LONGEST_CACHED = 16_384

# These travel as text, so that values have one form in the product (see `tabularium.schema.fields.base`).
_TEXT_TYPES = ("date", "time", "timestamptz", "numeric", "uuid")


class Connection(asyncpg.Connection):  # type: ignore[misc]  # the driver has no types
    """A connection whose state nobody changes, so that none has to be reset between two requests."""

    def get_reset_query(self) -> str:
        return ""


def connection_arguments(options: DatabaseOptions) -> dict[str, Any]:
    """Return the arguments of `asyncpg.create_pool` beside the address and the size."""
    milliseconds = {name: str(int(seconds * 1000)) for name, seconds in _time_limits(options).items()}
    return {
        "connection_class": Connection,
        "init": use_text,
        "timeout": options.wait,
        "statement_cache_size": _CACHED_STATEMENTS,
        "max_cached_statement_lifetime": 0,
        "max_cacheable_statement_size": _LONGEST_CACHED,
        "server_settings": {
            "application_name": "tabularium",
            "default_transaction_isolation": "read committed",
            "jit": "off",
            "timezone": "UTC",
            "datestyle": "ISO, MDY",
            **milliseconds,
        },
    }


def _time_limits(options: DatabaseOptions) -> dict[str, float]:
    return {
        "statement_timeout": options.statement_time,
        "lock_timeout": options.wait,
        "idle_in_transaction_session_timeout": 2 * options.statement_time,
    }


async def use_text(connection: asyncpg.Connection) -> None:
    """Let dates, instants, decimals and UUIDs be bound and read as text."""
    for name in _TEXT_TYPES:
        await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=str, format="text")


async def require_suitable(connection: asyncpg.Connection) -> None:
    """Raise `UnsuitableDatabase` for an old server, or a database in another encoding than UTF-8."""
    version = connection.get_server_version().major
    if version < _OLDEST_VERSION:
        raise UnsuitableDatabase(f"PostgreSQL {version} is too old; version {_OLDEST_VERSION} or newer is needed")
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise UnsuitableDatabase(
            f"the encoding of the database is {encoding}; create it with ENCODING 'UTF8' TEMPLATE template0"
        )
