"""Who may administer: the rights of each role, read at every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import USER
from tabularium.identity import users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.refusals import AuthRefused
from tabularium.schema.auth_options import ADMIN

RIGHTS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = MappingProxyType(
    {
        ADMIN: MappingProxyType(
            {
                "user": frozenset(
                    {
                        *("create", "list", "set-role", "ban", "impersonate"),
                        *("delete", "set-password", "set-email", "get", "update"),
                    }
                ),
                "session": frozenset({"list", "revoke", "delete"}),
            }
        )
    }
)
"""What each role may do to which resource. Other roles may nothing, and nobody may impersonate administrators."""

_NOTHING: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})


def require_caller(context: AuthContext, *, takes_keys: bool = True) -> Caller:
    """Return the caller. Raises 401 with an empty body, as the operations of administrators do."""
    caller = context.caller
    if caller is None or (caller.is_key and not takes_keys):
        raise AuthRefused(401, is_empty=True)
    return caller


def require_admin(context: AuthContext, forbidden: str, *, takes_keys: bool = True) -> Caller:
    """Return the caller, who must be an administrator. Raises 401, and 403 `YOU_ARE_NOT_ALLOWED_TO_<forbidden>`."""
    caller = require_caller(context, takes_keys=takes_keys)
    if not users.is_admin(caller.user, context.options):
        raise _not_allowed(forbidden)
    return caller


async def require_still_admin(transaction: Session, context: AuthContext, caller: Caller, forbidden: str) -> None:
    """Raise unless the caller is an administrator now, and keep it so until the transaction ends.

    For what outlives the rights that it came from: it must not begin while they are taken away.
    """
    user = await rows.find_held(transaction, USER, {"id": caller.user_id})
    if user is None or not users.is_admin(user, context.options):
        raise _not_allowed(forbidden)


def _not_allowed(forbidden: str) -> AuthRefused:
    return AuthRefused(403, f"YOU_ARE_NOT_ALLOWED_TO_{forbidden}")


async def has_permission(context: AuthContext, permissions: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Say whether the caller may do all that is named. What asks for nothing is not allowed."""
    caller = require_caller(context)
    roles = users.roles_of(caller.user, context.options)
    is_allowed = bool(permissions) and any(_allows(RIGHTS.get(role, _NOTHING), permissions) for role in roles)
    return {"error": None, "success": is_allowed}


def _allows(rights: Mapping[str, frozenset[str]], permissions: Mapping[str, Sequence[str]]) -> bool:
    return all(
        actions and rights.get(resource, frozenset()).issuperset(actions) for resource, actions in permissions.items()
    )
