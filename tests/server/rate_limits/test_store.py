from __future__ import annotations

import asyncio
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rate_limits.store import MemoryStore, Streak, Window, monotonic_milliseconds
from tests.conftest import Run
from tests.server.rate_limits.conftest import MovedClock

KEYS = st.sampled_from(["a", "b", "c", "d"])
STEPS = st.lists(st.tuples(KEYS, st.integers(0, 40)), max_size=80)


class SlowStore:
    """What the store must do, said as plainly as possible: lists of all that was allowed, nothing ever forgotten early."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._used: list[str] = []
        self._allowed: dict[str, list[int]] = {}

    def add_to_streak(self, now: int, key: str, most: int, window: int) -> Streak:
        allowed = self._allowed.get(key, [])
        if allowed and now - allowed[-1] > window:
            allowed = []
        is_allowed = len(allowed) < most
        if is_allowed:
            allowed = [*allowed, now]
        self._keep(key, allowed)
        return Streak(is_allowed, len(allowed), allowed[-1] + window - now)

    def add_to_window(self, now: int, key: str, most: int, window: int) -> Window:
        allowed = self._allowed.get(key, [])
        begin = now // window * window
        previous = sum(begin - window <= each < begin for each in allowed)
        current = sum(each >= begin for each in allowed)
        left = begin + window - now
        is_allowed = current + previous * Fraction(left, window) < most
        if is_allowed:
            allowed = [*allowed, now]
        if is_allowed or key in self._allowed:
            self._keep(key, allowed)
        return Window(is_allowed, previous, current + is_allowed, left)

    def _keep(self, key: str, allowed: list[int]) -> None:
        self._used = [*(each for each in self._used if each != key), key]
        self._allowed[key] = allowed
        if len(self._used) > self._capacity:
            del self._allowed[self._used.pop(0)]


@pytest.mark.parametrize("method", ["add_to_streak", "add_to_window"])
@given(STEPS, st.integers(1, 4), st.integers(1, 60), st.integers(1, 4))
def test_what_is_counted_in_memory_is_that_of_the_plain_model(
    method: str, steps: list[tuple[str, int]], most: int, window: int, capacity: int
) -> None:
    clock, model = MovedClock(), SlowStore(capacity)
    store = MemoryStore(clock, capacity)

    async def scenario() -> None:
        for key, gap in steps:
            clock.now += gap
            counted = await getattr(store, method)(key, most, window)
            assert counted == getattr(model, method)(clock.now, key, most, window)

    asyncio.run(scenario())


def test_the_key_that_was_not_used_for_the_longest_time_is_dropped(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        store = MemoryStore(clock, capacity=2)
        for key in ("a", "b", "a", "c"):
            await store.add_to_streak(key, 9, 1000)
            await store.add_to_window(key, 9, 1000)
        assert (await store.add_to_streak("a", 9, 1000)).counted == 3
        assert (await store.add_to_window("a", 9, 1000)).current == 3
        assert (await store.add_to_streak("b", 9, 1000)).counted == 1
        assert (await store.add_to_window("b", 9, 1000)).current == 1

    run(scenario())


def test_who_is_refused_all_the_time_is_not_forgotten(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        store = MemoryStore(clock, capacity=2)
        for other in ("a", "b", "c", "d"):
            assert (await store.add_to_streak("x", 1, 1000)).allowed == (other == "a")
            assert (await store.add_to_window("x", 1, 1000)).allowed == (other == "a")
            await store.add_to_streak(other, 1, 1000)
            await store.add_to_window(other, 1, 1000)

    run(scenario())


def test_a_hundred_thousand_keys_are_kept_and_no_more(run: Run[None], clock: MovedClock) -> None:
    async def scenario() -> None:
        store = MemoryStore(clock)
        for number in range(100_001):
            await store.add_to_streak(str(number), 1, 1000)
        assert not (await store.add_to_streak("1", 1, 1000)).allowed
        assert (await store.add_to_streak("0", 1, 1000)).allowed

    run(scenario())


def test_the_clock_of_a_process_never_goes_back() -> None:
    first = monotonic_milliseconds()
    assert monotonic_milliseconds() >= first


def test_closing_the_store_in_memory_does_nothing(run: Run[None]) -> None:
    run(MemoryStore().close())
