"""`format=display`: each field with the text that people read, the same on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: shown
tables:
  - id: 1
    name: people
    fields:
      - { id: 1, name: name, type: single-line-text }
      - { id: 2, name: born, type: date, dateFormat: European }
  - id: 2
    name: all
    fields:
      - { id: 1, name: text, type: single-line-text }
      - { id: 2, name: price, type: currency, currency: USD }
      - { id: 3, name: debt, type: currency, currency: EUR, thousandsSeparator: period, negativeFormat: parentheses }
      - { id: 4, name: fee, type: currency, currency: CHF, symbolPosition: after, thousandsSeparator: space }
      - { id: 5, name: share, type: percentage }
      - { id: 6, name: stars, type: rating }
      - { id: 7, name: done, type: progress }
      - { id: 8, name: takes, type: duration }
      - { id: 9, name: long, type: duration, displayFormat: "h:mm:ss" }
      - { id: 10, name: hours, type: duration, displayFormat: decimal }
      - { id: 11, name: ok, type: checkbox }
      - { id: 12, name: state, type: status, options: [{ value: o, label: Open! }, c] }
      - { id: 13, name: tags, type: multi-select, options: [{ value: a, label: A! }, b] }
      - { id: 14, name: day, type: date }
      - { id: 15, name: at, type: datetime, timeZone: Asia/Tokyo, dateFormat: ISO, timeFormat: 12-hour }
      - { id: 16, name: clock, type: time, timeFormat: 12-hour }
      - { id: 17, name: owner, type: relationship, relatedTable: people, displayField: name }
      - { id: 18, name: friend, type: relationship, relatedTable: people, displayField: born }
      - { id: 19, name: plain, type: relationship, relatedTable: people }
      - { id: 20, name: owner_born, type: lookup, relationshipField: owner, relatedField: born }
      - { id: 21, name: place, type: geolocation }
      - { id: 22, name: file, type: attachment }
      - { id: 23, name: markup, type: rich-text }
      - { id: 24, name: phone, type: phone-number, country: CH }
      - { id: 25, name: exact, type: decimal }
      - { id: 26, name: any, type: json }
      - { id: 27, name: list, type: array, itemType: number }
      - { id: 28, name: created_at, type: created-at }
"""
VALUES: dict[str, Any] = {
    "text": "x", "price": 1234.5, "debt": -1234.5, "fee": 1234567, "share": 12.5, "stars": 4, "done": 40, "takes": 5400,
    "long": 5400, "hours": 5400, "ok": True, "state": "o", "tags": ["b", "a"], "day": "2025-01-31",
    "at": "2025-01-31T15:04:05Z", "clock": "15:04", "owner": "1", "friend": "2", "plain": "1",
    "place": {"latitude": 48.85, "longitude": 2.35}, "file": {"url": "https://a.example/f", "filename": "f.png"},
    "markup": "<p>a &amp; <b>b</b></p>", "phone": "044 668 18 00", "exact": "9.5", "any": {"a": [1]}, "list": [1.5, 2],
}  # fmt: skip
SHOWN = {
    "text": "x", "price": "$1,234.50", "debt": "(€1.234,50)", "fee": "1 234 567.00 CHF", "share": "12.50%", "stars": "4/5",
    "done": "40%", "takes": "1:30", "long": "1:30:00", "hours": "1.5", "ok": "Yes", "state": "Open!", "tags": "b, A!",
    "day": "1/31/2025", "at": "2025-02-01 12:04 AM", "clock": "3:04 PM", "owner": "Ada", "friend": "31/12/2001",
    "plain": "1", "owner_born": "1/2/1999", "place": "48.85, 2.35", "file": "f.png", "markup": "a & b",
    "phone": "+41 44 668 18 00", "exact": "9.50", "any": '{"a":[1]}', "list": "1.5, 2",
}  # fmt: skip


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        for person in ({"name": "Ada", "born": "1999-02-01"}, {"name": "Bob", "born": "2001-12-31"}):
            assert client("POST", "/api/tables/people/records", person).status == 201
        created = client("POST", "/api/tables/all/records", VALUES)
        assert created.status == 201, created.body
        assert client("POST", "/api/tables/all/records", {}).status == 201
        yield client


def shown(api: Client, path: str) -> dict[str, Any]:
    record = api("GET", path).json()
    fields = record.get("fields") or record["records"][0]["fields"]
    return {name: each["displayValue"] for name, each in fields.items() if name != "created_at"}


def test_every_type_is_shown_in_its_own_way(api: Client) -> None:
    assert shown(api, "/api/tables/all/records/1?format=display") == SHOWN
    assert shown(api, "/api/tables/all/records?format=display&limit=1") == SHOWN


def test_the_value_stands_beside_its_text(api: Client) -> None:
    raw = api("GET", "/api/tables/all/records/1").json()["fields"]
    displayed = api("GET", "/api/tables/all/records/1?format=display").json()["fields"]
    assert {name: each["value"] for name, each in displayed.items()} == raw
    assert list(displayed) == list(raw)


def test_what_is_empty_has_no_text(api: Client) -> None:
    fields = api("GET", "/api/tables/all/records/2?format=display").json()["fields"]
    assert fields.pop("created_at")["displayValue"]
    assert all(each == {"value": None, "displayValue": None} for each in fields.values())


def test_the_zone_of_the_request_goes_before_that_of_the_field(api: Client) -> None:
    path = "/api/tables/all/records/1?format=display&fields=at&timezone=America/New_York"
    assert shown(api, path) == {"at": "2025-01-31 10:04 AM"}


def test_only_the_fields_that_are_asked_for_are_shown(api: Client) -> None:
    assert shown(api, "/api/tables/all/records?format=display&fields=owner,stars&limit=1") == {
        "stars": "4/5",
        "owner": "Ada",
    }


def test_the_text_of_a_record_in_the_trash_is_not_seen(api: Client) -> None:
    # Only a record that is in the trash itself still leads there.
    assert api("DELETE", "/api/tables/all/records/1").status == 204
    assert api("DELETE", "/api/tables/people/records/1").status == 204
    assert shown(api, "/api/tables/all/records/1?includeDeleted=true&format=display&fields=owner,owner_born") == {
        "owner": "1",
        "owner_born": None,
    }
