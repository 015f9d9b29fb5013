"""Numbers that the server gives: in order, without gaps, and never twice, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

PLAIN = """
name: invoices
tables:
  - id: 1
    name: invoices
    fields:
      - { id: 1, name: title, type: single-line-text, required: true, unique: true }
"""
NUMBERED = (
    PLAIN
    + """      - { id: 2, name: number, type: autonumber, prefix: INV-, startFrom: 100, digits: 5, unique: true }
      - { id: 3, name: plain, type: autonumber }
"""
)
PATH = "/api/tables/invoices/records"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "app.yaml"
    path.write_text(NUMBERED)
    return path


@pytest.fixture
def api(database_url: str, file: Path) -> Iterator[Client]:
    with serving(file, database_url) as client:
        yield client


def numbers(api: Client, query: str = "") -> list[tuple[str, int]]:
    records = api("GET", f"{PATH}?{query}").json()["records"]
    return [(record["fields"]["number"], record["fields"]["plain"]) for record in records]


def test_each_new_record_gets_the_next_number(api: Client) -> None:
    fields = [api("POST", PATH, {"title": str(number)}).json()["fields"] for number in range(2)]
    assert [(each["number"], each["plain"]) for each in fields] == [("INV-00100", 1), ("INV-00101", 2)]


def test_a_failure_takes_no_number_and_a_delete_frees_none(api: Client) -> None:
    assert api("POST", PATH, {"title": "a"}).status == 201
    assert api("POST", PATH, {"title": "a"}).status == 409
    assert api("POST", PATH, {"title": None}).status == 400
    assert api("DELETE", f"{PATH}/1").status == 204
    assert api("POST", PATH, {"title": "b"}).json()["fields"]["number"] == "INV-00101"


def test_a_number_cannot_be_written(api: Client) -> None:
    answer = api("POST", PATH, {"title": "a", "number": "INV-00001", "plain": 7})
    assert answer.codes == {"fields.number": "read_only", "fields.plain": "read_only"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=number:INV-00101", ["INV-00101"]),
        ("filter=number:greaterThan:INV-00100&sort=number:desc", ["INV-00102", "INV-00101"]),
        ("filter=plain:in:1,3", ["INV-00100", "INV-00102"]),
        ("sort=number:desc&limit=1", ["INV-00102"]),
    ],
)
def test_numbers_filter_and_sort_as_numbers(api: Client, query: str, found: list[str]) -> None:
    for title in "abc":
        api("POST", PATH, {"title": title})
    assert [number for number, _ in numbers(api, query)] == found
    assert api("GET", f"{PATH}?filter=number:101").codes == {"filter": "wrong_type"}


def test_rows_that_are_there_are_numbered_in_the_order_of_their_keys(database_url: str, file: Path) -> None:
    file.write_text(PLAIN)
    with serving(file, database_url) as client:
        for title in "abc":
            client("POST", PATH, {"title": title})
        client("DELETE", f"{PATH}/2")
    file.write_text(NUMBERED)
    with serving(file, database_url) as client:
        assert numbers(client, "includeDeleted=true") == [("INV-00100", 1), ("INV-00101", 2), ("INV-00102", 3)]
        assert client("POST", PATH, {"title": "d"}).json()["fields"]["number"] == "INV-00103"


def test_simultaneous_writers_get_different_numbers_without_gaps(api: Client) -> None:
    answers = api.together(*(("POST", PATH, {"title": f"t{number}"}) for number in range(12)))
    assert {answer.status for answer in answers} == {201}
    assert sorted(answer.json()["fields"]["plain"] for answer in answers) == list(range(1, 13))
