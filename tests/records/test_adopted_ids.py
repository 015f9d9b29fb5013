"""Ids that the file gives later, and ids of what was dropped: nothing shows what belongs to another table or field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tabularium.application import load_schema
from tabularium.schema.migration.apply import migrate
from tests.comments.conftest import AUTH, Crm
from tests.support.auth import HandClock, site

HIDDEN = [{"field": "secret", "read": ["admin"], "write": ["admin"]}]


def field(name: str, number: int | None = None) -> dict[str, Any]:
    return {"name": name, "type": "single-line-text", **({} if number is None else {"id": number})}


def table(name: str, fields: list[dict[str, Any]], number: int | None = None) -> dict[str, Any]:
    blocks: dict[str, Any] = {"name": name, "fields": fields, "comments": {"readTracking": True}}
    if "secret" in [each["name"] for each in fields]:
        blocks["permissions"] = {"fields": HIDDEN}
    return blocks if number is None else {"id": number, **blocks}


@contextmanager
def served(folder: Path, url: str, tables: list[dict[str, Any]], before: Crm | None = None) -> Iterator[Crm]:
    """Serve a file; people who are known from `before` have the browsers that they had."""
    clock = HandClock() if before is None else before.site.clock
    with site(folder, url, AUTH, tables=tables, clock=clock) as opened:
        crm = Crm(opened)
        for name in () if before is None else before.people:
            browser = opened.browser()
            browser.sign_in(f"{name}@example.com")
            crm.people[name] = type(before.people[name])(browser, before.people[name].id)
        yield crm


def history(person: Any, place: str) -> list[dict[str, Any]]:
    answer = person("GET", f"{place}/history")
    assert answer.status == 200, answer.body
    return [each["changes"] for each in answer.json()["history"]]


def filled(crm: Crm, name: str) -> str:
    """Make a record with a history, a comment and a mark, and return its place."""
    thread = crm.thread(name, secret=f"secret of {name}")
    crm.root.says(thread, f"on {name}")
    crm.ada("POST", f"{thread}/read")
    return thread.removesuffix("/comments")


def test_tables_and_fields_that_swap_their_numbers_keep_what_is_theirs(tmp_path: Path, database_url: str) -> None:
    with served(tmp_path, database_url, [table(each, [field("title"), field("secret")]) for each in "ab"]) as crm:
        first, second = filled(crm, "a"), filled(crm, "b")
        former = [history(crm.root, each) for each in (first, second)]
        seen = [history(crm.ada, each) for each in (first, second)]
        before = crm
    swapped = [field("title", 2), field("secret", 1)]
    with served(tmp_path, database_url, [table("a", swapped, 2), table("b", swapped, 1)], before) as crm:
        assert [history(crm.root, each) for each in (first, second)] == former
        assert [history(crm.ada, each) for each in (first, second)] == seen
        assert "secret of" not in repr(seen)
        for name, place in (("a", first), ("b", second)):
            assert crm.ada.sees(f"{place}/comments") == [f"on {name}"]
            assert crm.ada.unread(f"{place}/comments") == 0
            found = crm.root("GET", "/api/activity", query={"tableId": "2" if name == "a" else "1"}).json()
            assert {each["tableName"] for each in found["activities"]} == {name}
            assert len(found["activities"]) == 2
            reverted = crm.root("POST", f"{place}/history/1/revert")
            assert reverted.json()["fields"] == {"title": "a", "secret": f"secret of {name}"}
        reasons = crm.site.sql("SELECT details FROM _activity WHERE action = 'config.migrated' ORDER BY id")
        assert reasons[-1][0] == '{"tables":["a","b"]}'


@pytest.mark.parametrize("numbered", [True, False])
def test_a_field_with_the_id_of_a_dropped_one_shows_nothing_of_it(
    tmp_path: Path, database_url: str, numbered: bool
) -> None:
    numbers = (1, 2) if numbered else (None, None)
    fields = [field("title", numbers[0]), field("secret", numbers[1])]
    with served(tmp_path, database_url, [table("a", fields)]) as crm:
        place = filled(crm, "a")
        drop(crm, tmp_path, [table("a", fields[:1])])
        before = crm
    with served(tmp_path, database_url, [table("a", [*fields[:1], field("open", 2)])], before) as crm:
        for person in (crm.ada, crm.root):
            assert history(person, place) == [{"title": {"from": None, "to": "a"}}]
            assert person("GET", place).json()["fields"] == {"title": "a", "open": None}


def test_a_table_with_the_id_of_a_dropped_one_shows_nothing_of_it(tmp_path: Path, database_url: str) -> None:
    kept = table("kept", [field("title")], 9)
    with served(tmp_path, database_url, [kept, table("a", [field("title", 1), field("secret", 2)], 1)]) as crm:
        place = filled(crm, "a")
        drop(crm, tmp_path, [kept])
        before = crm
    with served(tmp_path, database_url, [kept, table("b", [field("title", 1), field("secret", 2)], 1)], before) as crm:
        made = crm.root("POST", "/api/tables/b/records", {"title": "new"})
        assert made.json()["id"] == place.rsplit("/", 1)[1]
        anew = f"/api/tables/b/records/{made.json()['id']}"
        assert history(crm.root, anew) == [{"title": {"from": None, "to": "new"}}]
        assert crm.ada.sees(f"{anew}/comments") == []
        assert crm.site.sql("SELECT count(*) FROM _activity WHERE changes LIKE '%secret of%'")[0][0] == 0


def drop(crm: Crm, folder: Path, tables: list[dict[str, Any]]) -> None:
    """Take away what has left the file, values and all."""
    file = folder / "changed.json"
    file.write_text(json.dumps({"name": "crm", "auth": AUTH, "tables": tables}), "utf-8")
    schema = load_schema(file).schema
    crm.site.client.run(migrate(crm.site.opened["database"], schema, crm.site.clock, destructive=True))
