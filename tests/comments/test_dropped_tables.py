"""Comments on records of a table that leaves the file: kept with the table, and dropped with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tabularium.application import load_schema
from tabularium.schema.migration.apply import migrate
from tests.comments.conftest import AUTH, Crm, table


def apply(crm: Crm, folder: Path, tables: list[dict[str, Any]], *, destructive: bool = False) -> None:
    file = folder / "changed.json"
    file.write_text(json.dumps({"name": "crm", "auth": AUTH, "tables": tables}), "utf-8")
    schema = load_schema(file).schema
    database = crm.site.opened["database"]
    crm.site.client.run(migrate(database, schema, crm.site.clock, destructive=destructive))


def test_only_a_table_that_is_dropped_takes_its_comments_along(crm: Crm, tmp_path: Path) -> None:
    kept, dropped = crm.thread("flat"), crm.thread()
    for thread in (kept, dropped):
        crm.ada.says(thread, mentions=[crm.grace.id])
    crm.grace("POST", f"{dropped}/read")
    left = [table(7, "flat")]
    apply(crm, tmp_path, left)
    assert (crm.count(), crm.count("_comment_mark")) == (2, 1)
    apply(crm, tmp_path, left, destructive=True)
    counts = {kept: crm.count(kept) for kept in ("_comment", "_comment_thread", "_comment_mark", "_comment_mention")}
    assert counts == {"_comment": 1, "_comment_thread": 1, "_comment_mark": 0, "_comment_mention": 1}
