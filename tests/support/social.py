"""An application that signs in with the mock provider, and the way of a browser there and back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from server.outbound import HttpOutbound
from tabularium.identity.oauth.providers import ProviderKind
from tests.support.asgi import Answer, call
from tests.support.auth import ORIGIN, Browser, Site
from tests.support.identity_client import query_of
from tests.support.identity_provider import IdentityProvider

ERROR_PAGE = f"{ORIGIN}/api/auth/error"
WELCOME = f"{ORIGIN}/welcome?to=all#top"


@dataclass
class Stage:
    """The application and the provider."""

    site: Site
    mocks: Mapping[ProviderKind, IdentityProvider]
    outbound: HttpOutbound
    kind: ProviderKind = "generic"
    """Of the provider that is signed in with."""

    @property
    def mock(self) -> IdentityProvider:
        return self.mocks[self.kind]

    def at(self, kind: ProviderKind) -> Stage:
        """Return the same, signing in with another provider."""
        return replace(self, kind=kind)

    def browser(self) -> Browser:
        return self.site.browser()

    def is_somebody(self, **changes: Any) -> None:
        """Change who signs in at the provider."""
        self.mock.person = replace(self.mock.person, **changes)

    def begin(self, browser: Browser, **more: Any) -> str:
        """Begin to sign in, and return the address of the provider."""
        sent = {"provider": self.mock.provider_id, "callbackURL": WELCOME, **more}
        answer = browser.post("/sign-in/social", **sent)
        assert answer.status == 200, answer.body
        return str(answer.json()["url"])

    def begin_link(self, browser: Browser, **more: Any) -> str:
        answer = browser.post("/link-social", **{"provider": self.mock.provider_id, "callbackURL": "/account", **more})
        assert answer.status == 200, answer.body
        return str(answer.json()["url"])

    def agree(self, url: str) -> str:
        """Be at the provider, agree, and return the path that the browser comes back to."""
        return self.mock.sign_in(url).removeprefix(ORIGIN)

    def sign_in(self, browser: Browser, **more: Any) -> str:
        """Go the whole way, and return where it ends."""
        return led_to(browser("GET", self.agree(self.begin(browser, **more))))

    def link(self, browser: Browser, **more: Any) -> str:
        return led_to(browser("GET", self.agree(self.begin_link(browser, **more))))

    # The database -----------------------------------------------------------------------------------------------------

    def states(self) -> list[dict[str, Any]]:
        """Return the rows of flows on their way."""
        found = self.site.sql("SELECT value FROM verification WHERE value LIKE '{%' ORDER BY \"createdAt\"")
        return [json.loads(row[0]) for row in found]

    def accounts(self) -> list[tuple[Any, ...]]:
        """Return provider, subject and address of every account that is no password."""
        return self.site.sql(
            'SELECT a."providerId", a."accountId", u.email FROM account a JOIN "user" u ON u.id = a."userId" '
            'WHERE a."providerId" <> \'credential\' ORDER BY a."createdAt", u.email'
        )

    def local(self, email: str = "ada@example.org", *, verified: bool = True) -> Browser:
        """Return the browser of somebody who has signed up with a password."""
        browser = self.browser()
        browser.sign_up(email)
        if verified:
            self.site.sql('UPDATE "user" SET "emailVerified" = ?1 WHERE email = ?2', self.truth, email)
        return browser

    @property
    def truth(self) -> Any:
        return True if self.site.opened["database"].dialect.name == "postgresql" else 1

    def details(self, action: str) -> list[Any]:
        """Return what the activity log says of every entry of an action."""
        return [details for _, name, details in self.site.activities() if name == action]

    def together(self, *requests: tuple[Browser, str] | tuple[Browser, str, Any]) -> list[Answer]:
        """Send requests at the same time, each with the cookies of its browser: `POST` where there is a body."""
        application = self.site.client.application  # it alone takes headers for each request

        async def send(browser: Browser, path: str, body: Any = None) -> Answer:
            full = path if path.startswith("/api") else f"/api/auth{path}"
            headers = {"cookie": browser.cookie_header, "origin": ORIGIN}
            return await call(application, "GET" if body is None else "POST", full, body, headers=headers)

        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(send(*request) for request in requests))

        return list(self.site.client.run(all_of_them()))


OpenStage = Callable[..., Stage]


def led_to(answer: Answer) -> str:
    """Return where a redirect leads to."""
    assert (answer.status, answer.body) == (302, b""), answer.body
    return answer.headers["location"]


def error_of(url: str) -> str | None:
    """Return the `error` in the query of an address."""
    return query_of(url).get("error")


def named(answer: Answer) -> tuple[int, str, str]:
    """Return status, code and message of a refusal."""
    content: Mapping[str, Any] = answer.json()
    return answer.status, content["code"], content["message"]


def state_cookie(browser: Browser) -> str:
    """Return the state that the browser keeps."""
    return unquote(browser.cookies["better-auth.state"]).rpartition(".")[0]
