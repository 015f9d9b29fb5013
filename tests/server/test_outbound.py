"""Questions to other servers: over real sockets, with every bound."""

from __future__ import annotations

import asyncio
import http.server
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from server.outbound import HttpOutbound
from tabularium.identity.oauth.outbound import OutboundFailed, OutboundReply
from tests.support.identity_provider import IdentityProvider


@pytest.fixture
def mock() -> Iterator[IdentityProvider]:
    with IdentityProvider() as started:
        yield started


def using(work: Callable[[HttpOutbound], Awaitable[Any]], **bounds: Any) -> Any:
    async def run() -> Any:
        outbound = HttpOutbound(**bounds)
        try:
            return await work(outbound)
        finally:
            await outbound.close()

    return asyncio.run(run())


def get(url: str, **bounds: Any) -> OutboundReply:
    reply: OutboundReply = using(lambda outbound: outbound.get(url), **bounds)
    return reply


def test_a_reply_has_status_body_and_headers_in_small_letters(mock: IdentityProvider) -> None:
    reply = get(mock.discovery_url)
    assert (reply.status, reply.is_success) == (200, True)
    assert reply.headers["content-type"] == "application/json"
    document = reply.json_object()
    assert document is not None
    assert document["issuer"] == mock.url


def test_a_form_is_sent_with_its_headers(mock: IdentityProvider) -> None:
    using(lambda outbound: outbound.post_form(f"{mock.url}/token", {"a": "1 & 2", "b": "ü"}, {"x-own": "yes"}))
    received = mock.last("/token")
    assert received.fields == {"a": "1 & 2", "b": "ü"}
    assert received.headers["content-type"] == "application/x-www-form-urlencoded"
    assert received.headers["x-own"] == "yes"
    assert received.headers["accept-encoding"] == "identity"


def test_a_redirect_is_a_reply_and_is_not_followed(mock: IdentityProvider) -> None:
    mock.faults.redirecting.add("/jwks")
    reply = get(f"{mock.url}/jwks")
    assert (reply.status, reply.is_success) == (302, False)
    assert mock.count("/elsewhere") == 0


def test_a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not(mock: IdentityProvider) -> None:
    mock.faults.body["/jwks"] = b"x" * 1024 * 1024
    assert len(get(f"{mock.url}/jwks").body) == 1024 * 1024
    mock.faults.body["/jwks"] += b"x"
    with pytest.raises(OutboundFailed, match="longer than 1048576 bytes"):
        get(f"{mock.url}/jwks")


def test_a_packed_body_is_refused(mock: IdentityProvider) -> None:
    mock.faults.body["/jwks"] = b"\x1f\x8b"
    mock.faults.headers["/jwks"] = {"content-encoding": "gzip"}
    with pytest.raises(OutboundFailed, match="packed"):
        get(f"{mock.url}/jwks")


def test_a_slow_reply_ends_at_the_time_limit(mock: IdentityProvider) -> None:
    mock.faults.slow["/jwks"] = 60
    with pytest.raises(OutboundFailed, match=r"within 0\.05 s"):
        get(f"{mock.url}/jwks", seconds=0.05)


def test_the_time_limit_is_for_the_whole_and_not_for_each_piece() -> None:
    ended = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.01)
        except OSError:
            writer.close()
            ended.set()

    async def run() -> None:
        server = await asyncio.start_server(trickle, "127.0.0.1", 0)
        outbound = HttpOutbound(seconds=0.1)
        try:
            with pytest.raises(OutboundFailed, match=r"within 0\.1 s"):
                await outbound.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        finally:
            await outbound.close()
            await ended.wait()
            server.close()

    asyncio.run(run())


@pytest.mark.parametrize("url", ["http://id.example/", "ftp://127.0.0.1/", "https://user@id.example/", "", "/x"])
def test_an_address_must_be_https_or_loopback(url: str) -> None:
    with pytest.raises(OutboundFailed, match="https://"):
        get(url)


def test_a_server_that_is_not_there_is_a_failure_without_its_address(mock: IdentityProvider) -> None:
    url = mock.url.rsplit(":", 1)[0] + ":9/secret"
    with pytest.raises(OutboundFailed) as failure:
        get(url)
    assert "secret" not in str(failure.value)
    assert failure.value.__suppress_context__


def test_a_header_that_cannot_be_sent_is_a_failure_without_its_value(mock: IdentityProvider) -> None:
    for value in ("a\r\nb: hush", "hush\u2028"):
        with pytest.raises(OutboundFailed) as failure:
            using(lambda outbound, value=value: outbound.get(mock.url, {"authorization": value}))
        assert "hush" not in str(failure.value)


def test_cookies_do_not_go_from_one_question_to_the_next(mock: IdentityProvider) -> None:
    mock.faults.body["/jwks"] = b"{}"
    mock.faults.headers["/jwks"] = {"set-cookie": "session=1; Path=/"}

    async def work(outbound: HttpOutbound) -> None:
        await outbound.get(f"{mock.url}/jwks")
        await outbound.get(f"{mock.url}/jwks")

    using(work)
    assert "cookie" not in mock.last("/jwks").headers


def test_loopback_is_asked_directly_whatever_proxy_the_environment_names(
    mock: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert get(mock.discovery_url).status == 200


def test_other_hosts_are_asked_through_the_proxy_of_the_environment(
    mock: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", mock.url)
    connected: list[str] = []

    def do_CONNECT(self: http.server.BaseHTTPRequestHandler) -> None:
        connected.append(self.path)
        self.send_error(403)

    monkeypatch.setattr("tests.support.identity_http._Handler.do_CONNECT", do_CONNECT, raising=False)
    with pytest.raises(OutboundFailed, match="ProxyError"):
        get("https://id.example/jwks")
    assert connected == ["id.example:443"]


def test_a_proxy_of_an_unknown_kind_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(OutboundFailed):
        get("https://id.example/jwks")


def test_one_outbound_serves_several_event_loops_and_opens_again_after_its_end(mock: IdentityProvider) -> None:
    outbound = HttpOutbound()

    async def ask() -> int:
        try:
            return (await outbound.get(mock.discovery_url)).status
        finally:
            await outbound.close()

    async def ask_and_leave_open() -> int:
        return (await outbound.get(mock.discovery_url)).status

    assert [asyncio.run(ask()), asyncio.run(ask_and_leave_open()), asyncio.run(ask())] == [200, 200, 200]


def test_a_certificate_that_nobody_vouches_for_is_refused_on_loopback_too(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=self_signed(tmp_path))
        outbound = HttpOutbound()
        try:
            with pytest.raises(OutboundFailed, match="ConnectError"):
                await outbound.get(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        finally:
            await outbound.close()
            server.close()

    asyncio.run(run())
    assert asked == []


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return what a server with a certificate of its own making needs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.sign(key, SHA256()).public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_the_time_limit_of_a_caller_is_the_callers(mock: IdentityProvider) -> None:
    mock.faults.slow["/jwks"] = 60

    async def work(outbound: HttpOutbound) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await outbound.get(f"{mock.url}/jwks")

    using(work)
