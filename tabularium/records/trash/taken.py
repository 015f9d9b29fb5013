"""Unique values of records that come back: they count among live records only, so others may have taken them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from tabularium.db.dialect import Dialect
from tabularium.records.trash.family import Family
from tabularium.records.trash.keys import Node, among, bound
from tabularium.records.trash.references import Reference
from tabularium.records.trash.rows import Act
from tabularium.schema.model import DELETED_COLUMN, KEY_COLUMN, Index, Table


async def find_taken(act: Act, family: Family, emptied: Mapping[Node, Collection[Reference]]) -> list[tuple[Node, str]]:
    """Return each member whose value a live record has, or another member, with the names of the fields.

    A member that loses a link of a unique group is none that clashes. Costs one statement for each unique group.
    """
    found: list[tuple[Node, str]] = []
    for table, keys in family.members.items():
        for index in table.indexes:
            if not index.unique:
                continue
            kept = [key for key in keys if not _loses(index, emptied.get((table, key), ()))]
            sql = _clashes(table, index, act.dialect)
            rows = await act.session.fetch_all(sql, [bound(kept, act.dialect)]) if kept else ()
            found += [((table, row[0]), name) for row in rows for name in index.fields]
    return found


def _loses(index: Index, references: Collection[Reference]) -> bool:
    return any(name in index.fields for each in references for name in each.fields)


@lru_cache(maxsize=1024)
def _clashes(table: Table, index: Index, dialect: Dialect) -> str:
    quote = dialect.quote
    name, key = quote(table.database_name), quote(KEY_COLUMN)
    configured = f" AND ({index.where[dialect.name]})" if index.where else ""
    rows = f"SELECT * FROM {name} WHERE {among(key, table, dialect)}{configured}"
    live = f"SELECT * FROM {name} WHERE {quote(DELETED_COLUMN)} IS NULL{configured}"
    columns = [column for each in index.fields for column in table.by_name[each].type.unique_columns(each)]
    same = " AND ".join(f"_taken.{quote(column)} = _c.{quote(column)}" for column in columns)
    select = f"SELECT _c.{key} FROM ({rows}) AS _c JOIN"
    # Two selects, each with an index of its own to go by.
    others = f"({rows}) AS _taken ON {same} AND _taken.{key} <> _c.{key}"
    return f"{select} ({live}) AS _taken ON {same} UNION {select} {others}"
