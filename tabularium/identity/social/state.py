"""What is kept while somebody is at a provider: a row under the state, and a cookie that binds it to the browser."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tabularium.db.database import Session
from tabularium.identity import one_time
from tabularium.identity.context import AuthContext

STATE_SECONDS: Final = 600
COOKIE_SECONDS: Final = 300

_FORM: Final = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
"""Of a state. No other identifier of the table looks like it, so that none can be given out for a state."""


@dataclass(frozen=True, slots=True)
class Link:
    """Who wants another way to sign in, and by which session."""

    user_id: str
    email: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One sign-in on its way."""

    provider_id: str
    verifier: str = field(repr=False)
    redirect_uri: str
    callback_url: str
    error_url: str | None = None
    new_user_url: str | None = None
    link: Link | None = None
    """`None`: it is for signing in."""
    additional_data: Mapping[str, Any] = field(default_factory=dict)


async def store(context: AuthContext, state: str, flow: Flow) -> None:
    """Keep a flow, and bind it to the browser."""

    async def work(transaction: Session) -> None:
        await one_time.store(transaction, context, state, _written(flow), STATE_SECONDS)
        context.cookies.set("state", state, COOKIE_SECONDS)

    await context.write(work)


async def look(context: AuthContext, state: str) -> Flow | None:
    """Return the flow of a state and leave it; `None` where the state is unknown, used or too old."""
    if not _FORM.fullmatch(state):
        return None
    row = await context.read(lambda session: one_time.look(session, state))
    return None if row is None or one_time.is_over(row, context.now) else _read(row["value"])


def is_bound(context: AuthContext, state: str) -> bool:
    """Say whether this is the browser in which the flow began."""
    kept = context.cookies.read("state")
    return kept is not None and hmac.compare_digest(kept.encode(), state.encode())


async def consume(context: AuthContext, state: str) -> bool:
    """Use a state up, and say whether nobody else was faster."""

    async def work(transaction: Session) -> bool:
        is_first = await one_time.consume(transaction, state) is not None
        context.cookies.clear("state")
        return is_first

    return await context.write(work)


def _written(flow: Flow) -> str:
    link = flow.link
    content = {
        "providerId": flow.provider_id,
        "codeVerifier": flow.verifier,
        "redirectURI": flow.redirect_uri,
        "callbackURL": flow.callback_url,
        "errorURL": flow.error_url,
        "newUserURL": flow.new_user_url,
        "link": link and {"userId": link.user_id, "email": link.email, "sessionId": link.session_id},
        "additionalData": flow.additional_data,
    }
    return orjson.dumps(content).decode()


def _read(value: str) -> Flow | None:
    """Read what `_written` wrote. A state that another product has left is none of ours."""
    try:
        content = orjson.loads(value)
        link = content["link"]
        return Flow(
            provider_id=content["providerId"],
            verifier=content["codeVerifier"],
            redirect_uri=content["redirectURI"],
            callback_url=content["callbackURL"],
            error_url=content["errorURL"],
            new_user_url=content["newUserURL"],
            link=link and Link(link["userId"], link["email"], link["sessionId"]),
            additional_data=content["additionalData"],
        )
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
