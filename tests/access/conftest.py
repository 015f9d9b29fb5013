"""One application with rules of every kind, on each database, and a caller of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.auth import Browser, Site, site
from tests.support.callers import Callers

AUTH: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "roles": [{"name": "editor", "level": 50}, {"name": "intern", "level": 10}],
}


def text(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "single-line-text", **options}


TABLES: list[dict[str, Any]] = [
    {"id": 1, "name": "plain", "fields": [text("title")]},
    {
        "id": 2,
        "name": "forum",
        "fields": [text("title"), text("state")],
        "permissions": {
            "read": "all",
            "create": "authenticated",
            "update": ["intern", "editor"],
            "delete": ["editor"],
            "permanentDelete": ["member"],
            "fields": [{"field": "state", "write": ["editor"]}],
        },
    },
    {"id": 3, "name": "box", "fields": [text("title"), text("note")], "permissions": {
        "read": ["editor"], "create": "all", "update": ["editor"], "delete": ["editor"], "comment": ["editor"],
        "restore": ["editor"], "fields": [{"field": "note", "read": ["editor"]}],
    }},
    {"id": 4, "name": "companies", "fields": [text("name"), text("vat")], "permissions": {
        "read": ["editor", "viewer"], "create": ["editor"], "update": ["editor"], "delete": ["editor"],
        "fields": [{"field": "name", "read": ["editor"]}],
    }},
    {
        "id": 5,
        "name": "staff",
        "fields": [
            text("name"),
            {"name": "salary", "type": "integer"},
            {"name": "grade", "type": "integer"},
            {"name": "doubled", "type": "formula", "formula": "salary * 2"},
            {"name": "again", "type": "formula", "formula": "doubled + grade"},
            {"name": "hint", "type": "formula", "formula": "salary > 10"},
            {"name": "company", "type": "relationship", "relatedTable": "companies", "displayField": "name"},
            {"name": "company_vat", "type": "lookup", "relationshipField": "company", "relatedField": "vat"},
            {"name": "company_name", "type": "lookup", "relationshipField": "company", "relatedField": "name"},
            {"name": "boss", "type": "relationship", "relatedTable": "staff", "displayField": "salary"},
            {"name": "team", "type": "relationship", "relatedTable": "staff", "relationType": "one-to-many",
             "foreignKey": "boss"},
            {"name": "heads", "type": "count", "relationshipField": "team"},
            {"name": "cost", "type": "rollup", "relationshipField": "team", "relatedField": "salary",
             "aggregation": "SUM"},
            {"name": "author", "type": "created-by"},
        ],
        "views": [
            {"id": "rich", "name": "Rich", "filters": {"salary": {"greaterThan": 1}}, "groupBy": {"field": "salary"},
             "sorts": [{"field": "salary"}], "fields": ["name", "salary"]},
            {"id": "editors", "name": "Editors", "permissions": {"read": ["editor"]}},
        ],
        "permissions": {
            "read": "all",
            "fields": [
                {"field": "salary", "read": ["editor"]},
                {"field": "grade", "write": ["editor"]},
                {"field": "hint", "read": "all"},
                {"field": "author", "read": ["editor"]},
            ],
        },
    },
    {"id": 6, "name": "heirs", "fields": [text("title"), text("state")], "permissions": {
        "inherit": "forum", "update": ["member"], "fields": [{"field": "state", "read": ["editor", "member"]}],
        "override": {"create": ["editor"], "admin": {"delete": ["admin"]}},
    }},
    {"id": 7, "name": "vault", "fields": [text("title")], "permissions": {
        action: ["admin"] for action in ("read", "create", "update", "delete", "comment", "restore")
    }},
    {"id": 8, "name": "deals", "fields": [
        {"name": "sides", "type": "relationship", "relatedTable": "companies", "relationType": "many-to-many"},
    ]},
]  # fmt: skip


@contextmanager
def _opened(folder: Path, url: str) -> Iterator[Site]:
    with site(folder, url, AUTH, tables=TABLES) as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def callers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    """Callers of every kind, of one application whose records the tests of a module share."""
    folder = tmp_path_factory.mktemp("house")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with _opened(folder, url) as house:
        yield Callers(house)


@pytest.fixture
def admin(callers: Callers) -> Browser:
    return callers["admin"]
