"""Fuzzing the operations of accounts: as nobody, and as an administrator who stays signed in."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Final

APPLICATION: Final = Path(__file__).with_name("accounts.yaml")
ENVIRONMENT: Final = {
    "AUTH_SECRET": "a secret that only the fuzz run has and that is of no worth",
    "AUTH_ADMIN_EMAIL": "root@example.com",
    "AUTH_ADMIN_PASSWORD": "correct-horse-1",
}
TAGS: Final = ("auth", "account")
ADMINISTRATED: Final = ("activity", "analytics")
"""Tags that serve administrators, so that there must be accounts. Their wire is that of all other operations."""
ENDING: Final = ("sign_out", "revoke_sessions", "delete_user", "delete_account")
"""Operations that would end the administrator's session, so that all after them would be nobody's."""

NOT_CHECKED: Final = ("unsupported_method", "allow_header_conformance", "use_after_free")
"""Below `/api/auth` a wrong method is 404, as Better Auth's clients know it; and sessions end by many operations."""


def only_accounts() -> list[str]:
    """Return the options by which Schemathesis asks for accounts alone."""
    return [option for tag in TAGS for option in ("--include-tag", tag)]


def only_administrated() -> list[str]:
    """Return the options by which Schemathesis asks for what is only there for administrators."""
    return [option for tag in ADMINISTRATED for option in ("--include-tag", tag)]


def as_nobody() -> list[str]:
    """Return the options by which Schemathesis is not signed in."""
    return ["--exclude-checks", ",".join(NOT_CHECKED), "--phases", "examples,fuzzing"]


def as_administrator(url: str) -> list[str]:
    """Return the options by which Schemathesis is an administrator."""
    body = json.dumps({"email": ENVIRONMENT["AUTH_ADMIN_EMAIL"], "password": ENVIRONMENT["AUTH_ADMIN_PASSWORD"]})
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{url}/api/auth/sign-in/email", body.encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        token = json.load(answer)["token"]
    return ["-H", f"Authorization: Bearer {token}"]


def staying_signed_in() -> list[str]:
    """Return the options by which the operations of accounts leave the caller signed in."""
    left_out = [option for name in ENDING for option in ("--exclude-operation-id", name)]
    # The token stands in every request, also where Schemathesis tries what happens without it.
    checks = ",".join((*NOT_CHECKED, "ignored_auth"))
    return [*left_out, "--exclude-checks", checks, "--phases", "examples,coverage,fuzzing"]
