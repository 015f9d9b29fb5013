from __future__ import annotations

import pytest

from tabularium.identity.origins import TrustedOrigins, origin_of

ORIGINS = TrustedOrigins(
    "https://crm.example.com",
    [
        "https://app.example.com",
        "*.example.org",
        "https://*.example.net",
        "myapp://",
        "http://localhost:*",
        "x?.test",
        "*.lan:80*",
    ],
)


@pytest.mark.parametrize(
    "origin",
    [
        "https://crm.example.com",
        "https://CRM.example.com:443",
        "https://crm.example.com/any/path?query#part",
        "https://app.example.com",
        "https://a.example.org",
        "http://a.b.example.org:8080",
        "https://a.example.net",
        "http://localhost:5173",
        "https://x1.test",
        "http://a.lan",
        "https://a.lan:8081",
    ],
)
def test_an_origin_that_is_configured_is_trusted(origin: str) -> None:
    assert ORIGINS.trusts(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://crm.example.com",
        "https://crm.example.com:8443",
        "https://crm.example.com.evil.test",
        "https://crm.example.com@evil.test",
        "https://evil.test/https://crm.example.com",
        "https://evil.test?.example.org",
        "https://evil.test#.example.org",
        "https://evil.test\\.example.org",
        "https://evil.test\t.example.org",
        "https:crm.example.com",
        "https:/crm.example.com",
        "https:///crm.example.com",
        "//crm.example.com",
        "javascript://crm.example.com",
        "http://a.example.net",
        "https://x12.test",
        "https://a.lan",
        "https://crm.example.com:443x",
        "https://[::1",
        "myapp://x",
    ],
)
def test_an_origin_that_only_looks_alike_is_not(origin: str) -> None:
    assert not ORIGINS.trusts(origin)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/welcome",
        "/a/b-c_d.e+f@g?x=1&y=%20@a",
        "https://app.example.com/x?y#z",
        "myapp://callback?x=1",
    ],
)
def test_a_redirect_may_lead_to_a_path_and_to_a_trusted_origin(target: str) -> None:
    assert ORIGINS.allows(target)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test",
        "/\\evil.test",
        "/%2fevil.test",
        "/%2Fevil.test",
        "/%5cevil.test",
        "/%5Cevil.test",
        "/a%20b",
        "/a#b",
        "/a\n",
        "/a b",
        "/ä",
        "a",
        "evil.test",
        "https://evil.test",
        "https:crm.example.com",
        "http:\\\\crm.example.com",
        " https://app.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp:x",
        "otherapp://x",
        "myapp://x y",
    ],
)
def test_a_redirect_leads_nowhere_else(target: str) -> None:
    assert not ORIGINS.allows(target)


def test_every_name_of_this_machine_is_trusted_where_the_server_is_local() -> None:
    local = TrustedOrigins("http://127.0.0.1:3000")
    assert all(local.trusts(f"http://{host}:3000") for host in ("localhost", "127.0.0.1", "[::1]"))
    assert not local.trusts("http://localhost:3001")
    assert not local.trusts("https://localhost:3000")
    assert not TrustedOrigins("https://crm.example.com").trusts("http://localhost:3000")


def test_an_address_has_one_spelling() -> None:
    assert str(origin_of("HTTPS://A.example:443/x")) == "https://a.example"
    assert str(origin_of("http://[::1]:3000")) == "http://[::1]:3000"
    assert origin_of("http://a.example:99999") is None
