"""From records to CSV, a page at a time, so that a table of any size needs the same memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from tabularium.access import policy
from tabularium.context import Context
from tabularium.query import record_columns
from tabularium.records import statements
from tabularium.records.transfer.csv_text import row_text
from tabularium.schema.model import KEY_COLUMN, Table

PAGE: Final = 1000

_WriteCell = Callable[[Any], str]


def exported_names(context: Context, table: Table) -> tuple[str, ...]:
    """Return the header of an export: what an import of this table takes, and nothing else."""
    writable = policy.writable_names(context.identity, table)
    names = tuple(each.name for each in policy.readable(context.identity, table) if each.name in writable)
    return (KEY_COLUMN, *names) if table.primary_key.is_sent_by_client else names


async def export_csv(context: Context, table: Table) -> AsyncIterator[tuple[str, int]]:
    """Yield the header, then the live records in the order of their keys: text, and how many records that is.

    A record that is created, changed or deleted meanwhile is exported as it was before or after.
    """
    dialect = context.session.dialect
    header = exported_names(context, table)
    names = tuple(name for name in header if name != KEY_COLUMN)
    columns = record_columns(table, names, dialect)
    writers: list[tuple[str, _WriteCell]] = [(name, table.by_name[name].type.to_text) for name in names]
    yield row_text(header), 0
    last: int | str | None = None
    while True:
        sql = statements.export_page(table, names, dialect, PAGE, is_first=last is None)
        rows = await context.session.fetch_all(sql, () if last is None else (last,), heavy=True)
        records = [columns.read(row) for row in rows]
        if records:
            yield "".join(_record_text(record, header, writers) for record in records), len(records)
            last = table.primary_key.parse(records[-1]["id"])
        if len(records) < PAGE:
            return


def _record_text(record: Mapping[str, Any], header: tuple[str, ...], writers: list[tuple[str, _WriteCell]]) -> str:
    fields = record["fields"]
    cells = [None if fields[name] is None else write(fields[name]) for name, write in writers]
    return row_text([record["id"], *cells] if header[:1] == (KEY_COLUMN,) else cells)
