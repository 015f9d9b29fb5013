"""What an exchange of `/api/auth` carries: what lives as long as the server, who asks, and what the answer sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from tabularium.access.identity import Identity
from tabularium.clock import Clock, instant_text
from tabularium.db import activity as log
from tabularium.db.database import Database, ForeignKeyViolation, Session
from tabularium.db.identity.rows import Found
from tabularium.events import Origin
from tabularium.identity.cookies import CookieJar
from tabularium.identity.encryption import Vault
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.origins import TrustedOrigins
from tabularium.identity.passwords import PasswordHasher
from tabularium.identity.refusals import AuthRefused, UserGone, not_signed_in
from tabularium.identity.secrets import Secrets
from tabularium.mail.mailer import Mail, Mailer
from tabularium.schema.auth_options import AuthOptions
from tabularium.schema.model import Schema

REASONS: Final = frozenset({"credentials", "unverified", "banned", "locked", "two_factor"})
"""Why a sign-in fails, as the activity log has it."""

T = TypeVar("T")
Work = Callable[[Session], Awaitable[T]]


class AuthoredContent(Protocol):
    """What users have written into the tables of the application, of which accounts know nothing else."""

    def pages(self, database: Database, author: Identity, now: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the records that somebody has created, with the fields that they may read, some at a time."""

    async def forget(self, transaction: Session, user_id: str, now: str, *, deletes: bool, origin: Origin) -> None:
        """Take a user out of all records; `deletes` removes those that they have created, for good, by `origin`."""


