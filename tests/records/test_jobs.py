"""The daily jobs that forget what was done long ago, and what of the history of one record is too much."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.db.database import Session
from tabularium.db.retention import _older, delete_older
from tabularium.jobs import JobRunner
from tabularium.records.jobs import jobs
from tests.support.auth import Browser, Site, site

NOTES = "/api/tables/notes/records"


class Opened:
    """An application with a block `activity`, and somebody who writes notes."""

    def __init__(self, crm: Site) -> None:
        self.crm = crm
        self.ada: Browser = crm.browser()
        self.ada.sign_up()

    def note(self, times: int = 1) -> str:
        """Return a note with so many revisions."""
        record = f"{NOTES}/{self.ada('POST', NOTES, {'title': '1'}).json()['id']}"
        for number in range(2, times + 1):
            assert self.ada("PATCH", record, {"title": str(number)}).status == 200
        return record

    def revisions(self, record: str) -> list[int]:
        self.ada.sign_in()  # days may have passed
        return [each["revision"] for each in self.ada("GET", f"{record}/history").json()["history"]]

    def categories(self) -> dict[str, int]:
        return dict(self.crm.sql("SELECT category, count(*) FROM _activity GROUP BY category"))  # type: ignore[arg-type]

    def run_jobs(self) -> None:
        due = [each for each in jobs(self.crm.opened["migrated"].schema) if each.name.endswith("-retention")]
        assert [each.every.days for each in due] == [1, 1]
        self.crm.client.run(JobRunner(self.crm.opened["database"], self.crm.clock, due).run_due())


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Opened]:
    with site(tmp_path, database_url, activity=request.param) as crm:
        yield Opened(crm)


def configured(*values: dict[str, Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("opened", values, indirect=True, ids=str)


@configured({"retentionDays": 10})
def test_entries_are_kept_for_as_many_days_as_the_file_says(opened: Opened) -> None:
    record = opened.note(2)
    opened.crm.clock.pass_by(days=6)
    opened.ada.sign_in()
    opened.ada("PATCH", record, {"title": "later"})
    opened.crm.clock.pass_by(days=4)
    opened.run_jobs()
    assert opened.revisions(record) == [1, 2, 3]
    opened.crm.clock.pass_by(days=1)
    before = opened.categories()
    opened.run_jobs()
    assert opened.revisions(record) == [3]
    assert before["records"] - opened.categories()["records"] == 2
    assert opened.crm.sql("SELECT count(*) FROM _activity WHERE action = 'user.created'") == [(0,)]


@configured({"retentionDays": 0}, {"retentionDays": 3650})
def test_nothing_is_forgotten_where_the_file_keeps_it(opened: Opened) -> None:
    record = opened.note(3)
    opened.crm.clock.pass_by(days=3650)
    before = opened.categories()
    opened.run_jobs()
    assert opened.categories() == before
    assert opened.revisions(record) == [1, 2, 3]


@configured({"historyPerRecord": 2})
def test_the_newest_entries_of_each_record_are_kept_and_the_activity_log_is_whole(opened: Opened) -> None:
    notes = {opened.note(times): times for times in (1, 2, 3, 5)}
    before = opened.categories()
    opened.run_jobs()
    assert [opened.revisions(note) for note in notes] == [[1], [1, 2], [2, 3], [4, 5]]
    assert opened.categories()["records"] == before["records"] == sum(notes.values())


@configured({"retentionDays": 1, "historyPerRecord": 1})
def test_many_entries_go_in_small_steps(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("tabularium.records.jobs", "tabularium.db.retention"):
        monkeypatch.setattr(f"{place}.STEP", 2)
    monkeypatch.setattr("tabularium.db.retention._older", _older.__wrapped__)
    notes = [opened.note(times) for times in (5, 1, 4, 2, 6)]
    opened.run_jobs()
    assert [opened.revisions(note) for note in notes] == [[5], [1], [4], [2], [6]]
    opened.crm.clock.pass_by(days=2)
    opened.run_jobs()
    assert [opened.revisions(note) for note in notes] == [[]] * 5
    assert "records" not in opened.categories()


@configured({"retentionDays": 1})
def test_no_transaction_deletes_many_entries_of_the_log(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabularium.db.retention.STEP", 3)
    monkeypatch.setattr("tabularium.db.retention._older", _older.__wrapped__)
    for each in (5, 4, 6):
        opened.note(each)
    opened.crm.clock.pass_by(days=2)
    left: list[int] = []

    async def work(session: Session) -> bool:
        is_more = await delete_older(session, "2026-03-02T00:00:00.000Z")
        row = await session.fetch_one("SELECT count(*) FROM _activity")
        left.append(0 if row is None else row[0])
        return is_more

    before = sum(opened.categories().values())
    while opened.crm.write(work):
        pass
    steps = [former - now for former, now in zip([before, *left], left, strict=False)]
    assert max(steps) <= 3 * 2
    assert left[-1] == 0


@configured({"retentionDays": 1})
def test_a_request_forgets_nothing(opened: Opened) -> None:
    opened.note(3)
    before = opened.categories()
    opened.crm.clock.pass_by(days=400)
    root = opened.crm.admin()
    assert (
        root("GET", "/api/activity?category=all&count=exact").json()["pagination"]["total"] == sum(before.values()) + 2
    )
    opened.run_jobs()
    assert root("GET", "/api/activity?category=all&count=exact").json()["pagination"]["total"] == 2
