"""Refusals of `/api/auth`: the status, code and message that Better Auth's clients know.

The status stands here, although the product knows no HTTP: the same code has different ones at different operations,
and all of them belong to the wire contract that this package exists for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tabularium.errors import TabulariumError

_USUAL: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "BAD_REQUEST",
        401: "UNAUTHORIZED",
        403: "FORBIDDEN",
        404: "NOT_FOUND",
        409: "CONFLICT",
        410: "GONE",
        422: "UNPROCESSABLE_ENTITY",
        429: "RATE_LIMITED",
    }
)

MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL": "User already exists. Use another email.",
        "SESSION_EXPIRED": "Session expired. Re-authenticate to perform this action.",
        "SESSION_NOT_FRESH": "Session is not fresh",
        "EMAIL_ALREADY_VERIFIED": "Email is already verified",
        "CHANGE_EMAIL_DISABLED": "Change email is disabled",
        "MISSING_OR_NULL_ORIGIN": "Missing or null Origin",
        "EMAIL_PASSWORD_DISABLED": "Email and password is not enabled",
        "EMAIL_PASSWORD_SIGN_UP_DISABLED": "Email and password sign up is not enabled",
        "RESET_PASSWORD_DISABLED": "Reset password isn't enabled",
        "ID_TOKEN_NOT_SUPPORTED": "id_token not supported",
        "FAILED_TO_UNLINK_LAST_ACCOUNT": "You can't unlink your last account",
        "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED": (
            "Cross-site navigation login blocked. This request appears to be a CSRF attack."
        ),
        "INVALID_CALLBACK_URL": "Invalid callbackURL",
        "INVALID_REDIRECT_URL": "Invalid redirectURL",
        "INVALID_ERROR_CALLBACK_URL": "Invalid errorCallbackURL",
        "INVALID_NEW_USER_CALLBACK_URL": "Invalid newUserCallbackURL",
        "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED": (
            "POST method requires deferSessionRefresh to be enabled in session config"
        ),
        "BANNED_USER": (
            "You have been banned from this application. Please contact support if you believe this is an error."
        ),
        "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE": "You are not allowed to set a non-existent role value",
        "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER": (
            "Password cannot be updated through update-user. Use the set-user-password endpoint instead"
        ),
        "OTP_EXPIRED": "OTP expired",
        "INVALID_OTP": "Invalid OTP",
        "OTP_HAS_EXPIRED": "OTP has expired",
        "OTP_NOT_CONFIGURED": "otp isn't configured",
        "TOTP_NOT_ENABLED": "TOTP not enabled",
        "TWO_FACTOR_NOT_ENABLED": "Two factor isn't enabled",
        "BACKUP_CODES_NOT_ENABLED": "Backup codes aren't enabled",
        "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE": "Too many attempts. Please request a new code.",
        "ACCOUNT_TEMPORARILY_LOCKED": (
            "Too many failed verification attempts. Your account is temporarily locked. Please try again later."
        ),
        "PROVIDER_NOT_CONFIGURED": "Account is not associated with a configured social provider.",
        "AMBIGUOUS_ACCOUNT": "Multiple accounts share this account ID. Pass a providerId to disambiguate.",
        "FAILED_TO_GET_ACCESS_TOKEN": "Failed to get a valid access token",
        "LINKING_NOT_ALLOWED": "Account not linked - linking not allowed",
        "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED": "Account not linked - different emails not allowed",
        "UNAUTHORIZED_SESSION": "Unauthorized or invalid session",
        "USER_BANNED": "User is banned",
        "INVALID_API_KEY": "Invalid API key.",
        "KEY_NOT_FOUND": "API Key not found",
        "KEY_DISABLED": "API Key is disabled",
        "KEY_EXPIRED": "API Key has expired",
        "USAGE_EXCEEDED": "API Key has reached its usage limit",
        "EXPIRES_IN_IS_TOO_SMALL": "The expiresIn is smaller than the predefined minimum value.",
        "EXPIRES_IN_IS_TOO_LARGE": "The expiresIn is larger than the predefined maximum value.",
        "INVALID_NAME_LENGTH": "The name length is either too large or too small.",
        "INVALID_PREFIX_LENGTH": "The prefix length is either too large or too small.",
        "INVALID_METADATA_TYPE": "metadata must be an object or undefined",
        "NO_VALUES_TO_UPDATE": "No values to update.",
        "SERVER_ONLY_PROPERTY": (
            "The property you're trying to set can only be set from the server auth instance only."
        ),
        "INVALID_REFERENCE_ID_FROM_API_KEY": "The reference id from the API key is invalid.",
        "EMAIL_ALREADY_REGISTERED": "This email is already registered",
        "RATE_LIMITED": "Too many requests. Please try again later.",
    }
)
"""The messages that are not their code in sentence case."""


class AuthRefused(TabulariumError):
    """A refusal with the status, code and message of the wire.

    `keeps` says that what was written before it stays: counters of wrong tries, codes that are used up. `is_empty`
    gives it no body, as some operations of the wire want it. `retry_after` says in how many seconds one that is a limit
    may be over.
    """

    def __init__(
        self,
        status: int,
        code: str | None = None,
        message: str | None = None,
        *,
        keeps: bool = False,
        is_empty: bool = False,
        retry_after: int = 60,
    ) -> None:
        self.status = status
        self.code = code or _USUAL[status]
        self.keeps = keeps
        self.is_empty = is_empty
        self.retry_after = retry_after
        super().__init__(message or MESSAGES.get(self.code) or sentence(self.code))

    def keeping(self) -> AuthRefused:
        """Return the same refusal, which leaves what was written before it."""
        self.keeps = True
        return self


def sentence(code: str) -> str:
    """Return a code in sentence case: `USER_NOT_FOUND` → `User not found`."""
    return code.replace("_", " ").capitalize()


def not_signed_in() -> AuthRefused:
    """Build the refusal of an operation that needs a session."""
    return AuthRefused(401, "UNAUTHORIZED")


class UserGone(AuthRefused):
    """The user has been erased while a flow was at work with them: as if nobody were signed in."""

    def __init__(self) -> None:
        super().__init__(401, "UNAUTHORIZED")
