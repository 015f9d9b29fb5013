"""An application with rules for rows, and what tests of it share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.auth import Site, site

AUTH: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "roles": [{"name": "editor", "level": 50}, {"name": "intern", "level": 10}],
}
ME = "$currentUser.id"


def is_(field: str, value: Any, operator: str = "eq") -> dict[str, Any]:
    """Return a condition of a rule."""
    return {"field": field, "operator": operator, "value": value}


def any_of(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"logic": "or", "conditions": list(conditions)}


def all_of(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"conditions": list(conditions)}


def text(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "single-line-text", **options}


TASKS: dict[str, Any] = {
    "id": 1,
    "name": "tasks",
    "fields": [
        text("title"),
        {"name": "owner", "type": "user", "default": "CURRENT_USER"},
        {"name": "watchers", "type": "user", "allowMultiple": True},
        {"name": "contact", "type": "email"},
        {"name": "state", "type": "single-select", "options": ["open", "done", "locked"], "default": "open"},
        {"name": "audience", "type": "single-line-text"},
        {"name": "public", "type": "checkbox"},
        {"name": "hours", "type": "integer"},
        text("code", unique=True),
        {"name": "project", "type": "relationship", "relatedTable": "projects", "displayField": "name"},
        {"name": "parent", "type": "relationship", "relatedTable": "tasks", "displayField": "title"},
        {"name": "project_name", "type": "lookup", "relationshipField": "project", "relatedField": "name"},
        {"name": "linked", "type": "relationship", "relatedTable": "tasks", "relationType": "many-to-many",
         "displayField": "title"},
        {"name": "linked_count", "type": "count", "relationshipField": "linked"},
    ],
    "permissions": {"read": "all", "update": "authenticated", "create": "authenticated", "delete": "authenticated"},
    "rowLevelPermissions": {
        "read": {
            "when": any_of(
                is_("owner", ME),
                is_("watchers", ME),
                is_("contact", "$currentUser.email"),
                is_("audience", "$currentUser.role"),
                is_("public", True),
            )
        },
        "create": {"when": any_of(is_("owner", ME), is_("watchers", ME))},
        "write": {"when": all_of(any_of(is_("owner", ME), is_("watchers", ME)), is_("state", "locked", "neq"))},
        "delete": {"when": all_of(is_("owner", ME), is_("state", ["open", "done"], "in"))},
    },
    "views": [{"id": "open", "name": "Open", "filters": {"state": "open"}}],
}  # fmt: skip
PROJECTS: dict[str, Any] = {
    "id": 2,
    "name": "projects",
    "fields": [
        text("name"),
        text("level"),
        {"name": "tasks", "type": "relationship", "relatedTable": "tasks", "relationType": "one-to-many",
         "foreignKey": "project", "displayField": "title"},
        {"name": "task_count", "type": "count", "relationshipField": "tasks"},
        {"name": "hours", "type": "rollup", "relationshipField": "tasks", "relatedField": "hours",
         "aggregation": "SUM"},
        {"name": "titles", "type": "lookup", "relationshipField": "tasks", "relatedField": "title"},
        {"name": "big", "type": "formula", "formula": "task_count > 1"},
    ],
    "permissions": {"read": "all"},
    "rowLevelPermissions": {"read": {"when": any_of(is_("level", "secret", "neq"), is_("level", None))}},
}  # fmt: skip
DIARY: dict[str, Any] = {
    "id": 3,
    "name": "diary",
    "fields": [text("entry"), {"name": "author", "type": "created-by"}],
    "permissions": {"read": "authenticated", "create": "all", "update": "authenticated", "delete": "authenticated"},
    "rowLevelPermissions": {"read": {"when": is_("author", ME)}},
}
TABLES = [TASKS, PROJECTS, DIARY]


@contextmanager
def opened(folder: Path, url: str, tables: list[dict[str, Any]] | None = None) -> Iterator[Site]:
    """Open the application on a new database."""
    with site(folder, url, AUTH, tables=tables or TABLES) as found:
        yield found
