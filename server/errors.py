"""The one place where an error becomes an answer: kind → status, and the error object of every 4xx and 5xx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from server.answers import Answer
from server.entity_tags import record_tag
from server.headers import Header
from server.rate_limits.refusal import RateLimited
from tabularium import json_text
from tabularium.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    NestedReply,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    TabulariumError,
    Unauthorized,
    Unavailable,
    ValidationFailed,
)
from tabularium.identity.refusals import AuthRefused


class MethodNotAllowed(TabulariumError):
    """The path exists and does not serve this method. `allow` lists those it serves."""

    code = "METHOD_NOT_ALLOWED"
    default_message = "This method is not allowed here."

    def __init__(self, allow: str) -> None:
        super().__init__(f"This method is not allowed here. Allowed: {allow}.")
        self.allow = allow


class UnsupportedMediaType(TabulariumError):
    """The body is of a type, charset or encoding that the operation does not read."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    default_message = "The content type of the body is not supported."


class DeadlineExceeded(Unavailable):
    """The request took longer than requests may, and was given up."""

    default_message = "The request took too long and was given up."


STATUS: Final[Mapping[type[TabulariumError], int]] = {
    BadRequest: 400,
    ValidationFailed: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    PreconditionFailed: 412,
    PayloadTooLarge: 413,
    IdempotencyMismatch: 422,
    NestedReply: 422,
    RateLimited: 429,
    UnsupportedMediaType: 415,
    Unavailable: 503,
    TabulariumError: 500,
}
"""A subclass has the status of its nearest base here."""


def status_of(error: TabulariumError) -> int:
    """Return the status of an error's kind."""
    if isinstance(error, AuthRefused):
        return error.status
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def error_body(error: TabulariumError, request_id: bytes) -> bytes:
    """Write the error object."""
    content: dict[str, Any] = {"success": False, "message": error.message, "code": error.code}
    if error.errors:
        content["errors"] = [each.as_json() for each in error.errors]
    if error.details:
        content["details"] = list(error.details)
    content["requestId"] = request_id.decode()
    return json_text.dump(content)


def error_answer(error: TabulariumError, request_id: bytes, base: list[Header]) -> Answer:
    """Build the answer of an error. `base` are the headers that every error has."""
    is_empty = isinstance(error, AuthRefused) and error.is_empty
    body = b"" if is_empty else error_body(error, request_id)
    return Answer(status_of(error), [*base, *error_headers(error), (b"content-length", b"%d" % len(body))], body)


def error_headers(error: TabulariumError) -> list[tuple[bytes, bytes]]:
    """Return the headers that belong to an error's kind."""
    match error:
        case MethodNotAllowed():
            return [(b"allow", error.allow.encode())]
        case Unavailable():
            return [(b"retry-after", b"%d" % max(1, error.retry_after))]
        case AuthRefused() if error.status == 405:
            return [(b"allow", b"GET")]
        case AuthRefused() if error.status == 429:
            return [(b"retry-after", b"%d" % error.retry_after)]
        case PreconditionFailed() if error.current is not None:
            tag = record_tag(error.current, json_text.dump(error.current), error.revision)
            return [(b"etag", tag.encode())]
        case RateLimited():
            return error.headers()
        case Unauthorized():
            return [(b"www-authenticate", b"Bearer")]
        case _:
            return []
