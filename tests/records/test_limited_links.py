"""Links whose targets must be in a view, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: limited
tables:
  - id: 1
    name: people
    fields:
      - { id: 1, name: name, type: single-line-text }
      - { id: 2, name: active, type: checkbox }
      - { id: 3, name: seen, type: datetime }
      - { id: 4, name: ahead, type: formula, formula: "seen > NOW()" }
      - { id: 5, name: visits, type: relationship, relatedTable: tasks, relationType: one-to-many, foreignKey: visitor }
      - { id: 6, name: visits_today, type: count, relationshipField: visits, filters: { created_at: { today: true } } }
    views:
      - { id: 1, name: Active people, filters: { or: [{ active: true }, { name: { contains: "it's" } }] } }
      - { id: lately, name: Lately, filters: { seen: { pastDays: 3650 } } }
      - { id: all, name: All }
      - { id: behind, name: Behind, filters: { ahead: false } }
      - { id: free, name: Free today, filters: { visits_today: 0 } }
  - id: 2
    name: tasks
    fields:
      - { id: 1, name: owner, type: relationship, relatedTable: people, limitToView: Active people }
      - { id: 2, name: helpers, type: relationship, relatedTable: people, relationType: many-to-many, limitToView: 1 }
      - { id: 3, name: visitor, type: relationship, relatedTable: people, limitToView: lately }
      - { id: 4, name: anybody, type: relationship, relatedTable: people, limitToView: all }
      - { id: 5, name: elder, type: relationship, relatedTable: people, limitToView: behind }
      - { id: 6, name: free, type: relationship, relatedTable: people, limitToView: free }
      - { id: 7, name: guests, type: relationship, relatedTable: people, relationType: many-to-many, limitToView: free }
"""
PEOPLE = (
    {"name": "Ada", "active": True, "seen": "2024-01-01T00:00:00Z"},
    {"name": "Bob", "active": False, "seen": "1999-01-01T00:00:00Z"},
    {"name": "it's me", "active": None},
    {"name": "Zoë", "seen": "2999-01-01T00:00:00Z"},
)
TASKS = "/api/tables/tasks/records"


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        for person in PEOPLE:
            assert client("POST", "/api/tables/people/records", person).status == 201
        yield client


@pytest.mark.parametrize(
    "values",
    [
        {"owner": "1"},
        {"owner": "3", "helpers": ["3", "1"]},
        {"visitor": "1"},
        {"anybody": "2"},
        {"owner": None},
        {"elder": "2"},
        {"free": "1", "guests": ["1"]},
    ],
)
def test_a_target_in_the_view_is_taken(api: Client, values: dict[str, Any]) -> None:
    assert api("POST", TASKS, values).status == 201


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"owner": "2"}, {"fields.owner": "not_found"}),
        ({"helpers": ["1", "2"]}, {"fields.helpers.1": "not_found"}),
        ({"visitor": "2"}, {"fields.visitor": "not_found"}),
        ({"visitor": "3"}, {"fields.visitor": "not_found"}),
        ({"elder": "4"}, {"fields.elder": "not_found"}),
    ],
)
def test_a_target_outside_of_the_view_does_not_exist(
    api: Client, values: dict[str, Any], codes: dict[str, str]
) -> None:
    assert api("POST", TASKS, values).codes == codes
    key = api("POST", TASKS, {}).json()["id"]
    assert api("PATCH", f"{TASKS}/{key}", values).codes == codes


def test_what_a_view_works_out_is_that_of_the_moment(api: Client) -> None:
    assert api("POST", TASKS, {"visitor": "1", "free": "1", "guests": ["1", "2"]}).status == 201
    codes = {"fields.free": "not_found", "fields.guests.1": "not_found"}
    assert api("POST", TASKS, {"free": "1", "guests": ["2", "1"]}).codes == codes
    key = api("POST", TASKS, {"free": "2"}).json()["id"]
    assert api("PATCH", f"{TASKS}/{key}", {"free": "1", "guests": ["2", "1"]}).codes == codes
