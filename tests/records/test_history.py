"""`GET R/history`: what happened to a record, without accounts; who may read it stands in `test_history_access.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

PEOPLE, PLACES, TOKENS = (f"/api/tables/{table}/records" for table in ("people", "places", "tokens"))
FULL = {
    "name": "Ada", "email": "ada@example.com", "age": 36, "height": 1.65, "active": False, "mood": "bad",
    "born": "1815-12-10", "seen": "2026-01-01T00:00:00Z", "notes": "",
}  # fmt: skip


def created(api: Client, path: str = PEOPLE, **fields: Any) -> str:
    answer = api("POST", path, {"fields": {"name": "Ada", **fields} if path == PEOPLE else fields})
    assert answer.status == 201, answer.body
    return f"{path}/{answer.json()['id']}"


def history(api: Client, record: str, **query: Any) -> list[dict[str, Any]]:
    answer = api("GET", f"{record}/history", query=query)
    assert answer.status == 200, answer.body
    entries: list[dict[str, Any]] = answer.json()["history"]
    return entries


def pagination(api: Client, record: str, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = api("GET", f"{record}/history", query=query).json()["pagination"]
    return found


def revised(api: Client, times: int) -> str:
    """Return a record with so many revisions."""
    record = created(api, age=1)
    for age in range(2, times + 1):
        assert api("PATCH", record, {"age": age}).status == 200
    return record


def test_a_record_tells_of_its_creation_its_changes_and_its_removal(api: Client) -> None:
    record = created(api, **FULL)
    first = api("GET", record).json()
    second = api("PATCH", record, {"age": 37, "notes": None, "name": "Ada"}).json()
    api("DELETE", record)
    entries = history(api, record)
    assert [(entry["revision"], entry["action"]) for entry in entries] == [(1, "create"), (2, "update"), (3, "delete")]
    assert entries[0] == {
        "id": entries[0]["id"],
        "revision": 1,
        "action": "create",
        "createdAt": first["createdAt"],
        "user": None,
        "tableName": "people",
        "recordId": first["id"],
        "changes": {
            name: {"from": None, "to": value}
            for name, value in first["fields"].items()
            if value is not None and name != "made"
        },
    }
    assert entries[0]["changes"]["notes"] == {"from": None, "to": ""}
    assert entries[1]["changes"] == {"age": {"from": 36, "to": 37}, "notes": {"from": "", "to": None}}
    assert entries[1]["createdAt"] == second["updatedAt"]
    assert entries[2]["changes"] is None
    assert len({entry["id"] for entry in entries}) == 3


def test_a_write_that_changes_nothing_makes_no_entry(api: Client) -> None:
    record = created(api, age=3)
    assert api("PATCH", record, {"age": 3, "name": "Ada"}).status == 200
    assert len(history(api, record)) == 1


def test_a_write_that_is_refused_makes_no_entry(api: Client) -> None:
    created(api, email="ada@example.com")
    record = created(api)
    assert api("PATCH", record, {"email": "ada@example.com"}).status == 409
    assert api("PATCH", record, {"age": 300}).status == 400
    assert len(history(api, record)) == 1


def test_records_of_the_same_number_in_other_tables_have_a_history_of_their_own(api: Client) -> None:
    record, place = created(api), created(api, PLACES, id="1", label="home")
    assert [entry["tableName"] for entry in history(api, record)] == ["people"]
    assert [entry["tableName"] for entry in history(api, place)] == ["places"]


def test_a_key_written_otherwise_leads_to_the_same_history(api: Client) -> None:
    record = created(api, TOKENS, note="a")
    path, _, key = record.rpartition("/")
    assert history(api, f"{path}/{key.upper()}") == history(api, record)
    assert history(api, record)[0]["recordId"] == key


@pytest.mark.parametrize("path", [f"{PEOPLE}/9", f"{PEOPLE}/nobody", f"{PLACES}/nowhere", "/api/tables/none/records/1"])
def test_what_was_never_there_is_not_found(api: Client, path: str) -> None:
    assert api("GET", f"{path}/history").status == 404


def test_pages_go_by_offset_by_number_and_by_cursor_in_both_directions(api: Client) -> None:
    record = revised(api, 5)
    numbers = [entry["revision"] for entry in history(api, record, sort="createdAt:desc")]
    assert numbers == [5, 4, 3, 2, 1]
    assert [entry["revision"] for entry in history(api, record, limit=2, offset=2)] == [3, 4]
    assert [entry["revision"] for entry in history(api, record, limit=2, page=3)] == [5]
    for sort, expected in (("createdAt:asc", [1, 2, 3, 4, 5]), ("createdAt:desc", numbers)):
        found, cursor = [], None
        while True:
            query = {"limit": 2, "sort": sort, **({"cursor": cursor} if cursor else {})}
            found += [entry["revision"] for entry in history(api, record, **query)]
            cursor = pagination(api, record, **query)["nextCursor"]
            if cursor is None:
                break
        assert found == expected


def test_the_envelope_says_where_a_page_is(api: Client) -> None:
    record = revised(api, 3)
    first = pagination(api, record, limit=2)
    assert {**first, "nextCursor": None} == {
        "page": 1, "limit": 2, "offset": 0, "total": 3, "totalPages": 2, "hasNextPage": True, "hasPreviousPage": False,
        "nextCursor": None,
    }  # fmt: skip
    second = pagination(api, record, limit=2, cursor=first["nextCursor"], count="none")
    assert second == {"limit": 2, "hasNextPage": False, "nextCursor": None}
    assert pagination(api, record, offset=7, count="estimate")["total"] == 3
    assert history(api, record, offset=7) == []


def test_a_revision_added_meanwhile_makes_no_other_appear_twice(api: Client) -> None:
    record = revised(api, 3)
    cursor = pagination(api, record, limit=2, sort="createdAt:desc")["nextCursor"]
    api("PATCH", record, {"age": 9})
    assert [each["revision"] for each in history(api, record, cursor=cursor, sort="createdAt:desc")] == [1]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"limit": 0}, "limit", "out_of_range"),
        ({"limit": 1001}, "limit", "out_of_range"),
        ({"offset": 1, "page": 1}, "page", "conflicting"),
        ({"sort": "revision"}, "sort", "invalid_value"),
        ({"count": "all"}, "count", "invalid_value"),
        ({"cursor": "bm9ib2R5IGV2ZXIgZ290IHRoaXM"}, "cursor", "invalid_cursor"),
        ({"fields": "name"}, "fields", "unknown_parameter"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(api: Client, query: dict[str, Any], field: str, code: str) -> None:
    answer = api("GET", f"{created(api)}/history", query=query)
    assert (answer.status, answer.codes) == (400, {field: code})


def test_a_cursor_is_bound_to_its_record_and_its_order(api: Client) -> None:
    record, other = revised(api, 3), revised(api, 3)
    cursor = pagination(api, record, limit=1)["nextCursor"]
    for path, query in ((other, {}), (record, {"sort": "createdAt:desc"})):
        answer = api("GET", f"{path}/history", query={"cursor": cursor, **query})
        assert (answer.status, answer.codes) == (400, {"cursor": "invalid_cursor"})


# What the file says, and what it said before --------------------------------------------------------------------------

TEXT = "single-line-text"


def application(folder: Path, *fields: dict[str, Any], name: str = "things", **more: Any) -> Path:
    path = folder / "app.json"
    tags = {"id": 2, "name": "tags", "fields": [{"id": 1, "name": "label", "type": TEXT}]}
    tables = [{"id": 1, "name": name, "fields": list(fields)}, tags]
    path.write_text(json.dumps({"name": "changing", "tables": tables, **more}))
    return path


def exactly(body: bytes) -> Any:
    """Read JSON with numbers as they are written."""
    return json.loads(body, parse_float=str, parse_int=str)


def changes(api: Client, record: str) -> list[Any]:
    return [entry["changes"] for entry in history(api, record)]


def test_numbers_and_json_keep_their_digits(database_url: str, tmp_path: Path) -> None:
    fields = (
        {"id": 1, "name": "amount", "type": "decimal", "precision": 4},
        {"id": 2, "name": "data", "type": "json"},
        {"id": 3, "name": "tags", "type": "relationship", "relatedTable": "tags", "relationType": "many-to-many"},
        {"id": 4, "name": "n", "type": "autonumber"},
        {"id": 5, "name": "number", "type": "number", "precision": 2},
    )
    with serving(application(tmp_path, *fields), database_url) as api:
        for label in "ab":
            api("POST", "/api/tables/tags/records", {"label": label})
        body = (
            b'{"amount": 12345678901.1250, "number": 7.25, "tags": ["2", "1"], '
            b'"data": {"b": 1.10, "a": [12345678901234567890, "\\u00e9"]}}'
        )
        answer = api("POST", "/api/tables/things/records", raw=body)
        record = f"/api/tables/things/records/{answer.json()['id']}"
        api("PATCH", record, {"tags": ["2"], "data": None})
        told = exactly(api("GET", f"{record}/history").body)["history"][0]["changes"]
        assert {name: each["to"] for name, each in told.items()} == exactly(answer.body)["fields"]
        assert told["data"]["to"] == {"b": "1.10", "a": ["12345678901234567890", "é"]}
        first, second = changes(api, record)
        assert first["tags"] == {"from": None, "to": ["1", "2"]}
        assert first["n"] == {"from": None, "to": 1}
        assert second["tags"] == {"from": ["1", "2"], "to": ["2"]}
        assert second["data"]["to"] is None


def test_a_renamed_field_and_table_keep_their_history_and_a_removed_field_leaves_it(
    database_url: str, tmp_path: Path
) -> None:
    fields = [{"id": number, "name": name, "type": TEXT} for number, name in ((1, "a"), (2, "b"), (3, "c"))]
    with serving(application(tmp_path, *fields), database_url) as api:
        record = api("POST", "/api/tables/things/records", {"a": "1", "b": "2", "c": "3"}).json()["id"]
    swapped = [fields[0] | {"name": "b"}, fields[1] | {"name": "a"}]
    with serving(application(tmp_path, *swapped, name="goods"), database_url) as api:
        (entry,) = history(api, f"/api/tables/goods/records/{record}")
        assert entry["tableName"] == "goods"
        assert entry["changes"] == {"b": {"from": None, "to": "1"}, "a": {"from": None, "to": "2"}}
    with serving(application(tmp_path, {"id": 9, "name": "d", "type": TEXT}), database_url) as api:
        assert changes(api, f"/api/tables/things/records/{record}") == [{}]
