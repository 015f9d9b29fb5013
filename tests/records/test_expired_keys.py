from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tabularium.db.database import Session
from tabularium.db.idempotency import Claim, provide_idempotency
from tabularium.jobs import JobRunner
from tabularium.records import expired_keys
from tests.jobs.conftest import bench
from tests.jobs.runs import Bench

__all__ = ["bench"]


def test_the_job_removes_all_keys_whose_time_is_over_step_by_step(
    bench: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expired_keys, "STEP", 2)

    async def work(bench: Bench) -> None:
        await bench.first.migrate(provide_idempotency)

        async def take(session: Session) -> None:
            for number in range(5):
                claim = Claim(f"{bench.clock.text} {number}", None, "f")
                await claim.take(session, bench.clock.text)
                await claim.keep(session, b"x")

        async def number_left() -> int:
            row = await bench.first.read(lambda session: session.fetch_one("SELECT count(*) FROM _idempotency"))
            assert row is not None
            return int(row[0])

        await bench.first.write(take)
        bench.clock.move(timedelta(hours=23))
        await bench.first.write(take)
        runner = JobRunner(bench.first, bench.clock, [expired_keys.EXPIRED_KEYS])
        await runner.run_due()
        assert await number_left() == 10
        bench.clock.move(timedelta(hours=1))
        await runner.run_due()
        assert await number_left() == 5

    bench(work)
