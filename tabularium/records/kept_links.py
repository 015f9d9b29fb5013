"""Links that a write leaves as they are, since the caller does not see where they lead (`links.replace_links`)."""

from __future__ import annotations

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.query.rows import outer_row
from tabularium.schema.model import Field, Table


def list_after(table: Table, field: Field, sent: str, dialect: Dialect) -> str:
    """Return the SQL of what a list of ids holds when `sent` has replaced what the caller sees of the stored one.

    `sent` is the SQL of a list, and the stored row that of a statement over the table.
    """
    target = None if field.type.is_user else table.sibling(str(field.type.related_table))
    if target is None or "read" not in target.row_rules:
        return sent
    held, seen = (
        field.type.filter_expression(field.name, "A", outer_row(each, dialect)) for each in (table.unruled, table)
    )
    if dialect is SQLITE:
        hidden = f"SELECT value FROM json_each({held}) WHERE value NOT IN (SELECT value FROM json_each({seen}))"
        return f"(SELECT json_group_array(value) FROM (SELECT value FROM json_each({sent}) UNION {hidden}))"
    return f"ARRAY(SELECT unnest({sent}) UNION (SELECT unnest({held}) EXCEPT SELECT unnest({seen})))"
