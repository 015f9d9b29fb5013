"""How the product asks another server: an interface, which `server/outbound.py` fulfils over HTTP."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import orjson

from tabularium.identity.oauth.failures import ProviderFailed

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class OutboundFailed(ProviderFailed):
    """The other server cannot be reached, is too slow, or sends more than is read."""


@dataclass(frozen=True, slots=True)
class OutboundReply:
    """What the other server said. Names of headers are in small letters."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the other server did what it was asked."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body as JSON, `None` where it is something else."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def json_object(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, `None` where it is something else."""
        value = self.json()
        return value if isinstance(value, dict) else None


class Outbound(Protocol):
    """Asks other servers. It follows no redirect: one is a reply like any other, and no success.

    Both raise `OutboundFailed`, also for an address that `may_be_called` refuses.
    """

    async def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> OutboundReply:
        """Send a GET."""

    async def post_form(
        self, url: str, fields: Mapping[str, str], headers: Mapping[str, str] = NO_HEADERS
    ) -> OutboundReply:
        """Send a POST with fields as a form."""


def may_be_called(url: str) -> bool:
    """Say whether an address is an https one, or an http one of this machine, without a user in it."""
    if any(sign <= " " or sign in '\\\x7f"<>^`{|}' for sign in url):  # which programs read differently, or not at all
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or port == 0:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def is_loopback(host: str) -> bool:
    """Say whether a host name or an address means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
