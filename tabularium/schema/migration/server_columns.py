"""Columns of the server's own that a later version of the program gives to every table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tabularium.schema.migration.steps import Phase, Step
from tabularium.schema.tables import system_columns

if TYPE_CHECKING:
    from tabularium.schema.migration.table_change import TableChange


def add_server_columns(change: TableChange) -> Iterator[Step]:
    """Yield the steps that add those which a table does not have yet; all of them may be empty."""
    layout = change.after.layout
    system = {column.name for column in system_columns(layout.key, change.dialect)}
    for column in change.added:
        if column.name in system:
            sql = change.ddl.add_column(layout, column, None)
            yield Step(
                Phase.ADD_COLUMN, change.after.name, f'add the column "{column.name}" of the server', ((sql, ()),)
            )
