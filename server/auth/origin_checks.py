"""Who may send a request that changes something: the checks of origins, and of the addresses that answers lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from server.request import Request
from tabularium.errors import Forbidden
from tabularium.identity.origins import TrustedOrigins
from tabularium.identity.refusals import AuthRefused

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FETCH_HEADERS: Final = (b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest")

FORMS: Final = frozenset({"sign_in_email", "sign_up_email", "accept_invitation"})
"""Operations that a page of another site could send a browser to, to sign it in under a name of its own."""
CHECKED_IF_PRESENT: Final = frozenset({"sign_in_magic_link", "send_verification_otp"})
UNCHECKED: Final = frozenset({"post_callback", "claim_first_admin"})
"""What providers send by a form, and what no browser's cookie can do."""

TARGETS: Final[Mapping[str, str]] = {
    "callbackURL": "INVALID_CALLBACK_URL",
    "redirectTo": "INVALID_REDIRECT_URL",
    "errorCallbackURL": "INVALID_ERROR_CALLBACK_URL",
    "newUserCallbackURL": "INVALID_NEW_USER_CALLBACK_URL",
}
"""The properties that name an address to lead to, with the code of one that is not trusted."""


def check_origin(operation_id: str, request: Request, origins: TrustedOrigins) -> None:
    """Raise unless a request to `/api/auth` may come from where it comes from."""
    if request.method in _SAFE or operation_id in UNCHECKED:
        return
    headers = request.headers
    if b"cookie" in headers:
        _require_trusted(request, origins)
    elif operation_id in FORMS and any(name in headers for name in _FETCH_HEADERS):
        if headers.get(b"sec-fetch-site") == b"cross-site" and headers.get(b"sec-fetch-mode") == b"navigate":
            raise AuthRefused(403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED")
        _require_trusted(request, origins)
    elif operation_id in FORMS | CHECKED_IF_PRESENT and _sent_origin(request) is not None:
        _require_trusted(request, origins)


def _require_trusted(request: Request, origins: TrustedOrigins) -> None:
    sent = _sent_origin(request)
    if sent == "null" and request.headers.get(b"sec-fetch-site") == b"same-origin":
        return
    if sent is None or sent == "null":
        raise AuthRefused(403, "MISSING_OR_NULL_ORIGIN")
    if not origins.trusts(sent):
        raise AuthRefused(403, "INVALID_ORIGIN")


def _sent_origin(request: Request) -> str | None:
    sent = request.headers.get(b"origin") or request.headers.get(b"referer")
    return None if not sent else sent.decode("latin-1")


def check_targets(sent: Mapping[str, Any], origins: TrustedOrigins, *, is_query: bool = False) -> None:
    """Raise where an address that the answer may lead to is not trusted. An empty one counts as none.

    Of a query string every one has the code of `callbackURL`.
    """
    for name, code in TARGETS.items():
        target = sent.get(name)
        if target is None or target == "":
            continue
        if not isinstance(target, str):
            raise AuthRefused(400, message=f"Invalid {name}: expected a string")
        if not origins.allows(target):
            raise AuthRefused(403, "INVALID_CALLBACK_URL" if is_query else code)


def check_query(request: Request, origins: TrustedOrigins) -> None:
    """Raise where a query string names a `callbackURL` that is not trusted, whether or not the operation reads it."""
    sent = [text for name, text in request.query() if name == "callbackURL"]
    if sent:
        check_targets({"callbackURL": sent if len(sent) > 1 else sent[0]}, origins)


def check_cross_site(request: Request, origins: TrustedOrigins) -> None:
    """Raise where a request outside of `/api/auth`, whose caller is known by a cookie, may come from another site."""
    if request.method in _SAFE or request.headers.get(b"sec-fetch-site") == b"same-origin":
        return
    sent = _sent_origin(request)
    if sent is None or not origins.trusts(sent):
        raise Forbidden("This request may come from another site: its origin is missing or not trusted.")
