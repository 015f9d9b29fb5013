"""What has to be settled before the first request: the secret is that of the database, and who administers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import sqlalchemy

from tabularium.clock import Clock, instant_text
from tabularium.db.activity import SYSTEM, Entry, write
from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT, USER, VERIFICATION
from tabularium.db.system_tables import Secret, statement, system_tables_exist
from tabularium.identity import addresses, passwords, users
from tabularium.identity.context import Authentication
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import Secrets, hashed, new_id, random_text
from tabularium.schema.auth_options import ADMIN, AuthOptions
from tabularium.settings import FirstAdmin

BOOTSTRAP: Final = "admin-bootstrap"
"""The identifier of the row that holds the hash of the one-time token."""
BOOTSTRAP_SECONDS: Final = 3600
_BOOTSTRAP_LENGTH: Final = 64
_HEX: Final = "0123456789abcdef"
_FINGERPRINT: Final = "auth"
_SECRETS: Final[sqlalchemy.Table] = Secret.__table__  # type: ignore[attr-defined]  # SQLModel adds it


class StartRefused(Exception):
    """The server must not start like this. The message says why and what to do."""


class ForeignSecret(StartRefused):
    """`AUTH_SECRET` is not the secret that this database was used with."""


@dataclass(frozen=True, slots=True)
class Started:
    """What a person should read at start."""

    notes: tuple[str, ...]
    bootstrap_token: str | None = None
    """With it the first administrator is made; `None` where there is one."""


async def start(auth: Authentication, admin: FirstAdmin | None) -> Started:
    """Settle what has to be settled. Raises `StartRefused`."""
    await auth.database.write(lambda session: _remember_secret(session, auth.secrets))
    notes = list(await auth.database.read(lambda session: _unknown_roles(session, auth.options)))
    if await auth.database.read(lambda session: has_admin(session)):
        return Started(tuple(notes))
    if admin is not None:
        notes.append(await _make_first_admin(auth, admin))
        return Started(tuple(notes))
    token = random_text(_BOOTSTRAP_LENGTH, _HEX)
    await auth.database.write(lambda session: _store_bootstrap(session, auth, token))
    return Started(tuple(notes), token)


# The secret -----------------------------------------------------------------------------------------------------------


async def check_secret(session: Session, secrets: Secrets) -> None:
    """Raise `ForeignSecret` where the database remembers another secret. Before a migration, so that none is done."""
    if await system_tables_exist(session):
        await _known_fingerprint(session, secrets)


async def _known_fingerprint(session: Session, secrets: Secrets) -> str | None:
    """Return what the database remembers of its secret, which must be one of these; `None` where it has had none."""
    row = await session.fetch_one(
        *statement(sqlalchemy.select(_SECRETS.c.value).where(_SECRETS.c.name == _FINGERPRINT), session.dialect)
    )
    if row is not None and row[0] not in secrets.fingerprints():
        raise ForeignSecret(
            "AUTH_SECRET is not the secret of this database: sessions, second factors and tokens of providers would be "
            "lost. Set the former one, or both as NEW,OLD to change it."
        )
    return None if row is None else str(row[0])


async def _remember_secret(session: Session, secrets: Secrets) -> None:
    """Have the database remember the secret that signs now."""
    known, current = await _known_fingerprint(session, secrets), secrets.fingerprints()[0]
    if known is None:
        made = sqlalchemy.insert(_SECRETS).values(name=_FINGERPRINT, value=current)
        await session.execute(*statement(made, session.dialect))
    elif known != current:
        changed = sqlalchemy.update(_SECRETS).where(_SECRETS.c.name == _FINGERPRINT).values(value=current)
        await session.execute(*statement(changed, session.dialect))


# Roles and administrators ---------------------------------------------------------------------------------------------


async def _unknown_roles(session: Session, options: AuthOptions) -> tuple[str, ...]:
    quote = session.dialect.quote
    sql = f"SELECT {quote('role')}, count(*) FROM {quote('user')} WHERE {quote('role')} IS NOT NULL GROUP BY 1"
    unknown = 0
    for role, number in await session.fetch_all(sql, heavy=True):
        if any(name.strip() not in options.roles for name in str(role).split(",")):
            unknown += int(number)
    if not unknown:
        return ()
    return (f"{unknown} users have a role that the application does not know; it gives them no more than signing in",)


async def admins(session: Session, options: AuthOptions) -> list[Found]:
    """Return the administrators who can act: not banned, and not about to be erased."""
    quote = session.dialect.quote
    sql = (
        f"SELECT {rows.columns_sql(session.dialect, USER, 'u')} FROM {quote('user')} u "
        f"LEFT JOIN _erasure e ON e.{quote('userId')} = u.{quote('id')} "
        f"WHERE u.{quote('role')} LIKE '%{ADMIN}%' AND e.{quote('userId')} IS NULL"
    )
    found = [rows.decoded(session.dialect, USER, row) for row in await session.fetch_all(sql)]
    return [user for user in found if users.is_admin(user, options) and not user["banned"]]


async def has_admin(session: Session) -> bool:
    """Say whether there is an administrator, banned or not."""
    quote = session.dialect.quote
    sql = f"SELECT {quote('role')} FROM {quote('user')} WHERE {quote('role')} LIKE '%{ADMIN}%'"
    found = await session.fetch_all(sql)
    return any(ADMIN in (name.strip() for name in str(row[0]).split(",")) for row in found)


async def _make_first_admin(auth: Authentication, admin: FirstAdmin) -> str:
    try:
        passwords.check_new(admin.password, auth.options.password)
    except AuthRefused as refusal:
        raise StartRefused(f"AUTH_ADMIN_PASSWORD: {refusal.message}.") from None
    if not addresses.is_storable(admin.email):
        raise StartRefused("AUTH_ADMIN_EMAIL is no e-mail address.")
    stored = await auth.hasher.hash(admin.password)
    try:
        await auth.database.write(
            lambda session: make_first_admin(session, auth.clock, admin.email, admin.name, stored)
        )
    except UniqueViolation:
        if await auth.database.read(lambda session: has_admin(session)):
            return "The first administrator was made by another process."
        raise StartRefused(
            "AUTH_ADMIN_EMAIL is the address of an ordinary user. Name another address, or promote that user: "
            "tabularium admin create EMAIL"
        ) from None
    return "The first administrator was made, from AUTH_ADMIN_EMAIL."


async def make_first_admin(
    session: Session, clock: Clock, email: str, name: str, stored: str, request_id: str | None = None
) -> str:
    """Store the first administrator, with the hash of a password, and return the id. Raises `UniqueViolation`."""
    now = instant_text(clock.now())
    user_id = await store_admin(session, now, email, name, stored)
    entry = Entry(
        category="system",
        action="admin.bootstrapped",
        created_at=now,
        table_name=SYSTEM,
        record_id=user_id,
        request_id=request_id,
    )
    await write(session, entry)
    return user_id


async def store_admin(session: Session, now: str, email: str, name: str, stored: str) -> str:
    """Store an administrator, verified, with the hash of a password, and return the id. Raises `UniqueViolation`."""
    user_id = new_id()
    user = {
        "id": user_id,
        "name": name,
        "email": addresses.lowered(email),
        "emailVerified": True,
        "createdAt": now,
        "updatedAt": now,
        "role": ADMIN,
        "banned": False,
        "twoFactorEnabled": False,
    }
    account = {
        "id": new_id(),
        "accountId": user_id,
        "providerId": users.CREDENTIAL,
        "userId": user_id,
        "password": stored,
        "createdAt": now,
        "updatedAt": now,
    }
    await rows.insert(session, USER, user)
    await rows.insert(session, ACCOUNT, account)
    return user_id


async def _store_bootstrap(session: Session, auth: Authentication, token: str) -> None:
    """Store the hash of a new one-time token. Those of former starts hold until they expire: nodes start together."""
    moment = auth.clock.now()
    row = {
        "id": new_id(),
        "identifier": BOOTSTRAP,
        "value": hashed(token),
        "expiresAt": instant_text(moment + timedelta(seconds=BOOTSTRAP_SECONDS)),
        "createdAt": instant_text(moment),
        "updatedAt": instant_text(moment),
    }
    await rows.insert(session, VERIFICATION, row)
