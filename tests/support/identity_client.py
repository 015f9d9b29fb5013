"""Asks the mock provider as the product does, at a time that the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from server.outbound import HttpOutbound
from tabularium.identity.oauth.authorization import new_state, new_verifier
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.tokens import Tokens
from tests.support.identity_provider import IdentityProvider

T = TypeVar("T")

REDIRECT_URI = "http://localhost:3000/api/auth/callback/x"


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, **duration: float) -> None:
        self._now += timedelta(**duration)


def asking(
    mock: IdentityProvider, work: Callable[[Provider], Awaitable[T]], *, seconds: float = 10, **changes: Any
) -> T:
    """Run `work` with the provider that the mock is, whose options may be changed. `seconds` is for each question."""

    async def run() -> T:
        outbound = HttpOutbound(seconds=seconds)
        try:
            return await work(Provider(mock.options(**changes), outbound, mock.clock))
        finally:
            await outbound.close()

    return asyncio.run(run())


async def sign_in(mock: IdentityProvider, provider: Provider) -> Tokens:
    """Go the whole way to the tokens."""
    state, verifier = new_state(), new_verifier()
    url = await provider.authorization_url(state=state, verifier=verifier, redirect_uri=REDIRECT_URI)
    back = query_of(await asyncio.to_thread(mock.sign_in, url))
    assert back["state"] == state
    return await provider.exchange_code(back["code"], verifier=verifier, redirect_uri=REDIRECT_URI)


def query_of(url: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
