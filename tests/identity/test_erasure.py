"""What goes with a user who is erased, and what stays without their name."""

from __future__ import annotations

from typing import Any

import pytest

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import (
    ACCOUNT,
    API_KEY,
    ERASURE,
    SESSION,
    TABLES,
    TOTP_STEP,
    TWO_FACTOR,
    USER,
    VERIFICATION,
    IdentityTable,
)
from tabularium.identity.erasure import erase
from tests.support.auth import Site

NOW, LATER = "2026-03-01T09:00:00.000Z", "2026-03-08T09:00:00.000Z"
TIMES = {"createdAt": NOW, "updatedAt": NOW}


def person(user_id: str, email: str) -> dict[str, Any]:
    return {"id": user_id, "name": f"Name of {user_id}", "email": email, "emailVerified": True, **TIMES}


def belongings(user_id: str) -> list[tuple[IdentityTable, dict[str, Any]]]:
    """Return a row of every table that belongs to a user."""
    session = {"id": f"s-{user_id}", "token": f"t-{user_id}", "userId": user_id, "expiresAt": LATER, **TIMES}
    account = {"id": f"a-{user_id}", "accountId": user_id, "providerId": "credential", "userId": user_id, **TIMES}
    return [
        (SESSION, session),
        (ACCOUNT, account),
        (API_KEY, {"id": f"k-{user_id}", "referenceId": user_id, "key": f"h-{user_id}", **TIMES}),
        (TWO_FACTOR, {"id": f"f-{user_id}", "secret": "x", "backupCodes": "y", "userId": user_id}),
        (TOTP_STEP, {"userId": user_id, "step": 7}),
        (ERASURE, {"userId": user_id, "requestedAt": NOW, "scheduledAt": LATER}),
    ]


def one_time_rows(user_id: str, email: str) -> dict[str, str]:
    """Return the values of one-time rows of a user, by identifier."""
    return {
        f"reset-password:{user_id}": user_id,
        f"delete-account-{user_id}": user_id,
        f"2fa-challenge-{user_id}": user_id,
        f"2fa-attempts-{user_id}": "3",
        f"2fa-otp-{user_id}": "123456:0",
        f"2fa-otp-{user_id}!session": "123456:0",
        f"trust-device-{user_id}": user_id,
        f"sign-in-otp-{email}": "code:0",
        f"forget-password-otp-{email}": "code:0",
        f"change-email-otp-{email}-new@example.com": "code:0",
        f"magic-link-of-{user_id}": f'{{"email":"{email}","name":"x"}}',
        f"state-of-{user_id}": f'{{"link":{{"userId":"{user_id}","email":"{email}"}}}}',
    }


@pytest.fixture
def people(crm: Site) -> Site:
    """A database with two users whose addresses are much alike, and with all that may be theirs."""

    async def fill(session: Session) -> None:
        for user_id, email in (("ada", "a_b@example.com"), ("eve", "axb@example.com.org")):
            await rows.insert(session, USER, person(user_id, email))
            for table, values in belongings(user_id):
                await rows.insert(session, table, values)
            for identifier, value in one_time_rows(user_id, email).items():
                row = {"id": identifier, "identifier": identifier, "value": value, "expiresAt": LATER, **TIMES}
                await rows.insert(session, VERIFICATION, row)

    crm.write(fill)
    crm.sql("UPDATE \"user\" SET email = 'xa_b@example.com' WHERE id = 'eve'")
    return crm


def erase_user(site: Site, user_id: str) -> None:
    async def work(session: Session) -> None:
        user = await rows.find(session, USER, {"id": user_id})
        assert user is not None
        await erase(session, site.auth, user, NOW)

    site.write(work)


def contents(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    return {table.name: site.sql(f'SELECT * FROM "{table.name}" ORDER BY 1') for table in TABLES}


def test_all_that_is_theirs_goes_and_nothing_of_others(people: Site) -> None:
    before = contents(people)
    erase_user(people, "ada")
    after = contents(people)
    for table in TABLES:
        kept = [row for row in before[table.name] if "eve" in str(row) or "admin-bootstrap" in str(row)]
        if table is VERIFICATION:
            kept = [row for row in before[table.name] if "ada" not in str(row) and "a_b@" not in str(row)]
        assert after[table.name] == kept, table.name
    assert len(after["verification"]) == len(one_time_rows("eve", "")) + 1


def test_sessions_in_which_they_acted_as_others_go(people: Site) -> None:
    people.sql("UPDATE session SET \"impersonatedBy\" = 'ada' WHERE \"userId\" = 'eve'")
    erase_user(people, "ada")
    assert people.sql("SELECT count(*) FROM session") == [(0,)]
    assert people.sql('SELECT id FROM "user"') == [("eve",)]


def test_entries_of_the_log_stay_without_a_name(crm: Site) -> None:
    root, ada = crm.admin(), crm.browser()
    user = ada.sign_up()
    ada.post("/update-user", name="Countess")
    crm.sql("UPDATE _activity SET ip = '192.0.2.7', user_agent = 'Firefox', impersonated_by = ?1", user["id"])
    crm.sql(
        "INSERT INTO _activity (id, created_at, category, action, table_name, record_id, user_id, user_name) "
        "VALUES ('1', ?1, 'admin', 'user.updated', '_auth', ?2, 'root', 'Root')",
        NOW,
        user["id"],
    )
    count = len(crm.activities())
    assert root.session["user"]["id"]
    erase_user(crm, user["id"])
    assert len(crm.activities()) == count
    text = str(crm.sql("SELECT * FROM _activity WHERE record_id IS NULL"))
    assert text.count("Deleted user") == 3, "that they signed up, signed in and changed their name"
    assert "'Root'" in text, "what others did to them"
    for each in ("Countess", "Ada", "ada@example.com", "192.0.2.7", "Firefox", user["id"]):
        assert each not in text
    assert user["id"] not in str(crm.sql("SELECT * FROM _activity"))
    assert "192.0.2.7" in str(crm.sql("SELECT * FROM _activity")), "entries of others are whole"


def test_what_is_noted_beside_loses_the_name_as_well(crm: Site) -> None:
    ada = crm.browser()
    user = ada.sign_up()
    ada.post("/delete-user")
    entry = crm.sql("SELECT category, user_id, user_name, user_email, record_id FROM _activity ORDER BY id DESC")[0]
    assert entry == ("auth", None, "Deleted user", None, None)
    assert user["id"] not in str(crm.sql("SELECT * FROM _activity"))


def test_nothing_is_half_done(people: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(people)

    async def failing(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("tabularium.db.activity.forget_person", failing)
    with pytest.raises(RuntimeError):
        erase_user(people, "ada")
    assert contents(people) == before


@pytest.mark.parametrize(("setting", "deletes"), [("keep", False), ("delete", True)])
def test_the_application_says_what_becomes_of_records(
    opened: Any, monkeypatch: pytest.MonkeyPatch, setting: str, deletes: bool
) -> None:
    site = opened({"strategies": [{"type": "emailAndPassword"}], "deleteUser": {"authoredContent": setting}})
    asked: list[tuple[str, bool]] = []

    async def forget(self: Any, transaction: Session, user_id: str, now: str, *, deletes: bool, **_: Any) -> None:
        asked.append((user_id, deletes))

    monkeypatch.setattr(type(site.auth.authored), "forget", forget)
    ada = site.browser()
    user = ada.sign_up()
    ada.post("/delete-user")
    assert asked == [(user["id"], deletes)]
