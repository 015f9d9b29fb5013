"""What becomes of records when the user whom they name is erased, and which of them an export holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.auth import Browser, Site, site

KEEP: dict[str, Any] = {"strategies": [{"type": "emailAndPassword"}]}
DELETE: dict[str, Any] = {**KEEP, "deleteUser": {"authoredContent": "delete"}}
TITLE: dict[str, Any] = {"id": 1, "name": "title", "type": "single-line-text"}
AUTHOR: dict[str, Any] = {"id": 2, "name": "author", "type": "created-by"}
NOTES: dict[str, Any] = {
    "id": 1,
    "name": "notes",
    "fields": [
        TITLE,
        AUTHOR,
        {"id": 3, "name": "editor", "type": "updated-by"},
        {"id": 4, "name": "remover", "type": "deleted-by"},
        {"id": 5, "name": "owner", "type": "user"},
        {"id": 6, "name": "watchers", "type": "user", "allowMultiple": True},
    ],
}

Open = Callable[..., Site]


def link(number: int, name: str, target: str, **options: Any) -> dict[str, Any]:
    return {"id": number, "name": name, "type": "relationship", "relatedTable": target, **options}


@pytest.fixture
def opened(tmp_path: Path, database_url: str) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_site(auth: dict[str, Any], *tables: dict[str, Any]) -> Site:
            return stack.enter_context(site(tmp_path, database_url, auth, tables=list(tables)))

        yield open_site


def signed_up(opened_site: Site, name: str) -> tuple[Browser, str]:
    browser = opened_site.browser()
    return browser, browser.sign_up(f"{name}@example.com")["id"]


def created(browser: Browser, table: str, **fields: Any) -> str:
    answer = browser("POST", f"/api/tables/{table}/records", {"fields": fields})
    assert answer.status == 201, answer.body
    return str(answer.json()["id"])


def stored(opened_site: Site, table: str, column: str = "title") -> list[Any]:
    return [row[0] for row in opened_site.sql(f'SELECT "{column}" FROM "{table}" ORDER BY id')]


def erase(browser: Browser) -> None:
    assert browser.post("/delete-user").status == 200


def test_kept_records_lose_their_author_and_nothing_else(opened: Open) -> None:
    crm = opened(KEEP, NOTES)
    (ada, ada_id), (eve, eve_id) = signed_up(crm, "ada"), signed_up(crm, "eve")
    first = created(ada, "notes", title="hers", owner=eve_id, watchers=[ada_id, eve_id])
    second = created(eve, "notes", title="not hers", owner=ada_id)
    third = created(eve, "notes", title="removed")
    ada("DELETE", f"/api/tables/notes/records/{third}")
    before = crm.sql('SELECT _revision, updated_at FROM "notes" ORDER BY id')
    erase(ada)
    shown = {each: eve("GET", f"/api/tables/notes/records/{each}").json() for each in (first, second)}
    assert shown[first]["fields"] == {
        "title": "hers",
        "author": None,
        "editor": None,
        "remover": None,
        "owner": eve_id,
        "watchers": [eve_id],
    }
    assert shown[second]["fields"]["author"] == eve_id
    assert shown[second]["fields"]["owner"] is None
    assert stored(crm, "notes", "remover") == [None, None, None]
    assert crm.sql('SELECT _revision, updated_at FROM "notes" ORDER BY id') == before
    assert ada_id not in str(crm.sql('SELECT * FROM "notes"'))


def test_deleted_records_are_gone_for_good_the_trash_too(opened: Open) -> None:
    crm = opened(DELETE, NOTES)
    (ada, ada_id), (eve, eve_id) = signed_up(crm, "ada"), signed_up(crm, "eve")
    created(ada, "notes", title="hers", watchers=[ada_id, eve_id])
    trashed = created(ada, "notes", title="hers, removed")
    ada("DELETE", f"/api/tables/notes/records/{trashed}")
    created(eve, "notes", title="not hers", owner=ada_id, watchers=[ada_id, eve_id])
    erase(ada)
    assert stored(crm, "notes") == ["not hers"]
    (record,) = eve("GET", "/api/tables/notes/records").json()["records"]
    assert (record["fields"]["owner"], record["fields"]["watchers"]) == (None, [eve_id])
    assert ada_id not in str(crm.sql('SELECT * FROM "notes"'))


def test_a_table_that_keeps_no_author_loses_nothing(opened: Open) -> None:
    crm = opened(DELETE, {"id": 1, "name": "notes", "fields": [TITLE]})
    ada, _ = signed_up(crm, "ada")
    created(ada, "notes", title="anybody's")
    erase(ada)
    assert stored(crm, "notes") == ["anybody's"]


@pytest.mark.parametrize(
    ("options", "left", "links"),
    [
        ({}, ["child of hers", "child of another"], [None, "2"]),
        ({"onDelete": "set-null"}, ["child of hers", "child of another"], [None, "2"]),
        ({"onDelete": "cascade"}, ["child of another"], ["2"]),
    ],
)
def test_children_go_or_lose_the_link_as_the_file_says(
    opened: Open, options: dict[str, Any], left: list[str], links: list[str | None]
) -> None:
    children = {"id": 2, "name": "children", "fields": [TITLE, link(2, "parent", "parents", **options)]}
    crm = opened(DELETE, {"id": 1, "name": "parents", "fields": [TITLE, AUTHOR]}, children)
    (ada, _), (eve, _) = signed_up(crm, "ada"), signed_up(crm, "eve")
    created(eve, "children", title="child of hers", parent=created(ada, "parents", title="hers"))
    created(eve, "children", title="child of another", parent=created(eve, "parents", title="not hers"))
    crm.clock.pass_by(minutes=1)
    erase(ada)
    records = eve("GET", "/api/tables/children/records").json()["records"]
    assert [each["fields"]["title"] for each in records] == left
    assert [each["fields"]["parent"] for each in records] == links
    assert stored(crm, "parents") == ["not hers"]
    for record in records:
        has_lost = record["fields"]["parent"] is None
        assert record["revision"] == (2 if has_lost else 1)
        assert record["updatedAt"] == f"2026-03-01T09:0{1 if has_lost else 0}:00.000Z"


@pytest.mark.parametrize("options", [{"onDelete": "restrict"}, {"onDelete": "no-action"}, {"required": True}])
def test_what_a_link_of_another_protects_stays_without_its_author(opened: Open, options: dict[str, Any]) -> None:
    children = {
        "id": 2,
        "name": "children",
        "fields": [TITLE, link(2, "parent", "parents", **options), AUTHOR | {"id": 3}],
    }
    crm = opened(DELETE, {"id": 1, "name": "parents", "fields": [TITLE, AUTHOR]}, children)
    (ada, ada_id), (eve, _) = signed_up(crm, "ada"), signed_up(crm, "eve")
    created(eve, "children", title="not hers", parent=created(ada, "parents", title="protected"))
    created(ada, "children", title="hers", parent=created(ada, "parents", title="not protected"))
    erase(ada)
    assert stored(crm, "parents") == ["protected"]
    assert stored(crm, "parents", "author") == [None]
    assert stored(crm, "children") == ["not hers"]
    assert ada_id not in str(crm.sql("SELECT * FROM parents"))


def test_a_restriction_deep_below_keeps_the_whole_chain_and_no_more(opened: Open) -> None:
    roots = {"id": 1, "name": "roots", "fields": [TITLE, AUTHOR]}
    middles = {"id": 2, "name": "middles", "fields": [TITLE, link(2, "root", "roots", onDelete="cascade")]}
    leaves = {"id": 3, "name": "leaves", "fields": [TITLE, link(2, "middle", "middles", onDelete="restrict")]}
    crm = opened(DELETE, roots, middles, leaves)
    (ada, _), (eve, _) = signed_up(crm, "ada"), signed_up(crm, "eve")
    kept, gone = created(ada, "roots", title="kept"), created(ada, "roots", title="gone")
    held = created(eve, "middles", title="held", root=kept)
    created(eve, "middles", title="beside it", root=kept)
    created(eve, "middles", title="below the other", root=gone)
    created(eve, "leaves", title="leaf", middle=held)
    erase(ada)
    assert stored(crm, "roots") == ["kept"]
    assert stored(crm, "middles") == ["held", "beside it"]
    assert stored(crm, "leaves") == ["leaf"]


def test_records_that_point_at_one_another_go_together(opened: Open) -> None:
    notes = {"id": 1, "name": "notes", "fields": [TITLE, AUTHOR, link(3, "next", "notes", onDelete="restrict")]}
    crm = opened(DELETE, notes)
    (ada, _), (eve, _) = signed_up(crm, "ada"), signed_up(crm, "eve")
    first = created(ada, "notes", title="one")
    second = created(ada, "notes", title="two", next=first)
    ada("PATCH", f"/api/tables/notes/records/{first}", {"fields": {"next": second}})
    itself = created(ada, "notes", title="itself")
    ada("PATCH", f"/api/tables/notes/records/{itself}", {"fields": {"next": itself}})
    created(eve, "notes", title="not hers")
    erase(ada)
    assert stored(crm, "notes") == ["not hers"]


def test_links_in_tables_of_their_own_end(opened: Open) -> None:
    tags = {"id": 2, "name": "tags", "fields": [TITLE, link(2, "notes", "notes", relationType="many-to-many")]}
    crm = opened(DELETE, {"id": 1, "name": "notes", "fields": [TITLE, AUTHOR]}, tags)
    (ada, _), (eve, _) = signed_up(crm, "ada"), signed_up(crm, "eve")
    hers, other = created(ada, "notes", title="hers"), created(eve, "notes", title="not hers")
    created(eve, "tags", title="red", notes=[hers, other])
    erase(ada)
    (tag,) = eve("GET", "/api/tables/tags/records").json()["records"]
    assert tag["fields"]["notes"] == [other]


@pytest.mark.parametrize("key", ["uuid", "text"])
def test_keys_of_every_kind_are_found(opened: Open, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr("tabularium.records.trash.keys.AT_ONCE", 2)
    monkeypatch.setattr("tabularium.records.authored.PAGE", 2)
    parents = {"id": 1, "name": "parents", "primaryKey": {"type": key}, "fields": [TITLE, AUTHOR]}
    children = {
        "id": 2,
        "name": "children",
        "primaryKey": {"type": key},
        "fields": [TITLE, link(2, "parent", "parents", onDelete="cascade")],
    }
    crm = opened(DELETE, parents, children)
    ada, _ = signed_up(crm, "ada")
    sent = (lambda name: {"id": name}) if key == "text" else (lambda name: {})
    for number in range(5):
        parent = created(ada, "parents", title=f"p{number}", **sent(f"p{number}"))
        created(ada, "children", title=f"c{number}", parent=parent, **sent(f"c{number}"))
    entries = ada.get("/api/account/export").json()["authoredRecords"]
    assert sorted(each["fields"]["title"] for each in entries) == [f"p{number}" for number in range(5)]
    erase(ada)
    assert (stored(crm, "parents"), stored(crm, "children")) == ([], [])


def test_an_export_holds_what_its_reader_has_created(opened: Open) -> None:
    count = {"id": 7, "name": "shout", "type": "formula", "formula": "UPPER({title})"}
    others = {"id": 2, "name": "others", "fields": [TITLE]}
    crm = opened(KEEP, {**NOTES, "fields": [*NOTES["fields"], count]}, others)
    (ada, ada_id), (eve, _) = signed_up(crm, "ada"), signed_up(crm, "eve")
    first = created(ada, "notes", title="live")
    second = created(ada, "notes", title="removed")
    ada("DELETE", f"/api/tables/notes/records/{second}")
    created(eve, "notes", title="not hers")
    created(ada, "others", title="nobody's")
    entries = ada.get("/api/account/export").json()["authoredRecords"]
    assert [(each["tableSlug"], each["recordId"]) for each in entries] == [("notes", first), ("notes", second)]
    record = ada("GET", f"/api/tables/notes/records/{first}").json()
    assert entries[0] == {
        "tableSlug": "notes",
        "recordId": first,
        "fields": record["fields"],
        "createdAt": record["createdAt"],
        "updatedAt": record["updatedAt"],
    }
    assert entries[0]["fields"]["author"] == ada_id
    assert entries[0]["fields"]["shout"] == "LIVE"


def test_an_export_holds_nothing_that_its_reader_may_not_read(opened: Open) -> None:
    crm = opened(KEEP, NOTES)
    ada, ada_id = signed_up(crm, "ada")
    created(ada, "notes", title="hers")
    crm.sql("UPDATE \"user\" SET role = 'unknown' WHERE id = ?1", ada_id)
    assert ada.get("/api/account/export").json()["authoredRecords"] == []
