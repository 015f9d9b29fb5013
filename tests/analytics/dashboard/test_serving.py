"""The dashboard, its files and the tracking script as the server sends them, to each kind of caller."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Answer
from tests.support.auth import PASSWORDS, Site, site

PAGE = "/docs/analytics"
SCRIPT = "/api/analytics/script.js"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
VIEWER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def library(folder: Path, url: str, analytics: Any = True) -> AbstractContextManager[Site]:
    return site(folder, url, PASSWORDS, analytics=analytics)


@pytest.fixture
def opened(tmp_path: Path, database_url: str) -> Iterator[Site]:
    with library(tmp_path, database_url) as crm:
        yield crm


def assets_of(page: Answer) -> list[str]:
    return re.findall(r'(?:src|href)="(/docs/analytics/assets/[^"]+)"', page.body.decode())


def test_administrators_see_the_page(opened: Site) -> None:
    answer = opened.admin()("GET", PAGE, headers=HTML)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    text = answer.body.decode()
    assert "No views in this period" in text
    assert "31 January 2026 – 1 March 2026, UTC" in text
    assert "http://localhost:3000/api/analytics/script.js" in text
    assert len(re.findall("<time datetime", text)) == 30


def test_others_get_a_page_that_says_why(opened: Site) -> None:
    nobody = opened.client("GET", PAGE, headers=HTML)
    assert (nobody.status, nobody.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "Sign in to crm" in nobody.body.decode()
    member = opened.browser()
    member.sign_up()
    refused = member("GET", PAGE, headers=HTML)
    assert refused.status == 403
    assert "as somebody else" in refused.body.decode()
    assert (refused.headers["cache-control"], refused.headers["vary"]) == ("no-store", "Accept")
    assert "default-src 'none'" in refused.headers["content-security-policy"]


def test_programs_get_the_error_object(opened: Site) -> None:
    for headers in ({}, {"accept": "*/*"}, {"accept": "application/json"}):
        answer = opened.client("GET", PAGE, headers=headers)
        assert (answer.status, answer.json()["code"]) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-02-30"}, "from"),
        ({"to": "yesterday"}, "to"),
        ({"from": ""}, "from"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"granularity": "year"}, "granularity"),
        ({"rows": "0"}, "rows"),
        ({"rows": "1001"}, "rows"),
        ({"colour": "red"}, "colour"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, None),
        ({"from": "2020-01-01", "to": "2026-03-01", "granularity": "hour"}, None),
    ],
)
def test_what_does_not_fit_is_refused(opened: Site, query: dict[str, str], field: str | None) -> None:
    admin = opened.admin()
    answer = admin("GET", PAGE, query=query)
    assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    if field is not None:
        assert [each["field"] for each in answer.json()["errors"]] == [field]
    page = admin("GET", PAGE, query=query, headers=HTML)
    assert (page.status, page.headers["content-type"]) == (400, "text/html; charset=utf-8")


def test_what_was_sent_is_escaped_on_the_error_page(opened: Site) -> None:
    query = {"<script>alert(1)</script>": "<script>", "timezone": "<script>"}
    answer = opened.admin()("GET", PAGE, query=query, headers=HTML)
    assert answer.status == 400
    assert b"<script" not in answer.body


def test_the_files_of_the_page_are_for_all_and_for_ever(opened: Site) -> None:
    names = assets_of(opened.admin()("GET", PAGE))
    assert len(names) == 4
    for name in names:
        asset = opened.client("GET", name)
        assert asset.status == 200
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        packed = opened.client("GET", name, headers={"accept-encoding": "gzip"})
        assert gzip.decompress(packed.body) == asset.body
        again = opened.client("GET", name, headers={"if-none-match": asset.headers["etag"]})
        assert (again.status, again.body) == (304, b"")
    assert opened.client("GET", "/docs/analytics/assets/none.js").status == 404


def test_the_script_is_served_for_pages_of_other_sites(opened: Site) -> None:
    script = opened.client("GET", SCRIPT)
    assert script.status == 200
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=3600"
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert re.fullmatch(r'"[0-9a-f]+"', script.headers["etag"])
    assert "set-cookie" not in script.headers
    packed = opened.client("GET", SCRIPT, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == script.body
    assert packed.headers["etag"] != script.headers["etag"]
    for first, headers in ((script, {}), (packed, {"accept-encoding": "gzip"})):
        again = opened.client("GET", SCRIPT, headers={**headers, "if-none-match": first.headers["etag"]})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert again.headers["cache-control"] == "public, max-age=3600"
    head = opened.client("HEAD", SCRIPT)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    ("analytics", "is_obeyed"),
    [(True, True), ({"respectDoNotTrack": True}, True), ({"respectDoNotTrack": False}, False)],
)
def test_the_file_says_whether_the_script_obeys(tmp_path: Path, analytics: Any, is_obeyed: bool) -> None:
    with library(tmp_path, f"sqlite:{tmp_path / 'a.db'}", analytics) as crm:
        body = crm.client("GET", SCRIPT).body.decode()
        assert f"isRefused = {'true' if is_obeyed else 'false'} &&" in body


def test_without_analytics_there_is_nothing(tmp_path: Path) -> None:
    with library(tmp_path, f"sqlite:{tmp_path / 'a.db'}", analytics=False) as crm:
        admin = crm.admin()
        for path in (PAGE, f"{PAGE}/assets/none.js", SCRIPT):
            for answer in (admin("GET", path), crm.client("GET", path)):
                assert (answer.status, answer.json()["code"]) == (404, "NOT_FOUND"), path
        assert admin("GET", PAGE, headers=HTML).headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-20", "1970-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar_are_no_defect(opened: Site, day: str, timezone: str) -> None:
    admin = opened.admin()
    for query in ({"from": day}, {"to": day}, {"from": day, "to": day}, {"from": day, "to": "9999-12-31"}):
        assert admin("GET", PAGE, query={**query, "timezone": timezone}).status in (200, 400), query


def test_the_page_shows_what_the_reads_answer(opened: Site) -> None:
    admin = opened.admin()
    for path in ("/a", "/a", "/b"):
        view = {"p": path, "t": f"Title of {path}", "us": "letter"}
        sent = opened.client("POST", "/api/analytics/collect", view, headers={"user-agent": VIEWER})
        assert sent.status == 204
    span = {"from": "2026-03-01", "to": "2026-03-01"}
    for _ in range(100):
        read = admin.get("/api/analytics/overview", **span).json()["summary"]
        if read["pageViews"] == 3:
            break
        time.sleep(0.05)
    assert (read["pageViews"], read["uniqueVisitors"], read["sessions"]) == (3, 1, 1)
    text = admin("GET", PAGE, query=span).body.decode()
    assert re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text)[:4] == [
        ("Page views", "3"),
        ("Visitors", "1"),
        ("Sessions", "1"),
        ("Bounce rate", "0%"),
    ]
    assert re.findall(r'<bdi class="path">([^<]+)</bdi><bdi class="title">([^<]+)</bdi>', text) == [
        ("/a", "Title of /a"),
        ("/b", "Title of /b"),
    ]
    assert text.count("<time datetime=") == 24
