"""What most commands begin with: the application file, the environment, the database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from server.cli.failures import Failed, told
from tabularium.access import policy
from tabularium.access.identity import Identity
from tabularium.application import LoadedSchema, load_schema
from tabularium.clock import SystemClock
from tabularium.config.problems import quoted, suggestion
from tabularium.context import Context
from tabularium.db.connect import open_database, sqlite_file
from tabularium.db.database import Database, Session
from tabularium.db.options import DatabaseOptions
from tabularium.schema.migration.apply import migrate, preview
from tabularium.schema.model import Schema, Table
from tabularium.settings import Settings, read_settings

PATIENCE_SECONDS: Final = 30.0
"""How long a database that is away is waited for."""

OPERATOR: Final = Identity(user_id=None, roles=frozenset({"admin"}))
"""Whoever has the application file and the database may do everything."""


@dataclass(frozen=True, slots=True)
class Application:
    """A file that can be served, and the settings to serve it with."""

    loaded: LoadedSchema
    settings: Settings

    @property
    def schema(self) -> Schema:
        return self.loaded.schema


def read(file: Path, **options: object) -> Application:
    """Read file and environment, and say what is worth a warning. Raises `Failed` with the errors of both.

    `options` are named as the variables in small letters, which they win over unless they are `None`.
    """
    environment = {**os.environ, **{name.upper(): str(value) for name, value in options.items() if value is not None}}
    failures: list[str] = []
    loaded = _attempt(lambda: load_schema(file), failures)
    settings = _attempt(lambda: read_settings(environment, file), failures)
    if loaded is None or settings is None:
        raise Failed("\n".join(failures))
    for warning in (*loaded.warnings, *settings.warnings):
        click.echo(f"warning: {warning}", err=True)
    return Application(loaded, settings)


def _attempt(work: Callable[[], Any], failures: list[str]) -> Any:
    try:
        with told():
            return work()
    except Failed as failed:
        failures.append(failed.message)
        return None


@asynccontextmanager
async def opened(
    settings: Settings, url: str | None = None, statement_ms: int | None = None
) -> AsyncIterator[Database]:
    """Open the database of the settings, or the one at `url`, and close it in the end."""
    options = DatabaseOptions(
        pool_size=settings.database_pool_size,
        synchronous=settings.sqlite_synchronous,
        statement_time=DatabaseOptions().statement_time if statement_ms is None else statement_ms / 1000,
    )
    database = await open_database(url or settings.database_url, options, patience=PATIENCE_SECONDS)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def opened_unchanged(settings: Settings) -> AsyncIterator[Database]:
    """Open the database for looking at it. Where the SQLite file is missing it stays so: an empty one stands for it."""
    path = sqlite_file(settings.database_url)
    if path is None or _exists(path):
        async with opened(settings) as database:
            yield database
        return
    with tempfile.TemporaryDirectory() as folder:
        async with opened(settings, f"sqlite:{folder}/empty.db") as database:
            yield database


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # opening it will say what is wrong
        return True


async def bring_up_to_date(database: Database, schema: Schema, *, destructive: bool = False) -> Schema:
    """Apply the steps to the database, say which, and return the schema with ids and times.

    Only with `destructive` may values be lost. Raises `MigrationRefused` and `NewerDatabase`.
    """
    done = await migrate(database, schema, SystemClock(), destructive=destructive)
    for step in done.steps:
        click.echo(f"database: {step.table}: {step.summary}", err=True)
    for note in done.notes:
        click.echo(f"database: {note}", err=True)
    return done.schema


async def require_up_to_date(database: Database, schema: Schema, file: Path) -> None:
    """Raise `Failed` unless the database is as the file says."""
    inspection = await preview(database, schema, SystemClock())
    if inspection.plan.steps or inspection.refusals:
        raise Failed(f"The database is not as the file says. See: tabularium migrate plan {file}")


def find_table(schema: Schema, reference: str) -> Table:
    """Return the table with this name or id, as the operator sees it; any other is wrong usage."""
    table = policy.seen(schema, OPERATOR).find_table(reference)
    if table is None:
        hint = suggestion(reference, [each.name for each in schema.tables])
        raise click.BadParameter(f"the file has no table {quoted(reference)}{hint}", param_hint="TABLE")
    return table


def context_of(schema: Schema, session: Session) -> Context:
    """Make the context of the command's work."""
    return Context(OPERATOR, schema, session, SystemClock())
