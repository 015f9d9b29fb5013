"""What history and activity log write of an event, whoever emits it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.access.identity import GUEST, Identity
from tabularium.context import Context
from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE
from tabularium.db.pieces import pieces
from tabularium.events import LISTENERS, SERVER, Origin, RecordAction, RecordChange, RecordsChanged, emit
from tabularium.events.changes import kept_key
from tabularium.schema.model import Schema, Table
from tests.support.auth import Site, site
from tests.support.recorded_writes import RecordedWrites, written_table

NOTES = "/api/tables/notes/records"
AT = "2026-03-02T10:30:00.125Z"


@pytest.fixture
def crm(tmp_path: Path, database_url: str) -> Iterator[Site]:
    with site(tmp_path, database_url) as opened:
        yield opened


def notes(crm: Site) -> Table:
    schema: Schema = crm.opened["migrated"].schema
    found = schema.find_table("notes")
    assert found is not None
    return found


def emitted(crm: Site, action: RecordAction, *changes: RecordChange, **more: Any) -> None:
    event = RecordsChanged(table=notes(crm), action=action, changes=changes, **more)
    crm.write(lambda session: emit(session, event))


def entries(crm: Site) -> list[dict[str, Any]]:
    columns = (
        *("category", "action", "created_at", "user_id", "user_name", "user_email", "table_name", "table_id"),
        *("record_id", "impersonated_by", "request_id", "changes", "details", "ip", "user_agent"),
    )
    rows = crm.sql(f"SELECT {', '.join(columns)} FROM _activity WHERE category = 'records' ORDER BY id")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_an_entry_of_the_log_has_copies_of_who_did_what_to_which_record(crm: Site) -> None:
    ada = crm.browser()
    user = ada.sign_up()
    answer = ada("POST", NOTES, {"title": "a"}, headers={"x-request-id": "the-request"})
    (entry,) = entries(crm)
    assert json.loads(entry.pop("changes")) == [{"1:title": "a"}]
    assert entry == {
        "category": "records",
        "action": "create",
        "created_at": answer.json()["createdAt"],
        "user_id": user["id"],
        "user_name": user["name"],
        "user_email": user["email"],
        "table_name": "notes",
        "table_id": "1",
        "record_id": "1",
        "impersonated_by": None,
        "request_id": "the-request",
        "details": None,
        "ip": None,
        "user_agent": None,
    }


def test_an_administrator_who_acts_as_somebody_stands_in_the_entry(crm: Site) -> None:
    eve, admin = crm.browser(), crm.admin()
    user = eve.sign_up()
    assert admin.post("/admin/impersonate-user", userId=user["id"]).status == 200
    assert admin("POST", NOTES, {"title": "a"}).status == 201
    (entry,) = entries(crm)
    (root,) = crm.sql("SELECT id FROM \"user\" WHERE email = 'root@example.com'")
    assert (entry["user_id"], entry["impersonated_by"]) == (user["id"], root[0])


def test_a_key_writes_in_its_owners_name(crm: Site) -> None:
    ada = crm.browser()
    user = ada.sign_up()
    key = ada.post("/api-key/create").json()["key"]
    assert crm.browser()("POST", NOTES, {"title": "a"}, headers={"x-api-key": key}).status == 201
    assert entries(crm)[0]["user_id"] == user["id"]


def test_what_the_server_does_is_in_nobodys_name(crm: Site) -> None:
    emitted(crm, "delete", RecordChange("7", 2, AT))
    assert (entries(crm)[0]["user_id"], entries(crm)[0]["user_name"]) == (None, None)
    assert entries(crm)[0]["changes"] is None


def test_who_was_erased_after_their_request_came_is_named_as_erasures_do(crm: Site) -> None:
    gone = Identity("gone", frozenset({"member"}), name="Ada", email="ada@example.com", impersonated_by=None)
    emitted(crm, "delete", RecordChange("7", 2, AT), origin=Origin(gone, "the-request"))
    (entry,) = entries(crm)
    assert (entry["user_id"], entry["user_name"], entry["user_email"]) == (None, "Deleted user", None)


def test_a_revert_keeps_the_revision_that_it_went_back_to(crm: Site) -> None:
    title = notes(crm).by_name["title"]
    emitted(crm, "revert", RecordChange("7", 5, AT, ((title, {"from": "b", "to": "a"}),)), reverted_to=2, origin=SERVER)
    kept = crm.sql("SELECT revision, reverted_to, changes FROM _activity WHERE category = 'records'")
    assert kept == [(5, 2, '{"1:title":{"from":"b","to":"a"}}')]


def test_an_event_without_changes_writes_nothing(crm: Site) -> None:
    emitted(crm, "update")
    assert entries(crm) == []


@pytest.mark.parametrize(("action", "others"), [("create", 0), ("delete", 0), ("permanent_delete", 5)])
def test_a_thousand_records_cost_few_statements(crm: Site, action: RecordAction, others: int) -> None:
    title = notes(crm).by_name["title"]
    changes = [RecordChange(str(number), 1, AT, created={kept_key(title): f"ü{number}"}) for number in range(1000)]
    event = RecordsChanged(table=notes(crm), action=action, changes=changes)
    ran: list[str] = []

    class Counting:
        def __init__(self, session: Session) -> None:
            self._session = session
            self.dialect = session.dialect

        async def execute(self, sql: str, parameters: Any = ()) -> int:
            ran.append(sql)
            return await self._session.execute(sql, parameters)

    async def count(session: Session) -> bool:
        await emit(Counting(session), event)  # type: ignore[arg-type]
        return session.dialect is SQLITE

    # PostgreSQL takes them at once, SQLite in parts of powers of two: 512, 256, 128 and so on.
    is_sqlite = crm.write(count)
    assert len(ran) == others + (len(list(pieces(changes))) if is_sqlite else 1)
    found = crm.sql("SELECT record_id, changes FROM _activity WHERE category = 'records' ORDER BY id")
    texts = [None if action != "create" else f'[{{"1:title":"ü{number}"}}]' for number in range(1000)]
    assert found == [(each.record_id, text) for each, text in zip(changes, texts, strict=True)]


def test_entries_that_cannot_be_written_undo_the_write(crm: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = crm.browser()
    ada.sign_up()

    async def failing(session: Session, event: RecordsChanged) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("tabularium.events.LISTENERS", (*LISTENERS, failing))
    assert ada("POST", NOTES, {"title": "a"}).status == 500
    for table in ("notes", "_activity WHERE category = 'records'"):
        assert crm.sql(f"SELECT count(*) FROM {table}") == [(0,)]


# The guard ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ('INSERT INTO "Order Lines" ("id") VALUES (?1)', "Order Lines"),
        ('UPDATE "notes" SET "title" = ?1', "notes"),
        ("DELETE FROM notes WHERE id = 1", "notes"),
        ('INSERT OR IGNORE INTO "links" ("source") SELECT 1', "links"),
        ('SELECT * FROM "notes" FOR UPDATE', None),
    ],
)
def test_the_guard_knows_what_a_statement_writes_to(sql: str, table: str | None) -> None:
    assert written_table(sql) == table


@pytest.mark.parametrize("is_told", [False, True])
def test_the_guard_lets_no_unrecorded_write_be_committed(crm: Site, is_told: bool) -> None:
    schema = crm.opened["migrated"].schema

    async def work(session: Session) -> None:
        await session.execute(f"INSERT INTO notes (_revision, created_at, updated_at) VALUES (1, '{AT}', '{AT}')")
        if is_told:
            context = Context(GUEST, schema, session, crm.clock)
            await context.record_changes(notes(crm), "create", [RecordChange("1", 1, AT)])

    guarded = RecordedWrites(crm.opened["database"], schema)
    if is_told:
        crm.client.run(guarded.write(work))
    else:
        with pytest.raises(AssertionError, match="record_changes"):
            crm.client.run(guarded.write(work))
    assert crm.sql("SELECT count(*) FROM notes") == [(int(is_told),)]
