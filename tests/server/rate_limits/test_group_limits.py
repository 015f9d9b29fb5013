from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rate_limits.group_limits import DEFAULTS, GroupLimits
from server.rate_limits.groups import Group
from server.rate_limits.store import MemoryStore
from server.rate_limits.verdict import Limit, Verdict
from tests.conftest import Run
from tests.server.rate_limits.conftest import MovedClock


async def checked(limits: GroupLimits, group: Group = "batch", key: str = "user 1") -> Verdict:
    verdict = await limits.check(group, key)
    assert verdict is not None
    return verdict


def test_the_groups_have_their_defaults() -> None:
    assert DEFAULTS == {
        "address": (3000, 60),
        "read": (1200, 60),
        "write": (600, 60),
        "batch": (120, 60),
        "admin": (300, 60),
        "docs": (300, 60),
        "collect": (600, 60),
    }


def test_a_group_is_changed_or_lifted_by_configuration(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        limits = GroupLimits(MemoryStore(clock), {"read": (2, 10), "docs": None})
        assert limits.limit_of("read") == Limit(2, 10)
        assert limits.limit_of("write") == Limit(600, 60)
        assert limits.limit_of("docs") is None
        assert await limits.check("docs", "a") is None
        assert [(await checked(limits, "read")).allowed for _ in range(3)] == [True, True, False]

    run(scenario())


def test_an_unknown_group_is_an_error() -> None:
    with pytest.raises(ValueError, match="no group of limits called reads"):
        GroupLimits(MemoryStore(), {"reads": (1, 1)})


def test_exactly_the_limit_passes_and_the_headers_count_down(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        limits = GroupLimits(MemoryStore(clock))
        clock.now = 60_000 * 1000 + 15_000
        found = [await checked(limits) for _ in range(121)]
        assert [each.remaining for each in found] == [*range(119, -1, -1), 0]
        assert [each.allowed for each in found] == [True] * 120 + [False]
        assert found[0] == Verdict("batch", True, Limit(120, 60), 119, 45)
        # The running window ends in 45 seconds; a millisecond later less than all of it counts.
        assert found[120] == Verdict("batch", False, Limit(120, 60), 0, 46)

    run(scenario())


def test_the_window_slides(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        limits = GroupLimits(MemoryStore(clock), {"batch": (100, 60)})
        clock.now = 60_000 * 1000
        for _ in range(100):
            await checked(limits)
        clock.move(60 + 15)
        # Three quarters of the window before still count.
        assert (await checked(limits)).remaining == 24
        clock.move(30)
        assert (await checked(limits)).remaining == 73
        clock.move(75)
        assert (await checked(limits)).remaining == 99

    run(scenario())


def test_refused_requests_do_not_count(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        limits = GroupLimits(MemoryStore(clock), {"batch": (3, 60)})
        clock.now = 60_000 * 1000
        for _ in range(3):
            await checked(limits)
        for _ in range(100):
            refused = await checked(limits)
        assert not refused.allowed
        clock.move(refused.retry_after)
        assert (await checked(limits)).allowed

    run(scenario())


def test_groups_and_callers_are_counted_apart(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        limits = GroupLimits(MemoryStore(clock), {"batch": (1, 60), "read": (1, 60)})
        assert (await checked(limits)).allowed
        assert not (await checked(limits)).allowed
        assert (await checked(limits, "read")).allowed
        assert (await checked(limits, "batch", "user 2")).allowed

    run(scenario())


@given(st.integers(1, 20), st.integers(1, 7), st.integers(0, 10**7), st.lists(st.integers(0, 3000), max_size=60))
def test_who_waits_as_long_as_told_passes(most: int, seconds: int, start: int, gaps: list[int]) -> None:
    clock = MovedClock()
    clock.now = start
    store = MemoryStore(clock)
    limits = GroupLimits(store, {"read": (most, seconds)})

    async def scenario() -> None:
        verdict = await checked(limits, "read")
        for gap in gaps:
            clock.now += gap
            promised = verdict.remaining > 0 or gap >= verdict.reset * 1000
            was_told = verdict
            verdict = await checked(limits, "read")
            assert verdict.allowed or not promised, was_told
            if not verdict.allowed:
                assert 1 <= verdict.retry_after <= 2 * seconds + 1

    asyncio.run(scenario())
