"""Each table's own contract tells the truth: what it takes the server takes, and what it refuses the server refuses."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from server.cli import main
from server.typed_contract import typed_contract_bytes
from tabularium.access.identity import GUEST
from tabularium.schema.model import KeyKind
from tests.support.asgi import Client
from tests.support.serving import serving
from tests.support.shop import GENERIC, SHOP, expanded, fits, parameter, schema_of

RECORD = {"kind": "a b", "ok": True, "mail": "ada@example.org", "site": "https://example.org", "body": "text"}
ITEM = {
    "id": "x-1",
    "select": "ab",
    "field": None,
    "operator": 10,
    "price": "0.50",
    "parent": None,
    "day": "2026-02-28",
    "at": "2026-02-28T12:00:00.5+02:00",
}

# Changes to a body that the contract refuses, and the server with it.
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("OrderItemsCreate", ITEM, change)
    for change in (
        {"select": None},
        {"select": "a"},
        {"select": "a" * 10},
        {"select": " \u00a0\u2003 "},
        {"select": "a\nb"},
        {"field": 5},
        {"operator": -1},
        {"operator": 11},
        {"operator": 1.5},
        {"operator": "1"},
        {"price": "-0.01"},
        {"price": "1.005"},
        {"price": -1},
        {"price": "1e3"},
        {"parent": "a/b"},
        {"parent": 7},
        {"day": "2026-02-29"},
        {"day": "2026-02-28T00:00:00Z"},
        {"at": "2026-02-28"},
        {"at": "2026-02-28T12:00:00.1234Z"},
        {"id": ".."},
        {"id": None},
        {"id": "a b"},
        {"created_at": "2026-02-28T12:00:00.000Z"},
        {"unknown": 1},
    )
] + [
    ("Record2Create", RECORD, change)
    for change in (
        {"kind": "b"},
        {"kind": None},
        {"ok": None},
        {"ok": "true"},
        {"mail": "ada"},
        {"site": "ftp://example.org"},
        {"site": "https://exa mple.org"},
        {"body": "\n"},
        {"body": "a\0"},
        {"body": "a" * 51},
        {"id": "0190a6b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"},
    )
]
PATHS = {"OrderItemsCreate": "/api/tables/Order%20Items/records", "Record2Create": "/api/tables/record/records"}

FILTERS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"select": "ab"}, True),
    ({"select": None, "operator": {"greaterThan": 3, "lessThanOrEqual": 9}}, True),
    ({"select": ["ab", None]}, True),
    ({"select": {"contains": "b", "isNull": True, "between": ["a", "b"]}}, True),
    ({"and": [{"or": [{"not": {"price": "1.50"}}]}, {"day": {"in": ["2026-01-01", None]}}]}, True),
    ({"at": {"equals": "2026-01-01"}, "created_at": {"lessThan": "2026-01-01T00:00:00Z"}}, True),
    ({"field": "operator", "operator": "in", "value": [1, 2]}, True),
    ({"field": "select", "operator": "isNotEmpty"}, True),
    ({"id": {"startsWith": "x"}}, False),
    ({"id": {"notEquals": "x-1"}}, True),
    ({"unknown": 1}, False),
    ({"operator": {"contains": "1"}}, False),
    ({"operator": {"greaterThan": None}}, False),
    ({"operator": "1"}, False),
    ({"select": {"contains": ""}}, False),
    ({"select": {"isNull": False}}, False),
    ({"price": {"between": ["1.00"]}}, False),
    ({"day": "2026-02-30"}, False),
    ({"and": {}}, False),
    ({"and": [], "select": "ab"}, False),
    ({"field": "unknown", "operator": "equals", "value": 1}, False),
    ({"field": "select", "operator": "like", "value": "a"}, False),
]


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    return expanded(SHOP)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One server for all: each test that stores a record has ids of its own."""
    folder = tmp_path_factory.mktemp("shop")
    file = folder / "app.json"
    file.write_text(json.dumps(SHOP), encoding="utf-8")
    with serving(file, f"sqlite:{folder / 'tabularium.db'}") as client:
        yield client


