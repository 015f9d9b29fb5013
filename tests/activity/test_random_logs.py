"""Whatever is in the log and whatever is asked for: pages and cursors show what a plain evaluation finds, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabularium.db.activity_actions import ACTIONS, CATEGORIES
from tabularium.db.database import Session
from tests.support.auth import Browser, Site, site

TIMES = (
    "2026-02-27T23:59:59.999Z",
    "2026-02-28T00:00:00.000Z",
    "2026-02-28T12:00:00.125Z",
    "2026-03-01T00:00:00.000Z",
    "2026-03-01T00:00:00.001Z",
)
PAIRS = (("deals", "3"), ("orders", "3"), ("deals", "7"), ("notes", "1"))
"""The table 3 was renamed, and another one got its name."""
USERS = ("u_1", "u_2", None)
KEYS = ("1", "2", "u_1")
COLUMNS = ("id", "created_at", "category", "action", "user_id", "user_name", "table_name", "table_id", "record_id")
RARE = {"records": ("create", "update", "revert"), "auth": ("user.created", "user.signed_in")}
LIKELY = {**ACTIONS, **RARE, "admin": ("user.created", "role.changed")}
BOUNDS = (
    ("2026-02-28", "2026-02-28T00:00:00.000Z", "2026-02-28T23:59:59.999Z"),
    ("2026-03-01T00:00:00Z", TIMES[3], TIMES[3]),
    ("2026-02-28T13:00:00.125+01:00", TIMES[2], TIMES[2]),
    ("2026-02-28t12:00:00.1249999z", TIMES[2], "2026-02-28T12:00:00.124Z"),
)
"""As they are sent, and the first and the last instant that they mean."""

Entry = dict[str, Any]


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    made = []
    for number in draw(st.permutations(range(draw(st.integers(0, 24))))):
        category = draw(st.sampled_from(CATEGORIES))
        user = draw(st.sampled_from(USERS))
        is_of_table = category == "records"
        name, key = (
            draw(st.sampled_from(PAIRS)) if is_of_table else ("_system" if category == "system" else "_auth", None)
        )
        made.append(
            {
                "id": f"01955a3b-0000-7000-8000-{number:012x}",
                "created_at": draw(st.sampled_from(TIMES)),
                "category": category,
                "action": draw(st.sampled_from(LIKELY[category])),
                "user_id": user,
                "user_name": user,
                "table_name": name,
                "table_id": key,
                "record_id": draw(st.sampled_from(KEYS)) if category != "system" else None,
            }
        )
    return made


@st.composite
def questions(draw: st.DrawFn) -> dict[str, str]:
    def perhaps(name: str, *values: str) -> dict[str, str]:
        return {name: draw(st.sampled_from(values))} if draw(st.booleans()) else {}

    asked = {
        **perhaps("category", *CATEGORIES, "all", "all", "all"),
        **perhaps("action", "create", "update", "revert", "user.created", "role.changed", "comment.created"),
        **perhaps(draw(st.sampled_from(("table", "tableName"))), "deals", "orders", "_auth", "_system", "none"),
        **perhaps("tableId", "3", "7", "99"),
        **perhaps("userId", "u_1", "u_2", "nobody"),
    }
    if {"table", "tableName", "tableId"} & asked.keys():
        asked |= perhaps("recordId", *KEYS, "99")
    start, end = (draw(st.sampled_from((None, *BOUNDS))) for _ in range(2))
    if start and end and start[1] > end[2]:
        end = None
    return {**asked, **({"startDate": start[0]} if start else {}), **({"endDate": end[0]} if end else {})}


def evaluated(log: list[Entry], asked: Mapping[str, str]) -> list[str]:
    """Return the ids of what is asked for, by looking at every entry."""
    name = asked.get("table", asked.get("tableName"))
    is_narrow = name is not None or asked.keys() & {"action", "tableId"}
    category = asked.get("category", "all" if is_narrow else "records")
    equal = {
        "category": None if category == "all" else category,
        "action": asked.get("action"),
        "table_name": name,
        "table_id": asked.get("tableId"),
        "user_id": asked.get("userId"),
        "record_id": asked.get("recordId"),
    }
    since = next((low for sent, low, _ in BOUNDS if sent == asked.get("startDate")), "")
    until = next((high for sent, _, high in BOUNDS if sent == asked.get("endDate")), "9")
    found = [
        each
        for each in log
        if since <= each["created_at"] <= until
        and all(value is None or each[column] == value for column, value in equal.items())
    ]
    return [each["id"] for each in sorted(found, key=lambda each: (each["created_at"], each["id"]), reverse=True)]


class Reader:
    """An administrator, and a log that can be replaced."""

    def __init__(self, crm: Site) -> None:
        self.crm = crm
        self.root: Browser = crm.admin()

    def store(self, log: list[Entry]) -> None:
        async def work(session: Session) -> None:
            await session.execute("DELETE FROM _activity")
            marks = ", ".join(map(session.dialect.placeholder, range(1, len(COLUMNS) + 1)))
            for entry in log:
                values = [entry[column] for column in COLUMNS]
                await session.execute(f"INSERT INTO _activity ({', '.join(COLUMNS)}) VALUES ({marks})", values)

        self.crm.write(work)

    def get(self, query: Mapping[str, Any]) -> Any:
        answer = self.root("GET", f"/api/activity?{urlencode(query)}")
        assert answer.status == 200, answer.body
        return answer.json()

    def by_number(self, asked: Mapping[str, Any], count: int) -> list[str]:
        found = []
        for page in range(1, count + 2):
            answer = self.get({**asked, "page": page})
            found += [each["id"] for each in answer["activities"]]
            assert answer["pagination"]["hasNextPage"] == (page < count), "exact on every page"
        return found

    def by_cursor(self, asked: Mapping[str, Any]) -> list[str]:
        found, following = list[str](), dict[str, str]()
        while True:
            answer = self.get({**asked, **following})
            found += [each["id"] for each in answer["activities"]]
            if answer["pagination"]["nextCursor"] is None:
                return found
            following = {"cursor": answer["pagination"]["nextCursor"]}


@pytest.fixture
def reader(tmp_path: Path, database_url: str) -> Iterator[Reader]:
    with site(tmp_path, database_url) as crm:
        yield Reader(crm)


def test_pages_and_cursors_show_what_a_plain_evaluation_finds(reader: Reader) -> None:
    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(log=entries(), asked=st.lists(questions(), min_size=1, max_size=4), size=st.integers(1, 6))
    def check(log: list[Entry], asked: list[dict[str, str]], size: int) -> None:
        reader.store(log)
        for each in asked:
            expected = evaluated(log, each)
            query = {**each, "pageSize": size}
            assert reader.by_cursor(query) == expected
            assert reader.by_number(query, max(-(-len(expected) // size), 1)) == expected
            for count in ("estimate", "exact"):
                assert reader.get({**query, "count": count})["pagination"]["total"] == len(expected)

    check()