class AuthoredComments(Protocol):
    """What users have written about records."""

    def pages(self, database: Database, user_id: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the comments of somebody, some at a time."""

    async def forget(self, transaction: Session, user_id: str, now: str, *, deletes: bool, origin: Origin) -> None:
        """Take a user out of all comments; `deletes` removes those that they have written, by `origin`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What lives as long as the server."""

    options: AuthOptions
    schema: Schema
    database: Database
    clock: Clock
    secrets: Secrets
    vault: Vault
    hasher: PasswordHasher
    mailer: Mailer
    origins: TrustedOrigins
    providers: Mapping[str, Provider]
    """By id, in the order of the file."""
    base_url: str
    """The public origin, without a slash at the end."""
    authored: AuthoredContent
    comments: AuthoredComments

    @property
    def base(self) -> str:
        """The address that every path of `/api/auth` begins with."""
        return f"{self.base_url}/api/auth"

    @property
    def is_secure(self) -> bool:
        return self.base_url.startswith("https:")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by what was sent: the rows of the user and of the session."""

    user: Found
    session: Found
    is_key: bool = False
    """Whether an API key was sent, which stands for its owner at few operations only."""
    key_id: str | None = None

    @property
    def user_id(self) -> str:
        return str(self.user["id"])

    @property
    def actor(self) -> log.Actor:
        return actor_of(self.user)


def actor_of(user: Found) -> log.Actor:
    """Return a user as the activity log names them."""
    return log.Actor(user["id"], user["name"], user["email"])


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request tells of where it comes from."""

    address: str
    user_agent: str
    request_id: str
    authorization: str | None = None
    """The value of the header."""
    api_key: str | None = None


@dataclass(slots=True)
class AuthContext:
    """One exchange. Flows read and write through it; cookies and mails of work that is rolled back are forgotten."""

    auth: Authentication
    visitor: Visitor
    cookies: CookieJar
    moment: datetime
    caller: Caller | None = None
    is_known_by_cookie: bool = False
    """Whether a cookie says who the caller is: then the request may be another site's doing."""
    location: str | None = None
    """The header `Location` of an answer."""
    _outbox: list[Mail] = field(default_factory=list)

    @property
    def options(self) -> AuthOptions:
        return self.auth.options

    @property
    def now(self) -> str:
        """The instant of the exchange, the same at every look."""
        return instant_text(self.moment)

    def after(self, seconds: float) -> str:
        """Return the instant so many seconds from now."""
        return instant_text(self.moment + timedelta(seconds=seconds))

    def require_session(self) -> Caller:
        """Return the caller, who must have a session of their own. Raises 401."""
        caller = self.signed_in
        if caller is None:
            raise not_signed_in()
        return caller

    @property
    def origin(self) -> Origin:
        """Who does what this exchange does to records."""
        if self.caller is None:
            return Origin(None, self.visitor.request_id)
        user, impersonator = self.caller.user, self.caller.session.get("impersonatedBy")
        by = Identity(user["id"], frozenset(), name=user["name"], email=user["email"], impersonated_by=impersonator)
        return Origin(by, self.visitor.request_id)

    @property
    def signed_in(self) -> Caller | None:
        """The caller, where they have a session of their own: an API key is none."""
        return None if self.caller is None or self.caller.is_key else self.caller

    # The database -----------------------------------------------------------------------------------------------------

    async def read(self, work: Work[T]) -> T:
        """Run `work` with a session for reading."""
        return await self.auth.database.read(work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction. It is rolled back where `work` raises, but for a refusal that keeps it.

        Raises `UserGone` where a user whom the work is about has been erased meanwhile.
        """
        cookies, mails = self.cookies.mark(), len(self._outbox)

        async def attempt(session: Session) -> T | _Kept:
            self.cookies.rewind(cookies)  # a write that met a deadlock runs again
            del self._outbox[mails:]
            try:
                return await work(session)
            except AuthRefused as refusal:
                if refusal.keeps:
                    return _Kept(refusal)
                raise

        try:
            result = await self.auth.database.write(attempt)
        except BaseException as error:
            self.cookies.rewind(cookies)
            del self._outbox[mails:]
            if isinstance(error, ForeignKeyViolation):  # all of them lead to a user
                raise UserGone from None
            raise
        if isinstance(result, _Kept):
            raise result.refusal
        return result

    # What happens beside the answer -----------------------------------------------------------------------------------

    def may_mail(self, address: str) -> bool:
        """Count a mail to an address, if it may get one more. Asked before a code or a token is made for it."""
        return self.auth.mailer.may_send(address)

    def mail(self, to: str, template: str, *, is_counted: bool = False, **values: str) -> None:
        """Have a mail sent when the exchange is over, if the address may get one more.

        `is_counted`: `may_mail` has been asked already. A mail that only a file can word is not sent where it does not.
        """
        if is_counted or self.may_mail(to):
            self._outbox.append(Mail(to, template, values))

    def take_mails(self) -> list[Mail]:
        """Return the mails to send, once."""
        mails, self._outbox = self._outbox, []
        return mails

    async def note(
        self,
        session: Session,
        action: str,
        user: Found | None,
        *,
        category: log.Category = "auth",
        changes: Mapping[str, Any] | None = None,
        **details: Any,
    ) -> None:
        """Write what was done to a user into the activity log. Whoever is signed in did it, else the user."""
        actor = self.caller.actor if self.caller is not None else actor_of(user) if user is not None else None
        impersonator = None if self.caller is None else self.caller.session.get("impersonatedBy")
        entry = log.Entry(
            category=category,
            action=action,
            created_at=self.now,
            actor=actor,
            table_name=log.ACCOUNTS,
            record_id=None if user is None else user["id"],
            impersonated_by=impersonator,
            request_id=self.visitor.request_id,
            changes=changes,
            details=details or None,
            ip=self.visitor.address or None,
            user_agent=self.visitor.user_agent or None,
        )
        await log.write(session, entry)

    async def note_failed_sign_in(self, session: Session, user: Found | None, reason: str, **details: Any) -> None:
        """Write into the activity log that a sign-in has failed; `user` is whose it would have been, if there is one.

        A reason that is none of `REASONS` says what exactly was wrong with what was shown.
        """
        told: dict[str, Any] = {"reason": reason} if reason in REASONS else {"reason": "credentials", "error": reason}
        await self.note(session, "user.sign_in_failed", user, **details, **told)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A refusal whose transaction is committed."""

    refusal: AuthRefused
