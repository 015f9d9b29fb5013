"""The exchanges of `/api/auth`: what a flow is given of a request, and what is left to do when it has ended."""

from __future__ import annotations

from server.client_address import ClientAddress
from server.request import Request
from tabularium.identity.context import AuthContext, Authentication, Visitor
from tabularium.identity.cookies import CookieJar

_MOST_OF_AGENT = 500


class Exchanges:
    """Begins and ends exchanges."""

    def __init__(self, auth: Authentication, addresses: ClientAddress) -> None:
        self.auth = auth
        self._addresses = addresses

    def begin(self, request: Request) -> AuthContext:
        """Return the context of a request."""
        visitor = Visitor(
            self._addresses.of(request.scope),
            _shown(request.headers.get(b"user-agent", b"")),
            request.request_id.decode(),
            _text(request.headers.get(b"authorization")),
            _text(request.headers.get(b"x-api-key")),
        )
        auth = self.auth
        cookies = CookieJar(request.cookies(), auth.secrets, secure=auth.is_secure)
        return AuthContext(auth, visitor, cookies, auth.clock.now())

    def end(self, context: AuthContext) -> None:
        """Send the mails of an exchange, now that what it wrote is stored."""
        for mail in context.take_mails():
            self.auth.mailer.send(mail)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _shown(agent: bytes) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in agent[:_MOST_OF_AGENT].decode("utf-8", "replace"))
