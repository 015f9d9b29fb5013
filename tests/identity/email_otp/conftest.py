"""An application with codes, on each database."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.conftest import Open
from tests.support.auth import Site

CODES: dict[str, Any] = {"strategies": [{"type": "emailAndPassword"}, {"type": "emailOtp"}]}
ADA = "ada@example.com"
NOBODY = "nobody@example.com"


@pytest.fixture
def site(opened: Open) -> Site:
    return opened(CODES)


def send(site: Site, kind: str = "sign-in", email: str = ADA) -> str:
    """Have a code mailed, and return it."""
    answer = site.browser().post("/email-otp/send-verification-otp", email=email, type=kind)
    assert (answer.status, answer.json()) == (200, {"success": True})
    return code(site)


def code(site: Site) -> str:
    return site.last_mail().values["otp"]


def other(right: str) -> str:
    """Return a code that is not the right one."""
    return "111111" if right != "111111" else "222222"


def told(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def is_verified(site: Site, email: str = ADA) -> bool:
    return bool(site.sql('SELECT "emailVerified" FROM "user" WHERE email = ?1', email)[0][0])
