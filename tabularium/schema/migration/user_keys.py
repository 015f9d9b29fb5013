"""Columns that hold users and get their foreign key back: nobody emptied them while they had none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tabularium.schema.fields.user_id import USER_KEY, is_user_sql
from tabularium.schema.migration.steps import Phase, Step
from tabularium.schema.tables import ForeignKeyLayout

if TYPE_CHECKING:
    from tabularium.schema.migration.table_change import TableChange


def empty_gone_users(change: TableChange, keys: Sequence[ForeignKeyLayout]) -> Iterator[Step]:
    """Yield the steps that empty values of users who were erased while the column was kept without a foreign key.

    `keys` are those that come to columns which are there already, with values that are not converted.
    """
    quote = change.dialect.quote
    for key in keys:
        if not key.is_of_users:
            continue
        table, column = quote(change.after.layout.name), quote(key.columns[0])
        same = is_user_sql(f"_user.{quote(USER_KEY)}", f"{table}.{column}", change.dialect)
        gone = f"{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {quote(key.table)} AS _user WHERE {same})"
        sql = f"UPDATE {table} SET {column} = NULL WHERE {gone}"
        yield Step(Phase.FILL, change.after.name, f"forget users who are gone in {column}", ((sql, ()),))
