"""A link to one record that becomes a link to many, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabularium.db.dialect import SQLITE
from tabularium.schema.migration.description import AppliedField
from tabularium.schema.migration.steps import Count, Phase, Step
from tabularium.schema.model import KEY_COLUMN, Field

if TYPE_CHECKING:
    from tabularium.schema.migration.table_change import TableChange


@dataclass(frozen=True)
class LinkChange:
    """A field whose links lie in a column of its table before, and in a table of their own after, or vice versa."""

    change: TableChange
    field: AppliedField
    configured: Field
    former: AppliedField

    def steps(self) -> Iterator[Step]:
        """Yield the steps that carry the links over."""
        yield from self._to_many() if self.former.columns else self._to_one()

    def _to_many(self) -> Iterator[Step]:
        change, quote = self.change, self.change.dialect.quote
        link = self.configured.type.link_table
        if link is None:
            raise RuntimeError(f'the links of "{self.field.name}" have no table')
        table, column = quote(change.after.layout.name), quote(self.former.columns[0])
        ends = f"{quote(link.own.column)}, {quote(link.other.column)}"
        links = f"SELECT {quote(KEY_COLUMN)}, {column} FROM {table} WHERE {column} IS NOT NULL"
        filling = f"INSERT INTO {quote(link.name)} ({ends}) {links} ON CONFLICT DO NOTHING"
        sql = [*self.configured.type.link_ddl(change.dialect), filling]
        if change.dialect is not SQLITE:  # where the table is made anew without the column
            sql.append(change.ddl.drop_column(change.after.layout, self.former.columns[0]))
        yield self._step(Phase.CONVERT, f'let the field "{self.field.name}" link to many records', sql)

    def _to_one(self) -> Iterator[Step]:
        change, quote = self.change, self.change.dialect.quote
        link = self.former.link
        if link is None:
            raise RuntimeError(f'the links of "{self.field.name}" had no table')
        table, key = quote(change.after.layout.name), quote(KEY_COLUMN)
        own, other = quote(link.own), quote("target" if link.own == "source" else "source")
        links = f"FROM {quote(link.name)} WHERE {own} = {table}.{key}"
        yield self._step(Phase.ADD_COLUMN, f'add the field "{self.field.name}"', change.column_additions(self.field))
        several = (
            f"SELECT count(*) FROM (SELECT {own} FROM {quote(link.name)} GROUP BY {own} HAVING count(*) > 1) AS _many"
        )
        hint = "" if change.destructive else "; --allow-destructive keeps the first"
        text = f'records of "{change.after.name}" with several links in "{self.field.name}": {{count}}{hint}'
        counts = [Count((several, ()), text, refuses=not change.destructive)]
        if self.field.required:
            source = change.places.source(change.after.layout.name, change.dialect)
            none = f"SELECT count(*) FROM {source} AS {table} WHERE NOT EXISTS (SELECT 1 {links})"
            missing = f'records of "{change.after.name}" without a link in "{self.field.name}": {{count}}'
            counts.append(Count((none, ()), missing))
        sql = [
            f"UPDATE {table} SET {quote(self.field.columns[0])} = (SELECT {other} {links} ORDER BY {other} LIMIT 1)",
            f"DROP TABLE {quote(link.name)}",
        ]
        yield self._step(Phase.FILL, f'let the field "{self.field.name}" link to one record', sql, counts)

    def _step(self, phase: Phase, summary: str, sql: list[str], counts: list[Count] | None = None) -> Step:
        return Step(phase, self.change.after.name, summary, tuple((text, ()) for text in sql), tuple(counts or ()))
