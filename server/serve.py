"""Runs the application on uvicorn, from the port to the last answer."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import FrameType
from typing import Final

import uvicorn

from server.app import ServedApplication
from server.log import LogHandler
from server.protocol import SWEEP_SECONDS, BoundedProtocol

STOPPED: Final = 0
ADDRESS_TAKEN: Final = 5
"""Exit codes of the command `serve`; others belong to what comes before the port."""

_KEEP_ALIVE_SECONDS: Final = 75
_BACKLOG: Final = 2048
_OPEN_FILES: Final = 65_536
"""Every connection is one: enough for many thousands that do nothing."""
_ROLLBACK_SECONDS: Final = 5.0
"""For requests that were cut off to roll back and to say so."""

OpenApplication = Callable[[], AbstractAsyncContextManager[ServedApplication]]
"""Opens the database and builds the application on it, on the event loop that will serve it; closes it in the end."""


class AddressUnavailable(Exception):
    """The address cannot be listened on. The message says what to do."""


def bind(host: str, port: int) -> list[socket.socket]:
    """Take the port on every address of the host. Raises `AddressUnavailable`; no other port is ever tried."""
    sockets: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # With port 0 the system chooses, and it would choose another one for each address.
        for family, kind, protocol, _, address in addresses if port else addresses[:1]:
            each = socket.socket(family, kind, protocol)
            sockets.append(each)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.bind(address)
            each.listen(_BACKLOG)
            each.setblocking(False)
    except OSError as error:
        for each in sockets:
            each.close()
        if error.errno == errno.EADDRINUSE:
            reason = "is taken. Stop what listens there, or choose another port with --port or PORT."
        else:
            reason = f"cannot be used ({error.strerror}). Set --host or HOST, --port or PORT to what this machine has."
        raise AddressUnavailable(f"{host}:{port} {reason}") from None
    return sockets


def run(
    open_application: OpenApplication,
    host: str,
    port: int,
    *,
    shutdown_timeout_ms: int = 20_000,
    sockets: list[socket.socket] | None = None,
    announce: Callable[[str], None] = print,
) -> int:
    """Serve until a signal comes, and return the exit code.

    The port is taken once the application is open, unless `sockets` are given. `announce` gets one line a person should
    read: the address, or why there is none. What `open_application` raises is the caller's to explain.
    """

    _allow_many_connections()

    async def serve() -> int:
        async with open_application() as application:
            try:
                taken = bind(host, port) if sockets is None else sockets
            except AddressUnavailable as error:
                announce(str(error))
                return ADDRESS_TAKEN
            announce(listening_on(taken))
            await _serve(application, taken, shutdown_timeout_ms)
            return STOPPED

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(serve())


def _allow_many_connections() -> None:
    """Raise the limit of open files, which often stands at 1,024, as far as the system lets this process."""
    try:
        import resource
    except ImportError:  # there is none for Windows, nor such a limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Server(uvicorn.Server):
    """uvicorn's server, which tells the application of a signal at once and ends with exit code 0 after it."""

    def __init__(self, config: uvicorn.Config, application: ServedApplication) -> None:
        super().__init__(config)
        self._application = application

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            # The second signal: whoever sends it does not want to wait. What is not committed is not stored.
            signal.signal(sig, signal.SIG_DFL)
            os.kill(os.getpid(), sig)
        self._application.lifecycle.stop()
        self.should_exit = True


async def _serve(application: ServedApplication, sockets: list[socket.socket], shutdown_timeout_ms: int) -> None:
    _lead_logging_into(application)
    # What is there now stays: the garbage collector need not look through the compiled contract again and again.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        application,
        loop="none",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, -(-shutdown_timeout_ms // 1000)),
    )
    server = _Server(config, application)
    sweeping = asyncio.create_task(_sweep(server))
    try:
        await server.serve(sockets=sockets)
    finally:
        sweeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sweeping
        running = set(server.server_state.tasks)
        if running:
            await asyncio.wait(running, timeout=_ROLLBACK_SECONDS)
        application.log.flush()


async def _sweep(server: uvicorn.Server) -> None:
    """Close slow connections: one look at all of them a second costs less than timers for each."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        now = asyncio.get_running_loop().time()
        for connection in list(server.server_state.connections):
            if isinstance(connection, BoundedProtocol):
                connection.close_if_slow(now)


def _lead_logging_into(application: ServedApplication) -> None:
    root = logging.getLogger()
    root.handlers = [LogHandler(application.log)]
    root.setLevel(logging.WARNING)
    # uvicorn's own lines of information repeat what is announced and logged already.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def listening_on(sockets: list[socket.socket]) -> str:
    """Tell a person where the server is."""
    host, port = sockets[0].getsockname()[:2]
    return f"Listening on http://{f'[{host}]' if ':' in host else host}:{port}"
