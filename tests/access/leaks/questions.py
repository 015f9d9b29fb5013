"""Requests about the tables of the application, drawn at random; most of them are understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import orjson
from hypothesis import strategies as st

from tests.access.leaks.worlds import ABSENT, KEYS, SEEN

TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "tasks": ("title", "audience", "project_name", "parent_title", "team_name", "about", "note"),
    "projects": ("name", "level", "team_name"),
    "teams": ("name",),
    "tags": ("label", "kind"),
    "vault": ("name",),
    "diary": ("entry",),
}
NUMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "tasks": ("hours", "parent_hours", "linked_count", "linked_open", "linked_hours", "salary", "doubled"),
    "projects": ("task_count", "hours", "mean", "dearest"),
    "teams": ("project_count", "total", "people"),
    "tags": ("used", "hours"),
    "vault": ("held",),
    "diary": (),
}
LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "tasks": ("linked", "linking", "tags", "linked_titles", "linked_projects", "labels", "states", "marks", "watchers"),
    "projects": ("tasks", "titles", "all_states"),
    "teams": ("projects", "members"),
    "tags": ("tasks", "titles"),
    "vault": ("tasks",),
    "diary": (),
}
OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    "tasks": ("due", "state", "last_due", "heavy", "public", "owner", "project", "parent", "safe", "contact",
              "safe_name", "price", "next"),
    "projects": ("team", "lead", "big"),
    "teams": ("tier",),
    "tags": (),
    "vault": (),
    "diary": ("author", "reader", "editor", "remover"),
}  # fmt: skip
SYSTEM: Final = ("id", "created_at", "updated_at", "deleted_at")
VIEWS: Final = ("open", "grouped", "busy")
WORDS: Final = ("apple", "pie", "berry", "dragon", "open", "", "done", "secret", "inner")
LINKED: Final[Mapping[str, str]] = {
    "linked": "tasks", "linking": "tasks", "tags": "tags", "tasks": "tasks", "projects": "projects",
    "project": "projects", "parent": "tasks", "next": "tasks", "safe": "vault", "team": "teams",
}  # fmt: skip
"""The fields of links, and the table that each leads into."""


@dataclass(frozen=True)
class Question:
    """One request. Where its answer is a page, those that follow are asked for as well."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


def fields_of(table: str) -> tuple[str, ...]:
    return (*TEXTS[table], *NUMBERS[table], *LISTS[table], *OTHERS[table])


@cache
def _leaf(table: str) -> st.SearchStrategy[Any]:
    """Draw a condition on one field."""

    def on(names: Sequence[str], words: Mapping[str, st.SearchStrategy[Any]]) -> list[st.SearchStrategy[Any]]:
        made = (
            st.builds(lambda name, value, word=word: {name: {word: value}}, st.sampled_from(names), values)
            for word, values in words.items()
        )
        return list(made) if names else []

    flag, word, number = st.just(True), st.sampled_from(WORDS), st.integers(-3, 20)
    filled = st.sampled_from([each for each in WORDS if each])
    leaves = on(TEXTS[table], {"equals": word, "contains": filled, "notContains": filled, "isEmpty": flag})
    leaves += on(NUMBERS[table], {"equals": number, "greaterThan": number, "lessThan": number, "isNull": flag})
    for name in LISTS[table]:
        target = LINKED.get(name)
        values = st.sampled_from([str(key) for key in KEYS[target]]) if target else word
        leaves += on([name], {"hasAny": st.lists(values, max_size=2), "hasNone": st.lists(values, max_size=2)})
        leaves += on([name], {"isEmpty": flag})
    for name in (each for each in OTHERS[table] if each in LINKED):
        leaves += on([name], {"equals": st.sampled_from([str(key) for key in KEYS[LINKED[name]]])})
    leaves += on(OTHERS[table], {"isNull": flag, "isNotNull": flag})
    leaves += on(["id"], {"in": st.lists(st.sampled_from([str(key) for key in KEYS[table]]), max_size=3)})
    return st.one_of(leaves)


@cache
def _filters(table: str) -> st.SearchStrategy[str]:
    node = st.recursive(
        _leaf(table),
        lambda inner: (
            inner.map(lambda node: {"not": node})
            | st.lists(inner, min_size=1, max_size=3).map(lambda nodes: {"or": nodes})
            | st.lists(inner, min_size=1, max_size=3).map(lambda nodes: {"and": nodes})
        ),
        max_leaves=3,
    )
    return node.map(lambda found: orjson.dumps(found).decode())


@cache
def _formulas(table: str) -> st.SearchStrategy[str]:
    texts = st.builds("{{{}}}='{}'".format, st.sampled_from(TEXTS[table]), st.sampled_from(WORDS))
    if not NUMBERS[table]:
        return texts
    return texts | st.builds("{{{}}}>{}".format, st.sampled_from(NUMBERS[table]), st.integers(-3, 9))


@cache
def _joined(names: tuple[str, ...], most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=most, unique=True).map(",".join)


