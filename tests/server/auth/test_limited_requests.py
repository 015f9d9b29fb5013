"""Requests are counted where the specification says, before anything else of them is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from server.client_address import ClientAddress
from server.rate_limits.auth_limits import AuthLimits
from server.rate_limits.checks import Limits
from server.rate_limits.group_limits import GroupLimits
from server.rate_limits.store import MemoryStore
from tabularium.schema.auth_options import RateLimitOptions
from tests.support.auth import Site, site

Open = Callable[..., tuple[Site, "HandTime"]]


class HandTime:
    """Milliseconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_site(groups: dict[str, Any] | None = None, hops: int = 0) -> tuple[Site, HandTime]:
            time = HandTime()
            store, addresses = MemoryStore(time), ClientAddress(hops)
            limits = Limits(addresses, GroupLimits(store, groups), AuthLimits(RateLimitOptions(), store))
            opened = site(tmp_path, f"sqlite:{tmp_path / 'a.db'}", limits=limits, addresses=addresses)
            return stack.enter_context(opened), time

        yield open_site


def test_the_fourth_sign_in_within_ten_seconds_is_refused_whatever_it_holds(limited: Open) -> None:
    crm, time = limited()
    sent = [("POST", {"email": "ada@example.com", "password": "x"}), ("POST", {}), ("GET", None)]
    answers = [crm.client(method, "/api/auth/sign-in/email", body) for method, body in sent]
    assert [answer.status for answer in answers] == [401, 400, 404]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0"]
    refused = crm.client("POST", "/api/auth/sign-in/email", raw=b"{", headers={"content-type": "text/plain"})
    assert (refused.status, refused.json()["code"]) == (429, "RATE_LIMITED")
    assert refused.json()["message"] == "Too many requests. Please try again later."
    assert refused.headers["retry-after"] == refused.headers["x-retry-after"] == "10"
    assert refused.headers["ratelimit-policy"] == "3;w=10"
    other_spelling = crm.client("POST", "/api/auth/sign-in/%65mail", {})
    assert other_spelling.status == 429
    assert crm.client("POST", "/api/auth/sign-in/social", {}).status == 400
    time.now += 10_001
    assert crm.client("POST", "/api/auth/sign-in/email", {}).status == 400


def test_a_preflight_tries_nothing_and_is_not_counted(limited: Open) -> None:
    crm, _ = limited()
    for _ in range(5):
        assert crm.client("OPTIONS", "/api/auth/sign-in/email", headers={"origin": "x"}).status == 204
    assert crm.client("POST", "/api/auth/sign-in/email", {}).status == 400


def test_records_are_limited_by_caller_and_by_address(limited: Open) -> None:
    crm, _ = limited({"read": (2, 60), "write": (1, 60), "address": (50, 60)})
    ada, eve = crm.browser(), crm.browser()
    ada.sign_up()
    eve.sign_up("eve@example.com")
    path = "/api/tables/notes/records"
    assert [ada("GET", path).status for _ in range(3)] == [200, 200, 429]
    assert eve("GET", path).status == 200
    assert [ada("POST", path, {"fields": {}}).status for _ in range(2)] == [201, 429]
    refused = ada("GET", path)
    assert int(refused.headers["retry-after"]) >= 1
    assert "x-retry-after" not in refused.headers
    assert refused.headers["ratelimit-limit"] == "2"


def test_an_address_has_a_limit_of_its_own_and_health_has_none(limited: Open) -> None:
    crm, _ = limited({"address": (3, 60)})
    assert [crm.client("GET", "/api/unknown").status for _ in range(4)] == [404, 404, 404, 429]
    answer = crm.client("GET", "/api/health")
    assert answer.status == 200
    assert "ratelimit-limit" not in answer.headers


def test_a_proxy_reports_who_is_counted_and_a_client_cannot(limited: Open) -> None:
    crm, _ = limited({"address": (1, 60)}, hops=1)

    def status(forwarded: str) -> int:
        return crm.client("GET", "/api/unknown", headers={"x-forwarded-for": forwarded}).status

    assert [status("192.0.2.1"), status("192.0.2.2")] == [404, 404]
    assert status("203.0.113.9, 192.0.2.1") == 429
    body = {"name": "Ada", "email": "ada@example.com", "password": "correct-horse-1"}
    token = crm.client("POST", "/api/auth/sign-up/email", body, headers={"x-forwarded-for": "x, 192.0.2.77"}).json()[
        "token"
    ]
    headers = {"authorization": f"Bearer {token}", "x-forwarded-for": "192.0.2.78"}
    session = crm.client("GET", "/api/auth/get-session", headers=headers).json()["session"]
    assert session["ipAddress"] == "192.0.2.77"
