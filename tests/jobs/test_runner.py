"""Each job runs once in all processes, is made up for when it was missed, and disturbs no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tabularium.db.database import Session
from tabularium.errors import Unavailable
from tabularium.jobs import JobContext, JobRunner
from tests.jobs.runs import HOUR, Bench, Gate, write_note

Run = Callable[..., None]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


async def fail(context: JobContext) -> None:
    raise ValueError("ada@example.com")


# When a job is due ---------------------------------------------------------------------------------------------------


def test_a_job_that_has_never_run_runs_at_once(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.runner(bench.job()).run_due()
        assert bench.ran == ["clean"]
        assert await bench.rows() == [("clean", bench.clock.text, bench.clock.text)]

    bench(work)


def test_a_job_runs_again_when_its_interval_has_passed_since_it_began(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        async def take_a_minute(context: JobContext) -> None:
            bench.clock.move(MINUTE)

        runner = bench.runner(bench.job(work=take_a_minute))
        await runner.run_due()
        bench.clock.move(HOUR - MINUTE - timedelta(milliseconds=1))
        await runner.run_due()
        assert bench.ran == ["clean"]
        bench.clock.move(timedelta(milliseconds=1))
        begun = bench.clock.text
        await runner.run_due()
        assert bench.ran == ["clean", "clean"]
        assert await bench.rows() == [("clean", begun, bench.clock.text)]

    bench(work)


def test_each_job_has_its_own_interval(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        runner = bench.runner(bench.job("hourly"), bench.job("daily", DAY))
        for _ in range(49):
            await runner.run_due()
            bench.clock.move(HOUR)
        assert (bench.ran.count("hourly"), bench.ran.count("daily")) == (49, 3)

    bench(work)


def test_a_job_that_was_missed_many_times_runs_once(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.runner(bench.job()).run_due()
        bench.clock.move(30 * DAY)
        runner = bench.runner(bench.job())  # the process has been started anew
        await runner.run_due()
        await runner.run_due()
        assert bench.ran == ["clean", "clean"]

    bench(work)


def test_a_clock_that_is_set_back_a_little_does_not_repeat_a_job(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        runner = bench.runner(bench.job())
        await runner.run_due()
        bench.clock.move(-MINUTE)
        await runner.run_due()
        assert bench.ran == ["clean"]
        bench.clock.move(HOUR + MINUTE)
        await runner.run_due()
        assert bench.ran == ["clean", "clean"]

    bench(work)


def test_a_clock_that_is_set_back_far_does_not_hold_a_job_up(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        runner = bench.runner(bench.job())
        await runner.run_due()
        bench.clock.move(-365 * DAY)
        await runner.run_due()
        await runner.run_due()
        assert bench.ran == ["clean", "clean"]
        assert await bench.rows() == [("clean", bench.clock.text, bench.clock.text)]
        bench.clock.move(HOUR)
        await runner.run_due()
        assert bench.ran == ["clean", "clean", "clean"]

    bench(work)


# Several processes ---------------------------------------------------------------------------------------------------


def test_two_processes_run_each_job_once(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        names = [f"job {number}" for number in range(6)]
        jobs = [bench.job(name) for name in names]
        runners = (bench.runner(*jobs), bench.runner(*jobs, database=bench.second))
        for round_number in range(1, 4):
            await asyncio.gather(*(runner.run_due() for runner in runners))
            assert sorted(bench.ran) == sorted(names * round_number)
            bench.clock.move(HOUR)

    bench(work)


def test_a_job_that_is_at_work_elsewhere_is_not_begun(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        async def look_elsewhere(context: JobContext) -> None:
            await bench.runner(bench.job(), database=bench.second).run_due()
            assert bench.ran == []

        await bench.runner(bench.job(work=look_elsewhere)).run_due()
        assert bench.ran == ["clean"]

    bench(work)


def test_a_process_whose_clock_is_slow_does_not_repeat_a_job(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.runner(bench.job()).run_due()
        bench.clock.move(timedelta(seconds=-2))
        await bench.runner(bench.job(), database=bench.second).run_due()
        assert bench.ran == ["clean"]

    bench(work)


def test_two_jobs_of_one_name_are_refused(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(ValueError, match="same name"):
            bench.runner(bench.job(), bench.job())

    bench(work)


# Failures ------------------------------------------------------------------------------------------------------------


def test_a_failure_stops_no_other_job_and_is_logged_without_values(
    bench: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(bench: Bench) -> None:
        await bench.runner(bench.job("bad", work=fail), bench.job("good")).run_due()
        assert bench.ran == ["good"]
        now = bench.clock.text
        assert await bench.rows() == [("bad", now, None), ("good", now, now)]

    bench(work)
    (record,) = [each for each in caplog.records if each.name == "tabularium.jobs"]
    assert record.levelno == logging.ERROR
    assert "The job bad failed" in caplog.text
    assert "ValueError at test_runner.py" in caplog.text
    assert "ada@example.com" not in caplog.text


def test_a_job_that_failed_is_tried_again_after_its_interval(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        tries: list[str] = []

        async def fail_first(context: JobContext) -> None:
            tries.append(context.run)
            if len(tries) == 1:
                await fail(context)

        begun = bench.clock.text
        runner = bench.runner(bench.job(work=fail_first))
        await runner.run_due()
        bench.clock.move(MINUTE)
        await runner.run_due()
        assert tries == [begun]
        bench.clock.move(HOUR - MINUTE)
        await runner.run_due()
        assert tries == [begun, bench.clock.text]
        assert await bench.rows() == [("clean", bench.clock.text, bench.clock.text)]

    bench(work)


def test_a_success_is_remembered_when_a_later_run_fails(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        first = bench.clock.text
        await bench.runner(bench.job()).run_due()
        bench.clock.move(HOUR)
        await bench.runner(bench.job(work=fail)).run_due()
        assert await bench.rows() == [("clean", bench.clock.text, first)]

    bench(work)


def test_a_database_that_was_away_is_asked_again(bench: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def work(bench: Bench) -> None:
        gate, looks, ran = Gate(bench.first), 0, asyncio.Event()

        async def read(work: Callable[[Session], Any]) -> Any:
            nonlocal looks
            looks += 1
            if looks == 1:
                raise Unavailable("The database is away.")
            return await bench.first.read(work)

        async def note(context: JobContext) -> None:
            ran.set()

        gate.read = read
        runner = bench.runner(bench.job(work=note), database=gate)
        runner.start()
        await ran.wait()
        await runner.stop()

    bench(work)
    assert caplog.text.count("cannot be looked up") == 1


# Start and stop ------------------------------------------------------------------------------------------------------


def test_a_started_runner_makes_up_for_what_was_missed_and_goes_on(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        done = asyncio.Event()

        async def let_time_pass(context: JobContext) -> None:
            bench.clock.move(HOUR)
            if len(bench.ran) == 3:
                done.set()

        runner = bench.runner(bench.job(work=let_time_pass))
        runner.start()
        await done.wait()
        await runner.stop()
        assert len(bench.ran) >= 3

    bench(work)


def test_the_first_look_waits_for_the_delay(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        runner = JobRunner(bench.first, bench.clock, [bench.job()], delay=lambda: 3600.0, pause=0)
        runner.start()
        await asyncio.sleep(0.01)
        await runner.stop()
        assert bench.ran == []

    bench(work)


def test_stopping_ends_the_wait_and_may_be_done_at_any_time(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        begun = asyncio.Event()

        async def note(context: JobContext) -> None:
            begun.set()

        runner = bench.runner(bench.job(work=note), pause=3600)
        await runner.stop()
        runner.start()
        await begun.wait()
        await runner.stop()
        await runner.stop()
        runner.start()
        with pytest.raises(RuntimeError, match="already"):
            runner.start()
        await runner.stop()

    bench(work)


async def _stop_in_the_first_of_two_transactions(bench: Bench) -> tuple[Gate, asyncio.Task[None]]:
    gate = Gate(bench.first)

    async def write_twice(context: JobContext) -> None:
        gate.is_closed = True
        await context.write(write_note("first"))
        await context.write(write_note("second"))

    runner = bench.runner(bench.job(work=write_twice), bench.job("next"), database=gate)
    runner.start()
    await gate.reached.wait()
    stopping = asyncio.create_task(runner.stop())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not stopping.done()
    return gate, stopping


def test_stopping_lets_a_job_finish_its_transaction_and_no_other(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        gate, stopping = await _stop_in_the_first_of_two_transactions(bench)
        gate.opened.set()
        await stopping
        assert await bench.notes() == ["first"]
        assert await bench.rows() == [("clean", bench.clock.text, None)]
        assert bench.ran == []

    bench(work)


def test_a_stop_that_is_cancelled_rolls_the_transaction_back(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        _, stopping = await _stop_in_the_first_of_two_transactions(bench)
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        assert await bench.notes() == []

    bench(work)


def test_a_claim_that_is_being_committed_while_the_runner_stops_begins_no_work(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        gate = Gate(bench.first)
        gate.is_closed = gate.at_commit = True
        runner = bench.runner(bench.job(), database=gate)
        runner.start()
        await gate.reached.wait()
        stopping = asyncio.create_task(runner.stop())
        await asyncio.sleep(0)
        gate.opened.set()
        await stopping
        assert bench.ran == []
        assert await bench.rows() == [("clean", bench.clock.text, None)]

    bench(work)
