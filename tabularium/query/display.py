"""Records as people read them: beside each value the text that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import Any

from tabularium.db.database import Row
from tabularium.db.dialect import Dialect
from tabularium.query.authors import Authors
from tabularium.query.record_columns import RecordColumns, record_columns
from tabularium.query.rows import outer_row
from tabularium.schema.fields.base import FieldType
from tabularium.schema.model import Table

Show = Callable[[Any, tzinfo | None], str]


@dataclass(frozen=True, slots=True)
class DisplayedColumns:
    """The select list of a record with what its display needs, and what makes a record of a row of it."""

    sql: str
    base: RecordColumns
    kinds: tuple[tuple[str, FieldType], ...]
    sources: tuple[tuple[str, Show], ...]
    """The fields whose display is read, in the order of the columns behind those of the record."""

    def read(self, row: Row, zone: tzinfo | None) -> dict[str, Any]:
        """Turn a row into a record whose fields are `{value, displayValue}`."""
        width = len(row) - len(self.sources)
        record = self.base.read(row[:width])
        values = record["fields"]
        texts: dict[str, str | None] = {}
        for (name, show), shown in zip(self.sources, row[width:], strict=True):
            texts[name] = None if shown is None else show(shown, zone)
        for name, kind in self.kinds:
            value = values[name]
            text = None if value is None else texts.get(name) or kind.display(value, zone)
            values[name] = {"value": value, "displayValue": text}
        return record


@lru_cache(maxsize=1024)
def displayed_columns(
    table: Table,
    names: tuple[str, ...],
    dialect: Dialect,
    authors: Authors = (),
    *,
    with_deleted: bool = False,
    plain: frozenset[str] = frozenset(),
) -> DisplayedColumns:
    """Return the select list of a displayed record with these fields; those of `plain` are shown by their values."""
    base = record_columns(table, names, dialect, authors, with_deleted=with_deleted)
    row = outer_row(table, dialect)
    found = [(name, table.by_name[name].type.display_source(name, row)) for name in names if name not in plain]
    sources = [(name, source) for name, source in found if source is not None]
    return DisplayedColumns(
        sql=", ".join([base.sql, *(source.sql for _, source in sources)]),
        base=base,
        kinds=tuple((name, table.by_name[name].type) for name in names),
        sources=tuple((name, source.show) for name, source in sources),
    )
