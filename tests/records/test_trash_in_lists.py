"""Records in the trash, where a list or a read asks for them, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

PATH = "/api/tables/t/records"


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text("name: trash\ntables: [{id: 1, name: t, fields: [{id: 1, name: a, type: integer}]}]\n")
    with serving(file, database_url) as client:
        for number in range(5):
            assert client("POST", PATH, {"a": number}).status == 201
        for key in (4, 2):
            assert client("DELETE", f"{PATH}/{key}").status == 204
        yield client


def keys(api: Client, query: str) -> list[str]:
    answer = api("GET", f"{PATH}?{query}")
    assert answer.status == 200, answer.body
    return [record["id"] for record in answer.json()["records"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["1", "3", "5"]),
        ("includeDeleted=false", ["1", "3", "5"]),
        ("deleted=false", ["1", "3", "5"]),
        ("includeDeleted=true", ["1", "2", "3", "4", "5"]),
        ("deleted=false&includeDeleted=true", ["1", "2", "3", "4", "5"]),
        ("includeDeleted=only", ["2", "4"]),
        ("deleted=true", ["2", "4"]),
        ("deleted=true&includeDeleted=only&sort=id:desc", ["4", "2"]),
        ("includeDeleted=true&filter=deleted_at:isNotNull&sort=a", ["2", "4"]),
        ("includeDeleted=true&sort=deletedAt:desc&limit=3", ["2", "4", "1"]),
    ],
)
def test_a_list_sees_the_trash_as_far_as_it_is_asked_to(api: Client, query: str, found: list[str]) -> None:
    assert keys(api, query) == found


def test_only_a_record_in_the_trash_tells_since_when(api: Client) -> None:
    records = api("GET", f"{PATH}?includeDeleted=true").json()["records"]
    assert ["deletedAt" in record for record in records] == [False, True, False, True, False]
    assert list(records[1]) == ["id", "revision", "fields", "createdAt", "updatedAt", "deletedAt"]
    assert records[1]["deletedAt"] == records[1]["updatedAt"]
    displayed = api("GET", f"{PATH}?deleted=true&format=display").json()["records"][0]
    assert (displayed["fields"]["a"], "deletedAt" in displayed) == ({"value": 1, "displayValue": "1"}, True)


def test_the_total_is_that_of_what_the_list_sees(api: Client) -> None:
    totals = [api("GET", f"{PATH}?limit=1&{query}").json()["pagination"]["total"] for query in ("", "deleted=true")]
    assert totals == [3, 2]


def test_a_single_record_in_the_trash_is_found_where_that_is_asked_for(api: Client) -> None:
    assert api("GET", f"{PATH}/2").status == 404
    found = api("GET", f"{PATH}/2?includeDeleted=true")
    assert (found.status, "deletedAt" in found.json()) == (200, True)
    assert "deletedAt" not in api("GET", f"{PATH}/1?includeDeleted=true").json()
    assert api("GET", f"{PATH}/2?includeDeleted=only").codes == {"includeDeleted": "invalid_value"}


@pytest.mark.parametrize(
    ("most", "expected"), [(2, {"total": 2, "totalIsEstimate": True}), (3, {"total": 3, "totalPages": 3})]
)
def test_an_estimate_counts_so_many_rows_and_no_more(
    api: Client, monkeypatch: pytest.MonkeyPatch, most: int, expected: dict[str, object]
) -> None:
    from tabularium.query import pagination as envelope
    from tabularium.query import statements

    for module in (statements, envelope):
        monkeypatch.setattr(module, "MOST_ESTIMATED", most)
    for cached in (statements._page_and_count, statements._json_page):
        cached.cache_clear()
    pagination = api("GET", f"{PATH}?limit=1&count=estimate").json()["pagination"]
    assert {name: value for name, value in pagination.items() if name.startswith("total")} == expected
    for cached in (statements._page_and_count, statements._json_page):
        cached.cache_clear()
