from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from redis import Redis

from server.log import Log
from server.rate_limits.auth_limits import AuthLimits
from server.rate_limits.group_limits import GroupLimits
from server.rate_limits.redis_store import RedisStore, redis_key
from server.rate_limits.store import Streak
from tests.conftest import Run
from tests.server.rate_limits.conftest import Gate, MovedClock
from tests.server.rate_limits.test_auth_limits import Options

DAY = 86_400_000
GateTo = Callable[[], AbstractAsyncContextManager[Gate]]


def quiet() -> Log:
    return Log(stream=io.StringIO())


def test_a_url_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="scheme"):
        RedisStore("http://localhost", quiet())


def test_streaks_end_at_the_limit(run: Run[None], redis_url: str, name: str) -> None:
    async def scenario() -> None:
        store = RedisStore(redis_url, quiet())
        assert [await store.add_to_streak(name, 2, DAY) for _ in range(2)] == [
            Streak(True, 1, DAY),
            Streak(True, 2, DAY),
        ]
        allowed, counted, left = await store.add_to_streak(name, 2, DAY)
        assert (allowed, counted) == (False, 2)
        assert DAY - 60_000 < left <= DAY
        await store.close()

    run(scenario())


def test_windows_end_at_the_limit(run: Run[None], redis_url: str, name: str) -> None:
    async def scenario() -> None:
        store = RedisStore(redis_url, quiet())
        found = [await store.add_to_window(name, 2, 10**11) for _ in range(3)]
        assert [each[:3] for each in found] == [(True, 0, 1), (True, 0, 2), (False, 0, 2)]
        assert all(0 < each.left <= 10**11 for each in found)
        await store.close()

    run(scenario())


def test_what_is_refused_does_not_extend_the_time_to_live(run: Run[None], redis_url: str, name: str) -> None:
    async def scenario() -> None:
        store = RedisStore(redis_url, quiet())
        await store.add_to_streak(name, 1, DAY)
        client, key = Redis.from_url(redis_url), redis_key("streak", name)
        client.pexpire(key, 5_000)
        refused = await store.add_to_streak(name, 1, DAY)
        assert not refused.allowed
        assert refused.left <= 5_000
        assert client.pttl(key) <= 5_000
        client.pexpire(key, 0)
        assert await store.add_to_streak(name, 1, DAY) == Streak(True, 1, DAY)
        client.delete(key)
        client.close()
        await store.close()

    run(scenario())


def test_the_window_before_counts_by_its_share(run: Run[None], redis_url: str, name: str) -> None:
    length = 10**11

    async def scenario() -> None:
        store = RedisStore(redis_url, quiet())
        await store.add_to_window(name, 9, length)
        client, key = Redis.from_url(redis_url), redis_key("window", name)
        number = int(client.hget(key, "window") or 0)
        client.hset(key, mapping={"window": number - 1, "previous": 5, "current": 7})
        allowed, previous, current, left = await store.add_to_window(name, 9, length)
        assert (allowed, previous, current) == (True, 7, 1)
        share = 7 * left // length
        assert (await store.add_to_window(name, share + 1, length))[:3] == (False, 7, 1)
        assert (await store.add_to_window(name, share + 2, length))[:3] == (True, 7, 2)
        client.hset(key, mapping={"window": number - 2})
        assert (await store.add_to_window(name, 9, length))[:3] == (True, 0, 1)
        assert length < client.pttl(key) <= 2 * length
        client.delete(key)
        client.close()
        await store.close()

    run(scenario())


def test_keys_show_neither_addresses_nor_paths(run: Run[None], redis_url: str, name: str) -> None:
    async def scenario() -> None:
        store = RedisStore(redis_url, quiet())
        await AuthLimits(Options(), store).check("203.0.113.1", f"/reset-password/{name}")
        path = f"203.0.113.1 /reset-password/{name}"
        client, key = Redis.from_url(redis_url), redis_key("streak", path)
        assert re.fullmatch("tabularium:streak:[0-9a-f]{32}", key)
        assert 0 < client.pttl(key) <= 10_000
        client.close()
        await store.close()

    run(scenario())


def test_two_processes_share_their_counts(run: Run[None], redis_url: str, name: str) -> None:
    async def scenario() -> None:
        one, other = RedisStore(redis_url, quiet()), RedisStore(redis_url, quiet())
        auth = [AuthLimits(Options(), store) for store in (one, other)]
        groups = [GroupLimits(store, {"read": (3, 3600)}) for store in (one, other)]
        by_auth = [await auth[turn % 2].check(name, "/sign-in/email") for turn in range(4)]
        by_group = [await groups[turn % 2].check("read", name) for turn in range(4)]
        for found in (by_auth, by_group):
            assert [each and each.allowed for each in found] == [True, True, True, False]
            assert [each and each.remaining for each in found] == [2, 1, 0, 0]
        await one.close()
        await other.close()

    run(scenario())


