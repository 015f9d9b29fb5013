"""What is taken of a view, what is left out, and what is refused."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from typing import Any

import pytest

from tabularium.analytics import collecting
from tabularium.analytics.agents import read_agent
from tabularium.analytics.view import View
from tabularium.db.analytics_titles import move_former_titles
from tabularium.db.database import StatementFailed
from tabularium.errors import Unavailable
from tests.analytics.conftest import COLLECT, FIREFOX, Track, Tracked

CHROME_ON_ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)
SAFARI_ON_IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)


def test_a_view_is_accepted_without_a_body(tracked: Tracked) -> None:
    answer = tracked.view("/about", t="About us", r="https://www.Search.example/?q=x", us="letter", uc="spring")
    assert (answer.status, answer.body) == (204, b"")
    assert "set-cookie" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    page = {"path": "/about", "title": "About us", "pageViews": 1, "uniqueVisitors": 1, "entries": 1, "exits": 1}
    assert tracked.read("pages") == {"pages": [page], "total": 1}
    referrer = {"domain": "search.example", "pageViews": 1, "uniqueVisitors": 1}
    assert tracked.read("referrers") == {"referrers": [referrer], "total": 1}
    named = {"source": "letter", "medium": None, "campaign": "spring", "pageViews": 1, "uniqueVisitors": 1}
    assert tracked.read("campaigns") == {"campaigns": [named], "total": 1}


def test_text_that_holds_json_is_a_view_too(tracked: Tracked) -> None:
    assert tracked.view(raw=b'{"p": "/a"}', headers={"content-type": "text/plain;charset=UTF-8"}).status == 204
    assert tracked.view(raw=b'{"p": "/a"}', headers={"content-type": "text/html"}).status == 415
    assert tracked.view(raw=b"p=/a", headers={"content-type": "text/plain"}).status == 400
    assert tracked.summary["pageViews"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "p"),
        ({"p": "about"}, "p"),
        ({"p": "/?q=1"}, "p"),
        ({"p": "/" + "x" * 2048}, "p"),
        ({"p": "/\0"}, "p"),
        ({"p": "/", "t": "x" * 513}, "t"),
        ({"p": "/", "r": "x" * 2049}, "r"),
        ({"p": "/", "sw": 0}, "sw"),
        ({"p": "/", "sh": 65536}, "sh"),
        ({"p": "/", "sh": 1.5}, "sh"),
        ({"p": "/", "us": "x" * 256}, "us"),
        ({"p": "/", "q": "?"}, "q"),
        ({"p": None}, "p"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_cut(tracked: Tracked, body: dict[str, Any], field: str) -> None:
    answer = tracked.view(raw=json.dumps(body).encode(), headers={"content-type": "application/json"})
    assert (answer.status, list(answer.codes)) == (400, [field])
    assert tracked.summary["pageViews"] == 0


def test_a_large_body_is_refused_before_anything_else(tracked: Tracked) -> None:
    large = b'{"p": "/", "t": "' + b"x" * 8192 + b'"}'
    for kind in ("application/json", "text/html"):
        assert tracked.view(raw=large, headers={"content-type": kind}).status == 413


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        ({"dnt": "1"}, (0, 0)),
        ({"sec-gpc": "1"}, (0, 0)),
        ({"dnt": "0", "sec-gpc": "0"}, (1, 0)),
        ({"user-agent": None}, (0, 1)),
        ({"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, (0, 1)),
        ({"user-agent": FIREFOX.replace("Firefox", "HeadlessChrome")}, (0, 1)),
        ({"sec-purpose": "prefetch;prerender"}, (0, 1)),
        ({"purpose": "prefetch"}, (0, 1)),
        ({"x-moz": "prefetch"}, (0, 1)),
        ({"dnt": "1", "user-agent": "Googlebot/2.1"}, (0, 0)),
    ],
)
def test_who_is_left_out_gets_the_same_answer(
    tracked: Tracked, sent: dict[str, str | None], counted: tuple[int, int]
) -> None:
    assert tracked.view(headers=sent).status == 204
    summary = tracked.summary
    assert (summary["pageViews"], summary["botsFiltered"]) == counted


def test_the_file_may_count_those_who_ask_not_to_be(track: Track) -> None:
    tracked = track({"respectDoNotTrack": False})
    tracked.view(headers={"dnt": "1", "sec-gpc": "1"})
    assert tracked.summary["pageViews"] == 1


def test_excluded_paths_are_globs_over_the_whole_path(track: Track) -> None:
    tracked = track({"excludedPaths": ["/admin*", "/*/private", "/a.b"]})
    for path in ("/admin", "/admin/x/y", "/a/b/private", "/a.b", "/aXb", "/Admin", "/private", "/a/private/b"):
        assert tracked.view(path).status == 204
    listed = [each["path"] for each in tracked.read("pages")["pages"]]
    assert listed == ["/Admin", "/a/private/b", "/aXb", "/private"]


def test_a_page_s_own_host_is_no_referrer(tracked: Tracked) -> None:
    own = "https://www.shop.example/list"
    tracked.view(r=own, headers={"origin": "https://shop.example"})
    tracked.view(r=own, headers={"referer": "https://shop.example/item"})
    tracked.view(r=own)
    tracked.view(r="http://localhost:3000/x")
    tracked.view(r="javascript:alert(1)")
    tracked.view(r="nothing at all")
    found = {each["domain"]: each["pageViews"] for each in tracked.read("referrers")["referrers"]}
    assert found == {None: 5, "shop.example": 1}


def test_devices_browsers_and_systems_are_told_without_versions(tracked: Tracked) -> None:
    for agent in (FIREFOX, CHROME_ON_ANDROID, SAFARI_ON_IPAD, "Something/1.0"):
        tracked.view(headers={"user-agent": agent})
    found = tracked.read("devices")
    names = {kind: {each["name"]: each["percentage"] for each in listed} for kind, listed in found.items()}
    assert names == {
        "deviceTypes": dict.fromkeys(("desktop", "mobile", "tablet", "Unknown"), 25),
        "browsers": dict.fromkeys(("Firefox", "Chrome", "Safari", "Unknown"), 25),
        "operatingSystems": dict.fromkeys(("macOS", "Android", "iOS", "Unknown"), 25),
    }


def test_a_name_that_only_the_user_agent_has_is_not_kept(tracked: Tracked) -> None:
    tracked.view(headers={"user-agent": "Jane-Doe's app of 5 Elm Street/1.2 CFNetwork/1459 Darwin/23.0"})
    found = tracked.read("devices")
    assert [each["name"] for each in found["browsers"]] == ["Unknown"]
    assert [each["name"] for each in found["operatingSystems"]] == ["iOS"]
    assert "Elm" not in str(tracked.site.sql("SELECT * FROM _analytics_event"))


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Ubuntu"),
        (f"{CHROME_ON_ANDROID} EdgA/140.0", "Edge", "Android"),
        (CHROME_ON_ANDROID.replace("Chrome/", "SamsungBrowser/28.0 Chrome/"), "Samsung Internet", "Android"),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome",
            "Chrome OS",
        ),
        (f"{SAFARI_ON_IPAD} [FBAN/FBIOS;FBAV/500.0]", "Facebook", "iOS"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Vivaldi/7.5", "Vivaldi", "Windows"),
    ],
)
def test_a_name_that_the_library_has_is_kept(agent: str, browser: str, system: str) -> None:
    found = read_agent(agent)
    assert (found.browser, found.system) == (browser, system)


def test_percentages_add_up_to_a_hundred(tracked: Tracked) -> None:
    for agent in (FIREFOX, CHROME_ON_ANDROID, SAFARI_ON_IPAD):
        tracked.view(headers={"user-agent": agent})
    shares = [each["percentage"] for each in tracked.read("devices")["browsers"]]
    assert shares == [33.34, 33.33, 33.33]


# Origins --------------------------------------------------------------------------------------------------------------


def test_every_origin_may_send_views_and_read_that_they_were_taken(tracked: Tracked) -> None:
    answer = tracked.view(headers={"origin": "https://else.example"})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "*")
    assert "access-control-allow-credentials" not in answer.headers
    asked = tracked.site.client("OPTIONS", COLLECT, headers={"origin": "https://else.example"})
    assert asked.status == 204
    assert {
        name: asked.headers[f"access-control-{name}"] for name in ("allow-methods", "allow-headers", "max-age")
    } == {
        "allow-methods": "POST",
        "allow-headers": "Content-Type",
        "max-age": "86400",
    }
    assert asked.headers["access-control-allow-origin"] == "*"


def test_the_file_may_name_the_origins(track: Track) -> None:
    tracked = track({"allowedOrigins": ["https://shop.example"]})
    answer = tracked.view(headers={"origin": "https://shop.example"})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "https://shop.example")
    assert answer.headers["vary"] == "Origin"
    assert tracked.view().status == 204
    refused = tracked.view(headers={"origin": "https://else.example"})
    assert (refused.status, refused.json()["code"]) == (403, "FORBIDDEN")
    assert "access-control-allow-origin" not in refused.headers
    # It is asked after type and size, and before what the body says.
    broken = {"content-type": "text/html", "origin": "https://else.example"}
    assert tracked.view(raw=b"{}", headers=broken).status == 415
    assert tracked.view(raw=b"{}", headers={**broken, "content-type": "application/json"}).status == 403
    assert tracked.summary["pageViews"] == 2


# The queue ------------------------------------------------------------------------------------------------------------


def test_a_full_queue_says_so_and_loses_nothing(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST_WAITING", 2)
    monkeypatch.setattr(collecting, "PAUSE", 3600)
    answers = [tracked.view() for _ in range(3)]
    assert [each.status for each in answers] == [204, 204, 503]
    assert answers[2].headers["retry-after"] == "1"
    assert tracked.summary["pageViews"] == 2


def test_views_wait_while_the_database_is_away(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "PAUSE", 0)
    monkeypatch.setattr(collecting, "RETRY", 0)
    told: list[str] = []
    monkeypatch.setattr(tracked.collector, "_tell", told.append)
    tracked.view()
    tracked.flush()
    store, failures = collecting.record, [Unavailable()] * 3

    async def away(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        await store(*arguments)

    monkeypatch.setattr(collecting, "record", away)
    assert tracked.view("/late").status == 204
    tracked.site.client.run(tracked.collector.stop())
    assert (failures, tracked.collector.waiting) == ([], 0)
    assert tracked.summary["pageViews"] == 2
    assert told == ["Views wait to be stored: 1 (Unavailable)."]


def test_the_end_does_not_pause_between_batches(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "BATCH", 2)
    monkeypatch.setattr(collecting, "PAUSE", 3600)
    for _ in range(5):
        tracked.view()
    tracked.site.client.run(asyncio.wait_for(tracked.collector.stop(), 10))
    assert tracked.collector.waiting == 0


def test_a_path_of_any_content_and_length_is_stored(tracked: Tracked) -> None:
    path = "/" + "".join(chr(0x4E00 + random.Random(each).randrange(0x5000)) for each in range(2047))
    body = json.dumps({"p": path, "t": "Long"}, ensure_ascii=False).encode()
    assert tracked.view(raw=body, headers={"content-type": "application/json"}).status == 204
    assert tracked.view("/", t="Short").status == 204
    found = {each["path"]: each.get("title") for each in tracked.read("pages")["pages"]}
    assert found == {path: "Long", "/": "Short"}


@pytest.mark.parametrize("text", ["/\\u0000", "/\\ud800", "/\\udfff\\ud800", "/a?b"])
@pytest.mark.parametrize("key", ["p", "t", "r", "us", "ut"])
def test_what_no_database_can_hold_is_refused(tracked: Tracked, text: str, key: str) -> None:
    texts = {"p": "/", key: text}
    body = "{" + ", ".join(f'"{name}": "{value}"' for name, value in texts.items()) + "}"
    answer = tracked.view(raw=body.encode(), headers={"content-type": "application/json"})
    assert answer.status == (204 if text == "/a?b" and key != "p" else 400)


@pytest.mark.parametrize("bad", ["/\0", "/\ud800"])
def test_what_the_database_refuses_keeps_nothing_else_waiting(
    tracked: Tracked, bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(tracked.collector, "_tell", told.append)
    tracked.view("/seed")
    seed = tracked.collector._waiting[0]
    assert isinstance(seed, View)
    views = [replace(seed, path=f"/{number}") for number in range(20)]
    for place in (3, 4, 11):
        views[place] = replace(seed, path=f"/{place}", title=bad, referrer=bad, campaign=bad)
    tracked.collector._waiting.extend(views)
    tracked.flush()
    paths = {each["path"] for each in tracked.read("pages")["pages"]}
    if bad == "/\0" and tracked.site.opened["database"].dialect.name == "sqlite":
        return  # SQLite holds such a text, and the contract refuses it
    assert paths == {"/seed", *(f"/{number}" for number in range(20) if number not in (3, 4, 11))}
    assert len(told) == 1
    assert told[0].startswith("Views were left out, since the database refuses them: 3 (")
    assert bad not in told[0]


def test_views_stay_where_the_fault_is_not_theirs(tracked: Tracked) -> None:
    tracked.view("/a")
    tracked.view("/b")
    tracked.site.sql("ALTER TABLE _analytics_event RENAME TO _elsewhere")
    with pytest.raises(StatementFailed):
        tracked.flush()
    assert tracked.collector.waiting == 2
    tracked.site.sql("ALTER TABLE _elsewhere RENAME TO _analytics_event")
    assert tracked.summary["pageViews"] == 2


def test_the_latest_title_is_that_of_the_latest_view(tracked: Tracked) -> None:
    tracked.view("/", t="Later")
    tracked.flush()
    tracked.site.clock.pass_by(minutes=-1)  # another process stores an older view only now
    tracked.view("/", t="Earlier")
    assert tracked.read("pages")["pages"][0]["title"] == "Later"
    tracked.site.clock.pass_by(minutes=2)
    tracked.view("/", t="Latest")
    assert tracked.read("pages")["pages"][0]["title"] == "Latest"


def test_titles_of_an_earlier_version_are_taken_over(tracked: Tracked) -> None:
    tracked.view("/a", t="New")
    tracked.flush()
    tracked.site.sql("CREATE TABLE _analytics_title (path text PRIMARY KEY, title text NOT NULL)")
    for path in ("/a", "/b"):
        tracked.site.sql("INSERT INTO _analytics_title (path, title) VALUES (?1, ?2)", path, "Old")
    for _ in range(2):
        tracked.site.write(move_former_titles)
    assert tracked.site.sql("SELECT path, title FROM _analytics_page_title ORDER BY path") == [
        ("/a", "New"),
        ("/b", "Old"),
    ]
