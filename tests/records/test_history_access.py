"""Who may read the history of a record, and what of it; and what is left when a record or a user goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.access.identity import GUEST
from tabularium.context import Context
from tabularium.db.database import Session
from tabularium.records.trash import delete_for_good
from tests.support.auth import Browser, Site, site
from tests.support.recorded_writes import RecordedWrites

AUTH: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "roles": [{"name": "editor", "level": 50}],
    "deleteUser": {"authoredContent": "delete"},
}
TEXT = "single-line-text"
TABLES: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "notes",
        "fields": [
            {"id": 1, "name": "title", "type": TEXT},
            {"id": 2, "name": "secret", "type": TEXT},
            {"id": 3, "name": "author", "type": "created-by"},
            {"id": 4, "name": "owner", "type": "user"},
            {"id": 5, "name": "watchers", "type": "user", "allowMultiple": True},
            {"id": 6, "name": "about", "type": "relationship", "relatedTable": "notes"},
        ],
        "permissions": {"read": "all", "fields": [{"field": "secret", "read": ["editor"], "write": ["editor"]}]},
    },
    {
        "id": 2,
        "name": "hidden",
        "fields": [{"id": 1, "name": "title", "type": TEXT}],
        "permissions": {action: ["editor"] for action in ("read", "create", "update", "delete")},
    },
    {
        "id": 4,
        "name": "diaries",
        "fields": [{"id": 1, "name": "title", "type": TEXT}, {"id": 2, "name": "owner", "type": "created-by"}],
        "rowLevelPermissions": {"read": {"when": {"field": "owner", "operator": "eq", "value": "$currentUser.id"}}},
    },
    {"id": 3, "name": "places", "primaryKey": {"type": "text"}, "fields": [{"id": 1, "name": "title", "type": TEXT}]},
]
NOTES, HIDDEN, PLACES, DIARIES = (f"/api/tables/{table}/records" for table in ("notes", "hidden", "places", "diaries"))


@pytest.fixture
def crm(tmp_path: Path, database_url: str) -> Iterator[Site]:
    with site(tmp_path, database_url, AUTH, tables=TABLES) as opened:
        yield opened


def person(crm: Site, name: str, role: str = "member") -> tuple[Browser, str]:
    browser = crm.browser()
    user_id = browser.sign_up(f"{name}@example.com")["id"]
    crm.sql('UPDATE "user" SET role = ?1, name = ?2 WHERE id = ?3', role, name.title(), user_id)
    return browser, user_id


@pytest.fixture
def editor(crm: Site) -> Browser:
    return person(crm, "grace", "editor")[0]


def created(browser: Browser, path: str = NOTES, **fields: Any) -> str:
    answer = browser("POST", path, {"fields": {"title": "a", **fields}})
    assert answer.status == 201, answer.body
    return f"{path}/{answer.json()['id']}"


def history(browser: Browser, record: str) -> list[dict[str, Any]]:
    answer = browser("GET", f"{record}/history")
    assert answer.status == 200, answer.body
    entries: list[dict[str, Any]] = answer.json()["history"]
    return entries


def remove_for_good(crm: Site, table: str, key: int | str) -> None:
    """Remove a record for good, with all that goes with it."""
    schema = crm.opened["migrated"].schema

    async def work(session: Session) -> None:
        context = Context(GUEST, schema, session, crm.clock)
        await delete_for_good(session, schema, {schema.find_table(table): {key}}, context.now, context.record_changes)

    crm.client.run(RecordedWrites(crm.opened["database"], schema).write(work))


def test_somebody_who_is_not_signed_in_gets_no_history_even_where_everybody_reads(crm: Site, editor: Browser) -> None:
    record = created(editor)
    visitor = crm.browser()
    assert visitor("GET", record).status == 200
    for path in (record, f"{NOTES}/99", f"{HIDDEN}/1", "/api/tables/none/records/1"):
        assert visitor("GET", f"{path}/history").status == 401
    assert visitor("GET", f"{record}/history?limit=0").status == 401


def test_a_table_that_the_caller_may_not_see_is_not_found(crm: Site, editor: Browser) -> None:
    record = created(editor, HIDDEN)
    stranger, _ = person(crm, "eve")
    assert stranger("GET", f"{record}/history").status == 404
    assert len(history(editor, record)) == 1


def test_a_rule_for_rows_shows_a_history_to_whom_it_shows_the_record(crm: Site) -> None:
    (ada, _), (eve, _) = person(crm, "ada"), person(crm, "eve")
    record, admin = created(ada, DIARIES), crm.admin()
    for action in ("create", "delete"):
        assert history(ada, record)[-1]["action"] == action
        assert history(admin, record)[-1]["action"] == action
        assert eve("GET", f"{record}/history").status == 404
        ada("DELETE", record)
    remove_for_good(crm, "diaries", 1)
    assert ada("GET", f"{record}/history").status == 404
    assert len(history(admin, record)) == 3


def test_values_of_unreadable_fields_are_left_out_and_the_entry_stays(crm: Site, editor: Browser) -> None:
    record = created(editor, secret="s")
    editor("PATCH", record, {"secret": "t"})
    stranger, _ = person(crm, "eve")
    assert [entry["changes"] for entry in history(stranger, record)] == [{"title": {"from": None, "to": "a"}}, {}]
    assert history(editor, record)[1]["changes"] == {"secret": {"from": "s", "to": "t"}}


def test_entries_name_who_did_it_as_they_were_called_then(crm: Site, editor: Browser) -> None:
    ada, ada_id = person(crm, "ada")
    record = created(ada)
    crm.sql("UPDATE \"user\" SET name = 'Countess' WHERE id = ?1", ada_id)
    ada("PATCH", record, {"title": "b"})
    first, second = history(editor, record)
    assert (first["userId"], first["user"]) == (ada_id, {"id": ada_id, "name": "Ada"})
    assert second["user"]["name"] == "Countess"


def test_the_trash_has_a_history(crm: Site, editor: Browser) -> None:
    record = created(editor)
    editor("DELETE", record)
    assert editor("GET", record).status == 404
    assert [entry["action"] for entry in history(editor, record)] == ["create", "delete"]


def test_what_is_removed_for_good_leaves_entries_without_values(crm: Site, editor: Browser) -> None:
    record, other = created(editor), created(editor, about="1")
    remove_for_good(crm, "notes", 1)
    assert [(each["revision"], each["action"], each["changes"]) for each in history(editor, record)] == [
        (1, "create", None),
        (2, "permanent_delete", None),
    ]
    assert history(editor, other)[1]["changes"] == {"about": {"from": "1", "to": None}}
    assert editor("GET", other).json()["revision"] == 2
    kept = crm.sql("SELECT action, changes FROM _activity WHERE record_id = '1' AND category = 'records' ORDER BY id")
    assert kept == [("create", None), ("permanent_delete", None)]
    assert crm.browser()("GET", f"{record}/history").status == 401


def test_a_key_that_comes_again_goes_on_after_what_is_left_of_the_former_record(crm: Site, editor: Browser) -> None:
    record = created(editor, PLACES, id="home")
    remove_for_good(crm, "places", "home")
    crm.clock.pass_by(minutes=1)
    created(editor, PLACES, id="home", title="b")
    assert [(each["revision"], each["changes"]) for each in history(editor, record)] == [
        (1, None),
        (2, None),
        (1, {"title": {"from": None, "to": "b"}}),
    ]


def test_a_page_behind_the_end_of_what_is_left_is_empty(crm: Site, editor: Browser) -> None:
    record = created(editor)
    remove_for_good(crm, "notes", 1)
    answer = editor("GET", f"{record}/history", query={"offset": 9, "count": "none"})
    assert (answer.status, answer.json()["history"]) == (200, [])


def test_what_may_be_hidden_from_a_caller_is_not_found_once_it_is_gone(
    crm: Site, editor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = created(editor)
    remove_for_good(crm, "notes", 1)
    monkeypatch.setattr("tabularium.records.history.shows_every_row", lambda table, dialect: False)
    assert editor("GET", f"{record}/history").status == 404
    assert len(history(crm.admin(), record)) == 2


# Erasures -------------------------------------------------------------------------------------------------------------


def test_an_erased_user_leaves_entries_without_their_id_and_values_without_it(crm: Site, editor: Browser) -> None:
    (ada, ada_id), (_, eve_id) = person(crm, "ada"), person(crm, "eve")
    record = created(editor, owner=ada_id, watchers=[ada_id, eve_id], secret=ada_id)
    ada("PATCH", record, {"owner": eve_id, "title": "b"})
    assert ada.post("/delete-user").status == 200
    first, second = history(editor, record)
    assert second["user"] == {"id": None, "name": "Deleted user"}
    assert "userId" not in second
    assert first["changes"]["owner"] == {"from": None, "to": None}
    assert first["changes"]["watchers"] == {"from": None, "to": [eve_id]}
    assert first["changes"]["secret"]["to"] == ada_id  # what a person wrote into a text is not ours to judge
    assert second["changes"] == {"title": {"from": "a", "to": "b"}, "owner": {"from": None, "to": eve_id}}
    kept = [
        json.loads(row[0]) for row in crm.sql("SELECT changes FROM _activity WHERE changes IS NOT NULL ORDER BY id")
    ]
    (was_given,), was_changed = kept
    owner = next(key for key in was_given if key.endswith(":owner"))
    assert (was_given[owner], was_changed[owner]) == (None, {"from": None, "to": eve_id})
    crm.sql("DELETE FROM _activity WHERE changes LIKE '%secret%'")
    assert ada_id not in str(crm.sql("SELECT * FROM _activity"))


NOTES_ID, PLACES_ID, LEFT_ID = "1", "3", "77"


@pytest.mark.parametrize(
    ("table_id", "key", "stays"),
    [
        (NOTES_ID, "9:host", False),
        (NOTES_ID, "9:secret", False),  # another field has the name now
        (NOTES_ID, ":secret", False),
        (NOTES_ID, "2:owner", True),  # a text that was called so
        (NOTES_ID, "secret", True),  # of an entry that has no ids; the field of that name is a text
        (NOTES_ID, "host", False),
        (PLACES_ID, "9:host", False),  # no field of this table is one of users
        (PLACES_ID, "1:title", True),
        (LEFT_ID, "1:title", False),  # nobody knows any more what this was
    ],
)
def test_an_erased_user_leaves_the_values_of_what_has_left_the_file_too(
    crm: Site, table_id: str, key: str, stays: bool
) -> None:
    ada, ada_id = person(crm, "ada")
    values = {
        "made": [{key: ada_id}],
        "many": [{key: ["u_2", ada_id]}],
        "kept": {key: {"from": ada_id, "to": None}},
    }
    for entry, changes in values.items():
        crm.sql(
            "INSERT INTO _activity (id, created_at, category, action, table_name, table_id, record_id, changes) "
            "VALUES (?1, '2026-01-01T00:00:00.000Z', 'records', 'update', 't', ?2, '1', ?3)",
            entry,
            table_id,
            json.dumps(changes),
        )
    assert ada.post("/delete-user").status == 200
    kept = {
        row[0]: json.loads(row[1]) for row in crm.sql("SELECT id, changes FROM _activity WHERE changes IS NOT NULL")
    }
    emptied = {"made": [{key: None}], "many": [{key: ["u_2"]}], "kept": {key: {"from": None, "to": None}}}
    assert kept == (values if stays else emptied)


def test_records_that_go_with_their_author_leave_entries_in_nobodys_name(crm: Site, editor: Browser) -> None:
    ada, _ = person(crm, "ada")
    record = created(ada)
    other = created(editor, about="1")
    assert ada.post("/delete-user").status == 200
    entries = history(editor, record)
    assert [(each["action"], each["user"]["name"]) for each in entries] == [
        ("create", "Deleted user"),
        ("permanent_delete", "Deleted user"),
    ]
    assert history(editor, other)[1]["changes"] == {"about": {"from": "1", "to": None}}


def test_records_of_a_removed_user_go_in_the_administrators_name(crm: Site, editor: Browser) -> None:
    ada, ada_id = person(crm, "ada")
    record = created(ada)
    assert crm.admin().post("/admin/remove-user", userId=ada_id).status == 200
    assert [each["user"]["name"] for each in history(editor, record)] == ["Deleted user", "Ada"]
