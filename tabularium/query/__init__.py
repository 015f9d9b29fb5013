"""The query language: from the parameters of a read to SQL, in three pure stages.

    text ── parse ──> nodes ── plan ──> query ── compile ──> statements
            parse.py            plan.py           statements.py

| stage | knows | raises |
|---|---|---|
| `parse` | the grammar | `BadRequest` for broken text; `ValidationFailed` |
| `plan` | the table, what the caller may read | `ValidationFailed`, all failures; `NotFound` for an impossible id |
| `compile` | the dialect | nothing: a query that was planned can be run |

What the layers above use:

- `plan_list(table, readable, ListParameters(…), settings, view, now, key, caller) -> ListQuery` and `plan_get(table,
  readable, id, GetParameters(…), now, caller) -> GetQuery`. The rules for rows come with the table (`row_rules.py`):
  every statement over it has them, and so has every subquery that follows a link.
- `list_statements(query, dialect) -> ListStatements` and `get_statement(query, dialect)`.
- `record_columns(table, field_names, dialect, authors) -> RecordColumns`: the select list of a record as plain columns,
  and `read`, which turns a row of it into the record. It serves `get_statement`, the pages of SQLite, and writes: after
  `INSERT … RETURNING` or `UPDATE … RETURNING` on either database, as long as the table has no alias there. `authors_of`
  tells who stands beside the fields.
- `page_may_scan(query)`, `count_may_scan(query)`: whether SQLite should run it off the event loop.

The operators are a table in `operators.py`, their SQL one in `predicates.py`.
"""

from __future__ import annotations

from tabularium.query.authors import authors_of
from tabularium.query.grouping import present_groups
from tabularium.query.parameters import GetParameters, ListParameters
from tabularium.query.plan import (
    MOST_ESTIMATED,
    GetQuery,
    ListQuery,
    plan_get,
    plan_list,
)
from tabularium.query.record_columns import RecordColumns, record_columns
from tabularium.query.scans import count_may_scan, page_may_scan
from tabularium.query.statements import (
    ListStatements,
    count_statement,
    get_statement,
    list_statements,
    record_reader,
)

__all__ = [
    "MOST_ESTIMATED",
    "GetParameters",
    "GetQuery",
    "ListParameters",
    "ListQuery",
    "ListStatements",
    "RecordColumns",
    "authors_of",
    "count_may_scan",
    "count_statement",
    "get_statement",
    "list_statements",
    "page_may_scan",
    "plan_get",
    "plan_list",
    "present_groups",
    "record_columns",
    "record_reader",
]
