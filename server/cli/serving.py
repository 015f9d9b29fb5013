"""Serving an application: in this process, or in several that this one looks after."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from server.app import ServedApplication, create_app
from server.cli.application import Application, bring_up_to_date, opened, read
from server.cli.authentication import authentication, require_environment, require_own_secret, settle
from server.cli.failures import FAILED, ExitCodes, Failed, told
from server.cli.processes import Processes
from server.client_address import ClientAddress
from server.log import Log, LogHandler
from server.rate_limits.auth_limits import AuthLimits
from server.rate_limits.checks import Limits
from server.rate_limits.group_limits import GroupLimits
from server.rate_limits.redis_store import RedisStore
from server.rate_limits.store import CounterStore, MemoryStore
from server.serve import ADDRESS_TAKEN, STOPPED, AddressUnavailable, OpenApplication, bind, listening_on, run
from server.specification import InvalidContract
from tabularium.analytics import jobs as analytics
from tabularium.clock import SystemClock
from tabularium.db.options import UnsuitableDatabase
from tabularium.errors import Unavailable
from tabularium.identity import jobs as identity
from tabularium.jobs import JobRunner
from tabularium.records import jobs as records
from tabularium.schema.migration.apply import MigrationRefused
from tabularium.schema.migration.store import NewerDatabase
from tabularium.schema.model import Schema
from tabularium.settings import Settings

CODES: Final[ExitCodes] = MappingProxyType(
    {NewerDatabase: 4, MigrationRefused: 4, UnsuitableDatabase: FAILED, Unavailable: 3}
)
"""Exit codes by what kept the server from starting."""

GUEST_NOTICE: Final = (
    "ATTENTION: there is no authentication. Everyone who can reach this server may read, create, change and delete\n"
    "the records of every table: each caller is a guest with the rights of a member."
)

_LOOK_SECONDS: Final = 0.2


def serve_application(file: Path, *, watch: bool, **options: object) -> int:
    """Serve until a signal comes, and return the exit code. `options` are those of `read`."""
    application = read(file, **options)
    log = Log(application.settings.log_level, application.settings.log_format)
    logging.getLogger().handlers = [LogHandler(log)]
    if application.schema.auth is None:
        click.secho(GUEST_NOTICE, err=True, bold=True, fg="yellow")
    if application.settings.workers > 1 and application.settings.redis_url is None:
        click.echo("warning: without REDIS_URL each of the workers counts rate limits for itself", err=True)
    if application.settings.workers == 1 and not watch:
        return _serve_here(application, log)
    if not hasattr(os, "fork"):
        raise Failed("Several workers, and --watch, need a system that can fork; this one cannot.")
    return _Supervision(application, log, partial(read, file, **options) if watch else None).run()


def _serve_here(application: Application, log: Log) -> int:
    return _run(_opening(application, log, None), application)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _opening(application: Application, log: Log, migrated: Schema | None) -> OpenApplication:
    """Return what opens the database and builds the application on it.

    `migrated` is the schema with what the database knows of it; `None`: the database is yet to be made ready.
    """

    @asynccontextmanager
    async def open_application() -> AsyncIterator[ServedApplication]:
        settings = application.settings
        require_environment(application.schema.auth, settings)
        async with opened(settings, statement_ms=settings.request_timeout_ms) as database:
            await require_own_secret(application.schema.auth, database, settings)
            schema = migrated or await bring_up_to_date(database, application.schema)
            async with (
                authentication(schema, database, settings, log) as auth,
                _limits(schema, settings, log) as limits,
            ):
                if auth is not None and migrated is None:
                    await settle(auth, settings)
                addresses = ClientAddress(settings.trusted_proxy_hops)
                app = create_app(schema, database, settings, log=log, auth=auth, limits=limits, addresses=addresses)
                due = (*records.jobs(schema), *analytics.jobs(schema), *(() if auth is None else identity.jobs(auth)))
                runner = JobRunner(database, SystemClock(), due)
                runner.start()
                try:
                    yield app
                finally:
                    await runner.stop()

    return open_application


@asynccontextmanager
async def _limits(schema: Schema, settings: Settings, log: Log) -> AsyncIterator[Limits]:
    """Count in Redis where there is one, else in memory."""
    store: CounterStore = MemoryStore()
    if settings.redis_url is not None:
        store = RedisStore(settings.redis_url, log)
    auth = None if schema.auth is None else AuthLimits(schema.auth.rate_limit, store)
    groups = GroupLimits(store, schema.api.rate_limits)
    try:
        yield Limits(ClientAddress(settings.trusted_proxy_hops), groups, auth)
    finally:
        await store.close()


def _run(
    open_application: OpenApplication,
    application: Application,
    sockets: list[socket.socket] | None = None,
    announce: Callable[[str], None] = _say,
) -> int:
    settings = application.settings
    try:
        with told(CODES):
            return run(
                open_application,
                settings.host,
                settings.port,
                shutdown_timeout_ms=settings.shutdown_timeout_ms,
                sockets=sockets,
                announce=announce,
            )
    except InvalidContract as error:
        raise Failed(str(error)) from error


def _run_copy(open_application: OpenApplication, application: Application, sockets: list[socket.socket]) -> int:
    """Serve in a process that shares the port, and explain a failure there, since no caller would."""
    try:
        return _run(open_application, application, sockets, announce=lambda _: None)
    except Failed as failed:
        failed.show()
        return failed.exit_code


class _Supervision:
    """Serves with processes of their own. This one prepares the database, holds the port and watches the files."""

    def __init__(self, application: Application, log: Log, reread: Callable[[], Application] | None) -> None:
        self._application = application
        self._log = log
        self._reread = reread
        self._processes = Processes(application.settings.workers, log)
        self._seen = _signature(application.loaded.files)

    def run(self) -> int:
        """Serve until a signal comes, and return the exit code."""
        settings = self._application.settings
        schema = self._prepare(self._application)
        try:
            sockets = bind(settings.host, settings.port)
        except AddressUnavailable as error:
            raise Failed(str(error), ADDRESS_TAKEN) from None
        self._processes.listen()
        _say(listening_on(sockets))
        self._start(self._application, schema, sockets)
        while self._processes.tend():
            time.sleep(_LOOK_SECONDS)
            if self._reread is not None and not self._processes.is_stopping:
                self._look(self._reread, sockets)
        self._processes.stop()
        return STOPPED if self._processes.is_stopping else FAILED

    def _prepare(self, application: Application) -> Schema:
        # The database is closed again before any process is made: connections and threads do not survive a fork.
        settings = application.settings

        async def prepare() -> Schema:
            require_environment(application.schema.auth, settings)
            async with opened(settings) as database:
                await require_own_secret(application.schema.auth, database, settings)
                schema = await bring_up_to_date(database, application.schema)
                async with authentication(schema, database, settings, self._log) as auth:
                    if auth is not None:
                        await settle(auth, settings)
                return schema

        with told(CODES):
            return asyncio.run(prepare())

    def _start(self, application: Application, schema: Schema, sockets: list[socket.socket]) -> None:
        opening = _opening(application, self._log, schema)
        self._processes.start(partial(_run_copy, opening, application, sockets))

    def _look(self, reread: Callable[[], Application], sockets: list[socket.socket]) -> None:
        """Serve what the files say now, if they have changed and can be served."""
        seen = _signature(self._application.loaded.files)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            application = reread()
            schema = self._prepare(application)
        except Failed as failed:
            failed.show()
            click.echo("The file cannot be served as it is now; the former one still is.", err=True)
            return
        if application.loaded.files != self._application.loaded.files:
            self._seen = _signature(application.loaded.files)
        self._application = application
        click.echo("The file has changed: starting anew.", err=True)
        self._processes.stop()
        self._start(application, schema, sockets)


def _signature(files: Sequence[Path]) -> tuple[tuple[int, int] | None, ...]:
    """Return what tells one content of the files from another."""
    return tuple(map(_file_signature, files))


def _file_signature(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
