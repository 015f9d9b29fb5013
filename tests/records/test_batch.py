"""Many records in one request: all of them or none, each judged as if it came alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.rows import is_
from tests.support.auth import Site, site
from tests.support.callers import Callers

AUTH: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "roles": [{"name": "editor", "level": 50}, {"name": "intern", "level": 10}],
}
TABLES: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "items",
        "fields": [
            {"name": "code", "type": "single-line-text", "unique": True},
            {"name": "title", "type": "single-line-text", "required": True, "default": "untitled"},
            {"name": "count", "type": "integer", "min": 0},
            {"name": "price", "type": "decimal", "precision": 2},
            {"name": "tags", "type": "multi-select", "options": ["a", "b"]},
            {"name": "number", "type": "autonumber"},
            {"name": "owner", "type": "user", "default": "CURRENT_USER"},
            {"name": "shop", "type": "relationship", "relatedTable": "shops"},
            {"name": "friends", "type": "relationship", "relatedTable": "items", "relationType": "many-to-many"},
            {"name": "double", "type": "formula", "formula": "count * 2"},
            {"name": "mail", "type": "email"},
            {"name": "secret", "type": "single-line-text"},
            {"name": "fixed", "type": "single-line-text"},
        ],
        "permissions": {
            "read": "authenticated",
            "create": ["member", "editor"],
            "update": ["member", "editor"],
            "delete": ["member", "editor"],
            "fields": [
                {"field": "secret", "read": ["editor"]},
                {"field": "fixed", "write": ["editor"]},
            ],
        },
        "rowLevelPermissions": {
            "read": {"when": is_("title", "hidden", "neq")},
            "create": {"when": is_("title", "forbidden", "neq")},
            "write": {"when": is_("title", "frozen", "neq")},
        },
    },
    {
        "id": 2,
        "name": "shops",
        "primaryKey": {"type": "text"},
        "unique": [{"fields": ["town", "street"]}],
        "fields": [{"name": "town", "type": "single-line-text"}, {"name": "street", "type": "single-line-text"}],
    },
]
BATCH = "/api/tables/items/records/batch"
UPSERT = "/api/tables/items/records/upsert"
ITEMS = "/api/tables/items/records"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    folder = tmp_path_factory.mktemp("batch")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with _opened(folder, url) as found:
        yield Callers(found)


def _opened(folder: Path, url: str) -> Any:
    return site(folder, url, AUTH, tables=TABLES)


@pytest.fixture(autouse=True)
def empty(place: Callers) -> None:
    found: Site = place.site
    found.sql("UPDATE items SET shop = NULL WHERE 1 = 1")
    found.sql("DELETE FROM items WHERE 1 = 1")
    found.sql("DELETE FROM shops WHERE 1 = 1")


def fields(*each: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"fields": values} for values in each]


def titles(place: Callers) -> list[str]:
    listed = place["admin"]("GET", ITEMS, query={"limit": 1000, "sort": "title"}).json()["records"]
    return [each["fields"]["title"] for each in listed]


def errors(answer: Any, status: int = 400) -> list[tuple[str, str]]:
    assert answer.status == status, answer.body
    return [(each["field"], each["code"]) for each in answer.json().get("errors", [])]


def made(place: Callers, *each: dict[str, Any]) -> list[dict[str, Any]]:
    answer = place["admin"]("POST", BATCH, {"records": fields(*each), "returnRecords": True})
    assert answer.status == 201, answer.body
    records: list[dict[str, Any]] = answer.json()["records"]
    return records


# Who may --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_batch_needs_what_the_single_operation_needs(place: Callers, method: str) -> None:
    (record,) = made(place, {"title": "x"})
    entry = {"fields": {"title": "y"}} if method == "POST" else {"id": record["id"], "fields": {"title": "y"}}
    assert place["anonymous"](method, BATCH, {"records": [entry]}).status == 401
    assert place["viewer"](method, BATCH, {"records": [entry]}).status == 403
    assert place["stranger"](method, BATCH, {"records": [entry]}).status == 403
    assert titles(place) == ["x"]
    assert place["member"](method, BATCH, {"records": [entry]}).status in (200, 201)


def test_an_upsert_needs_both_permissions(place: Callers) -> None:
    body = {"records": fields({"code": "a"}), "fieldsToMergeOn": ["code"]}
    assert place["anonymous"]("POST", UPSERT, body).status == 401
    assert place["viewer"]("POST", UPSERT, body).status == 403
    assert place["member"]("POST", UPSERT, body).status == 200


# Create ---------------------------------------------------------------------------------------------------------------


def test_records_are_stored_in_the_order_of_the_request(place: Callers) -> None:
    answer = place["member"]("POST", BATCH, {"records": fields(*({"code": f"c{n}", "count": n} for n in range(200)))})
    assert (answer.status, answer.json()) == (201, {"created": 200})
    listed = place["member"]("GET", ITEMS, query={"limit": 1000}).json()["records"]
    assert [each["fields"]["count"] for each in listed] == list(range(200))
    assert [each["fields"]["number"] for each in listed] == list(
        range(listed[0]["fields"]["number"], listed[0]["fields"]["number"] + 200)
    )
    assert {each["fields"]["owner"] for each in listed} == {place.ids["member"]}


def test_returned_records_are_those_of_a_get(place: Callers) -> None:
    (first,) = made(place, {"code": "first"})
    sent = fields({"code": "a", "count": 4, "friends": [first["id"]]}, {"code": "b", "tags": ["b", "a"]})
    records = place["member"]("POST", BATCH, {"records": sent, "returnRecords": True}).json()["records"]
    assert [each["fields"]["double"] for each in records] == [8, None]
    assert records == [place["member"]("GET", f"{ITEMS}/{each['id']}").json() for each in records]


def test_every_bad_row_is_told_and_nothing_is_stored(place: Callers) -> None:
    made(place, {"code": "taken", "title": "first"})
    answer = place["member"](
        "POST",
        BATCH,
        {"records": fields({"title": "good"}, {"count": "many"}, {"title": None, "count": -1}, {"shop": "none"})},
    )
    assert errors(answer) == [
        ("records.1.fields.count", "wrong_type"),
        ("records.2.fields.count", "out_of_range"),
        ("records.2.fields.title", "required"),
        ("records.3.fields.shop", "not_found"),
    ]
    answer = place["member"]("POST", BATCH, {"records": fields({"code": "x"}, {"code": "taken"}, {"code": "x"})})
    assert sorted(errors(answer, 409)) == [(f"records.{n}.fields.code", "not_unique") for n in range(3)]
    assert titles(place) == ["first"]


def test_names_come_before_rows_and_rows_before_fields_and_values(place: Callers) -> None:
    member = place["member"]
    unknown, hidden, row = {"nonsense": 1}, {"secret": "x"}, {"title": "forbidden"}
    assert {
        code for _, code in errors(member("POST", BATCH, {"records": fields(unknown, hidden, row, {"count": "x"})}))
    } == {"unknown_field", "wrong_type"}
    assert errors(member("POST", BATCH, {"records": fields({"title": "a"}, row, {"count": "x"})}), 403) == [
        ("records.1.fields", "forbidden")
    ]
    assert errors(member("POST", BATCH, {"records": fields({"title": "a"}, {"fixed": "x"}, {"count": "x"})}), 403) == [
        ("records.1.fields.fixed", "forbidden")
    ]
    assert titles(place) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"records": []}, 400),
        ({}, 400),
        ({"records": fields({}), "more": 1}, 400),
        ({"records": [{"title": "flat"}]}, 400),
        ({"records": [1]}, 400),
        ({"records": fields(*({} for _ in range(1001)))}, 413),
        ({"records": fields({}), "returnRecords": "yes"}, 400),
    ],
)
def test_a_body_of_another_form_is_refused(place: Callers, body: Any, status: int) -> None:
    answer = place["member"]("POST", BATCH, body)
    assert answer.status == status, answer.body
    if body == {"records": []}:
        assert errors(answer) == [("records", "required")]
    assert titles(place) == []


def test_a_dry_run_checks_everything_and_stores_nothing(place: Callers) -> None:
    member = place["member"]
    answer = member("POST", BATCH, {"records": fields({"code": "a"}, {"code": "b"})}, query={"dryRun": "true"})
    assert answer.json() == {"created": 2, "dryRun": True, "results": [{"result": "created"}] * 2}
    assert (answer.status, titles(place)) == (200, [])
    assert errors(
        member("POST", BATCH, {"records": fields({"code": "a"}, {"code": "a"})}, query={"dryRun": "true"}), 409
    )
    asked = member("POST", BATCH, {"records": fields({}), "returnRecords": True}, query={"dryRun": "true"})
    assert errors(asked) == [("returnRecords", "conflicting")]
    first, second = (made(place, {})[0]["fields"]["number"] for _ in range(2))
    member("POST", BATCH, {"records": fields({}, {})}, query={"dryRun": "true"})
    assert made(place, {})[0]["fields"]["number"] == second + (second - first)


# Update ---------------------------------------------------------------------------------------------------------------


def test_changes_of_many_kinds_are_stored_together(place: Callers) -> None:
    records = made(place, {"code": "a"}, {"code": "b"}, {"code": "c", "count": 3}, {"code": "d"})
    ids = [each["id"] for each in records]
    entries = [
        {"id": ids[0], "fields": {"count": 1, "friends": [ids[1], ids[2]]}},
        {"id": int(ids[1]), "fields": {"count": 2}},
        {"id": ids[2], "fields": {"count": 3}},
        {"id": ids[3], "fields": {"title": "new", "price": "1.50"}, "updatedAt": records[3]["updatedAt"]},
    ]
    answer = place["member"]("PATCH", BATCH, {"records": entries, "returnRecords": True})
    assert answer.status == 200, answer.body
    changed = answer.json()["records"]
    assert answer.json()["updated"] == 4
    assert [each["revision"] for each in changed] == [2, 2, 1, 2]
    assert [each["fields"]["double"] for each in changed] == [2, 4, 6, None]
    assert changed[0]["fields"]["friends"] == ids[1:3]
    assert changed == [place["member"]("GET", f"{ITEMS}/{each}").json() for each in ids]
    tried = place["member"]("PATCH", BATCH, {"records": entries[:3]}, query={"dryRun": "true"}).json()
    assert [each["result"] for each in tried["results"]] == ["unchanged"] * 3


def test_ids_that_are_not_there_are_all_told(place: Callers) -> None:
    seen, hidden, gone = made(place, {"title": "seen"}, {"title": "hidden"}, {"title": "gone"})
    place["admin"]("DELETE", f"{ITEMS}/{gone['id']}")
    ids = [seen["id"], hidden["id"], gone["id"], "999999", "x y".replace(" ", "-")]
    answer = place["member"]("PATCH", BATCH, {"records": [{"id": each, "fields": {"count": 1}} for each in ids]})
    assert errors(answer, 404) == [(f"records.{n}.id", "not_found") for n in (1, 2, 3, 4)]
    assert answer.json()["details"] == ids[1:]
    twice = place["member"](
        "PATCH", BATCH, {"records": [{"id": each, "fields": {}} for each in (seen["id"], int(seen["id"]))]}
    )
    assert errors(twice) == [("records.1.id", "duplicate")]


def test_one_row_that_may_not_be_changed_keeps_all_as_they_are(place: Callers) -> None:
    plain, frozen = made(place, {"title": "plain"}, {"title": "frozen"})
    entries = [{"id": each["id"], "fields": {"count": 1}} for each in (plain, frozen)]
    assert errors(place["member"]("PATCH", BATCH, {"records": entries}), 403) == [("records.1", "forbidden")]
    entries = [{"id": plain["id"], "fields": {"title": "frozen"}}]
    assert errors(place["member"]("PATCH", BATCH, {"records": entries}), 403) == [("records.0.fields", "forbidden")]
    assert titles(place) == ["frozen", "plain"]


def test_a_unique_value_that_an_earlier_entry_gave_up_is_free(place: Callers) -> None:
    a, b, c = made(place, {"code": "a"}, {"code": "b"}, {"code": "c"})

    def change(*codes: tuple[dict[str, Any], str]) -> Any:
        return place["member"](
            "PATCH", BATCH, {"records": [{"id": each["id"], "fields": {"code": code}} for each, code in codes]}
        )

    assert change((a, "x"), (b, "a"), (c, "b")).status == 200
    assert errors(change((b, "b"), (c, "z")), 409) == [("records.0.fields.code", "not_unique")]
    assert errors(change((b, "n"), (c, "n")), 409) == [(f"records.{n}.fields.code", "not_unique") for n in (0, 1)]
    codes = [place["admin"]("GET", f"{ITEMS}/{each['id']}").json()["fields"]["code"] for each in (a, b, c)]
    assert codes == ["x", "a", "b"]


def test_a_group_of_unique_fields_is_kept_over_entries_that_change_a_part(place: Callers) -> None:
    path = "/api/tables/shops/records/batch"
    rows = [{"id": n, "town": "t", "street": n} for n in ("a", "b", "c")]
    assert place["admin"]("POST", path, {"records": fields(*rows)}).status == 201
    entries = [{"id": n, "fields": {"street": "same"}} for n in ("a", "b")]
    refused = place["admin"]("PATCH", path, {"records": entries})
    assert {code for _, code in errors(refused, 409)} == {"not_unique"}
    swapped = [{"id": "a", "fields": {"street": "z"}}, {"id": "b", "fields": {"street": "a"}}]
    assert place["admin"]("PATCH", path, {"records": swapped}).status == 200


def test_a_record_that_has_changed_meanwhile_stops_the_batch(place: Callers) -> None:
    a, b = made(place, {"code": "a"}, {"code": "b"})
    stale = "2020-01-01T00:00:00.000Z"
    entries = [{"id": a["id"], "fields": {"count": 1}}, {"id": b["id"], "fields": {"count": 1}, "updatedAt": stale}]
    assert errors(place["member"]("PATCH", BATCH, {"records": entries}), 409) == [("records.1.updatedAt", "stale")]
    assert place["admin"]("GET", f"{ITEMS}/{a['id']}").json()["revision"] == 1


# Upsert ---------------------------------------------------------------------------------------------------------------


def test_rows_change_what_they_mean_and_become_new_else(place: Callers) -> None:
    a, b = made(place, {"code": "a", "title": "old", "mail": "A@Example.com"}, {"code": "b", "title": "same"})
    sent = fields({"code": "new"}, {"code": "a", "title": "changed"}, {"code": "b", "title": "same"})
    answer = place["member"]("POST", UPSERT, {"records": sent, "fieldsToMergeOn": ["code"]})
    assert answer.status == 200, answer.body
    told = answer.json()
    new = told["results"][0]["id"]
    assert told["results"] == [
        {"id": new, "result": "created"},
        {"id": a["id"], "result": "updated"},
        {"id": b["id"], "result": "unchanged"},
    ]
    assert (told["created"], told["updated"], told["unchanged"]) == (1, 1, 1)
    assert [each["fields"]["title"] for each in told["records"]] == ["untitled", "changed", "same"]
    assert told["records"] == [place["member"]("GET", f"{ITEMS}/{each['id']}").json() for each in told["records"]]
    again = place["member"](
        "POST",
        UPSERT,
        {"records": fields({"mail": "a@example.com", "count": 1}), "matchFields": ["mail"], "returnRecords": False},
    )
    assert again.json()["results"] == [{"id": a["id"], "result": "updated"}]
    assert "records" not in again.json()


def test_what_cannot_decide_is_refused(place: Callers) -> None:
    member, rows = place["member"], fields({"code": "a"})

    def ask(**more: Any) -> list[tuple[str, str]]:
        return errors(member("POST", UPSERT, {"records": rows, **more}))

    assert ask() == [("fieldsToMergeOn", "required")]
    assert ask(fieldsToMergeOn=["code"], matchFields=["code"]) == [("matchFields", "conflicting")]
    assert ask(fieldsToMergeOn=["nope", "secret"]) == [(f"fieldsToMergeOn.{n}", "unknown_field") for n in (0, 1)]
    for name in ("tags", "number", "double", "fixed", "friends"):
        assert ask(fieldsToMergeOn=[name]) == [("fieldsToMergeOn.0", "invalid_value")], name
    assert ask(fieldsToMergeOn=[]) == [("fieldsToMergeOn", "required")]
    assert ask(fieldsToMergeOn=["count"]) == [("records.0.fields.count", "required")]
    rows = fields({"code": "a", "count": 1}, {"code": "b", "count": 1})
    assert ask(fieldsToMergeOn=["count"]) == [("records.1.fields.count", "duplicate")]


def test_several_matches_are_no_match(place: Callers) -> None:
    made(place, {"count": 1}, {"count": 1}, {"count": 2})
    body = {"records": fields({"count": 2, "title": "x"}, {"count": 1, "title": "x"}), "fieldsToMergeOn": ["count"]}
    assert errors(place["member"]("POST", UPSERT, body), 409) == [("records.1.fields.count", "ambiguous_match")]
    assert titles(place) == ["untitled"] * 3


def test_the_trash_and_invisible_rows_are_never_matched(place: Callers) -> None:
    gone, _ = made(place, {"count": 1, "title": "gone"}, {"count": 2, "title": "hidden"})
    place["admin"]("DELETE", f"{ITEMS}/{gone['id']}")
    body = {"records": fields({"count": 1}, {"count": 2}), "fieldsToMergeOn": ["count"]}
    assert place["member"]("POST", UPSERT, body).json()["created"] == 2


def test_the_rule_of_the_row_that_is_meant_holds(place: Callers) -> None:
    made(place, {"code": "f", "title": "frozen"})
    body = {"records": fields({"code": "f", "count": 1}, {"code": "g"}), "fieldsToMergeOn": ["code"]}
    assert errors(place["member"]("POST", UPSERT, body), 403) == [("records.0", "forbidden")]
    body = {"records": fields({"code": "g"}, {"code": "h", "title": "forbidden"}), "fieldsToMergeOn": ["code"]}
    assert errors(place["member"]("POST", UPSERT, body), 403) == [("records.1.fields", "forbidden")]
    assert titles(place) == ["frozen"]


def test_an_upsert_can_be_tried(place: Callers) -> None:
    (a,) = made(place, {"code": "a"})
    body = {"records": fields({"code": "a", "count": 1}, {"code": "b"}), "fieldsToMergeOn": ["code"]}
    tried = place["member"]("POST", UPSERT, body, query={"dryRun": "true"}).json()
    assert tried["results"] == [{"id": a["id"], "result": "updated"}, {"result": "created"}]
    assert (tried["dryRun"], "records" in tried, len(titles(place))) == (True, False, 1)


def test_keys_of_text_decide_only_for_new_records(place: Callers) -> None:
    path = "/api/tables/shops/records/upsert"
    row = {"id": "a", "town": "t", "street": "s"}
    assert (
        place["admin"]("POST", path, {"records": fields(row), "fieldsToMergeOn": ["town", "street"]}).json()["created"]
        == 1
    )
    again = {"town": "t", "street": "s"}
    assert (
        place["admin"]("POST", path, {"records": fields(again), "fieldsToMergeOn": ["town", "street"]}).json()[
            "unchanged"
        ]
        == 1
    )
    other = place["admin"]("POST", path, {"records": fields({**row, "id": "b"}), "fieldsToMergeOn": ["town", "street"]})
    assert errors(other) == [("records.0.fields.id", "read_only")]
    missing = place["admin"]("POST", path, {"records": fields({"town": "u"}), "fieldsToMergeOn": ["town"]})
    assert errors(missing) == [("records.0.fields.id", "required")]


def test_upserts_at_the_same_time_never_make_two_records(place: Callers) -> None:
    body = {"records": fields({"count": 7, "title": "x"}, {"count": 8}), "fieldsToMergeOn": ["count"]}
    answers = place["member"].together(*(("POST", UPSERT, body) for _ in range(8)))
    assert {each.status for each in answers} == {200}
    assert sum(each.json()["created"] for each in answers) == 2
    assert len(titles(place)) == 2


def test_ids_are_found_however_they_are_written_and_else_not_found(place: Callers) -> None:
    (record,) = made(place, {"code": "a"})
    number = record["id"]
    for written in (number, f"{number}.0", f"{number}e0"):
        raw = f'{{"records": [{{"id": {written}, "fields": {{}}}}]}}'.encode()
        answer = place["member"]("PATCH", BATCH, raw=raw, headers={"content-type": "application/json"})
        assert answer.status == 200, answer.body
    for wrong in (-1, 0, "", "9" * 300, "a b", 2**63 - 1):
        answer = place["member"]("PATCH", BATCH, {"records": [{"id": wrong, "fields": {}}]})
        assert errors(answer, 404) == [("records.0.id", "not_found")], wrong
        assert errors(place["member"]("DELETE", BATCH, {"ids": [wrong]}), 404) == [("ids.0", "not_found")]


def test_an_operation_without_a_body_takes_none(place: Callers) -> None:
    (record,) = made(place, {"code": "a"})
    path = f"{ITEMS}/{record['id']}"
    assert errors(place["member"]("DELETE", path, {"x": 1}), 400) == [("x", "unknown_property")]
    assert place["member"]("DELETE", path, raw=b"{}", headers={"content-type": "text/plain"}).status == 415
    assert place["member"]("DELETE", path, raw=b"{", headers={"content-type": "application/json"}).status == 400
    assert place["member"]("DELETE", path, {}).status == 204
