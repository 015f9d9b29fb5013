"""Which pages of other origins may read answers: those of trusted origins, with their cookies; others nothing."""

from __future__ import annotations

from typing import Final

from server.headers import Header
from server.request import Request
from tabularium.identity.origins import TrustedOrigins

_REQUEST_HEADERS: Final = (
    b"Content-Type, Authorization, x-api-key, If-Match, If-None-Match, Idempotency-Key, X-Request-Id"
)
_EXPOSED: Final = (
    b"ETag, Location, Retry-After, X-Retry-After, X-Request-Id, Idempotency-Replayed, set-auth-token, "
    b"RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy"
)
_VARY: Final[Header] = (b"vary", b"Origin")
_SECONDS: Final = b"600"


class CrossOrigin:
    """Writes the headers of CORS."""

    def __init__(self, origins: TrustedOrigins) -> None:
        self._origins = origins

    def headers(self, request: Request) -> list[Header]:
        """Return the headers of an answer to a page's script."""
        origin = request.headers.get(b"origin", b"")
        if not self._origins.trusts(origin.decode("latin-1")):
            return [_VARY]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", _EXPOSED),
            _VARY,
        ]

    def preflight_headers(self, request: Request, methods: str) -> list[Header]:
        """Return what a browser asks for before it sends a request; `methods` are those of the path."""
        origin = request.headers.get(b"origin", b"")
        if not origin or not self._origins.trusts(origin.decode("latin-1")):
            return []
        return [
            (b"access-control-allow-methods", methods.encode()),
            (b"access-control-allow-headers", _REQUEST_HEADERS),
            (b"access-control-max-age", _SECONDS),
        ]
