"""`tabularium export`: the records of a table as CSV."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import BinaryIO

import click

from server.cli.application import (
    Application,
    context_of,
    find_table,
    opened_unchanged,
    read,
    require_up_to_date,
)
from server.cli.arguments import required_file
from server.cli.failures import Failed, told
from server.cli.output import progress, write_file
from tabularium.db.database import Session
from tabularium.query import count_statement
from tabularium.records.transfer import export_csv as exported
from tabularium.records.transfer import exported_names


@click.command("export")
@required_file
@click.argument("table")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of standard output."
)
def export_csv(file: Path, table: str, output: Path | None) -> None:
    """Export the records of a table as CSV.

    FILE is the application file, TABLE the name or id of one of its tables. The columns are the fields that can be
    written, and "id" where clients set it, so that "import" takes the file. Records in the trash are left out.

    \b
    Example:
      tabularium export shop/app.yaml products --output products.csv
    """
    application = read(file)
    find_table(application.schema, table)
    with told(), write_file(output) as out:
        count = asyncio.run(_export(application, table, out, is_shown=output is not None))
    if output is not None:
        click.echo(f"Exported {count:,} record{'' if count == 1 else 's'} of {table} to {output}.", err=True)


async def _export(application: Application, reference: str, out: BinaryIO, *, is_shown: bool) -> int:
    schema = application.schema
    table = find_table(schema, reference)
    async with opened_unchanged(application.settings) as database:
        await require_up_to_date(database, schema, application.settings.application_file)

        async def work(session: Session) -> int:
            context = context_of(schema, session)
            if not exported_names(context, table):
                raise Failed(f"The table {table.name} has no field that can be written: there is nothing to export.")
            row = await session.fetch_one(*count_statement(table, context.moment, session.dialect), heavy=True)
            # Rows on the terminal leave no room for a bar.
            hidden = not is_shown and sys.stdout.isatty()
            total = 0
            with progress(f"Exporting {table.name}", row[0] if row else 0, hidden=hidden) as move:
                async for text, count in exported(context, table):
                    out.write(text.encode())
                    total += count
                    move(total)
            return total

        return await database.read(work)
