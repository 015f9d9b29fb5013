"""E-mail addresses: lower case before every use, and what counts as one."""

from __future__ import annotations

import re
from typing import Final

from email_validator import EmailNotValidError, validate_email

from tabularium.errors import FieldError, ValidationFailed
from tabularium.identity.refusals import AuthRefused

MAX_LENGTH: Final = 254
PATTERN: Final = re.compile(
    r"(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+\-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}", re.ASCII
)
INVALID: Final = "Invalid email address"


def is_address(text: str) -> bool:
    """Say whether a text has the form of an address."""
    return len(text) <= MAX_LENGTH and PATTERN.fullmatch(text) is not None


def is_storable(text: str) -> bool:
    """Say whether a text may be stored as an address: it has the form, and a mail server could take it."""
    if not is_address(text):
        return False
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        return _is_special(str(error))
    return True


def _is_special(message: str) -> bool:
    # Domains such as `example.local` are kept for special uses: inside a company they are real.
    return "special-use or reserved" in message


def lowered(text: str) -> str:
    """Return the form of an address that is compared and stored."""
    return text.lower()


def require(text: str, *, field: str = "email", stored: bool = False) -> str:
    """Return an address in lower case. Raises `ValidationFailed` where it is none, or cannot be `stored`."""
    if not (is_storable(text) if stored else is_address(text)):
        raise ValidationFailed(f"[body.{field}] {INVALID}", [FieldError(f"body.{field}", INVALID, "invalid_email")])
    return lowered(text)


def require_coded(text: str, *, stored: bool = False) -> str:
    """Return an address in lower case. Raises `INVALID_EMAIL`, as the operations do that have a code for it."""
    if not (is_storable(text) if stored else is_address(text)):
        raise AuthRefused(400, "INVALID_EMAIL")
    return lowered(text)
