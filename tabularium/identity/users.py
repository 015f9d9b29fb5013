"""Users: finding, making, changing and showing them. Roles are names joined by commas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT, SESSION, USER
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import new_id
from tabularium.schema.auth_options import ADMIN, AuthOptions

CREDENTIAL: Final = "credential"
"""The provider of an account that is a password."""

INVITATION: Final = "invitation:"
RESET: Final = "reset-password:"
"""How the identifiers of one-time rows begin that belong to links with which a password is set."""

PROPERTIES: Final = (
    *("id", "name", "email", "emailVerified", "image", "createdAt", "updatedAt"),
    *("role", "banned", "banReason", "banExpires"),
)


def public(user: Found, options: AuthOptions) -> dict[str, Any]:
    """Return a user as every answer shows them."""
    shown = {name: user[name] for name in PROPERTIES}
    shown["role"] = user["role"] or options.default_role
    shown["banned"] = bool(user["banned"])
    shown["emailVerified"] = bool(user["emailVerified"])
    if options.two_factor is not None:
        shown["twoFactorEnabled"] = bool(user["twoFactorEnabled"])
    return shown


def roles_of(user: Found, options: AuthOptions) -> frozenset[str]:
    """Return the known roles of a user. Names that the application does not know give nothing."""
    return options.roles_of(user["role"])


def is_admin(user: Found, options: AuthOptions) -> bool:
    """Say whether a user is an administrator."""
    return ADMIN in roles_of(user, options)


def is_banned(user: Found, now: str) -> bool:
    """Say whether a user is banned at an instant: a ban may have come to its end."""
    return rows.is_banned(user, now)


def role_text(role: str | Iterable[str], options: AuthOptions) -> str:
    """Return roles, one or several, as they are stored. Raises where one of them is not known."""
    names = role.split(",") if isinstance(role, str) else list(role)
    names = [name.strip() for name in names]
    if not names or any(name not in options.roles for name in names):
        raise AuthRefused(400, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE")
    return ",".join(dict.fromkeys(names))


async def find(session: Session, user_id: str) -> Found | None:
    """Return the user with an id."""
    return await rows.find(session, USER, {"id": user_id})


async def lock(session: Session, user_id: str) -> Found | None:
    """Return the user with an id, as whom nobody else takes a second step or changes it until the transaction ends."""
    return await rows.find_held(session, USER, {"id": user_id})


async def find_by_email(session: Session, email: str) -> Found | None:
    """Return the user with an address, which is in lower case."""
    return await rows.find(session, USER, {"email": email})


async def find_credential(session: Session, user_id: str) -> Found | None:
    """Return the account that holds a user's password."""
    return await rows.find(session, ACCOUNT, {"userId": user_id, "providerId": CREDENTIAL})


async def create(session: Session, context: AuthContext, *, email: str, name: str, **values: Any) -> Found:
    """Store a new user, with the default role unless `values` say otherwise. Raises `UniqueViolation`."""
    user = new_user(context, email=email, name=name, **values)
    await rows.insert(session, USER, user)
    return user


def new_user(context: AuthContext, *, email: str, name: str, **values: Any) -> Found:
    """Return the row of a user who is not stored yet: unverified, not banned, with the default role."""
    return {
        "id": new_id(),
        "name": name,
        "email": email,
        "emailVerified": False,
        "image": None,
        "createdAt": context.now,
        "updatedAt": context.now,
        "role": context.options.default_role,
        "banned": False,
        "banReason": None,
        "banExpires": None,
        "twoFactorEnabled": False,
        **values,
    }


async def change(session: Session, context: AuthContext, user: Found, values: Mapping[str, Any]) -> Found:
    """Set columns of a user and return the row as it is then. Raises `UniqueViolation` for an address that is taken."""
    changed = {**values, "updatedAt": context.now}
    await rows.update(session, USER, changed, {"id": user["id"]})
    if changed.get("email", user["email"]) != user["email"]:
        await _forget_links(session, user["id"])
    return {**user, **changed}


async def _forget_links(session: Session, user_id: str) -> None:
    """Make the links void that set a password: they are in the mailbox of an address that is the user's no more."""
    # The rows name the token; whose it is stands in the value.
    links = " OR ".join(f"identifier LIKE '{prefix}%'" for prefix in (INVITATION, RESET))
    sql = f"DELETE FROM verification WHERE value = {session.dialect.placeholder(1)} AND ({links})"
    await session.execute(sql, (user_id,))


async def set_password(session: Session, context: AuthContext, user_id: str, hashed: str) -> None:
    """Store the hash of a password, in a new account where the user has none for it.

    The user's row is held, so that nobody signs in by the former password while this is not stored yet.
    """
    await lock(session, user_id)
    where = {"userId": user_id, "providerId": CREDENTIAL}
    values = {"password": hashed, "updatedAt": context.now}
    if not await rows.update(session, ACCOUNT, values, where):
        await create_account(session, context, user_id, CREDENTIAL, user_id, password=hashed)


async def create_account(
    session: Session, context: AuthContext, user_id: str, provider: str, subject: str, **values: Any
) -> Found:
    """Store a way in which a user signs in. Raises `UniqueViolation`."""
    account: Found = {
        "id": new_id(),
        "accountId": subject,
        "providerId": provider,
        "userId": user_id,
        "createdAt": context.now,
        "updatedAt": context.now,
        **values,
    }
    await rows.insert(session, ACCOUNT, account)
    return account


async def end_sessions(session: Session, user_id: str, *, but: str | None = None) -> None:
    """End every session of a user, but for the one with a token.

    Whoever opens one holds the user's row: what is not stored yet is waited for, and ends with the others.
    """
    await lock(session, user_id)
    where: dict[Any, Any] = {"userId": user_id}
    if but is not None:
        where["token", "<>"] = but
    await rows.delete(session, SESSION, where)
