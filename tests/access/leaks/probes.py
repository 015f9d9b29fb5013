"""Requests that aim at rows a caller may not see: each must be answered as if there were none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from tests.access.leaks.questions import Question
from tests.access.leaks.worlds import HIDDEN, SEEN, World

OWN: Final = SEEN["tasks"][0]
"""The key of a task that is the caller's own."""
TO_ONE: Final = {"project": "projects", "parent": "tasks", "next": "tasks", "safe": "vault"}
TO_MANY: Final = {"linked": "tasks", "linking": "tasks", "tags": "tags"}


def with_own_task(world: World) -> World:
    """Return the world in which one task is the caller's, and free to be changed."""
    tasks = world.rows["tasks"]
    free = {"owner": "me", "state": "open", "deleted_at": None}
    row: dict[str, Any] = {**tasks.get(OWN, next(iter(tasks.values()))), **free, "project": None, "parent": None}
    closed = {name: tasks[OWN][name] for name in ("salary", "note") if OWN in tasks}
    return replace(world, rows={**world.rows, "tasks": {**tasks, OWN: {**row, "next": None, **closed}}})


def probes() -> list[Question]:
    """Return the requests, those first that leave most as it was."""
    return [*_reads(), *_links(), *_changes()]


def _reads() -> Iterator[Question]:
    for table, keys in HIDDEN.items():
        for key in keys:
            path = f"/api/tables/{table}/records/{key}"
            yield Question("GET", path, {"includeDeleted": "true", "format": "display"})
            yield Question("GET", f"{path}/comments", {"count": "exact"})
            yield Question("POST", f"{path}/comments", body={"content": "x", "mentions": ["nobody"]})
            yield Question("POST", f"{path}/comments/read")


def _links() -> Iterator[Question]:
    own, tasks = f"/api/tables/tasks/records/{OWN}", "/api/tables/tasks/records"
    for field, table in (*TO_ONE.items(), *TO_MANY.items()):
        for key in HIDDEN[table]:
            value = str(key) if field in TO_ONE else [str(key)]
            yield Question("PATCH", own, body={field: value, "title": str(key)})
            yield Question("POST", tasks, body={field: value, "owner": "nobody"})
    for field in TO_MANY:
        yield Question("PATCH", own, body={field: []})
        yield Question("PATCH", own, body={field: [str(SEEN[TO_MANY[field]][-1])]})
    for key in HIDDEN["teams"]:
        yield Question("PATCH", f"/api/tables/projects/records/{SEEN['projects'][0]}", body={"team": key})
    yield Question("GET", tasks, {"includeDeleted": "true"})


def _changes() -> Iterator[Question]:
    for table, keys in HIDDEN.items():
        name = {"tasks": "title", "tags": "label", "diary": "entry"}.get(table, "name")
        for key in keys:
            path = f"/api/tables/{table}/records/{key}"
            yield Question("PATCH", path, body={name: "x"})
            yield Question("DELETE", path)
        for key in SEEN[table]:
            yield Question("DELETE", f"/api/tables/{table}/records/{key}")
            yield Question("GET", f"/api/tables/{table}/records", {"includeDeleted": "true"})
