"""A database of Better Auth is adopted as it is: users, sessions, passwords, second factors, devices and keys go on."""

from __future__ import annotations

import base64
from typing import Any

import pyotp
import pytest

from tests.identity.conftest import Open
from tests.support import better_auth_database as former
from tests.support.auth import PASSWORDS, Browser, Settings, Site

COST = 16_384
"""What Better Auth's hashes cost, and ours in earnest."""
ADOPTING: dict[str, Any] = {**PASSWORDS, "roles": [{"name": "user"}], "defaultRole": "user", "twoFactor": True}
LATER = "2026-03-05T12:00:00.000Z"
RECORDS = "/api/tables/notes/records"


@pytest.fixture
def adopted(database_url: str, opened_on: Open) -> Site:
    """The application on a database that Better Auth was used with until now."""
    former.make(database_url)
    return opened_on(ADOPTING, cost=COST)


def browser_with(site: Site, **cookies: str) -> Browser:
    browser = site.browser()
    browser.cookies = {f"better-auth.{name}": value for name, value in cookies.items()}
    return browser


def indexes(site: Site) -> set[str]:
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
        "postgresql": "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public'",
    }
    return {str(row[0]) for row in site.sql(sql[site.auth.database.dialect.name])}


# Going on -------------------------------------------------------------------------------------------------------------


def test_a_password_signs_in(adopted: Site) -> None:
    browser = adopted.browser()
    assert browser.sign_in(password="wrong-horse-1").status == 401
    answer = browser.sign_in(password=former.PASSWORD)
    assert answer.status == 200
    user = answer.json()["user"]
    assert (user["id"], user["name"], user["role"]) == ("ada-id", "Ada", "user")
    assert (user["createdAt"], user["updatedAt"]) == ("2025-11-02T10:11:12.345Z", "2026-01-15T16:17:18.900Z")
    assert browser("GET", RECORDS).status == 200


def test_a_live_session_goes_on_and_an_expired_one_is_over(adopted: Site) -> None:
    browser = browser_with(adopted, session_token=former.signed(former.LIVE_TOKEN))
    session = browser.session["session"]
    assert (session["token"], session["ipAddress"]) == (former.LIVE_TOKEN, "192.0.2.7")
    assert browser("GET", RECORDS).status == 200
    expired = browser_with(adopted, session_token=former.signed(former.EXPIRED_TOKEN))
    assert expired.session is None
    assert expired.cookies == {}
    forged = browser_with(adopted, session_token=former.signed(former.LIVE_TOKEN).replace(former.LIVE_TOKEN, "x"))
    assert forged.session is None


