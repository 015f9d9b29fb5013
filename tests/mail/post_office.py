"""A mail server that runs in the event loop of a test, and the settings that lead to it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tabularium.mail.mailer import Mailer, MailSettings, Pace

QUICK = Pace(pauses=(0.0, 0.01), a_try=1.0, delivery=2.0, head_start=0.0)


def read_mail(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)  # type: ignore[return-value]


def content_of(part: EmailMessage) -> str:
    return part.get_content().replace("\r\n", "\n")


class PostOffice:
    """Keeps what it takes. Before that it gives `refusals`, one for each mail that is handed over."""

    def __init__(self, refusals: list[str] | None = None) -> None:
        self.refusals = refusals or []
        self.envelopes: list[Envelope] = []
        self.used_tls: list[bool] = []
        self.tries = 0
        self.logins: list[LoginPassword] = []
        self.port = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [read_mail(each.content) for each in self.envelopes]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.tries += 1
        if self.refusals:
            return self.refusals.pop(0)
        self.envelopes.append(envelope)
        self.used_tls.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data)
        return AuthResult(success=data == LoginPassword(b"postman", b"sesame"), handled=False)

    @contextlib.asynccontextmanager
    async def opened(self, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[PostOffice]:
        """Serve on a free port. `tls` is TLS from the first byte, the option `tls_context` STARTTLS."""
        loop = asyncio.get_running_loop()
        connections: list[SMTP] = []

        def connection() -> SMTP:
            connections.append(SMTP(self, loop=loop, hostname="localhost", **options))
            return connections[-1]

        server = await loop.create_server(connection, "127.0.0.1", self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
            for each in connections:
                if each.transport:
                    each.transport.close()
            await asyncio.sleep(0)


class Lines(list[str]):
    """A log that a test can read."""

    def __call__(self, level: str, message: str) -> None:
        self.append(f"{level}: {message}")


class Stopwatch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def settings(folder: Path, port: int | None = None, **changes: Any) -> MailSettings:
    values: dict[str, Any] = {
        "host": "127.0.0.1" if port else None,
        "port": port or 587,
        "secure": False,
        "user": None,
        "password": None,
        "sender": "desk@example.org" if port else None,
        "sender_name": "The Desk",
        "folder": folder / "mail",
    }
    return MailSettings(**{**values, **changes})


def mailer_to(office: PostOffice, log: Callable[[str, str], None] | None = None, **changes: Any) -> Mailer:
    """Make a mailer with no templates of a file. `tls` and `pace` are the mailer's, other changes the settings'."""
    tls, pace = changes.pop("tls", None), changes.pop("pace", QUICK)
    return Mailer(
        settings(Path("unused"), office.port, **changes),
        {},
        "Acme",
        Lines() if log is None else log,
        pace=pace,
        tls=tls,
    )


def certificate(folder: Path) -> Iterator[ssl.SSLContext]:
    """Give the context of a server at 127.0.0.1, then that of a client who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post office")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "post-office.pem"
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    yield server
    yield ssl.create_default_context(cafile=str(file))
