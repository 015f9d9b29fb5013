"""Having one's account erased after some days, and keeping it after all."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tabularium.identity.jobs import jobs
from tabularium.jobs import JobRunner
from tabularium.mail.templates import BUILT_IN, Template, render
from tests.support.auth import ORIGIN, Browser, Site

DELETE, PENDING = "/api/account/delete", "/api/account/pending-erasure"
LATER = "2026-03-08T09:00:00.000Z"
SCHEDULED = {"status": "scheduled", "scheduledErasureAt": LATER, "gracePeriodDays": 7, "cancellable": True}


def run_jobs(site: Site) -> None:
    runner = JobRunner(site.opened["database"], site.clock, jobs(site.auth))
    site.client.run(runner.run_due())


def users(site: Site) -> list[str]:
    return [email for (email,) in site.sql('SELECT email FROM "user" ORDER BY email')]


@pytest.fixture
def ada(crm: Site) -> Browser:
    browser = crm.browser()
    browser.sign_up()
    return browser


def key_of(site: Site, browser: Browser) -> dict[str, str]:
    """Store an API key of the user, and return the header that sends it."""
    user_id = browser.session["user"]["id"]
    hashed = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"  # of `abc`
    site.sql(
        'INSERT INTO apikey (id, "referenceId", key, enabled, "createdAt", "updatedAt") '
        f"VALUES ('k', ?1, ?2, {'1' if site.auth.database.dialect.name == 'sqlite' else 'true'}, "
        "'2026-03-01T09:00:00.000Z', '2026-03-01T09:00:00.000Z') RETURNING id",
        user_id,
        hashed,
    )
    return {"x-api-key": "abc"}


def test_nobody_schedules_or_sees_anything_without_a_session(crm: Site) -> None:
    browser = crm.browser()
    for method, path, body in (("POST", DELETE, {"confirm": True}), ("GET", PENDING, None)):
        answer = browser(method, path, body)
        assert (answer.status, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["cache-control"] == "no-store"


UNFIT: tuple[Any, ...] = (
    None,
    {},
    {"confirm": False},
    {"confirm": "true"},
    {"cancel": None},
    {"confirm": True, "cancel": True},
    {"confirm": True, "cancel": False},
    {"confirm": True, "callbackURL": "https://evil.example"},
    {"sure": True},
    [],
)


def test_a_body_says_exactly_one_thing(ada: Browser) -> None:
    for body in UNFIT:
        answer = ada("POST", DELETE, body)
        assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR"), body
    assert ada.get(PENDING).json() == {"items": []}


def test_unknown_parameters_are_refused(ada: Browser) -> None:
    answer = ada("POST", DELETE, {"confirm": True}, query={"now": "1"})
    assert (answer.status, answer.codes) == (400, {"query.now": "unknown_parameter"})
    assert ada.get(PENDING, verbose="1").status == 400


def test_a_request_of_another_site_is_refused(ada: Browser) -> None:
    answer = ada("POST", DELETE, {"confirm": True}, headers={"origin": "https://evil.example"})
    assert (answer.status, answer.json()["code"]) == (403, "FORBIDDEN")
    assert ada("POST", DELETE, {"confirm": True}, headers={"origin": None}).status == 403
    assert ada.get(PENDING).json() == {"items": []}


def test_an_erasure_is_scheduled_and_ends_the_sessions(crm: Site, ada: Browser) -> None:
    user, other = ada.session["user"], crm.browser()
    other.sign_in()
    answer = ada("POST", DELETE, {"confirm": True})
    assert (answer.status, answer.json()) == (202, SCHEDULED)
    assert ada.cookies == {}
    assert other.session is None
    assert other.sign_in().status == 200, "signing in stays possible"
    assert other.get(PENDING).json() == {
        "items": [
            {
                "id": user["id"],
                "email": "ada@example.com",
                "scheduledErasureAt": LATER,
                "requestedAt": "2026-03-01T09:00:00.000Z",
                "gracePeriodDays": 7,
            }
        ]
    }
    assert ("auth", "erasure.scheduled", None) in crm.activities()


def test_a_mail_tells_how_to_cancel(crm: Site, ada: Browser) -> None:
    ada("POST", DELETE, {"confirm": True})
    mail = crm.last_mail("ada@example.com")
    assert (mail.template, mail.values["lifetime"]) == ("erasureScheduled", "7 days")
    assert mail.values["url"] == f"{ORIGIN}/api/account/delete"
    template = BUILT_IN["erasureScheduled"]
    assert isinstance(template, Template)
    assert f"{ORIGIN}/api/account/delete" in render(template, mail.values).text


def test_asked_again_the_first_date_stays(crm: Site, ada: Browser) -> None:
    ada("POST", DELETE, {"confirm": True})
    crm.clock.pass_by(days=2)
    ada.sign_in()
    answer = ada("POST", DELETE, {"confirm": True})
    assert (answer.status, answer.json()) == (202, SCHEDULED)
    assert [mail.template for mail in crm.letters.sent] == ["erasureScheduled"]
    assert ada.session is None


def test_an_erasure_is_cancelled(crm: Site, ada: Browser) -> None:
    ada("POST", DELETE, {"confirm": True})
    ada.sign_in()
    answer = ada("POST", DELETE, {"cancel": True})
    assert (answer.status, answer.json()) == (200, {"status": "cancelled"})
    assert ada.get(PENDING).json() == {"items": []}
    assert ada.session is not None
    assert ("auth", "erasure.cancelled", None) in crm.activities()
    crm.clock.pass_by(days=8)
    run_jobs(crm)
    assert users(crm) == ["ada@example.com"]


def test_cancelling_nothing_is_no_error(crm: Site, ada: Browser) -> None:
    assert ada("POST", DELETE, {"cancel": True}).json() == {"status": "cancelled"}
    assert "erasure.cancelled" not in [action for _, action, _ in crm.activities()]


def test_keys_stop_until_the_erasure_is_cancelled(crm: Site, ada: Browser) -> None:
    key = key_of(crm, ada)
    client = crm.browser()
    assert client("GET", PENDING, headers=key).json() == {"items": []}
    refused = client("POST", DELETE, {"confirm": True}, headers=key)
    assert (refused.status, refused.json()["code"]) == (401, "UNAUTHORIZED"), "a leaked key erases nobody"
    ada("POST", DELETE, {"confirm": True})
    stopped = client("GET", PENDING, headers=key)
    assert (stopped.status, stopped.json()["code"]) == (401, "INVALID_REFERENCE_ID_FROM_API_KEY")
    ada.sign_in()
    ada("POST", DELETE, {"cancel": True})
    assert client("GET", PENDING, headers=key).status == 200


def test_a_bearer_needs_no_origin(crm: Site, ada: Browser) -> None:
    headers = {"authorization": f"Bearer {ada.token}"}
    answer = crm.client("POST", DELETE, {"confirm": True}, headers=headers)
    assert answer.status == 202


def test_the_last_administrator_stays(crm: Site) -> None:
    root = crm.admin()
    answer = root("POST", DELETE, {"confirm": True})
    assert (answer.status, answer.json()["code"]) == (409, "CONFLICT")
    assert answer.json()["message"] == "The last administrator cannot be removed."
    assert root.session is not None
    assert crm.letters.sent == []


def test_of_two_administrators_who_go_at_once_one_stays(crm: Site) -> None:
    root, other = crm.admin(), crm.browser()
    other.sign_up("second@example.com")
    crm.promote("second@example.com")
    bearers = [{"authorization": f"Bearer {browser.token}"} for browser in (root, other)]
    answers = crm.client.together(*(("POST", DELETE, {"confirm": True}, each) for each in bearers))
    assert sorted(answer.status for answer in answers) == [202, 409]


def test_what_is_due_is_erased_and_nothing_else(crm: Site, ada: Browser) -> None:
    grace = crm.browser()
    grace.sign_up("grace@example.com")
    ada("POST", DELETE, {"confirm": True})
    crm.clock.pass_by(days=1)
    grace("POST", DELETE, {"confirm": True})
    crm.clock.pass_by(days=6, seconds=-1)
    run_jobs(crm)
    assert users(crm) == ["ada@example.com", "grace@example.com"]
    crm.clock.pass_by(hours=1)
    run_jobs(crm)
    assert users(crm) == ["grace@example.com"]
    assert ("system", "erasure.completed", None) in crm.activities()
    assert crm.sql('SELECT count(*) FROM "account"') == [(1,)]
    assert ada.sign_in().status == 401


def test_whoever_has_become_the_last_administrator_is_skipped_and_logged(
    crm: Site, ada: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    root = crm.admin()
    other = crm.browser()
    other.sign_up("second@example.com")
    crm.promote("second@example.com")
    ada("POST", DELETE, {"confirm": True})
    root("POST", DELETE, {"confirm": True})
    crm.sql("UPDATE \"user\" SET role = 'member' WHERE email = 'second@example.com'")
    crm.clock.pass_by(days=8)
    with caplog.at_level(logging.WARNING):
        run_jobs(crm)
    assert users(crm) == ["root@example.com", "second@example.com"], "the others have no part in it"
    (record,) = [each for each in caplog.records if each.name == "tabularium.identity"]
    assert "last administrator" in record.getMessage()
    assert "@" not in record.getMessage()
    crm.promote("second@example.com")
    crm.clock.pass_by(hours=1)
    run_jobs(crm)
    assert users(crm) == ["second@example.com"]


def test_one_account_that_cannot_be_erased_does_not_hold_up_the_others(
    crm: Site, ada: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    grace = crm.browser()
    grace.sign_up("grace@example.com")
    bad = ada.session["user"]["id"]
    ada("POST", DELETE, {"confirm": True})
    grace("POST", DELETE, {"confirm": True})
    forget = type(crm.auth.authored).forget

    async def failing(self: Any, transaction: Any, user_id: str, now: str, **how: Any) -> None:
        if user_id == bad:
            raise RuntimeError("ada@example.com")
        await forget(self, transaction, user_id, now, **how)

    monkeypatch.setattr(type(crm.auth.authored), "forget", failing)
    crm.clock.pass_by(days=8)
    run_jobs(crm)
    assert users(crm) == ["ada@example.com"]
    assert "ada@example.com" not in caplog.text
    assert crm.sql("SELECT last_success FROM _job WHERE name = 'erasures'") == [(None,)]
