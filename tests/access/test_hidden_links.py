"""Links to rows that a caller does not see: in histories, in reverts, and as what forbids a delete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.access.rows import is_, opened
from tests.support.callers import Callers

TEXT = "single-line-text"
SEEN = {"when": is_("name", "hidden", "neq")}
TABLES: list[dict[str, Any]] = [
    {"id": 1, "name": "people", "fields": [{"name": "name", "type": TEXT}], "rowLevelPermissions": {"read": SEEN}},
    {
        "id": 2,
        "name": "teams",
        "fields": [
            {"name": "name", "type": TEXT},
            {"name": "crew", "type": "relationship", "relatedTable": "people", "relationType": "many-to-many"},
        ],
    },
    {
        "id": 3,
        "name": "badges",
        "fields": [
            {"name": "name", "type": TEXT},
            {"name": "team", "type": "relationship", "relatedTable": "teams", "onDelete": "restrict"},
        ],
        "rowLevelPermissions": {"read": SEEN},
    },
]


@pytest.fixture(params=["sqlite", "postgresql"])
def club(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Callers]:
    url = f"sqlite:{tmp_path / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with opened(tmp_path, url, TABLES) as found:
        yield Callers(found)


def make(club: Callers, table: str, **fields: Any) -> str:
    answer = club["admin"]("POST", f"/api/tables/{table}/records", {"fields": fields})
    assert answer.status == 201, answer.body
    return str(answer.json()["id"])


def crews(club: Callers, name: str, path: str) -> list[Any]:
    entries = club[name]("GET", f"{path}/history").json()["history"]
    return [(entry["changes"] or {}).get("crew") for entry in entries]


def test_a_history_tells_of_all_links_and_shows_those_that_its_reader_sees(club: Callers) -> None:
    hidden, ada, bob = (make(club, "people", name=name) for name in ("hidden", "ada", "bob"))
    path = f"/api/tables/teams/records/{make(club, 'teams', name='t', crew=[hidden, ada, bob])}"
    assert club["member"]("PATCH", path, {"crew": []}).status == 200
    assert club["admin"]("GET", path).json()["fields"]["crew"] == [hidden]
    assert crews(club, "admin", path) == [
        {"from": None, "to": [hidden, ada, bob]},
        {"from": [hidden, ada, bob], "to": [hidden]},
    ]
    assert crews(club, "member", path) == [{"from": None, "to": [ada, bob]}, {"from": [ada, bob], "to": []}]
    assert club["admin"]("PATCH", path, {"crew": []}).status == 200
    assert crews(club, "member", path)[2] is None


def test_a_revert_puts_back_all_links_of_that_time(club: Callers) -> None:
    hidden, ada, bob = (make(club, "people", name=name) for name in ("hidden", "ada", "bob"))
    path = f"/api/tables/teams/records/{make(club, 'teams', name='t', crew=[hidden, ada, bob])}"
    club["member"]("PATCH", path, {"crew": []})
    club["member"]("PATCH", path, {"crew": [bob]})
    reverted = club["admin"]("POST", f"{path}/history/2/revert")
    assert (reverted.status, reverted.json()["fields"]["crew"]) == (200, [hidden])
    reverted = club["member"]("POST", f"{path}/history/1/revert")
    assert (reverted.status, reverted.json()["fields"]["crew"]) == (200, [ada, bob])
    assert club["admin"]("GET", path).json()["fields"]["crew"] == [hidden, ada, bob]


def test_a_row_that_the_caller_does_not_see_is_not_named_as_what_forbids_a_delete(club: Callers) -> None:
    team = make(club, "teams", name="t")
    make(club, "badges", name="hidden", team=team)
    for query in ({}, {"dryRun": "true"}):
        body = {"ids": [team]} if query else None
        path = "/api/tables/teams/records/batch" if query else f"/api/tables/teams/records/{team}"
        refused = club["member"]("DELETE", path, body, query=query)
        assert refused.status == 409
        assert b"badges" not in refused.body
        assert b"badges.team" in club["admin"]("DELETE", path, body, query=query).body
