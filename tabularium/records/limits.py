"""Links that are limited to a view: a target must be among its records."""

from __future__ import annotations

from typing import cast

from tabularium.db.dialect import Dialect
from tabularium.query.conditions import Condition
from tabularium.query.moment import Moment
from tabularium.query.relative_dates import at_moment
from tabularium.query.rows import StatementRow
from tabularium.schema.model import Field, Table

TARGET: str = "target"
"""The alias of the row that a link leads to, in the statements that look for it."""


def limiting_day(table: Table, now: str) -> str:
    """Return the day of the request where links of the table are limited to views, else nothing.

    The relative dates of such views are those of the day in UTC, so the text of a statement holds for a day.
    """
    return now[:10] if any(each.type.limit_to_view is not None for each in table.fields) else ""


def limit_sql(field: Field, target: Table, dialect: Dialect, day: str) -> str:
    """Return what is added to the condition of a target, ` AND (…)`, or nothing where the link is not limited."""
    view = None if field.type.limit_to_view is None else target.find_view(field.type.limit_to_view)
    if view is None or view.condition is None:
        return ""
    condition = at_moment(cast("Condition", view.condition), Moment(f"{day}T00:00:00.000Z"))
    return f" AND ({StatementRow(target, dialect, TARGET).condition(condition)})"
