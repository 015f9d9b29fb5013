"""Which addresses may be called, and how replies are read."""

from __future__ import annotations

import pytest

from tabularium.identity.oauth.outbound import OutboundReply, may_be_called


@pytest.mark.parametrize(
    "url",
    [
        "https://id.example/a?b=c",
        "https://id.example:8443/",
        "https://[2001:db8::1]/",
        "http://localhost:8080/x",
        "http://127.0.0.1/",
        "http://127.1.2.3:1/",
        "http://[::1]:80/",
        "HTTPS://ID.EXAMPLE/",
    ],
)
def test_https_and_loopback_may_be_called(url: str) -> None:
    assert may_be_called(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "id.example",
        "//id.example/",
        "http://id.example/",
        "http://localhost.example/",
        "http://128.0.0.1/",
        "http://0.0.0.0/",
        "https:///path",
        "https://user:hush@id.example/",
        "http://localhost@id.example/",
        "http://id.example\\@localhost/",
        "https://id.example/\n",
        " https://id.example/",
        "https://id.example:0/",
        "https://id.example:99999/",
        "https://[::1/",
        "javascript:alert(1)",
        "file:///etc/passwd",
    ],
)
def test_nothing_else_may_be_called(url: str) -> None:
    assert not may_be_called(url)


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"null", b"{", b"\xff", b'{"a":"\\ud800"}', b"[" * 2000])
def test_what_is_no_json_object_is_none(body: bytes) -> None:
    assert OutboundReply(200, body).json_object() is None


def test_a_body_stands_in_no_text_of_a_reply() -> None:
    assert "hush" not in repr(OutboundReply(200, b"hush", {"set-cookie": "hush"}))
