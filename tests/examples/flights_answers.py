"""What the API should answer to a request for some rows, worked out by plain Python."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from tests.examples.flights_source import Row
from tests.support.asgi import Answer

Order = Sequence[tuple[str, str]]
"""Fields, each with `asc` or `desc`."""

# The options of each choice in the order of the application file, which is the order that they sort in.
OPTIONS: Mapping[str, Sequence[str]] = {
    "dst": ("A", "U", "N"),
    "type": ("Fixed wing multi engine", "Fixed wing single engine", "Rotorcraft"),
    "engine": ("4 Cycle", "Reciprocating", "Turbo-fan", "Turbo-jet", "Turbo-prop", "Turbo-shaft"),
}


def arranged(rows: Iterable[Row], order: Order) -> list[Row]:
    """Sort rows, those without a value last in both directions, and rows with equal values by their key."""
    found = sorted(rows, key=lambda row: row["id"])
    for name, direction in reversed(order):
        present = [row for row in found if row[name] is not None]
        # Python's sort leaves equal rows in their order, in reverse too.
        present.sort(key=partial(sort_value, name), reverse=direction == "desc")
        found = present + [row for row in found if row[name] is None]
    return found


def sort_value(name: str, row: Row) -> Any:
    return OPTIONS[name].index(row[name]) if name in OPTIONS else row[name]


def check_page(answer: Answer, rows: Sequence[Row], request: Mapping[str, Any]) -> None:
    """Hold an answer to the rows that match a request, in their order: first what it says, then every byte."""
    assert answer.status == 200, answer.body
    limit = request.get("limit", 50)
    offset = request.get("offset", (request.get("page", 1) - 1) * limit)
    shown = rows[offset : offset + limit]
    answered = answer.json()
    assert [each["id"] for each in answered["records"]] == [str(row["id"]) for row in shown]
    pagination = pagination_of(len(rows), limit, offset, request.get("count"))
    # What a cursor holds is sealed; here it only must be there exactly where a page follows.
    cursor = answered["pagination"]["nextCursor"]
    assert (cursor is not None) == pagination["hasNextPage"]
    pagination["nextCursor"] = cursor
    assert answered["pagination"] == pagination
    times = [answered["records"][0]["createdAt"]] if shown else []
    records = [record(row, request.get("fields"), *times) for row in shown]
    assert answer.body == written({"records": records, "pagination": pagination})


def pagination_of(total: int, limit: int, offset: int, count: str | None) -> dict[str, Any]:
    counted = {} if count == "none" else {"total": total, "totalPages": -(-total // limit)}
    return {
        "page": offset // limit + 1,
        "limit": limit,
        "offset": offset,
        **counted,
        "hasNextPage": offset + limit < total,
        "hasPreviousPage": offset > 0,
    }


def record(row: Row, fields: str | None, stored_at: str) -> dict[str, Any]:
    """Return a record that was never changed. All rows of a file are stored in one transaction, at one time."""
    asked = set(row) if fields is None else set(fields.split(","))
    return {
        "id": str(row["id"]),
        "revision": 1,
        "fields": {name: value for name, value in row.items() if name != "id" and name in asked},
        "createdAt": stored_at,
        "updatedAt": stored_at,
    }


def written(value: Any) -> bytes:
    """Write JSON as the API does: no spaces, decimals as text with all their places."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=decimal_text).encode()


def decimal_text(value: Any) -> str:
    assert isinstance(value, Decimal)
    return f"{value:f}"
