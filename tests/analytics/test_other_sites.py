"""What pages of other sites and their browsers are told, and what is not asked of those who have an account here."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from server.client_address import ClientAddress
from server.rate_limits.checks import Limits
from server.rate_limits.group_limits import GroupLimits
from server.rate_limits.store import MemoryStore
from tabularium.analytics import collecting
from tests.analytics.conftest import COLLECT, FIREFOX, Track, Tracked
from tests.support.asgi import Answer
from tests.support.auth import Settings, site

SHOP = "https://shop.example"
JSON = {"content-type": "application/json", "origin": SHOP}


def told(answer: Answer) -> tuple[int, str | None, str | None, str]:
    names = ("access-control-allow-origin", "vary", "cross-origin-resource-policy")
    allowed, vary, policy = (answer.headers.get(name) for name in names)
    assert "access-control-allow-credentials" not in answer.headers
    assert len(answer.all_headers("cross-origin-resource-policy")) == 1
    return answer.status, allowed, vary, str(policy)


@pytest.mark.parametrize("origins", ["*", SHOP])
def test_pages_may_read_every_answer_errors_included(
    track: Track, origins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Limits(ClientAddress(0), GroupLimits(MemoryStore(), {"collect": (8, 3600)}), None)
    tracked = track({"allowedOrigins": [origins]}, limits=limits)
    monkeypatch.setattr(collecting, "MOST_WAITING", 1)
    monkeypatch.setattr(collecting, "PAUSE", 3600)
    answers = [
        tracked.view(headers={"origin": SHOP}),
        tracked.view(headers={"origin": SHOP}),
        tracked.view(raw=b"{", headers=JSON),
        tracked.view(raw=b"{}", headers=JSON),
        tracked.view(raw=b"x" * 9000, headers=JSON),
        tracked.view(raw=b"x", headers={**JSON, "content-type": "text/html"}),
        tracked.site.client("GET", COLLECT, headers={"origin": SHOP}),
        tracked.site.client("OPTIONS", COLLECT, headers={"origin": SHOP}),
        *(tracked.view(headers={"origin": SHOP}) for _ in range(3)),
    ]
    vary = None if origins == "*" else "Origin"
    statuses = [204, 503, 400, 400, 413, 415, 405, 204, 503, 503, 429]
    assert list(map(told, answers)) == [(status, origins, vary, "cross-origin") for status in statuses]
    refused = told(tracked.view(headers={"origin": "https://else.example"}))
    assert refused == ((429, "*", None, "cross-origin") if origins == "*" else (429, None, "Origin", "cross-origin"))


def test_a_limit_of_addresses_is_told_to_pages_too(track: Track) -> None:
    limits = Limits(ClientAddress(0), GroupLimits(MemoryStore(), {"address": (2, 3600)}), None)
    tracked = track(limits=limits)
    answer = [tracked.view(headers={"origin": SHOP}) for _ in range(3)][-1]
    assert told(answer) == (429, "*", None, "cross-origin")


def test_pages_of_other_sites_may_load_the_script_and_see_why_they_cannot(tracked: Tracked) -> None:
    answer = tracked.site.client("GET", "/api/analytics/script.js")
    again = tracked.site.client("GET", "/api/analytics/script.js", headers={"if-none-match": answer.headers["etag"]})
    wrong = tracked.site.client("POST", "/api/analytics/script.js")
    found = [(each.status, each.all_headers("cross-origin-resource-policy")) for each in (answer, again, wrong)]
    assert found == [(200, ["cross-origin"]), (304, ["cross-origin"]), (405, ["cross-origin"])]


def test_nothing_of_who_is_signed_in_is_read_or_logged(
    tmp_path: Path, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(log_level="debug", log_format="json")
    with site(tmp_path, database_url, analytics=True, settings=settings) as opened:
        tracked = Tracked(opened)
        root = tracked.root
        user = root.get("/get-session").json()["user"]["id"]
        # So long after signing in any other request would let the session live on.
        opened.clock.moment += timedelta(days=2)
        before = opened.sql('SELECT * FROM "session" ORDER BY id')
        tracked.site.client.run(_pause())
        capfd.readouterr()
        agent = f"{FIREFOX} Secret/7"
        signed = {"cookie": root.cookie_header, "user-agent": agent, "origin": SHOP}
        answers = [tracked.view(headers=signed), tracked.view(headers={**signed, "authorization": "Bearer nonsense"})]
        answers.append(opened.client("GET", "/api/analytics/script.js", headers=signed))
        assert [each.status for each in answers] == [204, 204, 200]
        assert [each.all_headers("set-cookie") for each in answers] == [[], [], []]
        assert opened.sql('SELECT * FROM "session" ORDER BY id') == before
        tracked.flush()
        tracked.site.client.run(_pause())
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if "analytics" in line]
    assert [(line["operation"], line["userId"]) for line in lines] == [
        *[("collect_page_view", None)] * 2,
        ("get_analytics_script", None),
    ]
    for secret in (user, "127.0.0.1", "Secret/7", "root@example.com", root.token):
        assert secret not in str(lines)


async def _pause() -> None:
    """Let the log write its lines."""
    await asyncio.sleep(0.1)
