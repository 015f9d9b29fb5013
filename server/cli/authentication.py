"""Authentication as the commands set it up: the secret, mails, and what a person must read at start."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from server.auth.assembly import build_authentication, missing_credentials
from server.cli.failures import FAILED, Failed
from server.log import Log
from server.outbound import HttpOutbound
from tabularium.clock import SystemClock
from tabularium.db.connect import sqlite_file
from tabularium.db.database import Database
from tabularium.identity.context import Authentication
from tabularium.identity.passwords import PasswordHasher
from tabularium.identity.secrets import Secrets
from tabularium.identity.start import ForeignSecret, StartRefused, check_secret, start
from tabularium.mail.mailer import Mailer, MailSettings
from tabularium.mail.templates import Template
from tabularium.schema.auth_options import AuthOptions
from tabularium.schema.model import Schema
from tabularium.settings import LEAST_SECRET, Settings, new_secret

WRONG_SECRET: Final = 6
"""The exit code where the secret is missing, weak, or not that of the database."""
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_FLUSH_SECONDS: Final = 10.0


def require_environment(options: AuthOptions | None, settings: Settings) -> None:
    """Raise `Failed` where the environment lacks what the block `auth` needs: before a database is touched for it."""
    if options is None:
        return
    missing = missing_credentials(options, settings.credentials)
    if missing:
        raise Failed(f"environment: {', '.join(missing)} must be set, for the identity providers of the file")
    if not settings.auth_secrets:
        _require_local(settings)


@asynccontextmanager
async def authentication(
    schema: Schema, database: Database, settings: Settings, log: Log
) -> AsyncIterator[Authentication | None]:
    """Set authentication up and take it down in the end; `None` for an application without it. Raises `Failed`."""
    options = schema.auth
    if options is None:
        yield None
        return
    require_environment(options, settings)
    mailer = Mailer(_mail_settings(settings, schema.name), _templates(options), schema.name, log.event)
    hasher, outbound = PasswordHasher(), HttpOutbound()
    secrets = Secrets(find_secrets(settings))
    try:
        yield build_authentication(
            schema, options, database, SystemClock(), settings, secrets, mailer, hasher=hasher, outbound=outbound
        )
    finally:
        await mailer.flush(_FLUSH_SECONDS)
        await outbound.close()
        hasher.close()


async def require_own_secret(auth: AuthOptions | None, database: Database, settings: Settings) -> None:
    """Raise `Failed` where the database was used with another secret: before anything of it is changed."""
    if auth is None:
        return
    secrets = Secrets(find_secrets(settings))
    try:
        await database.read(lambda session: check_secret(session, secrets))
    except ForeignSecret as refusal:
        raise Failed(str(refusal), WRONG_SECRET) from refusal


async def settle(auth: Authentication, settings: Settings) -> None:
    """Do what must be done once before serving, and tell a person of it. Raises `Failed`."""
    try:
        started = await start(auth, settings.admin)
    except StartRefused as refusal:
        code = WRONG_SECRET if isinstance(refusal, ForeignSecret) else FAILED
        raise Failed(str(refusal), code) from refusal
    for note in started.notes:
        click.echo(f"accounts: {note}", err=True)
    if settings.smtp is None:
        click.echo(f"accounts: SMTP_HOST is not set, so mails become files in {settings.data_dir / 'mail'}", err=True)
    if started.bootstrap_token is not None:
        click.echo(_invitation_to_claim(auth, started.bootstrap_token), err=True)


def _invitation_to_claim(auth: Authentication, token: str) -> str:
    return (
        "accounts: there is no administrator yet. Within an hour, make one with this one-time token:\n"
        f"  curl -X POST {auth.base_url}/api/admin/bootstrap/claim -H 'Authorization: Bearer {token}' \\\n"
        '    -H \'Content-Type: application/json\' -d \'{"email": "you@example.com", "password": "…"}\''
    )


def _mail_settings(settings: Settings, application: str) -> MailSettings:
    folder = settings.data_dir / "mail"
    smtp = settings.smtp
    if smtp is None:
        return MailSettings(None, 0, False, None, None, None, application, folder)
    name = smtp.sender_name or application
    return MailSettings(smtp.host, smtp.port, smtp.secure, smtp.user, smtp.password, smtp.sender, name, folder)


def _templates(options: AuthOptions) -> dict[str, Template]:
    return {name: Template(each.subject, each.text, each.html) for name, each in options.email_templates.items()}


# The secret -----------------------------------------------------------------------------------------------------------


def find_secrets(settings: Settings) -> tuple[str, ...]:
    """Return the secrets of the environment, or that of the data folder, which the first local start makes."""
    if settings.auth_secrets:
        return settings.auth_secrets
    _require_local(settings)
    return (_kept_secret(settings.data_dir),)


def _require_local(settings: Settings) -> None:
    """Raise unless the secret may be this machine's own."""
    hint = "Make one with `tabularium secret generate`, and keep it: sessions and second factors depend on it."
    if sqlite_file(settings.database_url) is None:
        raise Failed(f"AUTH_SECRET must be set with PostgreSQL, whose nodes must agree. {hint}", WRONG_SECRET)
    if urlsplit(settings.base_url).hostname not in _LOCAL:
        raise Failed(f"AUTH_SECRET must be set when BASE_URL is not this machine. {hint}", WRONG_SECRET)


def _kept_secret(folder: Path) -> str:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "secret"
    with contextlib.suppress(FileExistsError):
        # Written whole under another name first: of two processes that start together both read one secret.
        draft = folder / f".secret.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{new_secret()}\n")
        try:
            os.link(draft, path)
        finally:
            draft.unlink()
    try:
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        secret = ""
    if len(secret) < LEAST_SECRET:
        raise Failed(f"{path} holds no secret of {LEAST_SECRET} or more characters.", WRONG_SECRET)
    return secret
