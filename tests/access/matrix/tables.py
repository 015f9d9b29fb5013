"""What each caller gets from the operations of tables, for tables and fields with rules of every kind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tests.access.matrix.application import FIELDS, RULED
from tests.access.matrix.callers import Caller, House
from tests.access.matrix.requests import (
    DESCRIBING,
    OF_THE_TRASH,
    Operation,
    comment_for,
    filled,
    operations,
    table_body,
    table_path_values,
)
from tests.access.matrix.sheet import Row
from tests.support.asgi import Answer

TITLE = "title"
TELLING = "get_table_permissions"
MATCHING = "upsert_records"
LETTERS = {
    "read": "r",
    "create": "c",
    "update": "u",
    "delete": "d",
    "comment": "m",
    "restore": "s",
    "permanentDelete": "p",
}
"""By which letter the matrix says that a caller is told of an action."""
_NUMBERS = itertools.count()
"""They make each value that is sent a new one, so that an upsert never finds what another request has stored."""


def measure(house: House) -> list[Row]:
    """Send every request, and return what came of it."""
    records = {table: _new_record(house, table) for table in FIELDS}
    rows: list[Row] = []
    for operation in operations():
        if operation.is_of_tables:
            rows += _table_rows(house, operation, records)
        elif operation.name in DESCRIBING:
            rows += [_row(house, operation, records, table) for table in FIELDS]
    return rows


def told_actions(house: House, operation: Operation, table: str) -> dict[str, str]:
    """Return what each caller is told that they may do to a table."""
    cells = {}
    for name, caller in house.callers.items():
        answer = caller(operation.method, filled(operation, table_path_values(table, "")))
        told = answer.json()["table"] if answer.status == 200 else {}
        cells[name] = (
            f"{answer.status} {''.join(letter for action, letter in LETTERS.items() if told.get(action))}".rstrip()
        )
    return cells


def _new_record(house: House, table: str, *, is_deleted: bool = False) -> str:
    values = {name: f"value-of-{name}" for name in FIELDS[table]}
    answer = house.admin("POST", f"/api/tables/{table}/records", values)
    assert answer.status == 201, answer.body
    record_id = str(answer.json()["id"])
    if is_deleted:
        assert house.admin("DELETE", f"/api/tables/{table}/records/{record_id}").status == 204
    return record_id


def _table_rows(house: House, operation: Operation, records: dict[str, str]) -> Iterator[Row]:
    for table, fields in FIELDS.items():
        yield _row(house, operation, records, table)
        if operation.name == TELLING:
            yield Row(operation.name, f"{table}:actions", told_actions(house, operation, table))
        if table in RULED:
            for field in fields if _names_fields(operation) else ():
                yield _row(house, operation, records, table, field)
            for field in fields if operation.id == MATCHING else ():
                yield _row(house, operation, records, table, field, is_matched=True)


def _names_fields(operation: Operation) -> bool:
    return operation.sends_values or "fields" in operation.parameters or operation.name == TELLING


def _row(
    house: House,
    operation: Operation,
    records: dict[str, str],
    table: str,
    field: str | None = None,
    *,
    is_matched: bool = False,
) -> Row:
    cells = {}
    is_deleted = operation.id in OF_THE_TRASH
    record = _new_record(house, table, is_deleted=True) if is_deleted else records[table]
    for name, caller in house.callers.items():
        comment = comment_for(operation, house, caller, table, record)
        answer = _send(operation, caller, record, table, field, comment, is_matched=is_matched)
        if operation.method != "GET" and answer.status < 300:  # since this one may be changed or gone
            record = _new_record(house, table, is_deleted=is_deleted)
            records.update({} if is_deleted else {table: record})
        cells[name] = f"{answer.status} {_shown(operation, answer, table, field)}".rstrip()
    target = table if field is None else f"{table}.{field}"
    return Row(operation.name, f"match:{target}" if is_matched else target, cells)


def _send(
    operation: Operation, caller: Caller, record: str, table: str, field: str | None, comment: str, *, is_matched: bool
) -> Answer:
    path = filled(operation, table_path_values(table, record, comment))
    named = {field or TITLE, TITLE} if operation.id == MATCHING and not is_matched else {field or TITLE}
    number = next(_NUMBERS)
    body = table_body(operation, [(record, {each: f"changed-{each}-{number}" for each in sorted(named)})])
    if is_matched:
        body["fieldsToMergeOn"] = [field]
    query = {**DESCRIBING.get(operation.name, {}), **operation.query}
    if field and "fields" in operation.parameters:
        query["fields"] = field
    return caller(operation.method, path, body, query)


def _shown(operation: Operation, answer: Answer, table: str, field: str | None) -> str:
    """Return what of a table or field a success shows, wherever in the answer it stands."""
    if answer.status >= 300 or not answer.body:
        return ""
    if "tableId" not in operation.parameters:
        return "+" if _is_in(table, answer) or f"/tables/{table}/".encode() in answer.body else ""
    if operation.name == TELLING and field:
        told: dict[str, Any] = answer.json()["fields"].get(field, {})
        return "".join(right[0] for right in ("read", "write") if told.get(right))
    named = (field,) if field else FIELDS[table]
    return "".join(each[0] for each in named if any(_is_in(f"{form}{each}", answer) for form in ("", "value-of-")))


def _is_in(text: str, answer: Answer) -> bool:
    return f'"{text}"'.encode() in answer.body
