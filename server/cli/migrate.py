"""`tabularium migrate`: from the file to the database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

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


@migrate.command
@optional_file
@click.pass_context
def plan(context: click.Context, file: Path) -> None:
    """Print the steps with their SQL and the numbers of rows they concern, and change nothing.

    FILE is app.yaml unless another is named. The exit code is 1 if the plan cannot be applied.

    \b
    Example:
      tabularium migrate plan shop/app.yaml
    """
    with told():
        inspection = asyncio.run(_inspect(read(file)))
    click.echo(render(inspection), nl=False)
    context.exit(FAILED if inspection.is_refused else 0)


async def _inspect(application: Application) -> Inspection:
    async with opened_unchanged(application.settings) as database:
        return await preview(database, application.schema, SystemClock())


def _refuse_destructive(_context: click.Context, _parameter: click.Parameter, value: Any) -> None:
    if value:
        raise click.UsageError("--allow-destructive is not available in this version, which never removes data.")


@migrate.command
@optional_file
@click.option(
    "--allow-destructive",
    is_flag=True,
    expose_value=False,
    callback=_refuse_destructive,
    help="Not available in this version, which never removes data.",
)
def apply(file: Path) -> None:
    """Make the database what the file says, in one transaction.

    FILE is app.yaml unless another is named. If a step needs a decision, nothing is changed: the plan is printed, and
    the exit code is 1.

    \b
    Example:
      tabularium migrate apply shop/app.yaml
    """
    with told():
        asyncio.run(_apply(read(file)))
    click.echo("The database is as the file says.")


async def _apply(application: Application) -> None:
    async with opened(application.settings) as database:
        await bring_up_to_date(database, application.schema)
