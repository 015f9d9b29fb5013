"""Sends mails: in the background, three tries each, to a mail server or, without one, into files."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from tabularium.clock import Clock, SystemClock
from tabularium.mail.hourly_limit import HourlyLimit
from tabularium.mail.letter import Letter, Unmailable, compose, domain_of
from tabularium.mail.outbox import Outbox
from tabularium.mail.templates import BUILT_IN, CONFIGURED_AS, TEMPLATE_NAMES, Template, render
from tabularium.mail.transports import MailFolder, MailServer, NotTaken, Transport

Level = Literal["info", "warning", "error"]
Log = Callable[[Level, str], None]

_TLS_PORT: Final = 465
_AT_ONCE: Final = 4
_MOST_WAITING: Final = 10_000
_NOBODY: Final = "no-reply@localhost"
"""The sender in files, where none is set."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to send: to whom, the name of its template, and what its placeholders stand for.

    `organizationName` need not be given, nor `email` where it is the recipient. Built-in texts also name the `lifetime`
    of a link or a code ("1 hour"); that of an invitation begins with `inviterName`.
    """

    to: str = field(repr=False)
    template: str
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How mails are sent. Without `host` they become files in `folder`; with it `sender` is required."""

    host: str | None
    port: int
    secure: bool
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    sender: str | None
    sender_name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a mailer is, in seconds."""

    pauses: tuple[float, ...] = (1.0, 5.0)
    """Between two tries; there is one try more than pauses."""
    a_try: float = 10.0
    delivery: float = 20.0
    """All tries of a mail that a request waits for."""
    head_start: float = 0.05
    """Given to the request that asked: writing the mail must not slow down an answer that knows the address."""


class Mailer:
    """Sends mails. It may be made before an event loop runs; all but `is_configured` and `may_send` need one."""

    def __init__(
        self,
        settings: MailSettings,
        templates: Mapping[str, Template],
        organization: str,
        log: Log | None = None,
        *,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pace: Pace | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`templates` are those of the file. Raises `ValueError` for a sender that cannot be one."""
        self._templates = dict(templates)
        self._organization = organization
        self._log = _log_as_library if log is None else log
        self._clock = SystemClock() if clock is None else clock
        self._pace = Pace() if pace is None else pace
        self._sender, self._sender_name = _sender_of(settings), settings.sender_name
        self._transport = _transport_of(settings, domain_of(self._sender), self._pace, tls)
        self._limit = HourlyLimit(monotonic) if settings.host else None
        self._outbox = Outbox(_AT_ONCE, _MOST_WAITING)

    def is_configured(self, template: str) -> bool:
        """Tell whether the file has a template of this name."""
        return template in self._templates

    def may_send(self, address: str) -> bool:
        """Count a mail to an address, if it may get one more within the hour.

        Ask once for each mail, before a code is made for it: `send` and `deliver` do not ask. Files are unlimited.
        """
        if self._limit is None or self._limit.take(address):
            return True
        self._log("warning", "a mail was not sent: its address has had as many as it may get within an hour")
        return False

    def send(self, mail: Mail) -> None:
        """Send a mail in the background. An optional one that the file does not configure is not sent."""
        template = self._template(mail.template)
        if template is None:
            return

        async def job(permits: asyncio.Semaphore) -> None:
            await asyncio.sleep(self._pace.head_start)
            await self._attempt(mail, template, permits)

        if not self._outbox.put(job):
            self._log("error", f"the mail {mail.template} was not sent: too many mails are waiting")

    async def deliver(self, mail: Mail) -> bool:
        """Send a mail now. Returns whether the server or the file took it, in the time that a request can wait."""
        template = self._template(mail.template)
        if template is None:
            return False
        try:
            async with asyncio.timeout(self._pace.delivery):
                return await self._attempt(mail, template, contextlib.nullcontext())
        except TimeoutError:
            self._log("warning", f"the mail {mail.template} was not sent: it took too long")
            return False

    async def flush(self, seconds: float) -> None:
        """Wait until every mail is sent or given up, for some seconds at most. What is left then is lost."""
        lost = await self._outbox.flush(seconds)
        if lost:
            self._log("error", f"{lost} mails were not sent: the server stopped before they could be")

    def _template(self, name: str) -> Template | None:
        """Return the template of a mail, or none for an optional one. Raises `KeyError` for an unknown name."""
        for configured in (name, CONFIGURED_AS.get(name)):
            if configured in self._templates:
                return self._templates[configured]
        return BUILT_IN.get(name) if name in TEMPLATE_NAMES else BUILT_IN[name]

    async def _attempt(
        self, mail: Mail, template: Template, permits: contextlib.AbstractAsyncContextManager[Any]
    ) -> bool:
        reason = ""
        try:
            letter = self._letter(mail, template)
            for pause in (0.0, *self._pace.pauses):
                await asyncio.sleep(pause)
                try:
                    async with permits:
                        note = await self._transport.take(letter)
                except NotTaken as failure:
                    reason = str(failure)
                    continue
                if note:
                    self._log("info", note)
                return True
        except Unmailable as failure:
            reason = str(failure)
        except Exception as failure:  # noqa: BLE001  # nobody waits for a mail: the log is all that can tell of a defect
            self._log("error", f"the mail {mail.template} was not sent because of a defect: {type(failure).__name__}")
            return False
        self._log("warning", f"the mail {mail.template} was not sent: {reason}")
        return False

    def _letter(self, mail: Mail, template: Template) -> Letter:
        rendered = render(template, {"organizationName": self._organization, "email": mail.to, **mail.values})
        return compose(
            mail.template,
            rendered,
            to=mail.to,
            sender=self._sender,
            sender_name=self._sender_name,
            moment=self._clock.now(),
            encoding=self._transport.encoding,
        )


def _sender_of(settings: MailSettings) -> str:
    if settings.host and not settings.sender:
        raise ValueError("a mail server needs the address of a sender")
    return settings.sender or _NOBODY


def _transport_of(settings: MailSettings, domain: str, pace: Pace, tls: ssl.SSLContext | None) -> Transport:
    if not settings.host:
        return MailFolder(settings.folder)
    return MailServer(
        host=settings.host,
        port=settings.port,
        use_tls=settings.secure or settings.port == _TLS_PORT,
        user=settings.user or None,
        password=settings.password,
        local_name=domain,
        tls=tls or ssl.create_default_context(),
        seconds=pace.a_try,
    )


def _log_as_library(level: Level, message: str) -> None:
    logging.getLogger("tabularium.mail").log(logging.getLevelNamesMapping()[level.upper()], message)
