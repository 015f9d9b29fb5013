"""The tables of a Better Auth database, by the names and columns that its own migrations give them, and two of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

Kind = Literal["text", "integer", "boolean", "instant"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `reference` says that it holds the id of a user, with whom the row goes."""

    kind: Kind = "text"
    required: bool = False
    is_key: bool = False
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index over some columns."""

    columns: tuple[str, ...]
    unique: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class IdentityTable:
    """One table. Rows are dictionaries by column: instants as text, booleans as such, whatever the database."""

    name: str
    columns: Mapping[str, Column]
    indexes: tuple[Index, ...] = ()
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.columns))


_KEY: Final = Column(required=True, is_key=True)
_TEXT: Final = Column()
_NEEDED: Final = Column(required=True)
_INSTANT: Final = Column("instant")
_NEEDED_INSTANT: Final = Column("instant", required=True)
_BOOLEAN: Final = Column("boolean")
_INTEGER: Final = Column("integer")
_USER: Final = Column(required=True, reference=True)

USER: Final = IdentityTable(
    "user",
    MappingProxyType(
        {
            "id": _KEY,
            "name": _NEEDED,
            "email": _NEEDED,
            "emailVerified": Column("boolean", required=True),
            "image": _TEXT,
            "createdAt": _NEEDED_INSTANT,
            "updatedAt": _NEEDED_INSTANT,
            "role": _TEXT,
            "banned": _BOOLEAN,
            "banReason": _TEXT,
            "banExpires": _INSTANT,
            "twoFactorEnabled": _BOOLEAN,
        }
    ),
    (Index(("email",), unique=True),),
)

SESSION: Final = IdentityTable(
    "session",
    MappingProxyType(
        {
            "id": _KEY,
            "expiresAt": _NEEDED_INSTANT,
            "token": _NEEDED,
            "createdAt": _NEEDED_INSTANT,
            "updatedAt": _NEEDED_INSTANT,
            "ipAddress": _TEXT,
            "userAgent": _TEXT,
            "userId": _USER,
            "impersonatedBy": _TEXT,
        }
    ),
    (Index(("token",), unique=True), Index(("userId",))),
)

ACCOUNT: Final = IdentityTable(
    "account",
    MappingProxyType(
        {
            "id": _KEY,
            "accountId": _NEEDED,
            "providerId": _NEEDED,
            "userId": _USER,
            "accessToken": _TEXT,
            "refreshToken": _TEXT,
            "idToken": _TEXT,
            "accessTokenExpiresAt": _INSTANT,
            "refreshTokenExpiresAt": _INSTANT,
            "scope": _TEXT,
            "password": _TEXT,
            "createdAt": _NEEDED_INSTANT,
            "updatedAt": _NEEDED_INSTANT,
        }
    ),
    (Index(("userId",)), Index(("providerId", "accountId"), unique=True)),
)

VERIFICATION: Final = IdentityTable(
    "verification",
    MappingProxyType(
        {
            "id": _KEY,
            "identifier": _NEEDED,
            "value": _NEEDED,
            "expiresAt": _NEEDED_INSTANT,
            "createdAt": _INSTANT,
            "updatedAt": _INSTANT,
        }
    ),
    (Index(("identifier",)), Index(("expiresAt",))),
)

TWO_FACTOR: Final = IdentityTable(
    "twoFactor",
    MappingProxyType(
        {
            "id": _KEY,
            "secret": _NEEDED,
            "backupCodes": _NEEDED,
            "userId": _USER,
            "verified": _BOOLEAN,
            "failedVerificationCount": _INTEGER,
            "lockedUntil": _INSTANT,
        }
    ),
    (Index(("userId",)),),
)

API_KEY: Final = IdentityTable(
    "apikey",
    MappingProxyType(
        {
            "id": _KEY,
            "configId": _TEXT,
            "name": _TEXT,
            "start": _TEXT,
            "referenceId": _NEEDED,
            "prefix": _TEXT,
            "key": _NEEDED,
            "refillInterval": _INTEGER,
            "refillAmount": _INTEGER,
            "lastRefillAt": _INSTANT,
            "enabled": _BOOLEAN,
            "rateLimitEnabled": _BOOLEAN,
            "rateLimitTimeWindow": _INTEGER,
            "rateLimitMax": _INTEGER,
            "requestCount": _INTEGER,
            "remaining": _INTEGER,
            "lastRequest": _INSTANT,
            "expiresAt": _INSTANT,
            "createdAt": _NEEDED_INSTANT,
            "updatedAt": _NEEDED_INSTANT,
            "permissions": _TEXT,
            "metadata": _TEXT,
        }
    ),
    (Index(("key",)), Index(("referenceId",))),
)

TOTP_STEP: Final = IdentityTable(
    "_totp_step",
    MappingProxyType(
        {"userId": Column(required=True, is_key=True, reference=True), "step": Column("integer", True, True)}
    ),
)
"""The steps of accepted codes, each until it leaves the window."""

ERASURE: Final = IdentityTable(
    "_erasure",
    MappingProxyType(
        {
            "userId": Column(required=True, is_key=True, reference=True),
            "requestedAt": _NEEDED_INSTANT,
            "scheduledAt": _NEEDED_INSTANT,
        }
    ),
    (Index(("scheduledAt",)),),
)
"""The accounts that wait for their erasure."""

TABLES: Final = (USER, SESSION, ACCOUNT, VERIFICATION, TWO_FACTOR, API_KEY, TOTP_STEP, ERASURE)
"""In the order in which they can be created."""
