"""What is sent and shown of an API key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from tabularium.db.identity.rows import Found
from tabularium.errors import FieldError, ValidationFailed
from tabularium.identity.context import AuthContext
from tabularium.identity.passwords import utf16_length
from tabularium.identity.refusals import AuthRefused

DEFAULT_CONFIG: Final = "default"
SHORTEST: Final = 86_400
LONGEST: Final = 365 * 86_400
"""The life of a key, in seconds."""

_MOST_CHARACTERS: Final = 32
_MOST_OF_METADATA: Final = 4096
_SERVER_ONLY: Final = (
    *("refillAmount", "refillInterval", "rateLimitEnabled", "rateLimitTimeWindow", "rateLimitMax", "permissions"),
)
_SHOWN: Final = (
    *("id", "configId", "name", "start", "prefix", "referenceId", "enabled", "rateLimitEnabled"),
    *("rateLimitTimeWindow", "rateLimitMax", "requestCount", "remaining", "refillAmount", "refillInterval"),
    *("lastRefillAt", "lastRequest", "expiresAt", "permissions", "metadata", "createdAt", "updatedAt"),
)


def public(key: Found) -> dict[str, Any]:
    """Return a key as answers show it: without its hash."""
    shown = {name: key[name] for name in _SHOWN}
    shown["configId"] = key["configId"] or DEFAULT_CONFIG
    shown["enabled"] = key["enabled"] is not False
    shown["rateLimitEnabled"] = bool(key["rateLimitEnabled"])
    shown["requestCount"] = key["requestCount"] or 0
    shown["permissions"], shown["metadata"] = _object(key["permissions"]), _object(key["metadata"])
    return shown


def _object(text: str | None) -> dict[str, Any] | None:
    """Read the JSON of a column; `None` where another program has left something else there."""
    value: Any = text
    for _ in range(2):  # some versions of Better Auth have stored the text of a text
        if not isinstance(value, str):
            break
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return value if isinstance(value, dict) else None


def check_server_only(sent: Mapping[str, Any]) -> None:
    """Raise for properties that only the server sets."""
    if sent.get("remaining") is not None or any(name in sent for name in _SERVER_ONLY):
        raise AuthRefused(400, "SERVER_ONLY_PROPERTY")


def columns_of(context: AuthContext, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that what was sent stands for. Raises where a value cannot be one.

    `expiresIn` is null for a key that never expires, and `metadata` for none.
    """
    columns: dict[str, Any] = {}
    if "metadata" in sent:
        columns["metadata"] = _metadata_text(sent["metadata"])
    if "expiresIn" in sent:
        columns["expiresAt"] = _expiry(context, sent["expiresIn"])
    for name in ("name", "prefix"):
        if name in sent:
            if not 1 <= utf16_length(sent[name]) <= _MOST_CHARACTERS:
                raise AuthRefused(400, f"INVALID_{name.upper()}_LENGTH")
            columns[name] = sent[name]
    if "enabled" in sent:
        columns["enabled"] = sent["enabled"]
    return columns


def _expiry(context: AuthContext, seconds: float | None) -> str | None:
    if seconds is None:
        return None
    if seconds < SHORTEST:
        raise AuthRefused(400, "EXPIRES_IN_IS_TOO_SMALL")
    if seconds > LONGEST:
        raise AuthRefused(400, "EXPIRES_IN_IS_TOO_LARGE")
    return context.after(seconds)


def _metadata_text(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise AuthRefused(400, "INVALID_METADATA_TYPE")
    content = orjson.dumps(value)
    if len(content) > _MOST_OF_METADATA:
        raise _unfit("too_long", f"Too big: expected object to have <={_MOST_OF_METADATA} bytes as JSON")
    if b"\\u0000" in content and _holds_null(value):
        raise _unfit("invalid_text", "Invalid input: U+0000 is not allowed")
    return content.decode()


def _holds_null(value: Any) -> bool:
    """Say whether U+0000 is in a text of the value. Its JSON may show the sign's escape for other reasons."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_null(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_holds_null, value))


def _unfit(code: str, message: str) -> ValidationFailed:
    return ValidationFailed(f"[body.metadata] {message}", [FieldError("body.metadata", message, code)])
