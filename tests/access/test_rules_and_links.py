"""Rules for rows where links lead to rows that a caller may not see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.rows import any_of, is_, opened, text
from tests.support.callers import Callers

BOXES, PARTS = "/api/tables/boxes/records", "/api/tables/parts/records"
SECRET = "{0}"
"""Stands in texts of the program for a value to come. In the file it is a text as any other."""

TABLES: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "boxes",
        "fields": [
            text("title"),
            {"name": "parts", "type": "relationship", "relatedTable": "parts", "relationType": "many-to-many"},
            {"name": "part_count", "type": "count", "relationshipField": "parts"},
        ],
        "rowLevelPermissions": {"write": {"when": any_of(is_("parts", "1", "neq"), is_("title", "free"))}},
    },
    {
        "id": 2,
        "name": "parts",
        "fields": [text("level")],
        "rowLevelPermissions": {"read": {"when": is_("level", SECRET, "neq")}},
    },
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    folder: Path = tmp_path_factory.mktemp("boxes")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with opened(folder, url, TABLES) as found:
        desk = Callers(found)
        for level in (SECRET, "open", "open"):
            assert desk["admin"]("POST", PARTS, {"level": level}).status == 201
        yield desk


def test_a_value_of_a_rule_may_look_like_a_place_for_one(desk: Callers) -> None:
    made = desk["admin"]("POST", BOXES, {"title": "counted", "parts": ["1", "2"]}).json()

    def found(condition: str) -> list[str]:
        answer = desk["member"]("GET", BOXES, query={"filter": f'{{"id": "{made["id"]}", {condition}}}'})
        return [each["id"] for each in answer.json()["records"]]

    assert found('"part_count": 1') == found('"parts": ["2"]') == [made["id"]]
    assert found('"part_count": 2') == found('"parts": ["1"]') == []


def test_a_change_is_judged_by_the_links_that_stay_unseen(desk: Callers) -> None:
    member = desk["member"]
    path = f"{BOXES}/{desk['admin']('POST', BOXES, {'title': 'free', 'parts': ['1', '2']}).json()['id']}"
    # The link to the part that the member does not see stays, and with it the row is none that they may store.
    assert member("PATCH", path, {"title": "bound", "parts": ["3"]}).status == 403
    assert member("PATCH", path, {"parts": ["3"]}).json()["fields"]["parts"] == ["3"]
    assert desk["admin"]("GET", path).json()["fields"]["parts"] == ["1", "3"]
    assert desk["admin"]("PATCH", path, {"parts": ["2"]}).status == 200
    assert member("PATCH", path, {"title": "bound", "parts": ["3"]}).status == 200
