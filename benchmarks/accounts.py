"""What accounts cost: the lookup of a session at every request, and what other callers feel of those who sign in."""

from __future__ import annotations

import json
import random
import urllib.request
from dataclasses import replace
from typing import Final

from benchmarks.data import APPLICATION as WITHOUT_ACCOUNTS
from benchmarks.data import PAGE, ROWS, TABLE, Scenario, get, post

APPLICATION: Final = f"""\
{WITHOUT_ACCOUNTS}
auth:
  strategies: [{{ type: emailAndPassword }}]
  rateLimit: {{ enabled: false }}
"""
ENVIRONMENT: Final = {"AUTH_SECRET": "0123456789abcdef0123456789abcdef"}
CLIENTS: Final = 16
"""Who sign in again and again."""
_FEW_CONNECTIONS: Final = 2
"""Lists wait for sign-ins, and not for each other."""
_USERS: Final = 8
_VARIANTS: Final = 500
_PASSWORD: Final = "correct-horse-1"
_RECORDS: Final = f"/api/tables/{TABLE}/records"
_LIST: Final = f"{_RECORDS}?limit={PAGE}&count=none"


def scenarios(port: int) -> tuple[Scenario, ...]:
    """Sign users up at a server, and return what is measured there."""
    cookies = sign_up_all(port)
    signed_in = Scenario(
        "get one, with a session",
        lambda: _get_one(cookies),
        {"sqlite": 0.15},
        compared_with="get one",
    )
    alone = Scenario(
        "list 50, with a session",
        lambda: [get(_LIST, {"Cookie": cookie}) for cookie in cookies],
        {},
        connections=_FEW_CONNECTIONS,
    )
    beside = Scenario(f"sign in, {CLIENTS} clients", _sign_in, {}, connections=CLIENTS)
    disturbed = replace(alone, name=f"list 50 while {CLIENTS} clients sign in", beside=beside, compared_with=alone.name)
    return (signed_in, alone, disturbed)


def sign_up_all(port: int) -> list[str]:
    """Sign all users up, and return their cookies."""
    return [_sign_up(port, _email(number)) for number in range(_USERS)]


def _email(number: int) -> str:
    return f"user{number}@mail.example"


def _sign_up(port: int, email: str) -> str:
    """Return the cookie of somebody who has just signed up."""
    body = json.dumps({"name": "", "email": email, "password": _PASSWORD}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/auth/sign-up/email", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        line: str = answer.headers["Set-Cookie"]
    return line.partition(";")[0]


def _get_one(cookies: list[str]) -> list[str]:
    source = random.Random(_VARIANTS)
    return [
        get(f"{_RECORDS}/{source.randint(1, ROWS)}", {"Cookie": cookies[number % len(cookies)]})
        for number in range(_VARIANTS)
    ]


def _sign_in() -> list[str]:
    bodies = ({"email": _email(number), "password": _PASSWORD} for number in range(_USERS))
    return [post("/api/auth/sign-in/email", json.dumps(body).encode()) for body in bodies]
