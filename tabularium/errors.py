"""The few kinds of error that the product knows. No HTTP here: `server/errors.py` maps each kind to a status.

TabulariumError
├── BadRequest            the input cannot be read at all (broken JSON, broken filter text)
├── ValidationFailed      it can be read, and does not fit the contract or the table's rules
├── Unauthorized          nobody is signed in where somebody must be
├── Forbidden             the caller may see the thing and may not do this to it
├── NotFound              it does not exist, or the caller may not see it
├── Conflict              a unique value is taken, a stale write, a restricted delete
├── PreconditionFailed    the record is not in the revision that the caller expects
├── NestedReply           a comment that answers a reply
├── IdempotencyMismatch   the key of a request was sent with another request before
├── PayloadTooLarge       a body or a batch over its limit
└── Unavailable           the database is away, or the deadline has passed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

_MOST_SHOWN: Final = 100


def shown(text: str) -> str:
    """Return a name or an id that came with a request, cut to a length that an answer can bear."""
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


_MOST_LISTED: Final = 50
"""A filter may hold a hundred wrong names, and a table five hundred fields."""


def listed(names: Sequence[str]) -> str:
    """Return names for a message, and how many more there are where they are many."""
    surplus = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {surplus} more" if surplus > 0 else "")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One failure: a dotted path (`fields.email`, `records.3.fields.email`), a message, a code of `docs/errors.md`."""

    field: str
    message: str
    code: str

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "message": self.message, "code": self.code}


class TabulariumError(Exception):
    """Any refusal that a caller is told about. `errors` lists every failure that was found, not the first."""

    code: str = "INTERNAL_ERROR"
    default_message: ClassVar[str] = "Something went wrong on the server."

    def __init__(
        self,
        message: str | None = None,
        errors: Sequence[FieldError] = (),
        details: Sequence[str] = (),
    ) -> None:
        self.message = message or self.default_message
        self.errors = tuple(errors)
        self.details = tuple(details)
        super().__init__(self.message)

    @classmethod
    def of(cls, field: str, message: str, code: str) -> Self:
        """Build the error of a single failure, whose message is also the message of the whole."""
        return cls(message, [FieldError(field, message, code)])


class BadRequest(TabulariumError):
    code = "BAD_REQUEST"
    default_message = "The request cannot be read."


class ValidationFailed(TabulariumError):
    code = "VALIDATION_ERROR"
    default_message = "The request does not match what is allowed here."


class Unauthorized(TabulariumError):
    code = "UNAUTHORIZED"
    default_message = "Sign in to do this."


class Forbidden(TabulariumError):
    code = "FORBIDDEN"
    default_message = "You may not do this."


class NotFound(TabulariumError):
    code = "NOT_FOUND"
    default_message = "There is nothing here."


class Conflict(TabulariumError):
    code = "CONFLICT"
    default_message = "The request conflicts with what is stored."


class PreconditionFailed(TabulariumError):
    """The record is not as the caller expects it. `current` is what they would read now, `None` where they may not."""

    code = "PRECONDITION_FAILED"
    default_message = "The record is not in the revision that If-Match names; read it again."

    def __init__(
        self, current: Mapping[str, Any] | None = None, revision: int | None = None, message: str | None = None
    ) -> None:
        """`revision` is that of `current`, where that does not tell it itself."""
        super().__init__(message)
        self.current = current
        self.revision = revision


class IdempotencyMismatch(TabulariumError):
    code = "IDEMPOTENCY_MISMATCH"
    default_message = "This Idempotency-Key was sent with another request before; make up a new one."


class NestedReply(TabulariumError):
    code = "NESTED_REPLY_REJECTED"
    default_message = "This comment is itself a reply; answer the comment that it replies to."


class PayloadTooLarge(TabulariumError):
    code = "PAYLOAD_TOO_LARGE"
    default_message = "The request is too large."


class Rehearsed(Exception):
    """A write was tried with every check and shall not be stored: raising this rolls it back. It has the answer."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.answer = answer
        super().__init__("rehearsed")


class Discarded(Rehearsed):
    """A request is answered as if it had been done, and nothing is stored."""


class Unavailable(TabulariumError):
    """The database is away or busy, or the deadline has passed. `retry_after` is in seconds."""

    code = "SERVICE_UNAVAILABLE"
    default_message = "The service is not available at the moment."

    def __init__(self, message: str | None = None, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
