"""Which pages may send views, and what browsers are told of it. No answer here is ever with credentials."""

from __future__ import annotations

from typing import Final

from server.headers import Header
from server.request import Request
from tabularium.errors import Forbidden

_ANY: Final = "*"
_VARY: Final[Header] = (b"vary", b"Origin")
_DAY: Final = b"86400"


class CollectOrigins:
    """The origins that the application file allows; `*` for all."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._allowed = frozenset(each.encode() for each in allowed)
        self._is_open = _ANY in allowed

    def require(self, request: Request) -> None:
        """Raise `Forbidden` for a page of another origin. Without an origin it is no page of another one."""
        origin = request.headers.get(b"origin")
        if origin is not None and not self._is_open and origin not in self._allowed:
            raise Forbidden("Pages of this origin may not send views.")

    def headers(self, request: Request) -> list[Header]:
        """Return the headers of an answer to a page's script."""
        if self._is_open:
            return [(b"access-control-allow-origin", b"*")]
        origin = request.headers.get(b"origin", b"")
        return [(b"access-control-allow-origin", origin), _VARY] if origin in self._allowed else [_VARY]

    def preflight_headers(self) -> list[Header]:
        """Return what a browser asks for before it sends JSON."""
        return [
            (b"access-control-allow-methods", b"POST"),
            (b"access-control-allow-headers", b"Content-Type"),
            (b"access-control-max-age", _DAY),
        ]
