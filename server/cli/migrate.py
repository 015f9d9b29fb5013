"""`tabularium migrate`: from the file to the database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from server.cli.application import Application, bring_up_to_date, opened, opened_unchanged, read
from server.cli.arguments import optional_file
from server.cli.failures import FAILED, told
from tabularium.clock import SystemClock
from tabularium.schema.migration.apply import preview
from tabularium.schema.migration.report import Inspection, render


@click.group
def migrate() -> None:
    """Compare file and database, make the database follow.

    \b
    Example:
      tabularium migrate plan shop/app.yaml
      tabularium migrate apply shop/app.yaml
    """


_allow_destructive = click.option(
    "--allow-destructive",
    is_flag=True,
    help="Let values be lost: of removed fields, tables and options, and where a new type holds less.",
)


@migrate.command
@optional_file
@_allow_destructive
@click.pass_context
def plan(context: click.Context, file: Path, allow_destructive: bool) -> None:
    """Print the steps with their SQL and the numbers of rows they concern, and change nothing.

    FILE is app.yaml unless another is named. The exit code is 1 if the plan cannot be applied.

    \b
    Example:
      tabularium migrate plan shop/app.yaml
    """
    with told():
        inspection = asyncio.run(_inspect(read(file), allow_destructive))
    click.echo(render(inspection), nl=False)
    context.exit(FAILED if inspection.is_refused else 0)


async def _inspect(application: Application, allow_destructive: bool) -> Inspection:
    async with opened_unchanged(application.settings) as database:
        return await preview(database, application.schema, SystemClock(), destructive=allow_destructive)


@migrate.command
@optional_file
@_allow_destructive
def apply(file: Path, allow_destructive: bool) -> None:
    """Make the database what the file says, in one transaction.

    FILE is app.yaml unless another is named. If a step needs a decision, nothing is changed: the plan is printed, and
    the exit code is 1.

    \b
    Example:
      tabularium migrate apply shop/app.yaml
    """
    with told():
        asyncio.run(_apply(read(file), allow_destructive))
    click.echo("The database is as the file says.")


async def _apply(application: Application, allow_destructive: bool) -> None:
    async with opened(application.settings) as database:
        await bring_up_to_date(database, application.schema, destructive=allow_destructive)
