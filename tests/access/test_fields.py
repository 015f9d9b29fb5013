"""Rules for single fields: one set gates all that is read, and another all that is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.auth import Browser, site
from tests.support.callers import Callers

STAFF = "/api/tables/staff"
RECORDS = f"{STAFF}/records"
HIDDEN = ("salary", "doubled", "again", "cost", "author", "company_name")
"""What neither a viewer nor a member may read."""
KNOWN = {
    "member": ("name", "grade", "hint", "company", "boss", "team", "heads"),
    "viewer": ("name", "grade", "hint", "company", "company_vat", "boss", "team", "heads"),
}


@pytest.fixture(scope="module")
def ids(callers: Callers) -> dict[str, str]:
    """The ids of two people, the first of whom leads the other, and of their company."""
    admin = callers["admin"]
    company = admin("POST", "/api/tables/companies/records", {"name": "Acme", "vat": "V1"}).json()["id"]
    boss = admin("POST", RECORDS, {"name": "Ada", "salary": 20, "grade": 3, "company": company}).json()["id"]
    other = admin("POST", RECORDS, {"name": "Bob", "salary": 5, "grade": 1, "boss": boss}).json()["id"]
    return {"company": company, "boss": boss, "other": other}


def codes(answer: Any) -> list[tuple[str, str]]:
    assert answer.status in (400, 403, 409), answer.body
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize("name", ["anonymous", "viewer", "member", "low", "high", "admin", "key"])
def test_permissions_of_fields_are_what_operations_do(callers: Callers, ids: dict[str, str], name: str) -> None:
    caller = callers[name]
    told = caller("GET", f"{STAFF}/permissions").json()
    described = {each["name"]: each for each in callers["admin"]("GET", STAFF).json()["fields"]}
    record = f"{RECORDS}/{ids['boss']}"
    stored = callers["admin"]("GET", record, query={"fields": ",".join(described)}).json()["fields"]
    assert [each["name"] for each in caller("GET", STAFF).json()["fields"]] == list(told["fields"])
    for field, description in described.items():
        permitted = told["fields"].get(field)
        assert caller("GET", record, query={"fields": field}).status == (200 if permitted else 400), field
        if not told["table"]["update"]:
            assert permitted is None or not permitted["write"]
            continue
        answer = caller("PATCH", record, {field: stored[field]})
        if permitted is None:
            assert codes(answer) == [(f"fields.{field}", "unknown_field")]
        elif description["readOnly"]:
            assert (codes(answer), permitted["write"]) == ([(f"fields.{field}", "read_only")], False)
        elif not permitted["write"]:
            assert (answer.status, codes(answer)) == (403, [(f"fields.{field}", "forbidden")])
        else:
            assert answer.status == 200, field


@pytest.mark.parametrize("name", KNOWN)
def test_an_unreadable_field_is_as_one_that_is_not_there(callers: Callers, ids: dict[str, str], name: str) -> None:
    caller = callers[name]
    for field in (*HIDDEN, *(["company_vat"] if name == "member" else [])):
        for query in (
            {"fields": field},
            {"sort": field},
            {"groupBy": field},
            {"filter": f"{field}:1"},
            {"filter": json.dumps({"not": {field: {"isNull": True}}})},
            {"filterByFormula": f"{{{field}}}=1"},
            {"aggregate": f"min:{field}"},
            {"aggregate": f"{field}:count"},
            {"aggregate": json.dumps({"sum": [field]})},
        ):
            hidden, missing = (
                caller("GET", RECORDS, query={key: value.replace(field, each) for key, value in query.items()})
                for each in (field, "nothing")
            )
            assert hidden.status == 400
            assert hidden.body.replace(field.encode(), b"nothing")[:-60] == missing.body[:-60], query
    found = caller("GET", f"{RECORDS}/{ids['boss']}").json()
    assert tuple(found["fields"]) == tuple(each for each in KNOWN[name] if each != "team")
    assert "createdBy" not in found
    assert tuple(caller("GET", f"{STAFF}/permissions").json()["fields"]) == KNOWN[name]
    assert "createdBy" in callers["high"]("GET", f"{RECORDS}/{ids['boss']}").json()
    assert caller("GET", RECORDS, query={"q": "Acme"}).json()["records"] == []


def test_a_computed_field_with_a_rule_of_its_own_is_read_whatever_it_reads(
    callers: Callers, ids: dict[str, str]
) -> None:
    found = callers["viewer"]("GET", RECORDS, query={"fields": "name,hint", "sort": "name"}).json()["records"]
    assert [each["fields"]["hint"] for each in found][:2] == [True, False]


def test_links_keep_their_ids_and_show_only_what_the_caller_may_read(callers: Callers, ids: dict[str, str]) -> None:
    def shown(name: str, field: str, record: str) -> tuple[Any, Any]:
        query = {"format": "display", "fields": field}
        one = callers[name]("GET", f"{RECORDS}/{ids[record]}", query=query).json()["fields"][field]
        listed = callers[name]("GET", RECORDS, query={**query, "filter": f"id:{ids[record]}"}).json()["records"]
        assert listed[0]["fields"][field] == one
        return one["value"], one["displayValue"]

    assert shown("high", "company", "boss") == (ids["company"], "Acme")
    for name in ("anonymous", "viewer", "member"):
        assert shown(name, "company", "boss") == (ids["company"], ids["company"])
        assert shown(name, "boss", "other") == (ids["boss"], ids["boss"])
    assert shown("high", "boss", "other") == (ids["boss"], "20")


def test_no_description_names_what_the_caller_cannot_see(callers: Callers, ids: dict[str, str]) -> None:
    def described(name: str) -> dict[str, Any]:
        return {each["name"]: each for each in callers[name]("GET", STAFF).json()["fields"]}

    whole, viewer, member = (described(name) for name in ("admin", "viewer", "member"))
    assert whole["company"].keys() - viewer["company"].keys() == {"displayField"}
    assert whole["company"].keys() - member["company"].keys() == {"displayField", "relatedTable"}
    assert viewer["company_vat"].items() == whole["company_vat"].items()
    assert "displayField" not in viewer["boss"]


def test_a_link_into_an_unreadable_table_finds_no_record(callers: Callers, ids: dict[str, str]) -> None:
    member = callers["member"]
    for key in (ids["company"], "999999"):
        answer = member("POST", RECORDS, {"name": "Eve", "company": key})
        assert codes(answer) == [("fields.company", "not_found")]
        assert answer.json()["message"] == f'There is no such record "{key}" to link to.'
    assert codes(member("PATCH", f"{RECORDS}/{ids['other']}", {"company": ids["company"]}))[0][1] == "not_found"
    assert member("PATCH", f"{RECORDS}/{ids['boss']}", {"company": ids["company"]}).status == 200
    assert callers["high"]("POST", RECORDS, {"name": "Eve", "company": ids["company"]}).status == 201


def test_of_many_links_into_an_unreadable_table_those_that_are_there_may_stay(callers: Callers) -> None:
    member, admin = callers["member"], callers["admin"]
    first, second = (
        admin("POST", "/api/tables/companies/records", {"name": name}).json()["id"] for name in ("one", "two")
    )
    record = f"/api/tables/deals/records/{admin('POST', '/api/tables/deals/records', {'sides': [first]}).json()['id']}"
    assert member("GET", record).json()["fields"] == {"sides": [first]}
    for key in (second, "999999"):
        assert codes(member("PATCH", record, {"sides": [first, key]})) == [("fields.sides.1", "not_found")]
    assert member("PATCH", record, {"sides": [first]}).json()["revision"] == 1
    assert member("PATCH", record, {"sides": []}).json()["fields"] == {"sides": []}


def test_all_forbidden_fields_are_named_after_unknown_ones_and_before_values(
    callers: Callers, ids: dict[str, str]
) -> None:
    member, record = callers["member"], f"{RECORDS}/{ids['other']}"
    answer = member("PATCH", record, {"grade": 2, "name": 5})
    assert (answer.status, codes(answer)) == (403, [("fields.grade", "forbidden")])
    assert answer.json()["message"] == 'You may not set the field "grade".'
    assert member("PATCH", record, {"grade": 2, "salary": 1}).status == 400
    assert member("PATCH", f"{RECORDS}/999999", {"grade": 2}).status == 404
    created = member("POST", RECORDS, {"grade": 2, "name": 5})
    assert (created.status, codes(created)) == (403, [("fields.grade", "forbidden")])
    assert callers["high"]("PATCH", record, {"grade": 2}).status == 200


def test_a_view_neither_names_nor_groups_by_what_is_unreadable_and_applies_all_the_same(
    callers: Callers, ids: dict[str, str]
) -> None:
    view = f"{STAFF}/views/rich"
    seen = callers["member"]("GET", view).json()
    assert seen == {"id": "rich", "name": "Rich", "tableId": "5", "isDefault": False, "fields": ["name"]}
    answer = callers["member"]("GET", f"{view}/records", query={"limit": 2}).json()
    assert "groups" not in answer
    assert [each["fields"] for each in answer["records"]] == [{"name": "Bob"}, {"name": "Ada"}]
    assert codes(callers["member"]("GET", f"{view}/records", query={"filter": "salary:5"}))[0][1] == "unknown_field"
    whole = callers["high"]("GET", f"{view}/records").json()
    assert [each["name"] for each in whole["groups"]] == ["5", "20"]
    assert callers["member"]("GET", f"{STAFF}/views/editors").status == 404
    assert callers["key"]("GET", f"{STAFF}/views/editors/records").status == 200


def test_an_export_of_the_account_holds_the_fields_that_its_owner_may_read(callers: Callers) -> None:
    member = callers["member"]
    made = member("POST", RECORDS, {"name": "mine"}).json()["id"]
    exported = json.loads(member("GET", "/api/account/export").body)
    (record,) = [each for each in _records(exported["authoredRecords"]) if each["recordId"] == made]
    assert set(record["fields"]).isdisjoint(HIDDEN)


def _records(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = [value] if "recordId" in value else []
        return own + [each for inner in value.values() for each in _records(inner)]
    return [each for inner in value for each in _records(inner)] if isinstance(value, list) else []


def test_the_typed_contract_has_the_fields_of_the_caller(callers: Callers, admin: Browser) -> None:
    schemas = callers["member"]("GET", "/docs/openapi.json?expand=tables").json()["components"]["schemas"]
    assert list(schemas["StaffRecordFields"]["properties"]) == list(KNOWN["member"])
    assert list(schemas["StaffUpdateValues"]["properties"]) == ["name", "company", "boss"]
    assert "companies" not in json.dumps(schemas)
    whole = admin("GET", "/docs/openapi.json?expand=tables").json()["components"]["schemas"]
    assert set(HIDDEN) <= whole["StaffRecordFields"]["properties"].keys()


REFUSING: list[dict[str, Any]] = [
    {
        "name": "orders",
        "fields": [
            {"name": "title", "type": "single-line-text"},
            {"name": "code", "type": "integer", "required": True},
            {"name": "batch", "type": "integer", "unique": True, "default": 7},
            {"name": "size", "type": "integer"},
        ],
        "constraints": [{"name": "positive", "check": "batch > size"}],
        "permissions": {"fields": [{"field": "code", "read": ["admin"]}, {"field": "batch", "read": ["admin"]}]},
    },
    {
        "name": "notes",
        "fields": [
            {"name": "title", "type": "single-line-text"},
            {"name": "batch", "type": "integer", "unique": True, "default": 7},
            {"name": "size", "type": "integer"},
            {
                "name": "state",
                "type": "single-select",
                "options": ["open", "done"],
                "conditions": [{"when": "done", "then": {"readOnly": True}}],
                "default": "open",
            },
        ],
        "constraints": [{"name": "positive", "check": "batch > size"}],
        "permissions": {"fields": [{"field": "batch", "read": ["admin"]}, {"field": "state", "read": ["admin"]}]},
    },
]


def test_no_refusal_names_a_field_that_the_caller_cannot_read(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path, database_url, tables=REFUSING) as house:
        admin, member = house.admin(), house.browser()
        member.sign_up("member@example.com")
        answer = member("POST", "/api/tables/orders/records", {"title": "a"})
        assert (answer.status, codes(answer)) == (400, [("fields", "required")])
        made = member("POST", "/api/tables/notes/records", {"title": "a"}).json()
        assert made["fields"] == {"title": "a", "size": None}
        answer = member("POST", "/api/tables/notes/records", {"title": "b"})
        assert (answer.status, codes(answer)) == (409, [("fields", "not_unique")])
        note = f"/api/tables/notes/records/{made['id']}"
        answer = member("PATCH", note, {"size": 9})
        assert codes(answer) == [("fields", "check_failed"), ("fields.size", "check_failed")]
        assert admin("PATCH", note, {"state": "done"}).status == 200
        answer = member("PATCH", note, {"title": "c"})
        assert answer.json()["message"] == "This record is locked; only administrators may change it."
