"""Who asks: by an API key, a bearer's token or a cookie, in this order."""

from __future__ import annotations

from tabularium.access.identity import ANONYMOUS, Identity
from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import SESSION
from tabularium.errors import Unauthorized
from tabularium.identity import sessions, users
from tabularium.identity.api_keys import resolving
from tabularium.identity.context import AuthContext, Caller


async def identify(context: AuthContext, *, is_lenient: bool, extends: bool = True) -> None:
    """Find the caller of an exchange, and let a session that is used live longer.

    A token that is nobody's is as none where `is_lenient`, else it is refused: never is somebody a guest in silence.
    Raises `Unauthorized`, and the refusals of API keys.
    """
    visitor = context.visitor
    if visitor.api_key is not None and "apiKeys" in context.options.features:
        context.caller = await resolving.resolve(context, visitor.api_key)
        return
    token = sessions.bearer_token(visitor.authorization, context.auth.secrets)
    if token is not None:
        context.caller = await _find(context, token)
        if context.caller is None and not is_lenient:
            raise Unauthorized("The token is not valid.")
    if context.caller is None:
        token = context.cookies.read("session_token")
        context.caller = None if token is None else await _find(context, token)
        context.is_known_by_cookie = context.caller is not None
    if context.caller is not None and extends:
        await _extend(context, context.caller)


async def _find(context: AuthContext, token: str) -> Caller | None:
    if not token or "\0" in token:
        return None
    found = await context.read(lambda session: sessions.find_caller(session, token))
    if found is None or not sessions.is_alive(*found, context.now):
        return None
    return Caller(user=found[1], session=found[0])


async def _extend(context: AuthContext, caller: Caller) -> None:
    session = caller.session
    is_remembered = sessions.is_remembered(context) or not context.is_known_by_cookie
    if not sessions.must_extend(session, context.moment, context.options, is_remembered=is_remembered):
        return
    if await sessions.extend(context, session):
        context.cookies.set("session_token", session["token"], context.options.session.expires_in)
        sessions.send_data(context, session, caller.user, remember=True)


async def forget_expired(context: AuthContext) -> None:
    """Delete the row of an expired session that a cookie still names, and clear the cookies of one that is gone."""
    token = context.cookies.read("session_token")
    if token is not None:

        async def work(transaction: Session) -> None:
            await rows.delete(transaction, SESSION, {"token": token, ("expiresAt", "<="): context.now})

        await context.write(work)
    if context.cookies.has("session_token"):
        sessions.clear_cookies(context)


def identity_of(context: AuthContext) -> Identity:
    """Return the caller as the rest of the product knows them."""
    caller = context.caller
    if caller is None:
        return ANONYMOUS
    user = caller.user
    return Identity(
        caller.user_id,
        users.roles_of(user, context.options),
        name=user["name"],
        email=user["email"],
        impersonated_by=caller.session.get("impersonatedBy"),
    )
