"""Relative dates and days in filters of the application file: they are those of each request, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: tasks
tables:
  - id: 1
    name: people
    fields:
      - { id: 1, name: name, type: single-line-text }
      - { id: 2, name: tasks, type: relationship, relatedTable: tasks, relationType: one-to-many, foreignKey: owner }
      - { id: 3, name: week, type: count, relationshipField: tasks, filters: { due: { nextWeek: true } } }
      - { id: 4, name: fresh, type: count, relationshipField: tasks, filters: { at: { pastDays: 1 } } }
      - { id: 5, name: others, type: count, relationshipField: tasks, filters: { not: { at: { today: true } } } }
      - { id: 6, name: second, type: count, relationshipField: tasks, filters: { at: "2026-03-02" } }
      - { id: 7, name: days, type: count, relationshipField: tasks, filters: { at: { in: ["2026-03-01", "2026-03-04"] } } }
      - { id: 8, name: rest, type: count, relationshipField: tasks, filters: { at: { notIn: ["2026-03-01", "2026-03-02"] } } }
      - { id: 9, name: today, type: rollup, relationshipField: tasks, relatedField: cost, aggregation: SUM, filters: { at: { today: true } } }
      - { id: 10, name: planned, type: lookup, relationshipField: tasks, relatedField: title, filters: "due:tomorrow" }
      - { id: 11, name: ever, type: count, relationshipField: tasks, filters: { due: { onOrBefore: "9999-12-31" }, at: { onOrBefore: "9999-12-31" } } }
  - id: 2
    name: tasks
    fields:
      - { id: 1, name: title, type: single-line-text }
      - { id: 2, name: due, type: date }
      - { id: 3, name: at, type: datetime }
      - { id: 4, name: cost, type: currency, currency: EUR }
      - { id: 5, name: owner, type: relationship, relatedTable: people }
    views:
      - { id: today, name: Today, filters: { at: { today: true } } }
      - { id: due, name: Due, filters: { not: { or: [{ due: { nextDays: 3 } }, { due: null }] } } }
      - { id: second, name: The second, filters: { at: { between: ["2026-03-02", "2026-03-02"] } } }
      - { id: later, name: Later, filters: { at: { after: "2026-03-01" } } }
      - { id: listed, name: Listed, filters: { at: { in: ["2026-03-01", null, "2026-03-02T02:00:00Z"] } } }
"""
TASKS: tuple[dict[str, Any], ...] = (
    {"title": "a", "due": "2026-03-02", "at": "2026-03-01T22:59:59.999Z", "cost": 0.5},
    {"title": "b", "due": "2026-03-08", "at": "2026-03-01T23:00:00Z", "cost": 1},
    {"title": "c", "due": "2026-03-09", "at": "2026-03-02T02:00:00Z", "cost": 2.25},
    {"title": "d", "due": "9999-12-31", "at": "9999-12-31T23:59:59.999Z"},
    {"title": "e"},
)


