"""Every operation that writes records leaves entries of it, and no module writes records but those that tell of it.

`tests/support/recorded_writes.py` watches the statements of every test of records besides.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tabularium.access.identity import GUEST
from tabularium.clock import SystemClock
from tabularium.context import Context
from tabularium.db.database import Session
from tabularium.records.transfer import import_csv
from tests.support.auth import TABLES, Browser, Site, site
from tests.support.recorded_writes import RecordedWrites

HOME = Path(__file__).resolve().parents[2]
NOTES = "/api/tables/notes/records"


@dataclass(frozen=True)
class Recorded:
    """An operation as it is called on the record 1, and the actions that it then leaves, in order."""

    call: Callable[[Browser], Any]
    actions: tuple[str, ...]
    """Of records, in history and activity log."""
    comment_actions: tuple[str, ...] = ()
    """Of comments, in the activity log alone."""


def commented(caller: Browser) -> str:
    """Comment on the record 1, and return where the comment is."""
    return str(caller("POST", f"{NOTES}/1/comments", {"content": "c"}).headers["location"])


RECORDED: Mapping[str, Recorded] = {
    "create_record": Recorded(lambda caller: caller("POST", NOTES, {"title": "b"}), ("create",)),
    "update_record": Recorded(lambda caller: caller("PATCH", f"{NOTES}/1", {"title": "b"}), ("update",)),
    "delete_record": Recorded(lambda caller: caller("DELETE", f"{NOTES}/1"), ("delete",)),
    "restore_record": Recorded(
        lambda caller: caller("DELETE", f"{NOTES}/1") and caller("POST", f"{NOTES}/1/restore"), ("delete", "restore")
    ),
    "revert_record": Recorded(
        lambda caller: caller("PATCH", f"{NOTES}/1", {"title": "b"}) and caller("POST", f"{NOTES}/1/history/1/revert"),
        ("update", "revert"),
    ),
    "batch_create_records": Recorded(
        lambda caller: caller("POST", f"{NOTES}/batch", {"records": [{"fields": {"title": each}} for each in "bc"]}),
        ("create", "create"),
    ),
    "batch_update_records": Recorded(
        lambda caller: caller("PATCH", f"{NOTES}/batch", {"records": [{"id": "1", "fields": {"title": "b"}}]}),
        ("update",),
    ),
    "batch_delete_records": Recorded(lambda caller: caller("DELETE", f"{NOTES}/batch", {"ids": ["1"]}), ("delete",)),
    "batch_restore_records": Recorded(
        lambda caller: caller("DELETE", f"{NOTES}/1") and caller("POST", f"{NOTES}/batch/restore", {"ids": ["1"]}),
        ("delete", "restore"),
    ),
    "upsert_records": Recorded(
        lambda caller: caller(
            "POST",
            f"{NOTES}/upsert",
            {"records": [{"fields": {"title": each}} for each in "ab"], "fieldsToMergeOn": ["title"]},
        ),
        ("create",),
    ),
    "create_comment": Recorded(
        lambda caller: caller("POST", f"{NOTES}/1/comments", {"content": "c"}), (), ("comment.created",)
    ),
    "update_comment": Recorded(
        lambda caller: caller("PATCH", commented(caller), {"content": "d"}), (), ("comment.created", "comment.updated")
    ),
    "delete_comment": Recorded(
        lambda caller: caller("DELETE", commented(caller)), (), ("comment.created", "comment.deleted")
    ),
    "mark_comments_read": Recorded(lambda caller: caller("POST", f"{NOTES}/1/comments/read"), ()),
}
"""A new operation that writes records has its line here."""

WRITERS: Mapping[str, str] = {
    "records/statements.py": "The texts of single writes, which `write.py` runs and tells of.",
    "records/links.py": "Links of a record whose write `write.py` tells of.",
    "records/trash/writing.py": "`deleting.py` and `restoring.py` tell of all that goes, comes back or loses a link.",
    "records/authorship.py": "Who is erased leaves the fields that name them: no revision, since an entry would name them.",
}
"""The modules of the product, beside those of databases, migrations and accounts, that hold SQL which writes, with the
reason why nothing goes unrecorded."""

_WRITING_SQL = re.compile(r'f"(?:INSERT |UPDATE |DELETE FROM )')


@pytest.fixture
def crm(tmp_path: Path, database_url: str) -> Iterator[Site]:
    with site(tmp_path, database_url, tables=[{**TABLES[0], "comments": {"readTracking": True}}]) as opened:
        yield opened


def writing_operations() -> set[str]:
    paths = json.loads((HOME / "generated" / "openapi.json").read_bytes())["paths"]
    return {
        operation["operationId"]
        for path, item in paths.items()
        if path.startswith("/api/tables/{tableId}/")
        for operation in item.values()
        if isinstance(operation, dict) and operation.get("x-transaction") == "write"
    }


def entries(crm: Site) -> tuple[list[tuple[str, str, int]], list[tuple[str, str]]]:
    """Return record, action and revision of the history, and record and action of the activity log, in order."""
    history = crm.sql("SELECT record_id, action, revision FROM _activity WHERE revision IS NOT NULL ORDER BY id")
    activity = crm.sql(
        "SELECT record_id, action FROM _activity WHERE category = 'records' AND comment_id IS NULL ORDER BY id"
    )
    return history, activity  # type: ignore[return-value]


def test_every_operation_that_writes_records_has_a_line_here() -> None:
    missing = writing_operations() ^ RECORDED.keys()
    assert not missing, f"Not both an operation of the contract and a line of {Path(__file__).name}: {sorted(missing)}"


@pytest.mark.parametrize("operation", RECORDED)
def test_an_operation_leaves_an_entry_in_both_for_each_record_that_it_changes(crm: Site, operation: str) -> None:
    ada = crm.browser()
    ada.sign_up()
    ada("POST", NOTES, {"title": "a"})
    before, _ = entries(crm)
    answer = RECORDED[operation].call(ada)
    assert answer.status < 300, answer.body
    history, activity = entries(crm)
    assert tuple(action for _, action, _ in history[len(before) :]) == RECORDED[operation].actions
    assert activity == [(record, action) for record, action, _ in history]
    said = crm.sql("SELECT action, record_id, table_name FROM _activity WHERE comment_id IS NOT NULL ORDER BY id")
    assert said == [(action, "1", "notes") for action in RECORDED[operation].comment_actions]
    kept = {(str(key), revision) for key, revision in crm.sql("SELECT id, _revision FROM notes")}
    latest = {record: revision for record, _, revision in history}
    assert {each for each in latest.items() if each[0] in dict(kept)} == kept


def test_an_import_leaves_an_entry_for_each_record(crm: Site) -> None:
    schema = crm.opened["migrated"].schema

    async def work(session: Session) -> int:
        context = Context(GUEST, schema, session, SystemClock())
        return await import_csv(context, schema.find_table("notes"), io.BytesIO(b"title\na\nb\nc\n"))

    assert crm.client.run(RecordedWrites(crm.opened["database"], schema).write(work)) == 3
    history, activity = entries(crm)
    assert history == [("1", "create", 1), ("2", "create", 1), ("3", "create", 1)]
    assert activity == [("1", "create"), ("2", "create"), ("3", "create")]


def test_no_other_module_of_the_product_holds_sql_that_writes() -> None:
    product = HOME / "tabularium"
    found = {
        str(path.relative_to(product))
        for path in product.rglob("*.py")
        if path.relative_to(product).parts[0] not in ("db", "identity")
        and path.relative_to(product).parts[:2] != ("schema", "migration")
        and _WRITING_SQL.search(path.read_text("utf-8"))
    }
    surplus = found - WRITERS.keys()
    assert not surplus, (
        f"{sorted(surplus)} hold SQL that writes. Records are written by tabularium/records/write.py; a path beside it must "
        f"call `context.record_changes`, and has its reason in WRITERS of {Path(__file__).name}."
    )
    assert not WRITERS.keys() - found, "A reason is not needed any more: take it out of WRITERS."
