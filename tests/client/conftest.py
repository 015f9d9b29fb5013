"""The packages of the client, installed once, and what its flows come to against a server of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from tests.provision.postgresql import PostgreSQLServer
from tests.provision.server import running_server
from tests.support.identity_provider import IdentityProvider

HERE: Final = Path(__file__).parent
PACKAGES: Final = HERE.parent.parent / "build" / "client"
ADMIN: Final = {"email": "root@example.com", "password": "correct-horse-of-root"}
_INSTALL_SECONDS: Final = 60
_FLOW_SECONDS: Final = 60


@dataclass(frozen=True)
class Run:
    """One release of the client against a server on one database."""

    release: str
    database: str

    def __str__(self) -> str:
        return f"{self.release}-{self.database}"


Failures = Mapping[str, str | None]
"""By flow; `None` where all was as it should be."""


@pytest.fixture(scope="module")
def failures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Failures:
    """What went wrong in each flow of a run."""
    run: Run
    flows: tuple[str, ...]
    run, flows = request.param
    packages = _installed(run.release)
    folder = tmp_path_factory.mktemp("client")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if run.database == "postgresql":
        server: PostgreSQLServer = request.getfixturevalue("postgresql")
        url = server.create_database()
    with _serving(folder, url) as address:
        site = {"url": address, "mails": str(folder / "mail"), "admin": ADMIN, "release": run.release}
        return _run(packages, site, flows)


def _installed(release: str) -> Path:
    """Install the packages of a release below `build/`, unless they are there, and put the flows beside them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("The client of Better Auth runs in Node: node and npm are needed, and are not here.")
    source = HERE / f"better-auth-{release}"
    lock = (source / "package-lock.json").read_bytes()
    folder = PACKAGES / f"{release}-{sha256(lock).hexdigest()[:12]}"
    if not (folder / "node_modules").is_dir():
        _install(npm, source, folder)
    for name in ("browser.js", "run.js"):
        shutil.copy(HERE / name, folder)
    shutil.copytree(HERE / "flows", folder / "flows", dirs_exist_ok=True)
    return folder


def _install(npm: str, source: Path, folder: Path) -> None:
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")  # whole or not at all, whoever else installs meanwhile
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft)
    patience = ("--fetch-retries=0", "--fetch-timeout=15000")
    command = [npm, "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", *patience]
    try:
        subprocess.run(command, cwd=draft, capture_output=True, text=True, check=True, timeout=_INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
        shutil.rmtree(draft, ignore_errors=True)
        reason = str(failure.stderr or "").strip().partition("\n")[0] or "it took too long"
        pytest.skip(f"The client of Better Auth could not be installed by npm ({reason}).")
    if folder.is_dir():
        shutil.rmtree(draft)
    else:
        draft.rename(folder)


@contextmanager
def _serving(folder: Path, database_url: str) -> Iterator[str]:
    """Serve an application with every way to sign in, and yield its address."""
    with ExitStack() as stack:
        providers = [stack.enter_context(IdentityProvider(kind)) for kind in ("google", "generic")]
        file = folder / "app.json"
        file.write_text(json.dumps(_application(providers)), encoding="utf-8")
        environment = {
            "AUTH_SECRET": "0123456789abcdef0123456789abcdef",
            "AUTH_ADMIN_EMAIL": ADMIN["email"],
            "AUTH_ADMIN_PASSWORD": ADMIN["password"],
            "DATABASE_URL": database_url,
            "DATA_DIR": str(folder),
            "SQLITE_SYNCHRONOUS": "normal",
            **{name: value for each in providers for name, value in each.environment().items()},
        }
        server = stack.enter_context(running_server(file, folder / "server.log", environment))
        yield f"http://localhost:{server.port}"


def _application(providers: list[IdentityProvider]) -> dict[str, Any]:
    groups = ("address", "read", "write", "batch", "admin", "docs")
    known = [each.configuration() for each in providers]
    kinds = ({"type": "emailAndPassword"}, {"type": "magicLink"}, {"type": "emailOtp"})
    return {
        "name": "crm",
        "auth": {
            "strategies": [*kinds, {"type": "oauth", "providers": known}],
            "roles": [{"name": "editor"}],
            "twoFactor": True,
            "rateLimit": {"enabled": False},
        },
        "api": {"rateLimits": dict.fromkeys(groups, "off")},
        "tables": [{"id": 1, "name": "notes", "fields": [{"id": 1, "name": "title", "type": "single-line-text"}]}],
    }


def _run(packages: Path, site: Mapping[str, Any], flows: tuple[str, ...]) -> Failures:
    command = ["node", "run.js", json.dumps(site), *flows]
    ended = subprocess.run(
        command, cwd=packages, capture_output=True, text=True, check=False, timeout=_FLOW_SECONDS * len(flows)
    )
    told = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    failures: dict[str, str | None] = dict.fromkeys(flows, f"node ended with {ended.returncode}: {ended.stderr}")
    return failures | {each["flow"]: each["failure"] for each in told}
