"""An application with authentication in process: its client keeps cookies, reads the mails and moves the clock."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from server.app import create_app
from server.auth.assembly import build_authentication
from server.client_address import ClientAddress
from server.rate_limits.checks import Limits
from tabularium.application import load_schema
from tabularium.db.connect import open_database
from tabularium.db.database import Database, Session
from tabularium.db.options import DatabaseOptions
from tabularium.identity.context import Authentication
from tabularium.identity.oauth.outbound import Outbound
from tabularium.identity.passwords import PasswordHasher
from tabularium.identity.secrets import Secrets
from tabularium.identity.start import start
from tabularium.mail.mailer import Mail, Mailer, MailSettings
from tabularium.mail.templates import Template
from tabularium.schema.migration.apply import migrate
from tests.support.asgi import Answer, Application, Client
from tests.support.recorded_writes import RecordedWrites

SECRET = "0123456789abcdef0123456789abcdef"
ORIGIN = "http://localhost:3000"
CHEAP = 16
"""The cost of scrypt in tests: the form of a hash is the same, and making one takes no time."""

TABLES = [{"id": 1, "name": "notes", "fields": [{"id": 1, "name": "title", "type": "single-line-text"}]}]
PASSWORDS: dict[str, Any] = {"strategies": [{"type": "emailAndPassword"}]}
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


@dataclass(frozen=True)
class Settings:
    """The settings of a server under test."""

    base_url: str = ORIGIN
    trusted_origins: tuple[str, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict)
    request_timeout_ms: int = 30_000
    log_level: Literal["debug", "info", "warning", "error"] = "error"
    log_format: Literal["text", "json"] = "text"


class Letters(Mailer):
    """Keeps mails in place of sending them."""

    def __init__(self, folder: Path, templates: Mapping[str, Template]) -> None:
        settings = MailSettings(None, 0, False, None, None, None, "crm", folder)
        super().__init__(settings, templates, "crm", lambda level, text: None)
        self.sent: list[Mail] = []
        self.allows = True

    def may_send(self, address: str) -> bool:
        return self.allows

    def send(self, mail: Mail) -> None:
        if self._template(mail.template) is not None:
            self.sent.append(mail)

    async def deliver(self, mail: Mail) -> bool:
        self.send(mail)
        return True


class Browser:
    """A client that keeps cookies as browsers do, and sends its origin with them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []
        """The lines `Set-Cookie` of the last answer."""

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """Send a request. Paths that begin with `/` and are not below `/api` are those of `/api/auth`."""
        full = path if path.startswith(("/api/", "/docs", "/accept")) else f"/api/auth{path}"
        sent = {"origin": ORIGIN, **({"cookie": self.cookie_header} if self.cookies else {}), **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        answer = self.site.client(method, full, body, headers=sent, query=query, raw=raw)
        self.set_cookies = self.site.set_cookies(answer)
        for line in self.set_cookies:
            self._keep(line)
        return answer

    def get(self, path: str, **query: Any) -> Answer:
        return self("GET", path, query=query)

    def post(self, path: str, **body: Any) -> Answer:
        return self("POST", path, body)

    def together(self, *requests: tuple[Any, ...]) -> list[Answer]:
        """Send requests (method, whole path and body each) at the same time, all with the cookies as they are."""
        return self.site.client.together(*requests, headers={"origin": ORIGIN, "cookie": self.cookie_header})

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def cookie(self, name: str) -> str | None:
        """Return a cookie's value as it was sent, by its name without the prefix."""
        return self.cookies.get(f"better-auth.{name}")

    @property
    def token(self) -> str:
        """Return the session token, without its signature."""
        return unquote(self.cookies["better-auth.session_token"]).rpartition(".")[0]

    def _keep(self, line: str) -> None:
        pair, *attributes = line.split("; ")
        name, _, value = pair.partition("=")
        if "Max-Age=0" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    # Usual steps ------------------------------------------------------------------------------------------------------

    def sign_up(self, email: str = "ada@example.com", password: str = "correct-horse-1", **more: Any) -> Any:
        """Sign up, and return the user."""
        answer = self.post("/sign-up/email", name="Ada", email=email, password=password, **more)
        assert answer.status == 200, answer.body
        return answer.json()["user"]

    def sign_in(self, email: str = "ada@example.com", password: str = "correct-horse-1", **more: Any) -> Answer:
        return self.post("/sign-in/email", email=email, password=password, **more)

    @property
    def session(self) -> Any:
        """Return what `get-session` answers."""
        return self.get("/get-session").json()


@dataclass
class Site:
    """The application, and what happens behind it."""

    client: Client
    clock: HandClock
    letters: Letters
    opened: dict[str, Any]

    @property
    def auth(self) -> Authentication:
        found: Authentication = self.opened["auth"]
        return found

    def browser(self) -> Browser:
        return Browser(self)

    def set_cookies(self, answer: Answer) -> list[str]:
        return list(answer.all_headers("set-cookie"))

    # Mails ------------------------------------------------------------------------------------------------------------

    def last_mail(self, to: str | None = None) -> Mail:
        return [mail for mail in self.letters.sent if to in (None, mail.to)][-1]

    def link(self, to: str | None = None) -> str:
        """Return the path and query of the link in the last mail."""
        return self.last_mail(to).values["url"].removeprefix(ORIGIN)

    # The database -----------------------------------------------------------------------------------------------------

    def write(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        database: Database = self.opened["database"]
        return self.client.run(database.write(work))

    def sql(self, text: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement whose placeholders are `?1`, `?2`, … on either database, and return its rows."""
        database: Database = self.opened["database"]
        if database.dialect.name == "postgresql":
            text = re.sub(r"\?(\d)", r"$\1", text)

        async def work(session: Session) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await session.fetch_all(text, parameters)]

        return list(self.write(work))

    def promote(self, email: str) -> None:
        """Make somebody an administrator."""
        self.sql("UPDATE \"user\" SET role = 'admin' WHERE email = ?1", email)

    def admin(self) -> Browser:
        """Return the browser of an administrator."""
        browser = self.browser()
        browser.sign_up("root@example.com")
        self.promote("root@example.com")
        return browser

    def activities(self) -> list[tuple[str, str, Any]]:
        """Return category, action and details of every entry of the activity log, in order, but for that of the start."""
        made = "action <> 'config.migrated'"
        found = self.sql(f"SELECT category, action, details FROM _activity WHERE {made} ORDER BY id")
        return [(category, action, json.loads(details) if details else None) for category, action, details in found]


@contextmanager
def site(
    folder: Path,
    database_url: str,
    auth: Mapping[str, Any] | None = None,
    *,
    settings: Settings | None = None,
    outbound: Outbound | None = None,
    secrets: tuple[str, ...] = (SECRET,),
    clock: HandClock | None = None,
    tables: list[dict[str, Any]] | None = None,
    limits: Limits | None = None,
    addresses: ClientAddress | None = None,
    cost: int = CHEAP,
    **blocks: Any,
) -> Iterator[Site]:
    """Serve an application whose file has the block `auth`. Every answer is held to the contract."""
    file = folder / "app.json"
    content = {"name": "crm", "auth": dict(auth or PASSWORDS), "tables": TABLES if tables is None else tables, **blocks}
    file.write_text(json.dumps(content), encoding="utf-8")
    clock = clock or HandClock()
    settings = settings or Settings()
    opened: dict[str, Any] = {}
    schema = load_schema(file).schema
    assert schema.auth is not None
    templates = {
        name: Template(each.subject, each.text, each.html) for name, each in schema.auth.email_templates.items()
    }
    letters = Letters(folder / "mail", templates)
    hasher = PasswordHasher(cost, 4)

    async def begin() -> tuple[Application, Callable[[], Awaitable[None]]]:
        # A few connections are enough to race, and a server has a hundred for all processes of a test run.
        # Nothing outlives the test, so no commit need wait for the disk.
        database = await open_database(database_url, DatabaseOptions(pool_size=4, synchronous="normal"))
        done = await migrate(database, schema, clock)
        migrated = done.schema
        assert migrated.auth is not None
        made = build_authentication(
            migrated,
            migrated.auth,
            database,
            clock,
            settings,
            Secrets(secrets),
            letters,
            hasher=hasher,
            outbound=outbound,
        )
        opened.update(database=database, auth=made, migrated=done, started=await start(made, None))
        app = create_app(
            migrated,
            RecordedWrites(database, migrated),
            settings,
            clock=clock,
            auth=made,
            limits=limits,
            addresses=addresses or ClientAddress(0),
            validate_responses=True,
        )
        app.lifecycle.start()
        return app, database.close

    client = Client(begin)
    try:
        yield Site(client, clock, letters, opened)
    finally:
        client.close()
        hasher.close()
