"""What must have happened before an operation of accounts can succeed: a mail was sent, a second factor set up.

Each function returns what the request then needs: properties of its body, or parameters of its query or path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from server.dashboard import load_dashboard_assets
from tabularium.db.database import Session
from tabularium.ids import uuid7
from tests.access.matrix.callers import PASSWORD, SOMEBODY, Caller, House, Person
from tests.support.asgi import Answer
from tests.support.two_factor import App

NEWCOMER = "new@example.com"
Preparation = Callable[[House, Caller], dict[str, Any]]


def _ask(house: House, person: Person, path: str, **body: Any) -> Answer:
    answer = house.as_person(person)("POST", f"/api/auth{path}", body)
    assert answer.status == 200, (path, answer.body)
    return answer


def _token(house: House) -> str:
    """Return the token of the link in the last mail."""
    parts = urlsplit(house.site.link())
    return parse_qs(parts.query).get("token", [parts.path.rpartition("/")[2]])[0]


def mailed_link(path: str, **body: Any) -> Preparation:
    """Have a link mailed to the somebody of the examples."""

    def prepare(house: House, caller: Caller) -> dict[str, Any]:
        _ask(house, house.somebody, path, email=SOMEBODY, **body)
        return {"token": _token(house)}

    return prepare


def mailed_code(kind: str) -> Preparation:
    """Have a code mailed to the somebody of the examples."""

    def prepare(house: House, caller: Caller) -> dict[str, Any]:
        _ask(house, house.somebody, "/email-otp/send-verification-otp", email=SOMEBODY, type=kind)
        return {"otp": house.site.last_mail().values["otp"]}

    return prepare


def address_code(house: House, caller: Caller) -> dict[str, Any]:
    """Have a code mailed to the caller's new address."""
    _ask(house, caller.person, "/email-otp/request-email-change", newEmail=NEWCOMER)
    return {"newEmail": NEWCOMER, "otp": house.site.last_mail().values["otp"]}


def deletion_link(house: House, caller: Caller) -> dict[str, Any]:
    """Let the caller ask for the deletion of their account."""
    _ask(house, caller.person, "/delete-user", password=PASSWORD)
    return {"token": _token(house)}


def invitation(house: House, caller: Caller) -> dict[str, Any]:
    """Invite a newcomer."""
    _ask(house, house.admin.person, "/admin/invite-user", email=NEWCOMER, name="New", role="member")
    return {"token": _token(house)}


def second_factor(house: House, caller: Caller) -> dict[str, Any]:
    """Set up the caller's second factor, without the new session that its first code would bring."""
    answer = _ask(house, caller.person, "/two-factor/enable", password=PASSWORD).json()
    house.site.sql('UPDATE "user" SET "twoFactorEnabled" = TRUE WHERE id = ?1', caller.person.id)
    return {"app": App(answer["totpURI"], house.site.clock), "backup": answer["backupCodes"]}


def authenticator_code(house: House, caller: Caller) -> dict[str, Any]:
    """Set up the second factor, and read the app."""
    return {"code": second_factor(house, caller)["app"].code()}


def backup_code(house: House, caller: Caller) -> dict[str, Any]:
    """Set up the second factor, and take a backup code."""
    return {"code": second_factor(house, caller)["backup"][0]}


def factor_only(house: House, caller: Caller) -> dict[str, Any]:
    """Set up the second factor, of which the request needs nothing."""
    second_factor(house, caller)
    return {}


def mailed_factor(house: House, caller: Caller) -> dict[str, Any]:
    """Have a code of the second factor mailed to the caller."""
    _ask(house, caller.person, "/two-factor/send-otp")
    return {"code": house.site.last_mail().values["otp"]}


def linked_account(house: House, caller: Caller) -> dict[str, Any]:
    """Give the caller an account of a provider beside the password."""
    house.site.sql(
        'INSERT INTO account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt", "accessToken") '
        "SELECT 'linked', '4711', 'google', \"userId\", \"createdAt\", \"updatedAt\", 'granted' "
        'FROM account WHERE "userId" = ?1',
        caller.person.id,
    )
    return {}


def dashboard_asset(house: House, caller: Caller) -> dict[str, Any]:
    """Find a file that the dashboard names."""
    return {"asset": next(iter(load_dashboard_assets().by_name))}


def page_asset(house: House, caller: Caller) -> dict[str, Any]:
    """Find a file that the explorer's page names."""
    page = house.site.client("GET", "/docs").body.decode()
    return {"asset": page.partition("/docs/assets/")[2].partition('"')[0]}


def logged_entry(house: House, caller: Caller) -> dict[str, Any]:
    """Find an entry of the activity log."""
    return {"activityId": house.site.sql("SELECT min(id) FROM _activity")[0][0]}


def own_comment(house: House, caller: Caller, table: str, record_id: str) -> str:
    """Have the caller commented on a record, whether or not they may."""
    comment_id = str(uuid7())
    table_id = house.site.opened["migrated"].schema.table(table).id
    columns = "id, table_id, record_id, user_id, content, status, created_at, updated_at, number, version"
    at, user_id = "2026-03-01T09:00:00.000Z", None if caller.name == "anonymous" else caller.person.id
    values = (comment_id, table_id, record_id, user_id, "before", "approved", at, at, 1, 1)

    async def work(session: Session) -> None:
        marks = ", ".join(session.dialect.placeholder(number) for number in range(1, len(values) + 1))
        await session.execute(f"INSERT INTO _comment ({columns}) VALUES ({marks})", values)

    house.site.write(work)
    return comment_id
