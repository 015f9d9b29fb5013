"""The callers of the access matrix, and the rows of accounts as they were before a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tabularium.db.database import Session
from tabularium.db.identity.tables import ACCOUNT, API_KEY, SESSION, TABLES, USER
from tests.access.matrix.application import HIGH, LOW
from tests.support.asgi import Answer
from tests.support.auth import ORIGIN, Browser, Site

ROLES = {"viewer": "viewer", "member": "member", "low": LOW, "high": HIGH, "admin": "admin"}
NAMES = ("anonymous", *ROLES, "key", "bearer")
"""The columns of the matrix. `low` and `high` have custom roles below and above level 40; `key` is an API key of
`member`, and `bearer` a session token of theirs."""
FOREIGN = "foreign"
"""One column more where rows are concerned: another member, who owns rows of their own."""
PASSWORD = "correct-horse-1"
SOMEBODY = "ada@example.com"
"""Who is acted upon. The examples of the contract name her, and she does not call."""

NO_MORE: Mapping[str, str] = {}
KEPT = (USER, SESSION, ACCOUNT, API_KEY)
"""The tables that have rows when everybody has signed up."""


@dataclass(frozen=True)
class Person:
    """A user, signed in."""

    id: str
    email: str
    token: str
    cookie: str
    key_id: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"origin": ORIGIN, "cookie": self.cookie}


@dataclass(frozen=True)
class Caller:
    """Sends requests in one way, and always with the same credentials."""

    name: str
    site: Site
    headers: Mapping[str, str]
    person: Person
    """Whose session it is; somebody else where nobody is signed in."""

    def __call__(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Answer:
        return self.site.client(method, path, body, headers=self.headers, query=query)


def _sign_up(house: Site, email: str, role: str) -> Person:
    browser: Browser = house.browser()
    user = browser.sign_up(email, PASSWORD)
    key = browser.post("/api-key/create").json()
    house.sql('UPDATE "user" SET role = ?1 WHERE email = ?2', role, email)
    return Person(user["id"], email, browser.token, browser.cookie_header, key["id"], key["key"])


class House:
    """The application with everybody in it, which can be put back to how it was."""

    def __init__(self, site: Site, more: Mapping[str, str] = NO_MORE) -> None:
        """Sign everybody up; `more` are further columns, each with its role."""
        self.site = site
        self.somebody = _sign_up(site, SOMEBODY, "viewer")
        people = {name: _sign_up(site, f"{name}@example.com", role) for name, role in {**ROLES, **more}.items()}
        _sign_up(site, "root@example.com", "admin")  # so that `admin` is not the last one, who may not go
        member = people["member"]
        ways = {
            "anonymous": ({}, self.somebody),
            **{name: (person.headers, person) for name, person in people.items()},
            "key": ({"x-api-key": member.key}, member),
            "bearer": ({"authorization": f"Bearer {member.token}"}, member),
        }
        self.callers = {name: Caller(name, site, *ways[name]) for name in (*NAMES, *more)}
        site.write(self._keep)

    @property
    def admin(self) -> Caller:
        return self.callers["admin"]

    def as_person(self, person: Person) -> Caller:
        """Return the session of a person, for what must have happened before a request."""
        return Caller("before", self.site, person.headers, person)

    def put_back(self) -> None:
        """Undo what requests have done to accounts. Records stay as they are."""
        self.site.write(self._restore)
        self.site.letters.sent.clear()

    @staticmethod
    async def _keep(session: Session) -> None:
        for table in KEPT:
            await session.execute(f'CREATE TABLE "_kept_{table.name}" AS SELECT * FROM "{table.name}"')

    @staticmethod
    async def _restore(session: Session) -> None:
        statements = [
            *(f'DELETE FROM "{table.name}"' for table in reversed(TABLES)),
            *(f'INSERT INTO "{table.name}" SELECT * FROM "_kept_{table.name}"' for table in KEPT),
        ]
        await session.execute("; ".join(statements))  # one way to the server and back, as it is done hundreds of times
