"""Operators of dates: windows of days around the request, in any zone, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.query import ListParameters, list_statements, plan_list
from tabularium.query.relative_dates import WINDOWS
from tests.query.people import ALL, PEOPLE, Store
from tests.query.windows import window

NOW = "2026-03-01T22:30:00.000Z"
"""Late on a Sunday in UTC, and already Monday from Kathmandu on."""
ZONES = ("UTC", "Europe/Zurich", "Asia/Kathmandu", "America/Los_Angeles", "Pacific/Kiritimati")


def start(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def text(instant: datetime) -> str:
    return f"{instant.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


CASES = [*((word, 0) for word in WINDOWS), ("pastDays", 3), ("nextDays", 3650)]


@pytest.fixture(scope="module")
def filled(stores: tuple[Store, Store]) -> tuple[Store, Store]:
    """Rows at the edges of every window in every zone: the day itself, its neighbours, and the instants around them."""
    days, instants = set(), set()
    for zone in ZONES:
        today = datetime.fromisoformat(NOW).astimezone(ZoneInfo(zone)).date()
        for word, number in CASES:
            for edge in window(word, today, number):
                days |= {edge + timedelta(days=step) for step in (-1, 0, 1)}
                instants |= {
                    start(edge, zone) + timedelta(days=day, milliseconds=ms) for day in (0, 1) for ms in (-1, 0)
                }
    rows: list[dict[str, Any]] = [{"id": 1, "name": "", "code": 1}]
    for born in sorted(days):
        rows.append({"id": len(rows) + 1, "name": "", "code": len(rows) + 1, "born": born.isoformat()})
    for seen in sorted(instants):
        rows.append({"id": len(rows) + 1, "name": "", "code": len(rows) + 1, "seen": text(seen)})
    for store in stores:
        store.fill(PEOPLE, rows)
    stores[0].rows = rows  # type: ignore[attr-defined]
    return stores


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("word", "number"), CASES)
def test_a_window_holds_its_days_and_no_other(filled: tuple[Store, Store], word: str, number: int, zone: str) -> None:
    today = datetime.fromisoformat(NOW).astimezone(ZoneInfo(zone)).date()
    first, last = window(word, today, number)
    begin, end = text(start(first, zone)), text(start(last + timedelta(days=1), zone))
    rows: list[dict[str, Any]] = filled[0].rows  # type: ignore[attr-defined]
    expected = {
        "born": {row["id"] for row in rows if first.isoformat() <= row.get("born", "") <= last.isoformat()},
        "seen": {row["id"] for row in rows if begin <= row.get("seen", "") < end},
    }
    for name, found in expected.items():
        written = orjson.dumps({name: {word: number or True}}).decode()
        query = plan_list(PEOPLE, ALL, ListParameters(filter=written, limit=1000, timezone=zone), now=NOW)
        for store in filled:
            assert {int(key) for key in store.ids(query)} == found


@pytest.mark.parametrize(
    ("word", "value", "zone", "found"),
    [
        ("equals", "2026-03-29", "Europe/Zurich", {2, 3}),  # 23 hours long
        ("before", "2026-03-29", "Europe/Zurich", {1}),
        ("onOrBefore", "2026-03-29", "Europe/Zurich", {1, 2, 3}),
        ("after", "2026-03-29", "Europe/Zurich", {4}),
        ("onOrAfter", "2026-03-29", "Europe/Zurich", {2, 3, 4}),
        ("notEquals", "2026-03-29", "Europe/Zurich", {1, 4, 5}),
        ("between", ["2026-03-29", "2026-03-29"], "Europe/Zurich", {2, 3}),
        ("in", ["2026-03-29", None], "Europe/Zurich", {2, 3, 5}),
        ("equals", "2026-03-28", "UTC", {1, 2}),
        ("before", "2026-03-28T23:00:00Z", "Europe/Zurich", {1}),
        ("after", "2026-03-29T23:59:59.999+02:00", "Europe/Zurich", {4}),
        ("equals", "0001-01-01", "Pacific/Kiritimati", set()),
        ("equals", "9999-12-31", "America/Los_Angeles", set()),
        ("onOrBefore", "9999-12-31", "America/Los_Angeles", {1, 2, 3, 4}),
    ],
)
def test_a_day_among_instants_begins_in_the_zone_of_the_request(
    stores: tuple[Store, Store], word: str, value: Any, zone: str, found: set[int]
) -> None:
    seen = (
        "2026-03-28T22:59:59.999Z",
        "2026-03-28T23:00:00.000Z",
        "2026-03-29T21:59:59.999Z",
        "2026-03-29T22:00:00.000Z",
    )
    rows = [{"id": key, "name": "", "code": key, "seen": each} for key, each in enumerate((*seen, None), 1)]
    query = plan_list(
        PEOPLE, ALL, ListParameters(filter=orjson.dumps({"seen": {word: value}}).decode(), timezone=zone), now=NOW
    )
    for store in stores:
        store.fill(PEOPLE, rows)
        assert {int(key) for key in store.ids(query)} == found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("now", ["0001-01-02T12:00:00.000Z", "9999-12-30T12:00:00.000Z"])
@pytest.mark.parametrize(("word", "number"), CASES)
def test_at_the_ends_of_the_calendar_a_window_ends_with_it(
    stores: tuple[Store, Store], word: str, number: int, now: str, zone: str
) -> None:
    days = ("0001-01-01", "0001-01-02", "0001-01-03", "2026-03-01", "9999-12-29", "9999-12-30", "9999-12-31")
    rows = [
        {"id": key, "name": "", "code": key, "born": day, "seen": f"{day}T12:00:00.000Z"}
        for key, day in enumerate(days, 1)
    ]
    today = datetime.fromisoformat(now).astimezone(ZoneInfo(zone)).date()
    near = {key for key, day in enumerate(days, 1) if day[:4] == now[:4]}
    for name in ("born", "seen"):
        written = orjson.dumps({name: {word: number or True}}).decode()
        query = plan_list(PEOPLE, ALL, ListParameters(filter=written, timezone=zone), now=now)
        found = []
        for store in stores:
            store.fill(PEOPLE, rows)
            found.append({int(key) for key in store.ids(query)})
        assert found[0] == found[1] <= near
        if name == "born" and word not in ("yesterday", "tomorrow"):
            assert days.index(today.isoformat()) + 1 in found[0]


def test_the_text_of_a_statement_does_not_depend_on_the_day_or_the_zone() -> None:
    texts = set()
    for zone, now in (("UTC", NOW), ("Europe/Zurich", "2027-01-01T00:00:00.000Z")):
        for word in ("today", "pastYear"):
            query = plan_list(PEOPLE, ALL, ListParameters(filter=f"seen:{word}", timezone=zone), now=now)
            texts.add(tuple(list_statements(query, dialect).page[0] for dialect in (SQLITE, POSTGRESQL)))
    assert len(texts) == 1
