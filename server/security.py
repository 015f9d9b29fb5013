"""Who the caller is, by the security requirements of the contract: any of several, each of which may need several."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from server.request import Request
from server.specification import InvalidContract
from tabularium.access.identity import Identity
from tabularium.errors import Unauthorized

Authenticator = Callable[[str], Awaitable[Identity | None]]
"""Says whose token this is; `None` where it is nobody's."""

_Extract = Callable[[Request], str | None]
_Alternative = tuple[tuple[_Extract, Authenticator], ...]


class Security:
    """The requirements of one operation."""

    __slots__ = ("_alternatives", "_anonymous", "query_names")

    def __init__(
        self,
        requirements: Sequence[Mapping[str, Any]],
        schemes: Mapping[str, Mapping[str, Any]],
        authenticators: Mapping[str, Authenticator],
        anonymous: Identity,
    ) -> None:
        used = {name: schemes.get(name) for requirement in requirements for name in requirement}
        problems = [
            f"the security scheme {name} {'has no authenticator' if scheme else 'is not declared'}"
            for name, scheme in used.items()
            if scheme is None or name not in authenticators
        ]
        if problems:
            raise InvalidContract(problems)
        self._anonymous = anonymous
        self._alternatives: list[_Alternative] = [
            tuple((_extractor(name, schemes[name]), authenticators[name]) for name in requirement)
            for requirement in requirements
        ]
        self.query_names = frozenset(
            scheme["name"] for scheme in used.values() if scheme and scheme.get("in") == "query"
        )
        """Parameters of the query string that carry tokens, and are no parameters of the operation."""

    async def identify(self, request: Request) -> Identity:
        """Return the caller, by the first requirement that is met. Raises `Unauthorized` where none is.

        Where one requirement asks for several tokens, all must be good, and the first says who the caller is.
        """
        for alternative in self._alternatives:
            identities = await _identities(alternative, request)
            if identities is not None:
                return identities[0] if identities else self._anonymous
        raise Unauthorized


async def _identities(alternative: _Alternative, request: Request) -> list[Identity] | None:
    identities = []
    for extract, authenticate in alternative:
        token = extract(request)
        identity = None if token is None else await authenticate(token)
        if identity is None:
            return None
        identities.append(identity)
    return identities


def _extractor(name: str, scheme: Mapping[str, Any]) -> _Extract:
    kind, place = scheme["type"], scheme.get("in")
    if kind == "http" and scheme["scheme"].lower() == "bearer":
        return _bearer
    if kind == "apiKey" and place == "header":
        header = scheme["name"].lower().encode()
        return lambda request: request.text_header(header)
    if kind == "apiKey" and place == "cookie":
        return lambda request: request.cookies().get(scheme["name"])
    if kind == "apiKey" and place == "query":
        return lambda request: dict(request.query()).get(scheme["name"])
    raise InvalidContract([f"the security scheme {name}: only http bearer and apiKey are supported"])


def _bearer(request: Request) -> str | None:
    header = request.headers.get(b"authorization", b"").decode("latin-1")
    kind, _, token = header.partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None
