"""The row of a user's second factor: an encrypted secret, encrypted backup codes, and the count of failures.

What another program has encrypted, or an earlier secret of the server, is read, and written anew at the next write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import TOTP_STEP, TWO_FACTOR
from tabularium.identity.context import AuthContext
from tabularium.identity.secrets import new_id
from tabularium.schema.auth_options import TwoFactorOptions

_PURPOSES: Final[Mapping[str, str]] = MappingProxyType({"secret": "totp", "backupCodes": "backup-codes"})
"""What each encrypted column has a key of its own for."""


def options_of(context: AuthContext) -> TwoFactorOptions:
    """Return how the application wants the second factor."""
    options = context.options.two_factor
    if options is None:
        raise RuntimeError("the second factor is not switched on")  # its operations are not there then
    return options


async def find(session: Session, user_id: str) -> Found | None:
    """Return the enrolment of a user, confirmed or not."""
    return await rows.find(session, TWO_FACTOR, {"userId": user_id})


def is_confirmed(enrolment: Found | None, user: Found) -> bool:
    """Say whether codes of an authenticator app are asked for. Older databases do not say it of the row itself."""
    return enrolment is not None and bool(user["twoFactorEnabled"]) and enrolment["verified"] is not False


def secret_of(context: AuthContext, enrolment: Found) -> str | None:
    """Return the secret that codes are made of; `None` where it cannot be read."""
    return _opened(context, enrolment, "secret")


def codes_of(context: AuthContext, enrolment: Found) -> tuple[str, ...]:
    """Return the backup codes that are left."""
    text = _opened(context, enrolment, "backupCodes")
    try:
        codes = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(each for each in codes if isinstance(each, str)) if isinstance(codes, list) else ()


async def put(
    transaction: Session,
    context: AuthContext,
    user_id: str,
    former: Found | None,
    *,
    secret: str,
    codes: Sequence[str] = (),
    verified: bool = False,
) -> Found:
    """Store a new secret and new codes, in the place of former ones. The steps of accepted codes are forgotten."""
    values = {
        "secret": _sealed(context, "secret", secret, user_id),
        "backupCodes": sealed_codes(context, codes, user_id),
        "verified": verified,
        "failedVerificationCount": 0,
        "lockedUntil": None,
    }
    await forget_steps(transaction, user_id)
    if former is not None:
        await rows.update(transaction, TWO_FACTOR, values, {"id": former["id"]})
        return {**former, **values}
    enrolment = {"id": new_id(), "userId": user_id, **values}
    await rows.insert(transaction, TWO_FACTOR, enrolment)
    return enrolment


async def save(
    transaction: Session,
    context: AuthContext,
    enrolment: Found,
    values: Mapping[str, Any],
    *,
    only_if: Mapping[str, Any] | None = None,
) -> bool:
    """Set columns of an enrolment, if others still are as `only_if` has them, and say whether they were."""
    changed = {**_renewed(context, enrolment, values), **values}
    where = {"id": enrolment["id"], **(only_if or {})}
    if not await rows.update(transaction, TWO_FACTOR, changed, where):
        return False
    enrolment.update(changed)
    return True


async def remove(transaction: Session, user_id: str) -> bool:
    """Delete the enrolment of a user, and say whether there was one."""
    await forget_steps(transaction, user_id)
    return await rows.delete(transaction, TWO_FACTOR, {"userId": user_id}) > 0


async def forget_steps(transaction: Session, user_id: str) -> None:
    """Forget which codes of an authenticator app have been accepted."""
    await rows.delete(transaction, TOTP_STEP, {"userId": user_id})


def sealed_codes(context: AuthContext, codes: Sequence[str], user_id: str) -> str:
    """Return backup codes as they are stored."""
    return _sealed(context, "backupCodes", json.dumps(list(codes), separators=(",", ":")), user_id)


def _sealed(context: AuthContext, column: str, text: str, user_id: str) -> str:
    return context.auth.vault.encrypt(text, _PURPOSES[column], TWO_FACTOR.name, column, user_id)


def _opened(context: AuthContext, enrolment: Found, column: str) -> str | None:
    vault = context.auth.vault
    return vault.decrypt(enrolment[column], _PURPOSES[column], TWO_FACTOR.name, column, enrolment["userId"])


def _renewed(context: AuthContext, enrolment: Found, values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is to be encrypted anew of that which is not set anyway."""
    renewed: dict[str, str] = {}
    for column, purpose in _PURPOSES.items():
        if column in values or context.auth.vault.is_newest(enrolment[column], purpose):
            continue
        text = _opened(context, enrolment, column)
        if text is not None:
            renewed[column] = _sealed(context, column, text, enrolment["userId"])
    return renewed
