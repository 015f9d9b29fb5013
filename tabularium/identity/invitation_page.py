"""The page on which somebody who was invited chooses a password. It has no script, and everything in it is escaped."""

from __future__ import annotations

from html import escape
from typing import Final

from tabularium.identity.context import AuthContext
from tabularium.schema.auth_options import PasswordOptions

CONTENT_SECURITY_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_ACTION: Final = "/api/auth/admin/accept-invitation"


def html(context: AuthContext, token: str) -> bytes:
    """Return the page. It says nothing about whether the token is good: the form is answered with that."""
    allowed = context.options.password or PasswordOptions()
    title = escape(context.auth.schema.name)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Join {title}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"</head><body><main><h1>Join {title}</h1>"
        f'<form method="post" action="{_ACTION}"><input type="hidden" name="token" value="{escape(token)}">'
        '<p><label for="name">Your name, if it should be another than the one you were invited by</label><br>'
        '<input id="name" name="name" autocomplete="name" maxlength="255"></p>'
        f'<p><label for="password">A password of {allowed.min_length} characters or more</label><br>'
        '<input id="password" name="password" type="password" autocomplete="new-password" required'
        f' minlength="{allowed.min_length}" maxlength="{allowed.max_length}"></p>'
        '<p><button type="submit">Accept the invitation</button></p>'
        "</form></main></body></html>"
    ).encode()
