"""The kinds of requests to the activity log that are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.activity_rows import BUSY_TABLE, BUSY_USER, RARE_TABLE, UNKIND_TABLE


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request, by its query. `page` is reached by cursors first, if it is not the first one."""

    name: str
    query: str
    page: int = 1
    has_aim: bool = True


KINDS: Final = (
    Kind("first page", ""),
    Kind("page 1,000 by cursor", "", page=1000),
    Kind("all categories", "category=all"),
    Kind("all categories, page 1,000 by cursor", "category=all", page=1000),
    Kind("a busy table", f"table={BUSY_TABLE}"),
    Kind("a rare table", f"table={RARE_TABLE}"),
    Kind("a table by its id", "tableId=1"),
    Kind("a busy user", f"userId={BUSY_USER}"),
    Kind("a user, all categories", "userId=u_150&category=all"),
    Kind("a busy table and a busy user", f"table={BUSY_TABLE}&userId={BUSY_USER}"),
    Kind("a rare table and a busy user", f"table={RARE_TABLE}&userId={BUSY_USER}"),
    Kind("a busy table and a rare user", f"table={BUSY_TABLE}&userId=u_190"),
    Kind("table and user, page 100 by cursor", f"table={BUSY_TABLE}&userId={BUSY_USER}", page=100),
    Kind("a record", f"table={BUSY_TABLE}&recordId=4711"),
    Kind("an account", f"table=_auth&recordId={BUSY_USER}"),
    Kind("a usual action", "action=update"),
    Kind("a rare action", "action=permanent_delete"),
    Kind("an action of two categories", "action=user.created"),
    Kind("an action of the rarer category", "action=user.created&category=admin"),
    Kind("the oldest month", "endDate=2025-01-31"),
    Kind("a day, all categories", "category=all&startDate=2025-06-01&endDate=2025-06-01"),
    Kind(
        "a month of a table and a user",
        f"table={BUSY_TABLE}&userId={BUSY_USER}&startDate=2025-03-01&endDate=2025-03-31",
    ),
    Kind("a rare action of a table", f"table={BUSY_TABLE}&action=permanent_delete"),
    Kind("a usual action of a table", f"table={BUSY_TABLE}&action=update"),
    Kind("a usual action of a user", f"userId={BUSY_USER}&action=update"),
    Kind("a rare action of a user", f"userId={BUSY_USER}&action=permanent_delete"),
    Kind("an action that a table has only long ago", f"table={UNKIND_TABLE}&action=create", has_aim=False),
    Kind("page 1,000 by number", "page=1000", has_aim=False),
    Kind("page 30,000 by number", "page=30000", has_aim=False),
    Kind("page 30,000 by number, all categories", "page=30000&category=all", has_aim=False),
    Kind("beyond the end", "page=100000&category=all", has_aim=False),
    Kind("count=none", "count=none"),
    Kind("count=exact", "count=exact", has_aim=False),
    Kind("count=exact, all categories", "count=exact&category=all", has_aim=False),
    Kind("count=exact of a busy table", f"count=exact&table={BUSY_TABLE}", has_aim=False),
)