def test_a_key_works_and_is_held_to_its_limits(adopted: Site) -> None:
    program = adopted.browser()
    answers = [program("GET", RECORDS, headers={"x-api-key": former.API_KEY}) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert program("GET", RECORDS, headers={"x-api-key": f"{former.API_KEY}x"}).status == 401


def test_the_administrator_is_known(adopted: Site) -> None:
    assert adopted.opened["started"].bootstrap_token is None


# The second factor, and tokens of providers ---------------------------------------------------------------------------


def challenged(site: Site) -> Browser:
    browser = site.browser()
    answer = browser.sign_in("grace@example.com", former.PASSWORD)
    assert answer.json() == {"twoFactorRedirect": True, "twoFactorMethods": ["totp", "otp"]}
    return browser


def test_an_authenticator_app_goes_on(adopted: Site) -> None:
    key = base64.b32encode(former.TOTP_SECRET.encode()).decode().rstrip("=")
    code = pyotp.TOTP(key).at(adopted.clock.now())
    browser = challenged(adopted)
    assert browser.post("/two-factor/verify-totp", code=code).json()["user"]["id"] == "grace-id"
    assert browser.session["user"]["twoFactorEnabled"] is True


def test_backup_codes_go_on_and_are_spent(adopted: Site) -> None:
    first, second = former.BACKUP_CODES
    statuses = [
        challenged(adopted).post("/two-factor/verify-backup-code", code=code).status for code in (first, first, second)
    ]
    assert statuses == [200, 401, 200]


def test_a_trusted_device_goes_on(adopted: Site) -> None:
    browser = browser_with(adopted, trust_device=former.trusted_device("grace-id"))
    assert browser.sign_in("grace@example.com", former.PASSWORD).json()["user"]["id"] == "grace-id"
    assert browser.cookie("trust_device") not in (None, former.trusted_device("grace-id"))


@pytest.mark.parametrize("name", ["ada", "grace"])
def test_tokens_of_providers_are_read_whether_they_are_encrypted_or_not(
    database_url: str, opened_on: Open, name: str
) -> None:
    former.make(database_url, [*former.ROWS, former.session("SessionTokenOf32CharactersForAll", LATER, name)])
    strategies = [*PASSWORDS["strategies"], {"type": "oauth", "providers": ["google"]}]
    settings = Settings(credentials={"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "secret"})
    site = opened_on({**ADOPTING, "strategies": strategies}, settings=settings)
    browser = browser_with(site, session_token=former.signed("SessionTokenOf32CharactersForAll"))
    answer = browser.post("/get-access-token", providerId="google")
    assert answer.json()["accessToken"] == former.ACCESS_TOKEN


# Roles ----------------------------------------------------------------------------------------------------------------


def test_an_unknown_role_gives_no_more_than_being_signed_in(adopted: Site) -> None:
    notes = adopted.opened["started"].notes
    assert [note.partition(";")[0] for note in notes] == ["1 users have a role that the application does not know"]
    browser = adopted.browser()
    assert browser.sign_in("carl@example.com", former.PASSWORD).status == 200
    assert browser.session["user"]["role"] == "owner"
    assert browser("GET", RECORDS).status == 404


def test_whoever_signs_up_after_the_adoption_has_the_ordinary_role(adopted: Site) -> None:
    assert adopted.browser().sign_up("new@example.com")["role"] == "user"


# The migration --------------------------------------------------------------------------------------------------------


def test_the_migration_changes_no_row(database_url: str, opened_on: Open) -> None:
    former.make(database_url)
    before = former.stored(database_url)
    assert all(before.values())
    for _ in range(2):
        opened_on(ADOPTING)
        assert former.stored(database_url) == before


def test_what_plugins_would_have_added_is_added_and_no_row_is_changed(database_url: str, opened_on: Open) -> None:
    rows = (former.user("ada"), former.account("ada"), former.session(former.LIVE_TOKEN, LATER))
    former.make(database_url, rows, with_plugins=False)
    site = opened_on(ADOPTING, cost=COST)
    after = former.stored(database_url)
    added = {
        "user": ("role", "banned", "banReason", "banExpires", "twoFactorEnabled"),
        "session": ("impersonatedBy",),
    }
    for table, row in rows:
        (kept,) = after[table]
        kept = {name: value for name, value in kept.items() if value is not None}
        assert set(kept) == set(row)
        assert {name: kept[name] for name in row if isinstance(row[name], str) and "At" not in name} == {
            name: value for name, value in row.items() if isinstance(value, str) and "At" not in name
        }
        assert set(added.get(table, ())).isdisjoint(kept)
    assert {"ux_account_providerId_accountId", "ix_verification_expiresAt", "ix_apikey_key"} <= indexes(site)
    browser = site.browser()
    user = browser.sign_in(password=former.PASSWORD).json()["user"]
    assert (user["role"], user["banned"], user["twoFactorEnabled"]) == ("user", False, False)
    assert browser_with(site, session_token=former.signed(former.LIVE_TOKEN)).session["user"]["id"] == "ada-id"


def test_duplicates_are_told_and_their_index_is_left_out(database_url: str, opened_on: Open) -> None:
    twice = [former.account(name, "google", accountId="4711") for name in ("ada", "grace")]
    former.make(database_url, (former.user("ada"), former.user("grace"), former.account("ada"), *twice))
    before = former.stored(database_url)
    site = opened_on(ADOPTING, cost=COST)
    told = "account: several rows have the same providerId and accountId; the unique index is left out"
    assert site.opened["migrated"].notes == (told,)
    assert "ux_account_providerId_accountId" not in indexes(site)
    # What the database has already is not made once more.
    assert not {"ux_user_email", "ux_session_token", "ix_account_userId"} & indexes(site)
    assert former.stored(database_url)["account"] == before["account"]
    assert site.browser().sign_in(password=former.PASSWORD).status == 200
