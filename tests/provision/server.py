"""Starts the real server as a process of its own, as a user would, and stops it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_COMMAND = (sys.executable, "-c", "import sys; from server.cli import main; sys.exit(main())")


class ServerDidNotStart(Exception):
    """The process ended, or did not answer in time. The text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers."""

    port: int
    process: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def tabularium(*arguments: str | Path, environment: Mapping[str, str]) -> None:
    """Run a command of the command line to its end. Raises `CalledProcessError`, its output beside ours."""
    subprocess.run([*_COMMAND, *arguments], env={**os.environ, **environment}, check=True)


@contextmanager
def running_server(application: Path, log: Path, environment: Mapping[str, str]) -> Iterator[RunningServer]:
    """Serve an application file on a free port until the block ends."""
    port = free_port()
    command = [*_COMMAND, "serve", str(application), "--port", str(port)]
    with running_process(command, log, environment, f"http://127.0.0.1:{port}/api/health") as process:
        yield RunningServer(port, process, log)


@contextmanager
def running_process(command: Sequence[str], log: Path, environment: Mapping[str, str], health: str) -> Iterator[int]:
    """Start a process, wait until `health` answers 200, yield its id, and stop it in order at the end."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=out, stderr=subprocess.STDOUT)
    try:
        _wait_for(health, process, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    tail = log.read_text(encoding="utf-8", errors="replace")[-4000:]
    raise ServerDidNotStart(f"No answer at {url} (exit code {process.poll()}). The end of its log:\n{tail}")
