"""The daily job that removes API keys which expired long ago."""

from __future__ import annotations

from tabularium.identity.jobs import jobs
from tabularium.jobs import JobRunner
from tests.support.auth import Site

DAY = 86_400


def run_job(site: Site) -> None:
    job = next(each for each in jobs(site.auth) if each.name == "expired-api-keys")
    assert job.every.days == 1
    site.client.run(JobRunner(site.auth.database, site.clock, [job]).run_due())


def test_expired_keys_are_kept_for_thirty_days(crm: Site) -> None:
    ada = crm.browser()
    ada.sign_up()
    for name, seconds in (("short", DAY), ("long", 2 * DAY), ("endless", None)):
        assert ada.post("/api-key/create", name=name, expiresIn=seconds).status == 200
    for days, left in ((30, ["short", "long", "endless"]), (1, ["long", "endless"]), (1, ["endless"])):
        crm.clock.pass_by(days=days)
        run_job(crm)
        assert [row[0] for row in crm.sql('SELECT name FROM apikey ORDER BY "expiresAt" IS NULL, "expiresAt"')] == left