def test_of_a_hundred_at_the_same_time_exactly_the_limit_passes(run: Run[None], redis_url: str, name: str) -> None:
    async def scenario() -> None:
        stores = [RedisStore(redis_url, quiet(), patience=5) for _ in range(2)]
        streaks = await asyncio.gather(*(stores[n % 2].add_to_streak(name, 30, DAY) for n in range(100)))
        windows = await asyncio.gather(*(stores[n % 2].add_to_window(name, 30, 10**11) for n in range(100)))
        assert sum(each.allowed for each in streaks) == 30
        assert sum(each.allowed for each in windows) == 30
        for store in stores:
            await store.close()

    run(scenario())


def test_an_outage_is_counted_in_memory_and_ends_by_itself(
    run: Run[None], redis_gate: GateTo, clock: MovedClock, name: str
) -> None:
    async def scenario() -> None:
        output = io.StringIO()
        async with redis_gate() as gate:
            store = RedisStore(f"redis://127.0.0.1:{gate.port}", Log(stream=output), clock=clock, patience=5)
            assert (await store.add_to_streak(name, 3, DAY)).counted == 1
            assert (await store.add_to_streak(name, 3, DAY)).counted == 2
            await gate.close()
            counted = [await store.add_to_streak(name, 3, DAY) for _ in range(4)]
            assert [(each.allowed, each.counted) for each in counted] == [(True, 1), (True, 2), (True, 3), (False, 3)]
            assert (await store.add_to_window(name, 3, DAY)).current == 1
            clock.move(1)
            assert not (await store.add_to_streak(name, 3, DAY)).allowed
            await gate.open()
            assert not (await store.add_to_streak(name, 3, DAY)).allowed, "asked again before its time"
            clock.move(1)
            assert (await store.add_to_streak(name, 3, DAY)).counted == 3
            assert not (await store.add_to_streak(name, 3, DAY)).allowed
            assert output.getvalue().count("\n") == 1
            assert "warning Redis is away: limits are counted in memory until it answers. reason=" in output.getvalue()
            assert str(gate.port) not in output.getvalue()
            await gate.close()
            await store.add_to_streak(name, 3, DAY)
            assert output.getvalue().count("\n") == 2, "the second outage has its own line"
            await store.close()

    run(scenario())


def test_a_silent_redis_makes_only_those_wait_who_ask_it(
    run: Run[None], redis_gate: GateTo, clock: MovedClock, name: str
) -> None:
    async def scenario() -> None:
        output = io.StringIO()
        async with redis_gate() as gate:
            gate.is_silent = True
            store = RedisStore(f"redis://127.0.0.1:{gate.port}", Log(stream=output), clock=clock, patience=0.02)
            at_once = await asyncio.gather(*(store.add_to_streak(name, 50, DAY) for _ in range(100)))
            assert sum(each.allowed for each in at_once) == 50
            assert output.getvalue().count("\n") == 1
            await asyncio.sleep(0.05)  # until the gate has seen the connections that were given up
            connections = gate.connections
            clock.move(0.999)
            assert not (await store.add_to_streak(name, 50, DAY)).allowed
            assert gate.connections == connections
            clock.move(0.002)
            await asyncio.gather(*(store.add_to_streak(name, 50, DAY) for _ in range(100)))
            await asyncio.sleep(0.05)
            assert gate.connections <= connections + 1, "one asks for all"
            await store.close()

    run(scenario())


def test_answers_after_an_interruption_belong_to_their_questions(
    run: Run[None], redis_gate: GateTo, clock: MovedClock, name: str
) -> None:
    async def scenario() -> None:
        async with redis_gate() as gate:
            store = RedisStore(f"redis://127.0.0.1:{gate.port}", quiet(), clock=clock, patience=1)
            await store.add_to_streak(name, 9, DAY)
            gate.is_silent = True
            given_up = asyncio.create_task(store.add_to_streak(name, 9, DAY))
            await asyncio.sleep(0.01)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
            gate.is_silent = False
            assert (await store.add_to_window(name, 9, 10**11))[:3] == (True, 0, 1)
            assert (await store.add_to_window(name, 9, 10**11))[:3] == (True, 0, 2)
            await store.close()

    run(scenario())


def test_a_redis_without_the_scripts_gets_them_again(run: Run[None], redis_url: str, name: str) -> None:
    async def scenario() -> None:
        output = io.StringIO()
        store = RedisStore(redis_url, Log(stream=output))
        await store.add_to_streak(name, 9, DAY)
        with Redis.from_url(redis_url) as client:
            client.script_flush()
        assert (await store.add_to_streak(name, 9, DAY)).counted == 2
        assert output.getvalue() == ""
        await store.close()

    run(scenario())


def test_no_redis_from_the_start_is_an_outage_too(run: Run[None], clock: MovedClock, name: str) -> None:
    async def scenario() -> None:
        output = io.StringIO()
        store = RedisStore("redis://user:secret@127.0.0.1:1", Log(stream=output), clock=clock, patience=5)
        assert await store.add_to_streak(name, 9, DAY) == Streak(True, 1, DAY)
        assert "reason=ConnectionError" in output.getvalue()
        assert "secret" not in output.getvalue()
        await store.close()

    run(scenario())
