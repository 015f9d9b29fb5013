"""Where requests are counted: by address before anything else, then by the group of their operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from server.client_address import ClientAddress
from server.rate_limits.auth_limits import AuthLimits
from server.rate_limits.group_limits import GroupLimits
from server.rate_limits.groups import BY_ADDRESS, Group, caller_key
from server.rate_limits.refusal import RateLimited
from server.rate_limits.verdict import Limit, Verdict
from server.request import Request
from tabularium.context import Turn

_UNLIMITED: Final = frozenset({b"/api/health", b"/metrics"})
_AUTH: Final = "/api/auth"
TURNS: Final = "turns"
"""Stands for a group where limits are meant that belong to one table."""
_BESIDE: Final = ("/api/admin/bootstrap/", "/api/account/")
"""Paths outside of `/api/auth` that its limits count too."""


class Limits:
    """Counts requests, and refuses those that are too many. `auth` is `None` without authentication."""

    def __init__(self, addresses: ClientAddress, groups: GroupLimits, auth: AuthLimits | None) -> None:
        self._addresses = addresses
        self._groups = groups
        self._auth = auth

    async def check_path(self, request: Request, raw_path: bytes) -> None:
        """Count a request by its address, and by its path where that has a limit of its own. Raises `RateLimited`."""
        if raw_path in _UNLIMITED:
            return
        key = self._key(request)
        _take(request, await self._groups.check("address", key))
        if self._auth is None or request.method == "OPTIONS":  # a browser's own question tries nothing
            return
        # Decoded, as routes are found: else another spelling of a path would be counted by itself.
        path = unquote(raw_path.decode("latin-1"))
        if path.startswith(f"{_AUTH}/"):
            _take(request, await self._auth.check(key, path.removeprefix(_AUTH)))
        elif path.startswith(_BESIDE):
            _take(request, await self._auth.check(key, path))

    async def check_group(self, request: Request, group: Group) -> None:
        """Count a request in the group of its operation. Raises `RateLimited`."""
        address = self._key(request)
        key = address if group in BY_ADDRESS else caller_key(request.user_id, address)
        _take(request, await self._groups.check(group, key))

    async def check_turns(self, request: Request, turns: Iterable[Turn]) -> None:
        """Count a request by limits that belong to what it is about. Raises `RateLimited`."""
        for turn in turns:
            key = f"{turn.name} {self._key(request)}" if turn.is_of_address else turn.name
            _take(request, await self._groups.check_limit(TURNS, key, Limit(turn.requests, turn.seconds)))

    def _key(self, request: Request) -> str:
        return self._addresses.key_of(self._addresses.of(request.scope))


def _take(request: Request, verdict: Verdict | None) -> None:
    if verdict is None:
        return
    request.limits.append(verdict)
    if not verdict.allowed:
        raise RateLimited(verdict)