def test_the_contract_is_served_packed_and_not_sent_twice(api: Client) -> None:
    plain = api("GET", "/docs/openapi.json?expand=tables")
    assert (plain.status, plain.headers["content-type"]) == (200, "application/json")
    assert "/api/tables/Order%20Items/records" in plain.json()["paths"]
    packed = api("GET", "/docs/openapi.json?expand=tables", headers={"accept-encoding": "gzip"})
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] != plain.headers["etag"] != api("GET", "/docs/openapi.json").headers["etag"]
    again = api("GET", "/docs/openapi.json?expand=tables", headers={"if-none-match": plain.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_the_command_line_writes_what_the_server_sends(api: Client, tmp_path: Path) -> None:
    file, output = tmp_path / "app.json", tmp_path / "openapi.json"
    file.write_text(json.dumps(SHOP), encoding="utf-8")
    options = ["openapi", str(file), "--expand", "tables", "--output", str(output)]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    assert output.read_bytes() == api("GET", "/docs/openapi.json?expand=tables").body


def test_another_expansion_is_refused(api: Client) -> None:
    answer = api("GET", "/docs/openapi.json?expand=views")
    assert (answer.status, answer.codes) == (400, {"expand": "invalid_value"})


def test_the_same_schema_makes_the_same_bytes() -> None:
    first, second = (typed_contract_bytes(GENERIC, schema_of(SHOP), GUEST) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("name", "body"), [("OrderItemsCreate", ITEM), ("Record2Create", RECORD)])
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_what_is_stored_fits_both_contract_and_server(
    api: Client, shop: dict[str, Any], name: str, body: dict[str, Any], is_wrapped: bool
) -> None:
    body = {**body, "id": f"stored-{is_wrapped}"} if "id" in body else body
    sent = {"fields": body} if is_wrapped else body
    assert fits(shop, name, sent)
    answer = api("POST", PATHS[name], sent)
    assert answer.status == 201
    prefix = name.removesuffix("Create")
    assert fits(shop, f"{prefix}Record", answer.json())
    path = f"{PATHS[name]}/{answer.json()['id']}"
    assert fits(shop, f"{prefix}Record", api("GET", path).json())
    assert fits(shop, f"{prefix}RecordList", api("GET", PATHS[name]).json())
    changed = {key: value for key, value in body.items() if key != "id"}
    for change in (changed, {}, {"fields": changed, "updatedAt": "2026-03-01T09:00:00Z"}):
        assert fits(shop, f"{prefix}Update", change)
    assert fits(shop, f"{prefix}Record", api("PATCH", path, changed).json())


@pytest.mark.parametrize("body", [{"fields": {"id": "x-2", "select": "ab"}}, {"id": "x-3", "select": "ab", "price": 2}])
def test_what_has_a_default_or_may_be_empty_can_be_left_out(
    api: Client, shop: dict[str, Any], body: dict[str, Any]
) -> None:
    assert fits(shop, "OrderItemsCreate", body)
    assert api("POST", PATHS["OrderItemsCreate"], body).status == 201


@pytest.mark.parametrize("missing", ["id", "select"])
def test_what_is_required_cannot_be_left_out(api: Client, shop: dict[str, Any], missing: str) -> None:
    body = {key: value for key, value in ITEM.items() if key != missing}
    assert not fits(shop, "OrderItemsCreate", body)
    assert not fits(shop, "OrderItemsCreate", {"fields": body})
    assert api("POST", PATHS["OrderItemsCreate"], body).codes == {f"fields.{missing}": "required"}


@pytest.mark.parametrize(("name", "body", "change"), REFUSED, ids=[str(change) for _, _, change in REFUSED])
def test_what_the_contract_refuses_the_server_refuses(
    api: Client, shop: dict[str, Any], name: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    wrong = {**body, **change}
    assert not fits(shop, name, wrong)
    assert not fits(shop, name, {"fields": wrong})
    assert api("POST", PATHS[name], wrong).status == 400
    if "id" not in change:
        assert not fits(
            shop, name.replace("Create", "Update"), {key: each for key, each in wrong.items() if key != "id"}
        )


@pytest.mark.parametrize(("condition", "is_valid"), FILTERS, ids=[str(condition) for condition, _ in FILTERS])
def test_a_filter_is_judged_alike(api: Client, shop: dict[str, Any], condition: dict[str, Any], is_valid: bool) -> None:
    answer = api("GET", PATHS["OrderItemsCreate"], query={"filter": json.dumps(condition)})
    assert answer.status == (200 if is_valid else 400)
    assert fits(shop, "OrderItemsFilter", condition) is is_valid
    assert parameter(shop, "OrderItemsFilter").is_valid(json.dumps(condition))


@pytest.mark.parametrize(
    ("name", "text", "is_valid"),
    [
        ("Sort", "select", True),
        ("Sort", "select:DESC,id:asc,createdAt", True),
        ("Sort", "unknown", False),
        ("Sort", "select:up", False),
        ("Sort", ",", False),
        ("Sort", "select,", False),
        ("Filter", "select:ab", True),
        ("Filter", "createdAt:isNotNull", True),
        ("Filter", "unknown:ab", False),
        ("Filter", "select", False),
    ],
)
def test_a_text_parameter_is_judged_alike(
    api: Client, shop: dict[str, Any], name: str, text: str, is_valid: bool
) -> None:
    answer = api("GET", PATHS["OrderItemsCreate"], query={name.lower(): text})
    assert answer.status == (200 if is_valid else 400)
    assert parameter(shop, f"OrderItems{name}").is_valid(text) is is_valid


@pytest.mark.parametrize(
    ("names", "is_valid"),
    [(["select", "id", "created_at"], True), (["unknown"], False), (["select", "select"], False), ([], False)],
)
def test_the_selection_of_fields_is_judged_alike(
    api: Client, shop: dict[str, Any], names: list[str], is_valid: bool
) -> None:
    answer = api("GET", PATHS["OrderItemsCreate"], query={"fields": ",".join(names)})
    assert answer.status == (200 if is_valid else 400)
    assert parameter(shop, "OrderItemsFields").is_valid(names) is is_valid


def test_a_page_with_some_fields_fits_the_contract(api: Client, shop: dict[str, Any]) -> None:
    api("POST", PATHS["OrderItemsCreate"], {**ITEM, "id": "paged"})
    page = api("GET", PATHS["OrderItemsCreate"], query={"fields": "price", "filter": "id:paged"}).json()
    assert page["records"][0]["fields"] == {"price": "0.50"}
    assert fits(shop, "OrderItemsRecordList", page)


@pytest.mark.parametrize(("limit", "is_valid"), [(20, True), (21, False), (0, False)])
def test_the_limit_is_the_application_s(api: Client, shop: dict[str, Any], limit: int, is_valid: bool) -> None:
    assert api("GET", PATHS["OrderItemsCreate"], query={"limit": limit}).status == (200 if is_valid else 400)
    assert parameter(shop, "OrderItemsLimit").is_valid(limit) is is_valid
    assert shop["components"]["parameters"]["OrderItemsLimit"]["schema"]["default"] == 5


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("OrderItemsRecordId", ["x-1", "a", "...", "..a", ".a."], ["", ".", "..", "a/b", "ü", "a" * 129]),
        ("Record2RecordId", ["0190a6b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"], ["1", "0190a6b27c3d7e4f8a5b6c7d8e9f0a1b"]),
        ("HealthRecordId", ["1", "9" * 18], ["0", "01", "-1", "1.0", "a"]),
    ],
)
def test_an_id_has_the_form_of_the_key(shop: dict[str, Any], name: str, good: list[str], bad: list[str]) -> None:
    keys: dict[str, KeyKind] = {"OrderItemsRecordId": "text", "Record2RecordId": "uuid", "HealthRecordId": "composite"}
    key = next(each.primary_key for each in schema_of(SHOP).tables if each.primary_key.kind == keys[name])
    for text in (*good, *bad):
        assert fits(shop, name, text) is (text in good)
        assert parameter(shop, name).is_valid(text) is (text in good)
        assert (key.parse(text) is not None) is (text in good)
