"""What a destructive migration takes away: the values of fields and tables that have left the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tabularium.db.comments import end_of_table
from tabularium.db.counters import counter_name
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.migration.adopted_ids import Rekeying, end_of_records
from tabularium.schema.migration.ddl import Ddl
from tabularium.schema.migration.description import AppliedField, AppliedTable
from tabularium.schema.migration.places import Places
from tabularium.schema.migration.steps import Count, Phase, Step


def drop_fields(
    table: AppliedTable, fields: Iterable[AppliedField], ddl: Ddl, places: Places, dialect: Dialect
) -> Iterator[Step]:
    """Yield the steps that drop the columns and links of fields. On SQLite a rebuild leaves the columns out."""
    for field in fields:
        source = f"{places.source(table.layout.name, dialect)} AS _rows"
        counts = [_count(f"{source} WHERE {dialect.quote(column)} IS NOT NULL", field) for column in field.columns[:1]]
        sql = [] if dialect is SQLITE else [ddl.drop_column(table.layout, column) for column in field.columns]
        sql += list(_leftovers(table, field, dialect))
        if field.columns or sql:
            summary = f'drop the field "{field.name}" with its values'
            statements = tuple((text, ()) for text in sql)
            history = Rekeying(table.id, gone=frozenset((field.id,)))
            yield Step(
                Phase.DROP, table.name, summary, statements, tuple(counts), rekeying=history, is_destructive=True
            )


def drop_table(table: AppliedTable, ddl: Ddl, places: Places, dialect: Dialect) -> Step:
    """Return the step that drops a table with its rows and links."""
    sql = [text for field in table.fields for text in _leftovers(table, field, dialect)]
    count = Count(
        (f"SELECT count(*) FROM {places.source(table.layout.name, dialect)} AS _rows", ()),
        f'rows of "{table.name}" that go, with those in the trash: {{count}}',
        refuses=False,
    )
    dropped = tuple((text, ()) for text in (*sql, ddl.drop_table(table.layout.name)))
    statements = (*end_of_table(table.id, dialect), *end_of_records(table.id, dialect), *dropped)
    return Step(Phase.DESTROY, table.name, "drop the table with its rows", statements, (count,), is_destructive=True)


def _count(source: str, field: AppliedField) -> Count:
    text = f'values of "{field.name}" that go, with those in the trash: {{count}}'
    return Count((f"SELECT count(*) FROM {source}", ()), text, refuses=False)


def _leftovers(table: AppliedTable, field: AppliedField, dialect: Dialect) -> Iterator[str]:
    if field.link is not None:
        yield f"DROP TABLE IF EXISTS {dialect.quote(field.link.name)}"
    if field.type == "autonumber":
        name = dialect.literal(counter_name(table.layout.name, field.columns[0]))
        yield f'DELETE FROM "_counter" WHERE name = {name}'
