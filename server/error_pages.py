"""Errors as people see them, who have opened a page in a browser. Everybody else gets the error object."""

from __future__ import annotations

from html import escape
from typing import Final

from server.answers import Answer
from server.errors import error_answer
from server.headers import Header
from server.operation import Operation
from server.request import Request
from tabularium.errors import Forbidden, TabulariumError, Unauthorized

_HTML: Final = b"text/html"
_CONTENT: Final[Header] = (b"content-type", b"text/html; charset=utf-8")
_VARY: Final[Header] = (b"vary", b"Accept")
_HINTS: Final[dict[type[TabulariumError], str]] = {
    Unauthorized: "This page is for administrators. Sign in to {application} in this browser, then load the page "
    "again. Where {application} has no place of its own to sign in, send <code>POST /api/auth/sign-in/email</code> "
    'from this address, for instance in the <a href="/docs">explorer</a>.',
    Forbidden: "This page is for administrators. You are signed in to {application} as somebody else.",
}


def as_page(error: TabulariumError, request: Request, base: list[Header], application: str) -> Answer | None:
    """Return an error as a page, where the operation has such pages and the caller asks for HTML; else `None`."""
    operation = request.operation
    if not isinstance(operation, Operation) or not operation.has_error_pages:
        return None
    if _HTML not in request.headers.get(b"accept", b"").lower():
        return None
    answer = error_answer(error, request.request_id, base)
    body = _html(error, request.request_id.decode(), application)
    replaced = (b"content-type", b"content-length")
    headers = [each for each in answer.headers if each[0] not in replaced]
    return Answer(answer.status, [*headers, _CONTENT, _VARY, (b"content-length", b"%d" % len(body))], body)


def _html(error: TabulariumError, request_id: str, application: str) -> bytes:
    title = escape(application)
    hint = _HINTS.get(type(error), "").format(application=title)
    failures = "".join(f"<li>{escape(each.field)}: {escape(each.message)}</li>" for each in error.errors)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Error – {title}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"</head><body><main><h1>That did not work</h1><p>{escape(error.message)}</p>"
        + (f"<ul>{failures}</ul>" if failures else "")
        + (f"<p>{hint}</p>" if hint else "")
        + f"<p><code>{escape(error.code)}</code>, request <code>{escape(request_id)}</code></p></main></body></html>"
    ).encode()
