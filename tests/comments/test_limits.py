"""How often guests comment: by address and table, and in a table altogether."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from server.client_address import ClientAddress
from server.rate_limits.checks import Limits
from server.rate_limits.group_limits import GroupLimits
from server.rate_limits.store import MemoryStore
from tests.comments.conftest import AUTH, Crm, table
from tests.support.auth import site

Open = Callable[..., tuple[Crm, "HandTime"]]


class HandTime:
    """Milliseconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 6_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def opened(tmp_path: Path, database_url: str) -> Iterator[Open]:
    with ExitStack() as stack:

        def start(**spam: Any) -> tuple[Crm, HandTime]:
            time, addresses = HandTime(), ClientAddress(1)
            limits = Limits(addresses, GroupLimits(MemoryStore(time)), None)
            blocks = {"permissions": {"read": "all"}, "comments": {"guestComments": True, "spamProtection": spam}}
            tables = [table(1, "posts", **blocks), table(2, "others", **blocks)]
            made = site(tmp_path, database_url, AUTH, tables=tables, limits=limits, addresses=addresses)
            return Crm(stack.enter_context(made)), time

        yield start


def tried(crm: Crm, thread: str, address: str = "203.0.113.1", **more: Any) -> Any:
    return crm.guest("POST", thread, {"content": "x", **more}, headers={"x-forwarded-for": address})


def test_the_sixth_comment_of_an_address_in_a_minute_is_refused(opened: Open) -> None:
    crm, time = opened()
    thread, other = crm.thread("posts"), crm.thread("posts")
    assert [tried(crm, each).status for each in (thread, other, thread, other, thread)] == [201] * 5
    refused = tried(crm, other)
    assert (refused.status, refused.json()["code"], refused.headers["ratelimit-policy"]) == (
        429,
        "RATE_LIMITED",
        "5;w=60",
    )
    assert int(refused.headers["retry-after"]) >= 1
    # Other addresses, other tables and other callers go on.
    assert tried(crm, thread, "203.0.113.2").status == 201
    assert tried(crm, crm.thread("others")).status == 201
    assert [crm.ada("POST", thread, {"content": "x"}).status for _ in range(6)] == [201] * 6
    assert crm.count() == 5 + 1 + 1 + 6
    time.now += 120_000
    assert tried(crm, thread).status == 201


def test_one_client_has_a_whole_network_of_ipv6(opened: Open) -> None:
    crm, _ = opened(rateLimitPerIp=2)
    thread = crm.thread("posts")
    found = [
        tried(crm, thread, address).status
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1")
    ]
    assert found == [201, 201, 429, 201]


def test_a_number_in_the_file_binds_accounts_too(opened: Open) -> None:
    crm, _ = opened(rateLimitPerIp=1)
    thread = crm.thread("posts")
    assert [crm.ada("POST", thread, {"content": "x"}).status for _ in range(2)] == [201, 429]
    assert [crm.grace("POST", thread, {"content": "x"}).status, crm.root("POST", thread, {"content": "x"}).status] == [
        429
    ] * 2


def test_a_table_takes_a_thousand_comments_of_guests_in_a_minute(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabularium.comments.spam.TABLE_LIMIT", 3)
    crm, _ = opened()
    thread = crm.thread("posts")
    assert [tried(crm, thread, f"203.0.113.{each}").status for each in range(4)] == [201, 201, 201, 429]
    assert tried(crm, crm.thread("others"), "203.0.113.9").status == 201


def test_limits_come_after_what_is_wrong_and_before_the_honeypot(opened: Open) -> None:
    crm, _ = opened(rateLimitPerIp=1)
    thread = crm.thread("posts")
    for _ in range(3):
        assert tried(crm, thread, guestEmail="x").status == 400
        assert tried(crm, thread.replace("/1/comments", "/99/comments")).status == 404
    assert tried(crm, thread, honeypot="x").json() == {"success": True, "discarded": True}
    for more in ({}, {"honeypot": "x"}, {"parentCommentId": "x"}):
        assert tried(crm, thread, **more).status == 429
    assert crm.count() == 0


def test_a_request_that_is_sent_again_is_not_counted_again(opened: Open) -> None:
    crm, _ = opened(rateLimitPerIp=2)
    thread, headers = crm.thread("posts"), {"idempotency-key": "k", "x-forwarded-for": "203.0.113.1"}
    answers = [crm.guest("POST", thread, {"content": "x"}, headers=headers) for _ in range(4)]
    assert {each.status for each in answers} == {201}
    assert (len({each.body for each in answers}), crm.count()) == (1, 1)
    assert [tried(crm, thread).status for _ in range(2)] == [201, 429]


def test_of_many_comments_at_once_no_more_pass_than_may(opened: Open) -> None:
    crm, _ = opened()
    thread = crm.thread("posts")
    asks = [("POST", thread, {"content": "x"}, {"x-forwarded-for": "203.0.113.1"})] * 12
    statuses = [each.status for each in crm.site.client.together(*asks)]
    assert (statuses.count(201), statuses.count(429), crm.count()) == (5, 7, 5)
