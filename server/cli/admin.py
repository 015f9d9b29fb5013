"""`tabularium admin`: administrators, made by whoever has the application file and the database."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from server.cli.application import Application, bring_up_to_date, opened, read
from server.cli.arguments import FILE_TYPE
from server.cli.failures import Failed, told
from tabularium.clock import SystemClock
from tabularium.db.database import UniqueViolation
from tabularium.db.identity.rows import Found
from tabularium.identity import addresses, first_admin, passwords
from tabularium.identity.passwords import PasswordHasher
from tabularium.schema.auth_options import AuthOptions


@click.group
def admin() -> None:
    """Make administrators.

    \b
    Example:
      tabularium admin create ada@example.com --file shop/app.yaml
    """


@admin.command
@click.argument("email")
@click.option("--file", type=FILE_TYPE, default=Path("app.yaml"), help="The application file, if not app.yaml.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input: its first line.")
def create(email: str, file: Path, password_stdin: bool) -> None:
    """Make an administrator of the user with the address EMAIL, or a new one.

    A user who exists becomes an administrator and keeps password and sessions. For a new one the password is asked for,
    without showing it.

    Before that the safe steps of "migrate apply" are taken.

    \b
    Example:
      tabularium admin create ada@example.com
    """
    if not addresses.is_storable(email):
        raise click.BadParameter("this is no e-mail address", param_hint="EMAIL")
    application = read(file)
    options = application.schema.auth
    if options is None:
        raise Failed("The application file has no block `auth`, so there are no users.")
    with told():
        outcome, user = asyncio.run(_promote(application, options, email))
    if user is None:
        password = _ask(email, options, from_input=password_stdin)
        with told():
            asyncio.run(_create(application, email, password))
        click.echo(f"{email} is an administrator now.")
        return
    click.echo(
        f"{email} is an administrator {'now' if outcome == 'promoted' else 'already'}; the password is as it was."
    )
    _warn(user)


def _ask(email: str, options: AuthOptions, *, from_input: bool) -> str:
    """Return the password of a new administrator. Raises `Failed` for one that the application does not allow."""
    if from_input:
        # Whatever the locale is, and without an error of its own where the bytes are no text.
        line = sys.stdin.buffer.readline()
        password = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
    else:
        password = click.prompt(f"Password for {email}", hide_input=True, confirmation_prompt=True, err=True)
    with told():
        passwords.check_new(password, options.password)
    return str(password)


def _warn(user: Found) -> None:
    if user["banned"]:
        click.echo("warning: this user is banned, and can do nothing until the ban is lifted", err=True)
    if not user["emailVerified"]:
        click.echo("warning: this user has not verified the address: make sure that the account is theirs", err=True)


async def _promote(
    application: Application, options: AuthOptions, email: str
) -> tuple[first_admin.Outcome, Found | None]:
    async with opened(application.settings) as database:
        await bring_up_to_date(database, application.schema)
        return await database.write(lambda session: first_admin.promote(session, options, SystemClock(), email))


async def _create(application: Application, email: str, password: str) -> None:
    hasher = PasswordHasher(workers=1)
    try:
        stored = await hasher.hash(password)
    finally:
        hasher.close()
    async with opened(application.settings) as database:
        try:
            await database.write(lambda session: first_admin.create(session, SystemClock(), email, stored))
        except UniqueViolation:
            raise Failed(f"Somebody has signed up as {email} meanwhile. Try again.") from None