class SetClock:
    """Stands still where it is set."""

    def __init__(self, text: str) -> None:
        self.time = datetime.fromisoformat(text)

    def now(self) -> datetime:
        return self.time.astimezone(UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock("2026-03-01T23:30:00Z")


@pytest.fixture
def api(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url, clock) as client:
        assert client("POST", "/api/tables/people/records", {"name": "Ada"}).status == 201
        for task in TASKS:
            assert client("POST", "/api/tables/tasks/records", {**task, "owner": "1"}).status == 201
        yield client


def worked_out(api: Client, zone: str | None = None, **asked: str) -> dict[str, Any]:
    names = "week,fresh,others,second,days,rest,today,planned,ever"
    parameters = {"fields": names, **asked, **({"timezone": zone} if zone else {})}
    one = api("GET", "/api/tables/people/records/1", query=parameters)
    assert one.status == 200, one.body
    fields: dict[str, Any] = one.json()["fields"]
    (listed,) = api("GET", "/api/tables/people/records", query=parameters).json()["records"]
    assert listed["fields"] == fields
    return fields


def titles(api: Client, view: str, zone: str | None = None) -> str:
    query = {"timezone": zone} if zone else {}
    answer = api("GET", f"/api/tables/tasks/views/{view}/records", query=query)
    assert answer.status == 200, answer.body
    return "".join(record["fields"]["title"] for record in answer.json()["records"])


def test_what_is_worked_out_looks_at_the_day_of_the_request(api: Client, clock: SetClock) -> None:
    assert worked_out(api) == {
        "week": 2, "fresh": 2, "others": 3, "second": 1, "days": 2, "rest": 2, "today": 1.5, "planned": ["a"], "ever": 4,
    }  # fmt: skip
    clock.time += timedelta(days=1)
    assert worked_out(api) == {
        "week": 3, "fresh": 3, "others": 4, "second": 1, "days": 2, "rest": 2, "today": 2.25, "planned": [], "ever": 4,
    }  # fmt: skip


def test_days_begin_in_the_zone_of_the_request(api: Client) -> None:
    assert worked_out(api, "Europe/Zurich") == {
        "week": 3, "fresh": 3, "others": 3, "second": 2, "days": 1, "rest": 2, "today": 3.25, "planned": [], "ever": 4,
    }  # fmt: skip
    assert worked_out(api, "America/Los_Angeles") == {
        "week": 2, "fresh": 3, "others": 2, "second": 0, "days": 3, "rest": 2, "today": 3.75, "planned": ["a"],
        "ever": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"filter": "week:2", "sort": "fresh:desc"}, True),
        ({"filter": "week:3"}, False),
        ({"filter": "week:3", "timezone": "Europe/Zurich"}, True),
        (
            {"filter": '{"and": [{"today": 1.5}, {"fresh": 2}, {"created_at": {"today": true}}]}', "groupBy": "week"},
            True,
        ),
        ({"filter": "planned:contains:a", "count": "estimate", "format": "display"}, True),
        ({"filter": "week:2", "limit": "1", "offset": "0", "aggregate": "sum:week,max:today", "q": "ada"}, True),
    ],
)
def test_it_filters_sorts_and_collects_by_the_same_day(api: Client, query: dict[str, str], is_found: bool) -> None:
    answer = api("GET", "/api/tables/people/records", query=query)
    assert answer.status == 200, answer.body
    assert len(answer.json()["records"]) == is_found
    assert answer.json()["pagination"]["total"] == is_found


def test_a_write_answers_with_the_day_of_its_request(api: Client) -> None:
    assert api("PATCH", "/api/tables/people/records/1", {"name": "Bob"}).json()["fields"]["week"] == 2


def test_a_view_looks_at_the_day_of_the_request_too(api: Client, clock: SetClock) -> None:
    assert [titles(api, view) for view in ("today", "due", "second", "later", "listed")] == [
        "ab",
        "bcd",
        "c",
        "cd",
        "abce",
    ]
    clock.time += timedelta(days=7)
    assert [titles(api, view) for view in ("today", "due", "second", "later", "listed")] == [
        "",
        "ad",
        "c",
        "cd",
        "abce",
    ]


def test_the_days_of_a_view_begin_in_the_zone_of_the_request(api: Client) -> None:
    zones = {"Europe/Zurich": ["bc", "bcd", "bc", "bcd", "ace"], "America/Los_Angeles": ["abc", "bcd", "", "d", "abce"]}
    for zone, found in zones.items():
        assert [titles(api, view, zone) for view in ("today", "due", "second", "later", "listed")] == found


def test_all_pages_from_a_cursor_look_at_the_day_of_the_first(api: Client, clock: SetClock) -> None:
    path = "/api/tables/tasks/views/today/records?limit=1"
    first = api("GET", path).json()
    clock.time += timedelta(days=1)
    second = api("GET", f"{path}&cursor={first['pagination']['nextCursor']}").json()
    assert [page["records"][0]["fields"]["title"] for page in (first, second)] == ["a", "b"]
    assert second["pagination"]["hasNextPage"] is False
