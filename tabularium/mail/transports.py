"""The two ways a mail can go: to a mail server, or into a folder as a file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

import aiosmtplib

from tabularium.ids import uuid7
from tabularium.mail.letter import Encoding, Letter

_SECONDS_TO_PART = 1.0


class NotTaken(Exception):
    """A try that failed. The text says how, without address, link, code, or a word of what the server answered."""


class Transport(Protocol):
    """Hands mails over."""

    encoding: ClassVar[Encoding]

    async def take(self, letter: Letter) -> str | None:
        """Hand a mail over, trying once. Returns what is worth a line in the log. Raises `NotTaken`."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server, one connection a mail. Without `use_tls` TLS is begun where the server offers STARTTLS."""

    encoding: ClassVar[Encoding] = "7bit"

    host: str
    port: int
    use_tls: bool
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    local_name: str
    """How we present ourselves: the name of the machine is nobody's business."""
    tls: ssl.SSLContext
    seconds: float

    async def take(self, letter: Letter) -> None:
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.use_tls,
            username=self.user,
            password=self.password,
            local_hostname=self.local_name,
            tls_context=self.tls,
            timeout=self.seconds,
        )
        try:
            async with asyncio.timeout(self.seconds):
                await client.connect()
                await client.sendmail(letter.sender, [letter.to], letter.content)
            # The server has the mail: that it takes leave badly does not matter.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_SECONDS_TO_PART)
        except (aiosmtplib.SMTPException, OSError, ValueError) as failure:
            raise NotTaken(_described(failure)) from None
        finally:
            client.close()


def _described(failure: Exception) -> str:
    if isinstance(failure, aiosmtplib.SMTPRecipientsRefused):
        return f"the mail server answered {failure.recipients[0].code} to the recipient"
    if isinstance(failure, aiosmtplib.SMTPResponseException) and failure.code > 0:  # below: what it said has none
        return f"the mail server answered {failure.code} ({type(failure).__name__})"
    if isinstance(failure, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(failure, ssl.SSLError) or isinstance(failure.__cause__, ssl.SSLError):
        return "the mail server and we did not agree on TLS, or its certificate is not trusted"
    if isinstance(failure, aiosmtplib.SMTPConnectError):
        return "the mail server cannot be reached"
    return "the mail server was not understood"


@dataclass(frozen=True, slots=True)
class MailFolder:
    """A folder that only its owner can read, with a file for each mail."""

    encoding: ClassVar[Encoding] = "8bit"

    path: Path

    async def take(self, letter: Letter) -> str:
        name = f"{uuid7()}-{letter.template}.eml"
        try:
            await asyncio.to_thread(self._write, name, letter.content)
        except OSError as failure:
            raise NotTaken(f"the file could not be written ({type(failure).__name__})") from None
        return f"the mail {letter.template} is in the file {name}"

    def _write(self, name: str, content: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.path / f"{name}.part"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        unfinished.rename(self.path / name)  # so that nobody ever finds half of a mail
