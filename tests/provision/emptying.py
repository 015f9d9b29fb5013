"""A PostgreSQL database that one test after the other uses, each as if it were new.

What the server makes in every database, whatever the file says, stays there without rows: making it takes longer than
most tests. A table that a test has changed in any way, and one that has grown, goes like all the rest.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.db.connect import open_database
from tabularium.schema.migration.apply import migrate

_GROWN: Final = 262_144
"""Bytes: deleted rows stay in the file for a while, and are read over."""
_APPLICATION: Final = {
    "name": "empty",
    "tables": [{"name": "t", "fields": [{"name": "a", "type": "single-line-text"}]}],
}
_TABLES: Final = """
    SELECT relname, pg_relation_size(oid) < $1 AS is_small, concat_ws(';',
        (SELECT string_agg(concat_ws(',', attname, atttypid, attnotnull, attcollation, attidentity,
                pg_get_expr(adbin, adrelid)), ';' ORDER BY attnum)
            FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE attrelid = pg_class.oid AND attnum > 0),
        (SELECT string_agg(pg_get_indexdef(indexrelid), ';' ORDER BY indexrelid)
            FROM pg_index WHERE indrelid = pg_class.oid),
        (SELECT string_agg(pg_get_constraintdef(oid), ';' ORDER BY conname)
            FROM pg_constraint WHERE conrelid = pg_class.oid),
        (SELECT count(*) FROM pg_trigger WHERE tgrelid = pg_class.oid)) AS form
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
_OTHERS: Final = """
    SELECT coalesce(string_agg(kind || name, ';' ORDER BY kind, name), '') FROM (
        SELECT 'relation ' AS kind, relname AS name FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'i', 'S', 't')
        UNION ALL SELECT 'function ', oid::regprocedure || md5(prosrc) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'type ', typname FROM pg_type
            WHERE typnamespace = 'public'::regnamespace AND typrelid = 0 AND typelem = 0
        UNION ALL SELECT 'schema ', nspname FROM pg_namespace
            WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema') AS _others
"""


@dataclass(frozen=True, slots=True)
class Provided:
    """A database with what the server always makes, and how that looks while nobody has touched it."""

    url: str
    tables: Mapping[str, str]
    others: str


def provide(url: str) -> Provided:
    """Let the server make its tables in an empty database."""
    return asyncio.run(_provide(url))


def empty(provided: Provided) -> None:
    """Take away everything that a test has left."""
    asyncio.run(_empty(provided))


async def _provide(url: str) -> Provided:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "app.json"
        file.write_text(json.dumps(_APPLICATION), encoding="utf-8")
        database = await open_database(url)
        await migrate(database, load_schema(file).schema, SystemClock())
        await database.close()
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(_TABLES, _GROWN)
        tables = {row["relname"]: row["form"] for row in found if row["relname"].startswith("_")}
        return Provided(url, tables, await connection.fetchval(_OTHERS))
    finally:
        await connection.close()


async def _empty(provided: Provided) -> None:
    connection = await asyncpg.connect(provided.url)
    try:
        found = await connection.fetch(_TABLES, _GROWN)
        if await connection.fetchval(_OTHERS) != provided.others:
            await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            return
        stay = [
            row["relname"] for row in found if row["is_small"] and provided.tables.get(row["relname"]) == row["form"]
        ]
        go = [row["relname"] for row in found if row["relname"] not in stay]
        statements = [f"DROP TABLE {', '.join(map(_quoted, go))} CASCADE"] if go else []
        statements += [f"DELETE FROM {_quoted(name)}" for name in stay]
        await connection.execute("; ".join(statements))
    finally:
        await connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
