"""An application in which every kind of value is reached through rows, fields and tables that not everybody may read."""

from __future__ import annotations

from typing import Any, Final

from tests.access.rows import AUTH, ME, all_of, any_of, is_, text

MANY: Final = {"type": "relationship", "relationType": "many-to-many"}
READERS: Final = ["editor"]
"""Who reads the fields and the table that are closed to others."""


def link(name: str, table: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "relationship", "relatedTable": table, **options}


def over(name: str, kind: str, through: str, field: str | None = None, **options: Any) -> dict[str, Any]:
    """Return a field that is worked out over links."""
    related = {} if field is None else {"relatedField": field}
    return {"name": name, "type": kind, "relationshipField": through, **related, **options}


TASKS: dict[str, Any] = {
    "id": 1,
    "name": "tasks",
    "fields": [
        text("title"),
        {"name": "owner", "type": "user"},
        {"name": "watchers", "type": "user", "allowMultiple": True},
        {"name": "contact", "type": "email"},
        text("audience"),
        {"name": "public", "type": "checkbox"},
        {"name": "hours", "type": "integer"},
        {"name": "price", "type": "decimal"},
        {"name": "due", "type": "date"},
        {"name": "state", "type": "single-select", "options": ["open", "done", "locked"]},
        {"name": "marks", "type": "multi-select", "options": ["a", "b", "c"]},
        {"name": "salary", "type": "integer"},
        {"name": "note", "type": "long-text"},
        link("project", "projects", displayField="name"),
        link("parent", "tasks", displayField="title"),
        link("next", "tasks", displayField="title", limitToView="open"),
        link("safe", "vault", displayField="name"),
        link("linked", "tasks", relationType="many-to-many", reciprocalField="linking", displayField="title"),
        link("linking", "tasks", relationType="many-to-many", reciprocalField="linked"),
        link("tags", "tags", relationType="many-to-many", reciprocalField="tasks", displayField="label"),
        over("project_name", "lookup", "project", "name"),
        over("parent_title", "lookup", "parent", "title"),
        over("parent_hours", "lookup", "parent", "hours"),
        over("team_name", "lookup", "project", "team_name"),
        over("linked_titles", "lookup", "linked", "title"),
        over("linked_projects", "lookup", "linked", "project_name"),
        over("linked_count", "count", "linked"),
        over("linked_open", "count", "linked", filters={"state": "open"}),
        over("linked_hours", "rollup", "linked", "hours", aggregation="SUM"),
        over("last_due", "rollup", "linking", "due", aggregation="MAX"),
        over("states", "rollup", "linking", "state", aggregation="ARRAYUNIQUE"),
        over("labels", "lookup", "tags", "label"),
        {"name": "about", "type": "formula", "formula": "CONCAT(title, '/', project_name, '/', parent_title)"},
        {"name": "heavy", "type": "formula", "formula": "linked_hours + COALESCE(parent_hours, 0) > 5"},
        {"name": "doubled", "type": "formula", "formula": "salary * 2"},
        {"name": "safe_name", "type": "lookup", "relationshipField": "safe", "relatedField": "name"},
    ],
    "permissions": {
        "read": "all", "create": "authenticated", "update": "authenticated", "delete": "authenticated",
        "fields": [{"field": "salary", "read": READERS}, {"field": "note", "read": READERS}],
    },
    "rowLevelPermissions": {
        "read": {"when": any_of(
            is_("owner", ME),
            is_("watchers", ME),
            is_("contact", "$currentUser.email"),
            is_("audience", "$currentUser.role"),
            is_("public", True),
        )},
        "write": {"when": all_of(any_of(is_("owner", ME), is_("watchers", ME)), is_("state", "locked", "neq"))},
        "delete": {"when": is_("owner", ME)},
    },
    "views": [
        {"id": "open", "name": "Open", "filters": {"state": "open"}},
        {"id": "grouped", "name": "Grouped", "groupBy": {"field": "project_name"},
         "sorts": [{"field": "linked_hours", "direction": "desc"}], "fields": ["title", "project_name", "linked_hours"]},
        {"id": "busy", "name": "Busy", "filters": {"linked_count": {"greaterThan": 0}},
         "sorts": [{"field": "last_due"}, {"field": "about"}]},
    ],
}  # fmt: skip
PROJECTS: dict[str, Any] = {
    "id": 2,
    "name": "projects",
    "primaryKey": {"type": "text"},
    "fields": [
        text("name"),
        text("level"),
        {"name": "lead", "type": "user"},
        link("team", "teams", displayField="name"),
        link("tasks", "tasks", relationType="one-to-many", foreignKey="project", displayField="title"),
        over("task_count", "count", "tasks"),
        over("hours", "rollup", "tasks", "hours", aggregation="SUM"),
        over("dearest", "rollup", "tasks", "price", aggregation="MAX"),
        over("mean", "rollup", "tasks", "hours", aggregation="AVG"),
        over("titles", "lookup", "tasks", "title"),
        over("team_name", "lookup", "team", "name"),
        over("all_states", "rollup", "tasks", "state", aggregation="ARRAYUNIQUE"),
        {"name": "big", "type": "formula", "formula": "task_count > 1"},
    ],
    "permissions": {"read": "all", "create": "authenticated", "update": "authenticated", "delete": "authenticated"},
    "rowLevelPermissions": {
        "read": {"when": any_of(is_("level", "secret", "neq"), is_("level", None), is_("lead", ME))},
        "create": {"when": is_("level", "open")},
    },
}  # fmt: skip
TEAMS: dict[str, Any] = {
    "id": 3,
    "name": "teams",
    "primaryKey": {"type": "text"},
    "fields": [
        text("name"),
        {"name": "members", "type": "user", "allowMultiple": True},
        {"name": "tier", "type": "single-select", "options": ["free", "paid", "inner"]},
        link("projects", "projects", relationType="one-to-many", foreignKey="team", displayField="name"),
        over("project_count", "count", "projects"),
        over("total", "rollup", "projects", "hours", aggregation="SUM"),
        over("people", "rollup", "projects", "lead", aggregation="COUNTALL"),
    ],
    "permissions": {"read": "all", "update": "authenticated", "delete": "authenticated"},
    "rowLevelPermissions": {"read": {"when": any_of(is_("members", ME), is_("tier", ["free", "paid"], "in"))}},
}
TAGS: dict[str, Any] = {
    "id": 4,
    "name": "tags",
    "primaryKey": {"type": "uuid"},
    "fields": [
        text("label"),
        text("kind"),
        {"name": "tasks", "type": "relationship", "relatedTable": "tasks", "relationType": "many-to-many",
         "reciprocalField": "tags"},
        over("used", "count", "tasks"),
        over("hours", "rollup", "tasks", "hours", aggregation="SUM"),
        over("titles", "rollup", "tasks", "title", aggregation="ARRAYUNIQUE"),
    ],
    "permissions": {"read": "all", "update": "authenticated", "delete": "authenticated"},
    "rowLevelPermissions": {"read": {"when": any_of(is_("kind", "$currentUser.role"), is_("kind", None))}},
}  # fmt: skip
VAULT: dict[str, Any] = {
    "id": 5,
    "name": "vault",
    "primaryKey": {"type": "text"},
    "fields": [
        text("name"),
        link("tasks", "tasks", relationType="one-to-many", foreignKey="safe"),
        over("held", "count", "tasks"),
    ],
    "permissions": {"read": READERS, "create": READERS, "update": READERS, "delete": READERS},
}
DIARY: dict[str, Any] = {
    "id": 6,
    "name": "diary",
    "primaryKey": {"type": "text"},
    "fields": [
        text("entry"),
        {"name": "author", "type": "created-by"},
        {"name": "reader", "type": "user"},
        {"name": "editor", "type": "updated-by"},
        {"name": "remover", "type": "deleted-by"},
    ],
    "permissions": {"read": "all", "update": "authenticated", "delete": "authenticated"},
    "rowLevelPermissions": {"read": {"when": is_("reader", ME)}},
}
TABLES: Final = [TASKS, PROJECTS, TEAMS, TAGS, VAULT, DIARY]

__all__ = ["AUTH", "TABLES"]
