"""The statement of aggregates and groups, over all rows of a list."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tabularium.db.database import Statement
from tabularium.db.dialect import Dialect
from tabularium.query.aggregates import Aggregates
from tabularium.query.compile import Shape, shape_of
from tabularium.query.grouping import MAX_GROUPS
from tabularium.query.plan import ListQuery, Scope
from tabularium.query.rows import Numbered, outer_row, values_at, with_moment
from tabularium.query.scoping import where_sql
from tabularium.schema.model import Field, Table


def collected_statement(query: ListQuery, bound: tuple[Any, ...], dialect: Dialect) -> Statement | None:
    """Return what collects `(count, columns…)`, or `(value, count, columns…)` of each group, if either is asked for.

    `bound` holds the values of the condition.
    """
    if query.aggregates is None and query.grouping is None:
        return None
    grouped = query.grouping.field if query.grouping else None
    text, last = _collect(query.table, shape_of(query.where), query.scope, grouped, query.aggregates, dialect)
    return text, (*bound, *values_at(last, query.moment))


@lru_cache(maxsize=1024)
def _collect(
    table: Table, where: Shape, scope: Scope, grouped: Field | None, aggregates: Aggregates | None, dialect: Dialect
) -> Numbered:
    """Write what collects over all rows. The values are named first, so that each is worked out once a row."""
    condition, following = where_sql(table, where, scope, dialect, 1)
    row = outer_row(table, dialect)
    fields = list(dict.fromkeys(item.field for item in aggregates.items)) if aggregates else []
    names = {field: f"_a{place}" for place, field in enumerate(fields)}
    values = [f"{row.value(field)} AS {name}" for field, name in names.items()]
    columns = ["count(*)", *(aggregates.columns(dialect, names.__getitem__) if aggregates else ())]
    end = ""
    if grouped is not None:
        values.append(f"{row.value(grouped)} AS _g")
        columns.insert(0, grouped.type.read_expression("_g", dialect))
        end = f" GROUP BY _g LIMIT {MAX_GROUPS + 1}"
    inner = f"SELECT {', '.join(values) or '1'} FROM {dialect.quote(table.database_name)} WHERE {condition}"
    return with_moment(f"SELECT {', '.join(columns)} FROM ({inner}) AS _rows{end}", following, dialect)
