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
from typing import Any, Final

import click

from server.app import ServedApplication, create_app
from server.cli.application import Application, bring_up_to_date, opened, read
from server.cli.failures import FAILED, ExitCodes, Failed, told
from server.cli.processes import Processes
from server.log import Log, LogHandler
from server.serve import ADDRESS_TAKEN, STOPPED, AddressUnavailable, OpenApplication, bind, listening_on, run
from server.specification import InvalidContract
from tabularium.db.options import UnsuitableDatabase
from tabularium.errors import Unavailable
from tabularium.schema.migration.apply import MigrationRefused
from tabularium.schema.migration.store import NewerDatabase
from tabularium.schema.model import Schema

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
    click.secho(GUEST_NOTICE, err=True, bold=True, fg="yellow")
    if application.settings.workers == 1 and not watch:
        return _serve_here(application, log)
    if not hasattr(os, "fork"):
        raise Failed("Several workers, and --watch, need a system that can fork; this one cannot.")
    return _Supervision(application, log, partial(read, file, **options) if watch else None).run()


def _serve_here(application: Application, log: Log) -> int:
    return _run(_opening(application, log, partial(bring_up_to_date, schema=application.schema)), application)


async def _unchanged(_database: object, *, schema: Schema) -> Schema:
    return schema


def _say(line: str) -> None:
    click.echo(line, err=True)


def _opening(application: Application, log: Log, make_ready: Callable[..., Any]) -> OpenApplication:
    """Return what opens the database and, once it is ready for the schema, builds the application on it."""

    @asynccontextmanager
    async def open_application() -> AsyncIterator[ServedApplication]:
        settings = application.settings
        async with opened(settings, statement_ms=settings.request_timeout_ms) as database:
            yield create_app(await make_ready(database), database, settings, log=log)

    return open_application


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
        async def prepare() -> Schema:
            async with opened(application.settings) as database:
                return await bring_up_to_date(database, application.schema)

        with told(CODES):
            return asyncio.run(prepare())

    def _start(self, application: Application, schema: Schema, sockets: list[socket.socket]) -> None:
        opening = _opening(application, self._log, partial(_unchanged, schema=schema))
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
