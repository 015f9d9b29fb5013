"""`tabularium import`: the rows of a CSV file as records."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from server.cli.application import (
    Application,
    bring_up_to_date,
    context_of,
    find_table,
    opened,
    opened_unchanged,
    read,
    require_up_to_date,
)
from server.cli.arguments import required_file
from server.cli.failures import told
from server.cli.output import progress
from tabularium.db.database import Database, Session
from tabularium.records import transfer
from tabularium.schema.model import Schema, Table


class _DryRun(Exception):
    """Rolls the transaction of a dry run back once it has come to its end."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


@click.command("import")
@required_file
@click.argument("table")
@click.argument("csv", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every row, and store nothing.")
def import_csv(file: Path, table: str, csv: Path, dry_run: bool) -> None:
    """Import the rows of a CSV file into a table.

    FILE is the application file, TABLE the name or id of one of its tables. The first row names the fields. An empty
    cell is null, "" is empty text. Every row passes the checks of the API, and all of it is one transaction: if a row
    has an error, all errors are listed by line, and nothing is stored.

    Without --dry-run the safe steps of "migrate apply" are taken first.

    \b
    Example:
      tabularium import shop/app.yaml products products.csv
    """
    application = read(file)
    find_table(application.schema, table)
    with told():
        count = asyncio.run((_check if dry_run else _import)(application, table, csv))
    records = f"{count:,} record{'' if count == 1 else 's'}"
    if dry_run:
        click.echo(f"{records} can be imported into {table}. Nothing was stored.")
    else:
        click.echo(f"Imported {records} into {table}.")


async def _import(application: Application, reference: str, csv: Path) -> int:
    async with opened(application.settings) as database:
        schema = await bring_up_to_date(database, application.schema)
        return await _load(database, schema, find_table(schema, reference), csv, dry_run=False)


async def _check(application: Application, reference: str, csv: Path) -> int:
    schema = application.schema
    async with opened_unchanged(application.settings) as database:
        await require_up_to_date(database, schema, application.settings.application_file)
        try:
            return await _load(database, schema, find_table(schema, reference), csv, dry_run=True)
        except _DryRun as done:
            return done.count


async def _load(database: Database, schema: Schema, table: Table, csv: Path, *, dry_run: bool) -> int:
    async def work(session: Session) -> int:
        # All of it stands in here, since a transaction that met a deadlock begins again.
        with csv.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            with progress(f"Importing {table.name}", size) as move:
                count = await transfer.import_csv(context_of(schema, session), table, source, move)
        if dry_run:
            raise _DryRun(count)
        return count

    return await database.write(work)
