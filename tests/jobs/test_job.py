"""What a job is, and how one run of it writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tabularium.db.database import Session
from tabularium.jobs import Job, JobContext
from tabularium.jobs.job import RunTakenOver
from tests.jobs.runs import HOUR, Bench, write_note

Run = Callable[..., None]


async def nothing(context: JobContext) -> None:
    """Do the work of a job that has none."""


@pytest.mark.parametrize("every", [timedelta(0), timedelta(hours=-1), timedelta(milliseconds=999)])
def test_an_interval_that_is_none_is_refused(every: timedelta) -> None:
    with pytest.raises(ValueError, match="clean"):
        Job("clean", every, nothing)


def test_a_run_reads_and_writes_and_gets_what_its_work_returns(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        async def write_and_read(context: JobContext) -> None:
            assert await context.write(write_note("a")) == 1
            row = await context.read(lambda session: session.fetch_one("SELECT text FROM notes"))
            assert row is not None
            assert row[0] == "a"
            assert context.run == bench.clock.text

        await bench.runner(bench.job(work=write_and_read)).run_due()
        assert bench.ran == ["clean"]

    bench(work)


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        async def write_and_fail(session: Session) -> None:
            await write_note("a")(session)
            raise ZeroDivisionError

        async def fail_once(context: JobContext) -> None:
            with pytest.raises(ZeroDivisionError):
                await context.write(write_and_fail)
            await context.write(write_note("b"))

        await bench.runner(bench.job(work=fail_once)).run_due()
        assert await bench.notes() == ["b"]

    bench(work)


def test_nothing_is_locked_between_two_transactions(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        async def let_others_write(context: JobContext) -> None:
            await context.write(write_note("a"))
            await bench.second.write(write_note("b"))
            await bench.runner(bench.job("other"), database=bench.second).run_due()
            await context.write(write_note("c"))

        await bench.runner(bench.job(work=let_others_write)).run_due()
        assert bench.ran == ["other", "clean"]
        assert await bench.notes() == ["a", "b", "c"]

    bench(work)


def test_a_run_that_was_taken_over_writes_no_more(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        async def take_an_hour(context: JobContext) -> None:
            await context.write(write_note("a"))
            bench.clock.move(HOUR)
            await bench.runner(bench.job(), database=bench.second).run_due()
            with pytest.raises(RunTakenOver):
                await context.write(write_note("b"))
            await context.write(write_note("c"))

        begun = bench.clock.text
        await bench.runner(bench.job(work=take_an_hour)).run_due()
        assert bench.ran == ["clean"]  # by the other process alone
        assert await bench.notes() == ["a"]
        assert await bench.rows() == [("clean", bench.clock.text, bench.clock.text)]
        assert begun < bench.clock.text

    bench(work)
