"""Linking a provider to somebody who is signed in."""

from __future__ import annotations

from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import SESSION
from tabularium.identity import sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import UserGone
from tabularium.identity.social import who
from tabularium.identity.social.failures import FlowFailed
from tabularium.identity.social.state import Link
from tabularium.identity.social.who import Arrival


async def link(context: AuthContext, arrival: Arrival, to: Link) -> None:
    """Make an identity one of the user's who asked for it. The session goes on. Raises `FlowFailed`."""
    for _ in range(who.TRIES):
        try:
            return await context.write(lambda session: _attempt(session, context, arrival, to))
        except UniqueViolation:  # somebody else has linked the same identity meanwhile
            continue
        except UserGone:
            break
    raise FlowFailed("unable_to_link_account")


async def _attempt(session: Session, context: AuthContext, arrival: Arrival, to: Link) -> None:
    user = await _find_user(session, context, to)
    if user is None or not context.options.linking or not who.is_proven(context, arrival):
        raise FlowFailed("unable_to_link_account")
    if arrival.profile.email != to.email and not context.options.allow_different_emails:
        raise FlowFailed("email_doesn't_match")
    account = await who.find_identity(session, arrival)
    if account is None:
        await who.add_account(session, context, user, arrival)
        await context.note(session, "account.linked", user, method=who.METHOD, provider=arrival.provider_id)
    elif account["userId"] != user["id"]:
        raise FlowFailed("account_already_linked_to_different_user")
    else:
        await who.keep_tokens(session, context, account, arrival.tokens)


async def _find_user(session: Session, context: AuthContext, to: Link) -> Found | None:
    """Return who asked, while the session lives from which they did."""
    started = await rows.find(session, SESSION, {"id": to.session_id, "userId": to.user_id})
    user = await users.find(session, to.user_id)
    if started is None or user is None or not sessions.is_alive(started, user, context.now):
        return None
    return user
