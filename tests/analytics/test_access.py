"""Who may ask what was seen, and what there is where nothing is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analytics.conftest import COLLECT, Tracked
from tests.support.auth import site

READS = ("overview", "pages", "referrers", "devices", "campaigns")
SPAN = "from=2026-03-01&to=2026-03-01"


@pytest.mark.parametrize("name", READS)
def test_administrators_alone_are_told(tracked: Tracked, name: str) -> None:
    path = f"/api/analytics/{name}?{SPAN}"
    assert tracked.site.browser()("GET", path).status == 401
    foreign = tracked.site.browser()
    foreign.sign_up("grace@example.com")
    assert foreign("GET", path).status == 403
    assert tracked.root("GET", path).status == 200
    # Whoever may not know learns nothing of what is wrong with the question either.
    assert foreign("GET", f"/api/analytics/{name}").status == 403


def test_nothing_is_there_where_the_file_does_not_want_it(tmp_path: Path, database_url: str) -> None:
    with site(tmp_path, database_url, analytics=False) as opened:
        root = opened.admin()
        assert {opened.client(method, COLLECT, {"p": "/"}).status for method in ("POST", "OPTIONS", "GET")} == {404}
        assert {root("GET", f"/api/analytics/{name}?{SPAN}").status for name in READS} == {404}


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {"from": "required", "to": "required"}),
        ("from=2026-03-02&to=2026-03-01", {"to": "invalid_value"}),
        ("from=2026-02-30&to=yesterday!!", {"from": "invalid_date", "to": "invalid_date"}),
        ("from=2026-03-01&to=2026-03-01T10:00:00", {"to": "invalid_date"}),
        (f"{SPAN}&timezone=Mars/Base", {"timezone": "invalid_value"}),
        (f"{SPAN}&granularity=minute", {"granularity": "invalid_value"}),
        ("from=2020-01-01&to=2026-03-01&granularity=day", {"granularity": "out_of_range"}),
        (f"{SPAN}&limit=10", {"limit": "unknown_parameter"}),
    ],
)
def test_a_question_that_means_nothing_is_refused(tracked: Tracked, query: str, fields: dict[str, str]) -> None:
    answer = tracked.root("GET", f"/api/analytics/overview?{query}")
    assert (answer.status, set(answer.codes)) == (400, set(fields))
    assert {name: code for name, code in answer.codes.items() if fields[name] != code} == {}


@pytest.mark.parametrize("first", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia", "America/New_York"])
def test_the_ends_of_the_calendar_are_no_fault_of_the_server(tracked: Tracked, first: str, zone: str) -> None:
    answer = tracked.root("GET", f"/api/analytics/overview?from={first}&to={first}&timezone={zone}")
    assert answer.status in (200, 400)
