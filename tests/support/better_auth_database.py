"""A database as Better Auth leaves it behind: the tables that its command line makes, and rows with known secrets.

The tables are those that `better-auth` 1.6.33 prints for the plugins admin, two-factor and api-key. Hashes and encrypted
values were made by it, under the secret `tests.support.auth.SECRET`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from tabularium.db.connect import open_database
from tabularium.db.database import Row, Session
from tests.support.auth import SECRET

PASSWORD: Final = "correct-horse-1"
PASSWORD_HASH: Final = (
    "50b32412a4a9ad8cad957ad1a654ba21:c8451b1c799f3478ae32fa8b3a4745168099583d2b1a58ad9ae8ffb76b9f413c"
    "07dbe0012f1430602e1849c6e98b8ad768b25480912cfd989e2ab0a577fb2226"
)
TOTP_SECRET: Final = "wA9_-fixedTotpSecretOf32Letters_x"
_ENCRYPTED_TOTP_SECRET: Final = (
    "9f33ef2330b38cd9024feb266af81c33d257e149fbbb3ba0b7e43a8500cae11a979aca411459ddadef8a2bd4dce4368d"
    "416116c32f990d035da3141e4440331913aa5f82c50726a257"
)
BACKUP_CODES: Final = ("aB3dE-fG4hJ", "kL5mN-pQ6rS")
_ENCRYPTED_BACKUP_CODES: Final = (
    "c89d189ee855cbe2cf26cfb36eda5ecb04a681f5b4fd6356b3d4caaa9d400c4e3fbf4e6cf386304fa6604344f36737f1"
    "bb6ee30b258fe52a058eade126ca7c3584ab5ce7b0"
)
API_KEY: Final = f"KeyOfTheFormerProgram{'x' * 43}"
_API_KEY_HASH: Final = "aHmEYhe0uyjT1uih1xS_l37UzN9su7vmGrNAJ2wfRiA"
ACCESS_TOKEN: Final = "ya29.access-token"
_ENCRYPTED_ACCESS_TOKEN: Final = (
    "3e2d6695f4da36a275f951ea82ce4d67a0a6e19449b5fd83a5f9b426cad205f7a3f76c5632ad774b053ac3e3bcca2e46c098a8b2161513242a"
)
LIVE_TOKEN: Final = "LiveSessionTokenOf32Characters01"
EXPIRED_TOKEN: Final = "ExpiredSessionTokenOf32Letters01"
TRUSTED_DEVICE: Final = "trust-device-TrustedDeviceOf32Characters00001"

TABLES: Final[Mapping[str, str]] = {
    "user": """"id" text not null primary key, "name" text not null, "email" text not null unique,
        "emailVerified" {boolean} not null, "image" text, "createdAt" {date}{now} not null,
        "updatedAt" {date}{now} not null{admin}{factor}""",
    "session": """"id" text not null primary key, "expiresAt" {date} not null, "token" text not null unique,
        "createdAt" {date}{now} not null, "updatedAt" {date} not null, "ipAddress" text, "userAgent" text,
        "userId" text not null references "user" ("id") on delete cascade{impersonation}""",
    "account": """"id" text not null primary key, "accountId" text not null, "providerId" text not null,
        "userId" text not null references "user" ("id") on delete cascade, "accessToken" text, "refreshToken" text,
        "idToken" text, "accessTokenExpiresAt" {date}, "refreshTokenExpiresAt" {date}, "scope" text, "password" text,
        "createdAt" {date}{now} not null, "updatedAt" {date} not null""",
    "verification": """"id" text not null primary key, "identifier" text not null, "value" text not null,
        "expiresAt" {date} not null, "createdAt" {date}{now} not null, "updatedAt" {date}{now} not null""",
    "twoFactor": """"id" text not null primary key, "secret" text not null, "backupCodes" text not null,
        "userId" text not null references "user" ("id") on delete cascade, "verified" {boolean},
        "failedVerificationCount" integer, "lockedUntil" {date}""",
    "apikey": """"id" text not null primary key, "configId" text not null, "name" text, "start" text,
        "referenceId" text not null, "prefix" text, "key" text not null, "refillInterval" integer,
        "refillAmount" integer, "lastRefillAt" {date}, "enabled" {boolean}, "rateLimitEnabled" {boolean},
        "rateLimitTimeWindow" integer, "rateLimitMax" integer, "requestCount" integer, "remaining" integer,
        "lastRequest" {date}, "expiresAt" {date}, "createdAt" {date} not null, "updatedAt" {date} not null,
        "permissions" text, "metadata" text""",
}
INDEXES: Final = (
    *(("session", "userId"), ("account", "userId"), ("verification", "identifier"), ("twoFactor", "secret")),
    *(("twoFactor", "userId"), ("apikey", "configId"), ("apikey", "referenceId"), ("apikey", "key")),
)
_BY_PLUGINS: Final = {
    "admin": ', "role" text, "banned" {boolean}, "banReason" text, "banExpires" {date}',
    "factor": ', "twoFactorEnabled" {boolean}',
    "impersonation": ', "impersonatedBy" text',
}
OF_PLUGINS: Final = ("twoFactor", "apikey")
_KINDS: Final = {
    "sqlite": {"date": "date", "boolean": "integer", "now": ""},
    "postgresql": {"date": "timestamptz", "boolean": "boolean", "now": " default CURRENT_TIMESTAMP"},
}

_CREATED: Final = {"createdAt": "2025-11-02T10:11:12.345Z", "updatedAt": "2026-01-15T16:17:18.900Z"}


def user(name: str, **columns: Any) -> tuple[str, dict[str, Any]]:
    """Return a user with the address `name`@example.com."""
    known = {"id": f"{name}-id", "name": name.title(), "email": f"{name}@example.com", "emailVerified": True}
    return "user", {**known, **_CREATED, **columns}


def account(name: str, provider: str = "credential", **columns: Any) -> tuple[str, dict[str, Any]]:
    """Return an account of a user: with the password, unless another provider is named."""
    known = {"id": f"{provider}-of-{name}", "accountId": f"{name}-id", "providerId": provider, "userId": f"{name}-id"}
    secret = {"password": PASSWORD_HASH} if provider == "credential" else {}
    return "account", {**known, **secret, **_CREATED, **columns}


def session(token: str, expires: str, name: str = "ada") -> tuple[str, dict[str, Any]]:
    """Return a session of a user."""
    seen = {"ipAddress": "192.0.2.7", "userAgent": "Mozilla/5.0"}
    return "session", {
        "id": f"id-{token}",
        "token": token,
        "userId": f"{name}-id",
        "expiresAt": expires,
        **seen,
        **_CREATED,
    }


def _plugin_rows() -> list[tuple[str, dict[str, Any]]]:
    trusted = {"id": "v1", "identifier": TRUSTED_DEVICE, "value": "grace-id", "expiresAt": "2026-03-20T00:00:00.000Z"}
    factor = {"secret": _ENCRYPTED_TOTP_SECRET, "backupCodes": _ENCRYPTED_BACKUP_CODES, "verified": True}
    limits = {"rateLimitEnabled": True, "rateLimitTimeWindow": 86_400_000, "rateLimitMax": 2, "requestCount": 0}
    key = {"id": "k1", "configId": "default", "start": API_KEY[:6], "key": _API_KEY_HASH, "enabled": True}
    return [
        ("verification", {**trusted, **_CREATED}),
        ("twoFactor", {"id": "f1", "userId": "grace-id", "failedVerificationCount": 0, **factor}),
        ("apikey", {**key, "referenceId": "ada-id", "name": "mine", **limits, **_CREATED}),
    ]


ROWS: Final = (
    user("ada", role="user", banned=False, twoFactorEnabled=False, image="https://images.example/ada.png"),
    user("grace", role="user", banned=False, twoFactorEnabled=True),
    user("carl", role="owner", twoFactorEnabled=None),
    user("root", role="admin", banned=False, twoFactorEnabled=False),
    *(account(name) for name in ("ada", "grace", "carl", "root")),
    account("ada", "google", accountId="4711", accessToken=ACCESS_TOKEN, scope="openid,email"),
    account("grace", "google", accountId="4712", accessToken=_ENCRYPTED_ACCESS_TOKEN, scope="openid,email"),
    session(LIVE_TOKEN, "2026-03-05T12:00:00.000Z"),
    session(EXPIRED_TOKEN, "2026-02-05T12:00:00.000Z"),
    *_plugin_rows(),
)
"""Four users with one password: an ordinary one, one with a second factor, one of a role unknown here, and the root."""


def make(database_url: str, rows: Sequence[tuple[str, Mapping[str, Any]]] = ROWS, *, with_plugins: bool = True) -> None:
    """Make the tables in an empty database, with or without what plugins add, and store rows."""

    async def work(opened: Session) -> None:
        for statement in _statements(opened.dialect.name, with_plugins=with_plugins):
            await opened.execute(statement)
        for table, row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            await opened.execute(f'insert into "{table}" ({names}) values ({", ".join(map(_literal, row.values()))})')

    _run(database_url, work)


def _statements(database: str, *, with_plugins: bool) -> list[str]:
    kinds = _KINDS[database]
    added = {name: text.format(**kinds) if with_plugins else "" for name, text in _BY_PLUGINS.items()}
    tables = {name: text for name, text in TABLES.items() if with_plugins or name not in OF_PLUGINS}
    created = [f'create table "{name}" ({text.format(**kinds, **added)})' for name, text in tables.items()]
    indexes = [f'create index "{t}_{c}_idx" on "{t}" ("{c}")' for t, c in INDEXES if t in tables]
    return created + indexes


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool | int) else f"'{value}'"


def stored(database_url: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row of the six tables as it is stored, by table, and in the order of the ids."""
    found: dict[str, list[dict[str, Any]]] = {}

    async def work(opened: Session) -> None:
        for table in TABLES:
            names = await columns(opened, table)
            listed = ", ".join(f'"{name}"' for name in names)
            rows = await opened.fetch_all(f'select {listed} from "{table}" order by "id"')
            found[table] = [dict(zip(names, row, strict=True)) for row in rows]

    _run(database_url, work)
    return found


async def columns(opened: Session, table: str) -> list[str]:
    """Return the names of a table's columns."""
    sql = (
        f"select name from pragma_table_info('{table}')"
        if opened.dialect.name == "sqlite"
        else f"select column_name::text from information_schema.columns where table_name = '{table}'"
    )
    rows: Sequence[Row] = await opened.fetch_all(sql)
    return [str(row[0]) for row in rows]


def _run(database_url: str, work: Any) -> None:
    async def open_and_work() -> None:
        database = await open_database(database_url)
        try:
            await database.write(work)
        finally:
            await database.close()

    asyncio.run(open_and_work())


# Cookies --------------------------------------------------------------------------------------------------------------


def signed(value: str) -> str:
    """Return the value of a signed cookie, as Better Auth writes it."""
    mac = base64.b64encode(_mac(value)).decode()
    return quote(f"{value}.{mac}", safe="-_.!~*'()")


def trusted_device(user_id: str) -> str:
    """Return the cookie of the trusted device."""
    mac = base64.urlsafe_b64encode(_mac(f"{user_id}!{TRUSTED_DEVICE}")).rstrip(b"=").decode()
    return signed(f"{mac}!{TRUSTED_DEVICE}")


def _mac(text: str) -> bytes:
    return hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256)
