"""What a link may lead to: a record that the caller may see and, where the link is limited to a view, one of that."""

from __future__ import annotations

from tabularium.db.dialect import Dialect
from tabularium.query.rows import StatementRow, literal
from tabularium.schema.model import DELETED_COLUMN, KEY_COLUMN, Field, Table

TARGET: str = "target"
"""The alias of the row that a link leads to, in the statements that look for it."""


def reachable_sql(field: Field | None, target: Table, dialect: Dialect) -> str:
    """Return the condition that a link of `field` may lead to the target; `None` stands for a foreign key of the file.

    What depends on the request, such as relative dates, has no placeholder yet: `with_moment` gives it one.
    """
    row = StatementRow(target, dialect, TARGET)
    if field is None:
        return row.visible
    view = None if field.type.limit_to_view is None else target.find_view(field.type.limit_to_view)
    limit = "" if view is None or view.condition is None else f" AND ({row.condition(view.condition)})"
    rule, default = row.passes("read"), _default_keys(field)
    if rule is None or not default:
        return row.visible + limit
    # A default is the file's own will: whoever creates a record need not see where it leads.
    keys = ", ".join(literal(key, dialect) for key in default)
    return f"{row.column(DELETED_COLUMN)} IS NULL AND (({rule}) OR {row.column(KEY_COLUMN)} IN ({keys})){limit}"


def _default_keys(field: Field) -> list[int | str]:
    if not field.has_default or field.default is None:
        return []
    value = field.type.default_value(field.default, "")
    return list(value) if isinstance(value, (list, tuple)) else [value]
