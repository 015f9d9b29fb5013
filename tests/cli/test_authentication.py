"""Serving an application with authentication: what is made at the first start, and what stops a start."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.provision.server import running_server

APPLICATION = """\
name: shop
auth:
  strategies: [{ type: emailAndPassword }]
tables:
  - id: 1
    name: products
    fields: [{ id: 1, name: name, type: single-line-text }]
"""
PROVIDERS = APPLICATION.replace("strategies: [{", "strategies: [{ type: oauth, providers: [google] }, {")
ADA = {"name": "Ada", "email": "ada@example.com", "password": "correct-horse-1"}


def ask(url: str, path: str, body: Any = None, **headers: str) -> Any:
    sent = {**({"content-type": "application/json"} if body is not None else {}), **headers}
    content = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}{path}", content, sent), timeout=10) as answer:
        return json.load(answer)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_first_start_makes_a_secret_and_a_token_and_sessions_outlive_a_restart(folder: Path) -> None:
    (folder / "app.yaml").write_text(APPLICATION)
    log = folder / "log"
    with running_server(folder / "app.yaml", log, {}) as server:
        token = ask(server.url, "/api/auth/sign-up/email", ADA)["token"]
        ask(server.url, "/api/auth/request-password-reset", {"email": "ada@example.com"})
    text = log.read_text()
    assert "ATTENTION" not in text
    assert re.search(r"Authorization: Bearer [0-9a-f]{64}'", text)
    assert "mails become files in" in text
    assert "ada@example.com" not in text
    assert (mode(folder / "data"), mode(folder / "data" / "secret")) == (0o700, 0o600)
    (mail,) = (folder / "data" / "mail").iterdir()
    assert "/api/auth/reset-password/" in mail.read_text().replace("=\n", "")
    environment = {"AUTH_ADMIN_EMAIL": "root@example.com", "AUTH_ADMIN_PASSWORD": "correct-horse-1", "WORKERS": "2"}
    with running_server(folder / "app.yaml", log, environment) as server:
        session = ask(server.url, "/api/auth/get-session", authorization=f"Bearer {token}")
        assert session["user"]["email"] == "ada@example.com"
    text = log.read_text()
    assert text.count("The first administrator was made, from AUTH_ADMIN_EMAIL.") == 1
    assert "Bearer" not in text
    assert "each of the workers counts rate limits for itself" in text


@pytest.mark.parametrize(
    ("environment", "code", "message"),
    [
        ({"BASE_URL": "https://shop.example.com"}, 6, "AUTH_SECRET must be set when BASE_URL is not this machine"),
        (
            {"DATABASE_URL": "postgresql://127.0.0.1:1/x", "AUTH_SECRET": "short"},
            1,
            "AUTH_SECRET must have at least 32",
        ),
        ({"AUTH_ADMIN_EMAIL": "root", "AUTH_ADMIN_PASSWORD": "correct-horse-1"}, 1, "AUTH_ADMIN_EMAIL is no e-mail"),
        (
            {"AUTH_ADMIN_EMAIL": "root@example.com", "AUTH_ADMIN_PASSWORD": "correct-h\udcf6rse-1"},
            1,
            "AUTH_ADMIN_PASSWORD must be UTF-8",
        ),
        (
            {
                "AUTH_ADMIN_EMAIL": "root@example.com",
                "AUTH_ADMIN_PASSWORD": "correct-horse-1",
                "AUTH_ADMIN_NAME": "J\udcf6rg",
            },
            1,
            "AUTH_ADMIN_NAME must be UTF-8",
        ),
        ({"SMTP_HOST": "mail.example"}, 1, "SMTP_FROM is required with SMTP_HOST"),
    ],
)
def test_what_cannot_be_served_is_said_with_an_exit_code(
    command: Command, folder: Path, environment: dict[str, str], code: int, message: str
) -> None:
    (folder / "app.yaml").write_text(APPLICATION)
    result = command("serve", "app.yaml", "--port", "0", **environment)
    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr


def test_a_database_is_not_made_ready_for_a_server_that_lacks_its_secret(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text(APPLICATION)
    for environment in ({"BASE_URL": "https://shop.example.com"}, {"BASE_URL": "https://x.test", "WORKERS": "2"}):
        assert command("serve", "app.yaml", "--port", "0", **environment).exit_code == 6
    assert not (folder / "data").exists()


def test_a_secret_file_that_holds_something_else_is_named(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text(APPLICATION)
    (folder / "data").mkdir()
    (folder / "data" / "secret").write_bytes(b"\xff" * 40)
    result = command("serve", "app.yaml", "--port", "0")
    assert result.exit_code == 6
    assert "holds no secret of 32 or more characters" in result.stderr


def test_a_database_is_not_served_with_another_secret(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text(APPLICATION)
    with running_server(folder / "app.yaml", folder / "log", {}):
        pass
    result = command("serve", "app.yaml", "--port", "0", AUTH_SECRET="x" * 32)
    assert result.exit_code == 6
    assert "AUTH_SECRET is not the secret of this database" in result.stderr


def test_a_provider_needs_credentials_to_be_served_and_only_a_warning_to_be_checked(
    command: Command, folder: Path
) -> None:
    (folder / "app.yaml").write_text(PROVIDERS)
    result = command("serve", "app.yaml", "--port", "0")
    assert result.exit_code == 1
    assert "GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET must be set" in result.stderr
    checked = command("check", "app.yaml", GOOGLE_CLIENT_ID="x")
    assert checked.exit_code == 0
    assert "the variable GOOGLE_CLIENT_SECRET is not set" in checked.output
    assert "GOOGLE_CLIENT_ID is" not in checked.output


def test_the_contract_of_the_file_is_printed_with_its_accounts(command: Command, folder: Path) -> None:
    (folder / "app.yaml").write_text(APPLICATION)
    result = command("openapi", "app.yaml", "--expand", "tables")
    paths = json.loads(result.stdout)["paths"]
    assert "/api/auth/sign-in/email" in paths
    assert "/api/tables/products/records" in paths
