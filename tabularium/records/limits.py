"""Links that are limited to a view: a target must be among its records."""

from __future__ import annotations

from tabularium.db.dialect import Dialect
from tabularium.query.rows import StatementRow
from tabularium.schema.model import Field, Table

TARGET: str = "target"
"""The alias of the row that a link leads to, in the statements that look for it."""


def limit_sql(field: Field, target: Table, dialect: Dialect) -> str:
    """Return what is added to the condition of a target, ` AND (…)`, or nothing where the link is not limited.

    What depends on the request, such as relative dates, has no placeholder yet: `with_moment` gives it one.
    """
    view = None if field.type.limit_to_view is None else target.find_view(field.type.limit_to_view)
    if view is None or view.condition is None:
        return ""
    return f" AND ({StatementRow(target, dialect, TARGET).condition(view.condition)})"
