from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tabularium.identity.secrets import Secrets
from tabularium.identity.start import ForeignSecret, StartRefused, start
from tabularium.settings import FirstAdmin
from tests.support.auth import SECRET, Site

ROOT = FirstAdmin("Root@example.com", "correct-horse-1", "Root")


def started(site: Site, admin: FirstAdmin | None = None) -> Any:
    return site.client.run(start(site.auth, admin))


def test_without_an_administrator_a_one_time_token_is_made_at_each_start(crm: Site) -> None:
    first, second = crm.opened["started"].bootstrap_token, started(crm).bootstrap_token
    assert len(first) == 64
    assert first != second
    rows = crm.sql("SELECT identifier, value FROM verification")
    assert {row[0] for row in rows} == {"admin-bootstrap"}
    assert first not in str(rows)


def test_the_environment_makes_the_first_administrator_once(crm: Site) -> None:
    result = started(crm, ROOT)
    assert (result.bootstrap_token, result.notes) == (
        None,
        ("The first administrator was made, from AUTH_ADMIN_EMAIL.",),
    )
    user = crm.browser().sign_in("root@example.com").json()["user"]
    assert (user["role"], user["emailVerified"], user["name"]) == ("admin", True, "Root")
    assert started(crm, FirstAdmin("other@example.com", "correct-horse-1")).notes == ()
    assert crm.sql('SELECT count(*) FROM "user"') == [(1,)]
    assert ("system", "admin.bootstrapped", None) in crm.activities()


@pytest.mark.parametrize(
    ("admin", "message"),
    [
        (FirstAdmin("root", "correct-horse-1"), "AUTH_ADMIN_EMAIL is no e-mail address"),
        (FirstAdmin("root@example.com", "short"), "AUTH_ADMIN_PASSWORD: Password too short"),
        (FirstAdmin("ada@example.com", "correct-horse-1"), "the address of an ordinary user"),
    ],
)
def test_a_first_administrator_that_cannot_be_made_stops_the_start(crm: Site, admin: FirstAdmin, message: str) -> None:
    crm.browser().sign_up()
    with pytest.raises(StartRefused, match=message):
        started(crm, admin)


def test_an_ordinary_sign_up_never_makes_an_administrator(crm: Site) -> None:
    assert crm.browser().sign_up()["role"] == "member"
    assert started(crm).bootstrap_token is not None


def test_a_database_keeps_to_its_secret(crm: Site) -> None:
    def started_with(*secrets: str) -> None:
        crm.client.run(start(replace(crm.auth, secrets=Secrets(secrets)), None))

    other = "f" * 32
    with pytest.raises(ForeignSecret, match="AUTH_SECRET is not the secret of this database"):
        started_with(other)
    started_with(other, SECRET)
    started_with(other)
    with pytest.raises(ForeignSecret):
        started_with(SECRET)


def test_roles_that_the_application_does_not_know_are_counted(crm: Site) -> None:
    crm.browser().sign_up()
    crm.sql("UPDATE \"user\" SET role = 'member,owner'")
    assert started(crm).notes[0].startswith("1 users have a role that the application does not know")


def test_unknown_roles_give_no_more_than_being_signed_in(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    crm.sql("UPDATE \"user\" SET role = 'owner'")
    assert browser.session["user"]["role"] == "owner"
    assert browser("GET", "/api/tables/notes/records").status == 404
    crm.sql('UPDATE "user" SET role = NULL')
    assert browser("GET", "/api/tables/notes/records").status == 200


def test_two_processes_that_start_at_once_make_one_administrator(crm: Site) -> None:
    async def both() -> list[Any]:
        return await asyncio.gather(*(start(crm.auth, ROOT) for _ in range(3)))

    results = crm.client.run(both())
    assert [result.bootstrap_token for result in results] == [None] * 3
    assert crm.sql("SELECT count(*) FROM account") == [(1,)]


def test_the_tables_are_those_of_better_auth(crm: Site) -> None:
    columns = {
        "user": "id name email emailVerified image createdAt updatedAt role banned banReason banExpires twoFactorEnabled",
        "session": "id expiresAt token createdAt updatedAt ipAddress userAgent userId impersonatedBy",
        "verification": "id identifier value expiresAt createdAt updatedAt",
        "twoFactor": "id secret backupCodes userId verified failedVerificationCount lockedUntil",
    }
    for table, names in columns.items():
        if crm.auth.database.dialect.name == "sqlite":
            found = [row[0] for row in crm.sql(f"SELECT name FROM pragma_table_info('{table}')")]
        else:
            found = [
                row[0]
                for row in crm.sql(
                    f"SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position"
                )
            ]
        assert found == names.split()
