"""What each caller gets from the operations that read, link to or write rows under rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.database import Session
from tests.access.matrix.application import HIGH, VIEW
from tests.access.matrix.callers import FOREIGN, Caller, House
from tests.access.matrix.exceptions import ROWLESS
from tests.access.matrix.requests import (
    OF_THE_TRASH,
    Entries,
    Operation,
    comment_for,
    filled,
    operations,
    table_body,
    table_path_values,
)
from tests.access.matrix.sheet import Row
from tests.access.matrix.tables import TELLING, told_actions
from tests.support.asgi import Answer

MORE = {FOREIGN: "member"}
"""Who calls beside all others."""
TASKS, NOTES = "tasks", "notes"
ROWS: dict[str, dict[str, Any]] = {
    "own": {"owner": "member"},
    "final": {"owner": "member", "state": "final"},
    "kept": {"owner": "member", "state": "kept"},
    "shared": {"owner": FOREIGN, "shared": True},
    "foreign": {"owner": FOREIGN},
}
"""The rows that are acted upon, by their keys. Of the member's sight: changeable; not changeable; not deletable; readable
alone; not readable."""
LINKS = ("one", "many")
COUNT, ACTIONS, GIVEN_AWAY = "count", "actions", "own>foreign"
PAIRS = ("own+final", "own+kept", "own+foreign", "final+foreign", "kept+foreign")
"""Two rows of one request: one or both may be such that all fails, and where they fail differently, that a row is not
found is said first."""
TRASH, MATCH = "trash", "match"
LINKED = tuple(f"{link}:{row}" for link in LINKS for row in ("own", "shared", "foreign"))
"""The links that are set and followed, each to a row of another sight."""

_MINE = {"field": "owner", "operator": "eq", "value": "$currentUser.id"}


def _mine_unless(state: str) -> dict[str, Any]:
    return {"when": {"conditions": [_MINE, {"field": "state", "operator": "neq", "value": state}]}}


def _table(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "primaryKey": {"type": "text"},
        "fields": [{"name": "title", "type": "single-line-text"}, *fields],
        "views": [{"id": VIEW, "name": "Everything"}],
        **more,
    }


def _link(name: str, kind: str) -> dict[str, Any]:
    more = {"relatedTable": TASKS, "displayField": "title"}
    return {"name": name, "type": "relationship", "relationType": kind, **more}


TABLES: list[dict[str, Any]] = [
    _table(
        TASKS,
        {"name": "owner", "type": "user"},
        {"name": "shared", "type": "checkbox"},
        {"name": "state", "type": "single-line-text", "default": "open"},
        comments={"guestComments": True, "readTracking": True},
        permissions={
            "read": "all",
            "create": "authenticated",
            "update": "authenticated",
            "delete": ["member", HIGH],
            "permanentDelete": ["member"],
        },
        rowLevelPermissions={
            "read": {
                "when": {"logic": "or", "conditions": [_MINE, {"field": "shared", "operator": "eq", "value": True}]}
            },
            "create": {"when": _MINE},
            "write": _mine_unless("final"),
            "delete": _mine_unless("kept"),
        },
    ),
    _table(
        NOTES,
        _link("one", "many-to-one"),
        _link("many", "many-to-many"),
        permissions=dict.fromkeys(("read", "create", "update", "delete"), "all"),
    ),
]
"""`tasks` has a rule for each action; whoever is signed in may do most to the table, so that it is the rules that decide.
Everybody may do all to `notes`, which has links to tasks."""


def measure(house: House) -> list[Row]:
    """Send every request, and return what came of it."""
    desk = _Desk(house)
    return [row for each in operations() if each.is_of_tables and each.name not in ROWLESS for row in desk.rows(each)]


class _Desk:
    """The rows, and whatever puts them back."""

    def __init__(self, house: House) -> None:
        self.house = house
        for name in ROWS:
            for key in (name, _trashed(name)):
                self._store(TASKS, key, self._values(name))
                self._store(NOTES, key, {"one": name, "many": [name]})
        for table in (TASKS, NOTES):
            path = f"/api/tables/{table}/records/batch"
            assert house.admin("DELETE", path, {"ids": [*map(_trashed, ROWS)]}).status == 200
        schema = house.site.opened["migrated"].schema
        link = schema.table(NOTES).by_name["many"].type.link_table.name
        self._tables = (TASKS, NOTES, link, ACTIVITY)
        self._seen: dict[tuple[str, ...], Answer] = {}
        """What a caller was shown, since a list shows many rows at once."""
        house.site.write(self._keep)

    def _store(self, table: str, key: str, values: dict[str, Any]) -> None:
        answer = self.house.admin("POST", f"/api/tables/{table}/records", {"id": key, **values})
        assert answer.status == 201, answer.body

    def _values(self, name: str) -> dict[str, Any]:
        values = ROWS[name]
        return {"title": _title(name), **values, "owner": self.house.callers[values["owner"]].person.id}

    async def _keep(self, session: Session) -> None:
        for name in self._tables:
            await session.execute(f'CREATE TABLE "_kept_{name}" AS SELECT * FROM "{name}"')

    async def _restore(self, session: Session) -> None:
        statements = [
            *(f'DELETE FROM "{name}"' for name in reversed(self._tables)),
            *(f'INSERT INTO "{name}" SELECT * FROM "_kept_{name}"' for name in self._tables),
        ]
        await session.execute("; ".join(statements))

    def rows(self, operation: Operation) -> Iterator[Row]:
        """Yield the lines of an operation: what it has to do with rows, its parameters and its body tell."""
        if operation.name == TELLING:
            yield Row(operation.name, ACTIONS, told_actions(self.house, operation, TASKS))
            return
        if operation.lists_records or "include" in operation.parameters:
            yield Row(operation.name, COUNT, {name: _count(operation, each) for name, each in self._callers})
        if "include" in operation.parameters:
            return
        for target in row_targets(operation):
            yield self._row(operation, target, TASKS, self._entries(operation, target), trash_query(operation, target))
        for target in LINKED if links(operation) else ():
            yield self._linked_row(operation, target)

    @property
    def _callers(self) -> Iterator[tuple[str, Caller]]:
        yield from self.house.callers.items()

    def _entries(self, operation: Operation, target: str) -> Entries:
        """Return the records that a request is about, and the values that it sends for each."""
        if target == GIVEN_AWAY:
            owner = self.house.callers[FOREIGN].person.id
            matched = {"title": _title("own")} if operation.stores_new else {}
            return [("own", {**matched, "owner": owner})]
        state, _, names = target.rpartition(":")
        in_trash = operation.id in OF_THE_TRASH or state == TRASH
        return [
            (_trashed(name) if in_trash else name, self._sent(operation, name, is_matched=state == MATCH))
            for name in names.split("+")
        ]

    def _sent(self, operation: Operation, name: str, *, is_matched: bool) -> dict[str, Any]:
        """Return the values of a change, or those of a row that is yet to be created."""
        if is_matched:  # without the key: what is not found is a new row, and then the key is missing
            return {"title": _title(name), "state": "found"}
        changed = {"title": f"{_title(name)} too"}
        return {**self._values(name), **changed, "id": f"new-{name}"} if operation.stores_new else changed

    def _linked_row(self, operation: Operation, target: str) -> Row:
        """Link a record to a row; or, where nothing is sent, look at one that is linked."""
        link, name = target.split(":")
        sent = {"id": "new", "title": "new"} if operation.stores_new else {}
        values = {**sent, link: [name] if link == "many" else name}
        # Another record than the one that is linked already, or nothing would change.
        record = next(other for other in ROWS if other != name) if operation.sends_values else name
        query = {"fields": link, "format": "display"} if "format" in operation.parameters else {}
        return self._row(operation, target, NOTES, [(record, values)], query)

    def _row(self, operation: Operation, target: str, table: str, entries: Entries, query: dict[str, Any]) -> Row:
        record, body = entries[0][0], table_body(operation, entries)
        cells = {}
        for name, caller in self._callers:
            comment = comment_for(operation, self.house, caller, table, record)
            path = filled(operation, table_path_values(table, record, comment))
            answer = self._answer(caller, operation, path, body, {**query, **operation.query})
            if operation.method != "GET" and answer.status < 300:
                self.house.site.write(self._restore)
            cells[name] = f"{answer.status} {_shown(answer, target)}".rstrip()
        return Row(operation.name, target, cells)

    def _answer(self, caller: Caller, operation: Operation, path: str, body: Any, query: Any) -> Answer:
        if operation.method != "GET":
            return caller(operation.method, path, body, query)
        asked = (caller.name, path, str(query))
        if asked not in self._seen:
            self._seen[asked] = caller("GET", path, body, query)
        return self._seen[asked]


# What is asked --------------------------------------------------------------------------------------------------------


def row_targets(operation: Operation) -> tuple[str, ...]:
    """Return the targets of an operation among the rows."""
    pairs = PAIRS if operation.is_of_many else ()
    changes = operation.sends_values and "update" in operation.actions
    matches = tuple(f"{MATCH}:{row}" for row in (*ROWS, *PAIRS)) if changes and operation.stores_new else ()
    trashed = tuple(f"{TRASH}:{row}" for row in ROWS) if reaches_trash(operation) else ()
    return (*ROWS, *pairs, *matches, *((GIVEN_AWAY,) if changes else ()), *trashed)


def links(operation: Operation) -> bool:
    """Say whether an operation sets links, or follows them."""
    return operation.sends_values or "fields" in operation.parameters


def reaches_trash(operation: Operation) -> bool:
    """Say whether an operation acts on rows in the trash too, if it is asked to."""
    if operation.id in OF_THE_TRASH:
        return False
    asks = "includeDeleted" in operation.parameters or "permanentDelete" in operation.actions
    return asks or operation.id == "get_record_history"


def trash_query(operation: Operation, target: str) -> dict[str, Any]:
    """Return what asks for rows in the trash, where the target is one and the operation has to be asked."""
    if not target.startswith(TRASH) or "includeDeleted" not in operation.parameters:
        return {}
    return {"includeDeleted": "only" if operation.lists_records else "true"}


def _trashed(name: str) -> str:
    return f"trashed-{name}"


def _title(name: str) -> str:
    return f"title-of-{name}"


def _shown(answer: Answer, target: str) -> str:
    """Say whether a success shows the row of a target."""
    name = re.split("[>+]", target.rpartition(":")[2])[0]
    return "+" if answer.status < 300 and f'"{_title(name)}'.encode() in answer.body else ""


def _count(operation: Operation, caller: Caller) -> str:
    """Return how many rows the caller is told that there are."""
    path = filled(operation, table_path_values(TASKS, ""))
    query = {} if operation.lists_records else {"include": "recordCount"}
    answer = caller(operation.method, path, query=query)
    if answer.status != 200:
        return str(answer.status)
    content = answer.json()
    if operation.lists_records:
        return f"200 {content['pagination']['total']}"
    table = next(each for each in content.get("tables", [content]) if each["name"] == TASKS)
    return f"200 {table['recordCount']}"
