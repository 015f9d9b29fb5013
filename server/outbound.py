"""Asks other servers over HTTP: bounded in time and in size, and with nothing kept between two questions."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import urlsplit

import httpx

from tabularium import __version__
from tabularium.identity.oauth.outbound import NO_HEADERS, OutboundFailed, OutboundReply, is_loopback, may_be_called

_HEADERS: Final = {
    "user-agent": f"tabularium/{__version__}",
    "accept": "application/json",
    # A packed body would say nothing of how large it is.
    "accept-encoding": "identity",
}


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class HttpOutbound:
    """The `Outbound` of a running server.

    A reply must be complete within `seconds` and hold at most `most_bytes`. The proxies of the environment
    (`HTTPS_PROXY`, `NO_PROXY`) and its certificates (`SSL_CERT_FILE`) are used, but loopback is always asked directly.
    """

    def __init__(self, *, seconds: float = 10.0, most_bytes: int = 1024 * 1024) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> OutboundReply:
        return await self._ask("GET", url, headers, None)

    async def post_form(
        self, url: str, fields: Mapping[str, str], headers: Mapping[str, str] = NO_HEADERS
    ) -> OutboundReply:
        return await self._ask("POST", url, headers, dict(fields))

    async def close(self) -> None:
        """Close what is open. A later question opens it anew."""
        clients = list(self._clients.values()) if self._loop is asyncio.get_running_loop() else []
        self._clients.clear()
        for client in clients:
            await client.aclose()

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], form: dict[str, str] | None
    ) -> OutboundReply:
        if not may_be_called(url):
            raise OutboundFailed("the address must begin with https://, or name this machine")
        try:
            async with asyncio.timeout(self._seconds):
                client = await self._client(urlsplit(url).hostname or "")
                async with client.stream(method, url, headers={**_HEADERS, **headers}, data=form) as response:
                    return await self._read(response)
        except (TimeoutError, httpx.TimeoutException):
            raise OutboundFailed(f"no complete answer came within {self._seconds:g} s") from None
        # Neither these texts nor the chain of causes goes on: an address or a header might stand in them.
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as failure:
            raise OutboundFailed(f"the question failed ({type(failure).__name__})") from None

    async def _read(self, response: httpx.Response) -> OutboundReply:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise OutboundFailed("the answer is packed, which was not asked for")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._most_bytes:
                raise OutboundFailed(f"the answer is longer than {self._most_bytes} bytes")
        return OutboundReply(response.status_code, bytes(body), dict(response.headers))

    async def _client(self, host: str) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # connections belong to the loop that opened them
            self._loop = loop
            self._clients.clear()
        is_direct = is_loopback(host)
        client = self._clients.get(is_direct)
        if client is None:
            # The first time this reads some hundred certificates, for which the event loop should not wait.
            tls = await asyncio.to_thread(_tls)
            client = self._clients.get(is_direct) or self._new_client(tls, uses_proxies=not is_direct)
            self._clients[is_direct] = client
        return client

    def _new_client(self, tls: ssl.SSLContext, *, uses_proxies: bool) -> httpx.AsyncClient:
        # A cookie that came with one person's tokens must not go out with another's.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        try:
            return httpx.AsyncClient(
                verify=tls, trust_env=uses_proxies, cookies=no_cookies, timeout=self._seconds, follow_redirects=False
            )
        except ImportError:
            raise OutboundFailed("the environment names a proxy of a kind that is not supported") from None
