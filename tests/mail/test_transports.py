from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tabularium.mail.mailer import Mail
from tests.mail.post_office import Lines, PostOffice, certificate, mailer_to

MAIL = Mail("ann@example.org", "emailOtp", {"otp": "123456", "lifetime": "5 minutes"})


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ssl.SSLContext, ssl.SSLContext]]:
    server, client = certificate(tmp_path_factory.mktemp("tls"))
    return server, client


def test_tls_begins_where_the_server_offers_it(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def work() -> None:
        async with PostOffice().opened(tls_context=contexts[0], require_starttls=True) as office:
            assert await mailer_to(office, tls=contexts[1]).deliver(MAIL)
            assert office.used_tls == [True]

    asyncio.run(work())


def test_a_secure_server_is_spoken_to_in_tls_from_the_start(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def work() -> None:
        async with PostOffice().opened(tls=contexts[0]) as office:
            assert await mailer_to(office, tls=contexts[1], secure=True).deliver(MAIL)
            assert office.used_tls == [True]

    asyncio.run(work())


@pytest.mark.parametrize("secure", [True, False])
def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], secure: bool
) -> None:
    async def work() -> None:
        options = {"tls": contexts[0]} if secure else {"tls_context": contexts[0]}
        async with PostOffice().opened(**options) as office:
            log = Lines()
            assert not await mailer_to(office, log, secure=secure).deliver(MAIL)
            assert "TLS" in log[0]
            assert not office.envelopes

    asyncio.run(work())


@pytest.mark.parametrize("password", ["sesame", "wrong"])
def test_user_and_password_are_given_to_the_server(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], password: str
) -> None:
    async def work() -> None:
        office = PostOffice()
        options = {"tls_context": contexts[0], "auth_required": True, "authenticator": office.authenticate}
        async with office.opened(**options):
            log = Lines()
            mailer = mailer_to(office, log, tls=contexts[1], user="postman", password=password)
            assert await mailer.deliver(MAIL) == (password == "sesame")
            assert {each.password for each in office.logins} == {password.encode()}
            assert ["535" in line and password not in line for line in log] == ([True] if password == "wrong" else [])

    asyncio.run(work())


def test_port_465_is_tls_whatever_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with PostOffice().opened() as office:
            monkeypatch.setattr("tabularium.mail.mailer._TLS_PORT", office.port)
            log = Lines()
            assert not await mailer_to(office, log).deliver(MAIL)  # which is what a server without TLS gets
            assert not office.envelopes

    asyncio.run(work())