@cache
def _choices(table: str) -> Mapping[str, st.SearchStrategy[str]]:
    """Return what may be asked of a list, by parameter."""
    sortable = (*TEXTS[table], *NUMBERS[table], *OTHERS[table], *SYSTEM)
    collected = NUMBERS[table] or ("id",)
    return {
        "filter": _filters(table),
        "filterByFormula": _formulas(table),
        "sort": _joined(tuple(f"{name}:{way}" for name in sortable for way in ("asc", "desc")), 1)
        | _joined(sortable, 3),
        "q": st.sampled_from(("apple", "berry pie", "dragon", "e")),
        "groupBy": st.sampled_from(sortable),
        "aggregate": st.builds(
            "{}:{},count".format, st.sampled_from(("sum", "max", "avg")), st.sampled_from(collected)
        ),
        "fields": _joined(fields_of(table), 6),
        "format": st.just("display"),
        "count": st.sampled_from(("exact", "estimate", "none")),
        "limit": st.sampled_from(("1", "2")),
        "includeDeleted": st.sampled_from(("true", "only")),
    }


@cache
def _wanted(table: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(_choices(table))), max_size=5, unique=True)


@st.composite
def _lists(draw: st.DrawFn, table: str) -> Question:
    choices = _choices(table)
    wanted = draw(_wanted(table))
    query = {name: draw(choices[name]) for name in wanted}
    if "limit" in query and draw(st.booleans()):
        query |= draw(st.sampled_from(({"page": "2"}, {"offset": "1"})))
    if table == "tasks" and draw(st.booleans()):
        return Question("GET", f"/api/tables/tasks/views/{draw(st.sampled_from(VIEWS))}/records", _of_view(query))
    return Question("GET", f"/api/tables/{table}/records", query)


def _of_view(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if name != "includeDeleted"}


@st.composite
def _single(draw: st.DrawFn, table: str) -> Question:
    query: dict[str, str] = {}
    if draw(st.booleans()):
        query["fields"] = ",".join(fields_of(table)) if draw(st.booleans()) else draw(_joined(fields_of(table), 6))
    query |= draw(st.sampled_from(({}, {"format": "display"}, {"includeDeleted": "true"})))
    return Question("GET", f"{_path(table)}/{draw(_ids(table))}", query)


@cache
def _histories(table: str) -> st.SearchStrategy[Question]:
    orders = st.sampled_from(({}, {"sort": "createdAt:desc"}, {"limit": "1"}))
    return st.builds(lambda key, query: Question("GET", f"{_path(table)}/{key}/history", query), _ids(table), orders)


def _in_trash(question: Question) -> Question:
    """Ask the same of the trash, which has no views."""
    path = question.path.removesuffix("/records") + "/trash"
    return question if "/views/" in path else replace(question, path=path)


def _path(table: str) -> str:
    return f"/api/tables/{table}/records"


@cache
def _ids(table: str) -> st.SearchStrategy[str]:
    return st.sampled_from([str(key) for key in (*SEEN[table], *KEYS[table], ABSENT[table])])


@st.composite
def _writes(draw: st.DrawFn, table: str) -> Question:
    """Draw a write. Nothing unique and no restricted delete is among them, since these cannot hide a row."""
    # The key of a new tag is made at random, and the number of a new task would tell how many there were.
    method = draw(st.sampled_from(("PATCH", "PATCH", "DELETE", "PATCH" if table == "tags" else "POST")))
    if method == "DELETE":
        return Question(method, f"{_path(table)}/{draw(_ids(table))}")
    links = [name for name in ("project", "parent", "next", "safe", "team") if name in OTHERS[table]]
    many = [name for name in ("linked", "linking") if table == "tasks"] + (["tags"] if table == "tasks" else [])
    fields: dict[str, Any] = {}
    if draw(st.booleans()) and links:
        name = draw(st.sampled_from(links))
        fields[name] = draw(st.none() | _ids(LINKED[name]))
    if draw(st.booleans()) and many:
        name = draw(st.sampled_from(many))
        fields[name] = draw(st.lists(_ids(LINKED[name]), max_size=3, unique=True))
    if not fields or draw(st.booleans()):
        own = TEXTS[table][0]
        fields[own] = draw(st.sampled_from(WORDS))
    if method == "PATCH":
        return Question(method, f"{_path(table)}/{draw(_ids(table))}", body=fields)
    new = {"projects": {"id": f"new{draw(st.integers(1, 3))}", "level": draw(st.sampled_from(("open", "secret")))}}
    refused = {"tasks": {"title": "x", "owner": "nobody"}}
    return Question(method, _path(table), body={**fields, **new.get(table, refused.get(table, {}))})


@cache
def _about_table(table: str) -> st.SearchStrategy[Question]:
    return st.sampled_from(
        (
            Question("GET", "/api/tables", {"include": "recordCount"}),
            Question("GET", f"/api/tables/{table}", {"include": "recordCount"}),
            Question("GET", f"/api/tables/{table}/permissions"),
            Question("GET", "/api/account/export"),
        )
    )


@cache
def questions() -> st.SearchStrategy[list[Question]]:
    """Draw what is asked of both worlds, in order: a write changes what is read after it."""

    def about(table: str) -> st.SearchStrategy[Question]:
        lists = _lists(table)
        single = st.one_of(_single(table), _single(table), _histories(table))
        return st.one_of(lists, lists, lists, lists.map(_in_trash), single, single, _writes(table), _about_table(table))

    tables = ("tasks", "tasks", "tasks", "projects", "projects", "teams", "tags", "vault", "diary")
    return st.lists(st.one_of([about(table) for table in tables]), min_size=30, max_size=50)
