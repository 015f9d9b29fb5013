from __future__ import annotations

from server.headers import header, security_headers
from tests.support.server import Serve


def test_every_answer_has_all_security_headers(serve: Serve) -> None:
    expected = {
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "x-xss-protection": "0",
        "referrer-policy": "strict-origin-when-cross-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "origin-agent-cluster": "?1",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), accelerometer=(), "
        "gyroscope=(), magnetometer=()",
        "x-dns-prefetch-control": "off",
        "x-download-options": "noopen",
        "x-permitted-cross-domain-policies": "none",
    }
    served = serve()
    etag = served("GET", "/docs/openapi.json").headers["etag"]
    answers = [
        served("GET", "/api/health"),
        served("GET", "/api/tables/nothing"),
        served("POST", "/api/tables/contacts/records", raw=b"{"),
        served("DELETE", "/docs"),
        served("GET", "/unknown"),
        served("OPTIONS", "/docs"),
        served("GET", "/api/scalar"),
        served("GET", "/docs/openapi.json", headers={"if-none-match": etag}),
    ]
    assert [each.status for each in answers] == [200, 404, 400, 405, 404, 204, 308, 304]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in expected} == expected
        assert answer.headers["x-request-id"]
        assert "server" not in answer.headers


def test_names_are_lower_case_and_values_have_no_line_ends() -> None:
    for name, value in security_headers(is_https=True):
        assert name == name.lower()
        assert b"\n" not in value


def test_nothing_under_api_may_be_stored(serve: Serve) -> None:
    served = serve()
    for method, path in [("GET", "/api/health"), ("OPTIONS", "/api/health"), ("GET", "/api/nothing"), ("GET", "/api")]:
        assert served(method, path).headers["cache-control"] == "no-store"


def test_a_redirect_to_an_address_with_other_letters_is_encoded() -> None:
    assert header("Location", "/ä?x=%20é") == (b"location", b"/%C3%A4?x=%20%C3%A9")
    assert header("Location", "/a b\u007f") == (b"location", b"/a b\x7f")
