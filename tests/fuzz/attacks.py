"""The attacks: tables of hostile paths, parameters, bodies, headers and methods, with the statuses that are right."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from tests.fuzz.wire import Attack, request

RECORDS: Final = "/api/tables/contacts/records"
RECORD: Final = f"{RECORDS}/1"
"""A record that no case of Schemathesis deletes."""
BODY_LIMIT: Final = 26_214_400
_DEEPEST: Final = 64

_OK: Final = frozenset({200})
_BAD: Final = frozenset({400})
_NOT_FOUND: Final = frozenset({404})
_UNFOUND: Final = frozenset({400, 404})
_READ: Final = frozenset({200, 400, 404})


def attacks() -> Iterator[Attack]:
    """Return all attacks, those that store something last."""
    return itertools.chain(
        _broken_http(), _methods(), _paths(), _queries(), _headers(), _conditions(), _bodies(), _stored()
    )


# HTTP itself --------------------------------------------------------------------------------------------------------

_CHUNKED: Final = (("Transfer-Encoding", "chunked"),)

_BROKEN: Final = {
    "garbage": b"garbage\r\n\r\n",
    "the hello of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no path": b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\nHost: a\r\nConnection: close\r\n\r\n",
    "a header without a colon": b"GET /docs HTTP/1.1\r\nHost\r\n\r\n",
    "a header name with a space": b"GET /docs HTTP/1.1\r\nHo st: a\r\n\r\n",
    "U+0000 in a header": b"GET /docs HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
    "a lone carriage return in a header": b"GET /docs HTTP/1.1\r\nHost: a\rb\r\n\r\n",
    "a header that goes on in the next line": b"GET /docs HTTP/1.1\r\nHost: a\r\n b\r\nConnection: close\r\n\r\n",
    "two lengths that differ": request("POST", RECORDS, b"{}", [("Content-Length", "2"), ("Content-Length", "3")]),
    "the same length twice": request("POST", RECORDS, b"{}", [("Content-Length", "2"), ("Content-Length", "2")]),
    "a length and chunks": request("POST", RECORDS, b"2\r\n{}\r\n0\r\n\r\n", [("Content-Length", "2"), *_CHUNKED]),
    "a negative length": request("POST", RECORDS, b"{}", [("Content-Length", "-2")]),
    "a length that is no number": request("POST", RECORDS, b"{}", [("Content-Length", "2x")]),
    "a length beyond 64 bits": request("POST", RECORDS, b"{}", [("Content-Length", "9" * 30)]),
    "an unknown transfer encoding": request("POST", RECORDS, b"{}", [("Transfer-Encoding", "gzip")]),
    "a chunk whose size is no number": request(
        "POST", RECORDS, b"zz\r\n{}\r\n", [*_CHUNKED, ("Content-Length", "<none>")]
    ),
    "a chunk of 2^64 bytes": request(
        "POST", RECORDS, b"1" + b"0" * 16 + b"\r\n{}\r\n", [*_CHUNKED, ("Content-Length", "<none>")]
    ),
    "a path in Latin-1": request("GET", b"/api/tables/caf\xe9"),
    "a path with a space": request("GET", "/api/tables/a b"),
    "a path with a control character": request("GET", b"/api/tables/a\x01b"),
    "a path that is a URL": request("GET", "http://localhost/api/tables/nothing"),
    "a path without a slash": request("GET", "api/tables"),
    "an asterisk": request("OPTIONS", "*"),
    "a fragment": request("GET", "/api/tables#x"),
    "a path of 70,000 characters": request("GET", "/" + "a" * 70_000),
    "a header of 70,000 characters": request("GET", "/docs", headers=[("X-Long", "a" * 70_000)]),
    "10,000 headers": request("GET", "/docs", headers=[(f"X-{number}", "") for number in range(10_000)]),
}


def _broken_http() -> Iterator[Attack]:
    may_be = frozenset({200, 201, 204, 400, 404, 405, 413, 431})
    for name, data in _BROKEN.items():
        yield Attack(name, (data,), may_be, is_refused_by_parser=True, may_be_cut=True)


# Methods ------------------------------------------------------------------------------------------------------------

_ALLOWED: Final = {
    "/api/tables": "GET",
    "/api/tables/contacts": "GET",
    RECORDS: "GET POST",
    f"{RECORDS}/999999": "GET PATCH DELETE",
    "/api/health": "GET",
    "/docs": "GET",
    "/docs/openapi.json": "GET",
    "/docs/assets/none": "GET",
    "/docs/analytics/assets/none": "GET",
    "/api/analytics/script.js": "GET",
    "/api/openapi.json": "GET",
    "/api/scalar": "GET",
}
_METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT")
_UNKNOWN_METHODS: Final = ("PROPFIND", "QUERY", "PURGE", "FOO", "get", "G" * 2000, "GET,POST", "\u00e9")


def _methods() -> Iterator[Attack]:
    for path, allowed in _ALLOWED.items():
        for method in _METHODS:
            served = method in allowed.split() or method == "HEAD"
            right = frozenset({204}) if method == "OPTIONS" else frozenset({405})
            # What is served is judged elsewhere; here it has only to be answered in order.
            statuses = frozenset({200, 308, 400, 404}) if served else right
            # The parser knows CONNECT with a host only.
            of_parser = method == "CONNECT"
            data = request(method, path)
            yield Attack(
                f"{method} {path}",
                (data,),
                statuses | ({400} if of_parser else frozenset()),
                method=method,
                is_refused_by_parser=of_parser,
            )
        for method in _UNKNOWN_METHODS:
            statuses = frozenset({400, 405})
            yield Attack(f"{method[:20]} {path}", (request(method, path),), statuses, is_refused_by_parser=True)


# Paths --------------------------------------------------------------------------------------------------------------

_IDS: Final = (
    *("../x", "..", ".", "%2e%2e", "%2e", "..%2f..%2fetc%2fpasswd", "..%5c..", "%252e%252e", "1/../2", "1%2f..%2f2"),
    *("%00", "1%00", "%0a", "%0d%0aX-Evil:%201", "%7f", "%ff", "%c0%80", "%ed%a0%80", "%f5%80%80%80", "%", "%zz", "%2"),
    *(
        quote("👩‍👩‍👧"),
        "👩‍👩‍👧",
        quote("\u202e1"),
        quote("１"),
        quote("\ufeff1"),
        quote("1\u200f"),
        quote("ſelect"),
        "é",
    ),
    *("0", "-1", "+1", "01", "1.0", "1e0", "0x1", "1_0", "%201", "1%20", "1+", "9223372036854775808", "9" * 5000),
    *("null", "NaN", "true", "[]", "{}", "'", "1'--", "1;a=b", "1,2", "*", "a" * 128, "a" * 129, "a" * 60_000),
)


def _paths() -> Iterator[Attack]:
    for identifier in _IDS:
        tables = ("contacts", "Select", "Order-Lines%202")
        targets = [
            *(("GET", f"/api/tables/{table}/records/{identifier}", _UNFOUND) for table in tables),
            # Here the client sets the keys, so that any of them may be there.
            ("GET", f"/api/tables/Group%20By/records/{identifier}", _READ),
            ("GET", f"/api/tables/{identifier}", _READ),
            ("GET", f"/api/tables/{identifier}/records", _READ),
            ("GET", f"/docs/assets/{identifier}", _UNFOUND),
            ("GET", f"/docs/analytics/assets/{identifier}", _UNFOUND),
            ("DELETE", f"/api/tables/Select/records/{identifier}", _UNFOUND),
            ("PATCH", f"/api/tables/Select/records/{identifier}", _UNFOUND),
        ]
        # A path is ASCII; anything else in it must be percent-encoded.
        by_parser = not identifier.isascii()
        for method, target, statuses in targets:
            data = request(method, target, b"{}" if method == "PATCH" else None)
            yield Attack(f"{method} {target[:60]}", (data,), statuses, method=method, is_refused_by_parser=by_parser)
    for path in (
        "",
        "/",
        "//",
        "/api",
        "/api/",
        "/api/tables/",
        "//api/tables",
        "/API/tables",
        "/docs/",
        "/docs/assets/",
        "/docs/analytics/",
        "/docs/analytics/assets/",
    ):
        yield Attack(f"path {path}", (request("GET", path or "/"),), _NOT_FOUND)


# Parameters ---------------------------------------------------------------------------------------------------------


def _nested(levels: int, opening: str = '{"not":', inner: str = "{}", closing: str = "}") -> str:
    return opening * levels + inner + closing * levels


_QUERIES: Final = (
    *("limit=NaN", "limit=Infinity", "limit=1e999999999", "limit=1e2", "limit=" + "9" * 5000, "limit=", "limit"),
    *(
        "limit=0",
        "limit=1001",
        "limit=-0",
        "limit=" + quote("５"),
        "limit=1_0",
        "limit=%201",
        "limit=1&limit=2",
        "limit=1%00",
    ),
    *("offset=9007199254740992", "offset=-1", "page=0", "page=9007199254741", "page=1&offset=0", "count=EXACT"),
    *("%ff=1", "filter=%ff", "filter=%00", "sort=%00", "fields=%00", "%00", "=", "=1", "&&&=&", "%", "filter=%zz"),
    *(
        "sort=" + ",".join(["full_name"] * 1000),
        "sort=full_name:sideways",
        "sort=,",
        "sort=:",
        "sort=full_name:asc:asc",
    ),
    *("fields=" + ",".join(["full_name"] * 600), "fields=", "fields=,", "fields=id,id", "fields=" + "a" * 50_000),
    *("👩‍👩‍👧=1", quote("👩‍👩‍👧") + "=1", "unknown=1", "limit%00=1", "LIMIT=1", "limit[]=1", "filter[full_name]=a"),
    "&".join(f"p{number}=1" for number in range(5000)),
    *("filter=" + quote(_nested(levels)) for levels in (10, 63, 64, 65, 4000)),
    *("filter=" + quote('{"full_name":' + _nested(levels, "[", "1", "]") + "}") for levels in (63, 64, 20_000)),
    *(
        "filter=" + quote(text)
        for text in (
            *(
                "{",
                "{}}",
                "[]",
                '"',
                "null",
                "{'a': 1}",
                '{"full_name": NaN}',
                '{"full_name": "\\ud800"}',
                '{"\\ud800": 1}',
            ),
            *('{"full_name": 1e999999999}', '{"full_name": -1E-999999999}', '{"full_name": 1' + "0" * 5000 + "}"),
            *('{"full_name": "a", "full_name": "b"}', '{"full_name": "\\u0000"}', '{"__proto__": 1}', '{"and": [[]]}'),
            *(
                '{"created_at": "0000-00-00"}',
                '{"created_at": "9999-12-31T23:59:59.999-23:59"}',
                '{"id": -1}',
                '{"id": 1e2}',
            ),
            *(
                '{"id": "9223372036854775808"}',
                '{"id": 9223372036854775808}',
                '{"id": {"between": [1, 0]}}',
                "full_name:in:",
            ),
            *("full_name", ":", "::", "full_name:contains:", "full_name:between:a,b,c", "full_name:today:", "\ufeff{}"),
            '{"or": [' + ",".join(['{"full_name": "a"}'] * 101) + "]}",
            '{"full_name": [' + ",".join(["1"] * 1001) + "]}",
        )
    ),
)


def _queries() -> Iterator[Attack]:
    for query in _QUERIES:
        name = f"query {query[:60]}"
        yield Attack(
            name, (request("GET", f"{RECORDS}?{query}"),), frozenset({200, 400, 431}), is_refused_by_parser=True
        )
    for query in ("unknown=1", "%ff=1", "limit=1"):
        for path in ("/api/tables", "/api/health", "/docs", "/docs/openapi.json", "/api/openapi.json", RECORD):
            yield Attack(f"{path}?{query}", (request("GET", f"{path}?{query}"),), _BAD)


# Headers ------------------------------------------------------------------------------------------------------------

_HEADERS: Final = (
    *(("X-Request-Id", value) for value in ("a" * 256, "a b", "\u00e9", "", "%0d%0a", "<script>")),
    *(("Accept-Encoding", value) for value in ("gzip;q=x", "gzip;q=1e9", ",,,", "*;q=0", "gzip;q=0.", "gzip" * 5000)),
    *(("If-None-Match", value) for value in ("*", '"', 'W/""', '"a",' * 5000, "\u00e9")),
    *(("Cookie", value) for value in ("=", ";;;", "a=b" * 5000, "\u00e9=\u00e9")),
    *(("Authorization", value) for value in ("Bearer", "Bearer \u00e9", "Basic !!!", "")),
    *(("Host", value) for value in ("", "a b", "<none>", "\u00e9", "evil.example:99999")),
    *(("Upgrade", value) for value in ("websocket", "h2c")),
    *(("Accept", value) for value in ("text/plain", "*/*;q=x", "\u00e9")),
    *(
        ("Range", "bytes=0-0"),
        ("Expect", "100-continue"),
        ("Expect", "miracles"),
        ("Forwarded", "for=x"),
        ("X-Forwarded-For", "x"),
    ),
)


def _headers() -> Iterator[Attack]:
    for name, value in _HEADERS:
        headers = [(name, value), *([("Connection", "Upgrade, close")] if name == "Upgrade" else [])]
        for path in ("/api/tables", "/docs/openapi.json"):
            statuses = frozenset({200, 304, 400, 417, 426})
            data = request("GET", path, headers=headers)
            yield Attack(f"{name}: {value[:30]} for {path}", (data,), statuses, is_refused_by_parser=True)


_CONDITIONS: Final = (
    *("*", '"', 'W/""', '"1-1"', '"a",' * 1000, '"a",' * 5000, "\u00e9", "", " " * 8000 + '"', '"' * 8000),
    *('"1' + "-1" * 4000 + '"', '"%ff-1"', '"%00-1"', '"1-99999999999999999999"', '"1-1', "'; DROP TABLE _schema; --"),
)
_KEYS: Final = ("", "a" * 256, "\u00e9", "a\tb", " ", "a" * 255, "'; DROP TABLE _idempotency; --", "%00", "\x7f")


def _conditions() -> Iterator[Attack]:
    for value in _CONDITIONS:
        for method, name, statuses in (
            ("GET", "If-None-Match", {200, 304, 400, 404}),
            ("PATCH", "If-Match", {200, 400, 404, 412}),
        ):
            data = request(method, RECORD, b"{}" if method == "PATCH" else None, headers=[(name, value)])
            yield Attack(f"{name}: {value[:30]}", (data,), frozenset(statuses), method, is_refused_by_parser=True)
    for value in _KEYS:
        data = request("POST", RECORDS, b'{"full_name": "Key"}', headers=[("Idempotency-Key", value)])
        statuses = frozenset({201, 400})
        yield Attack(f"Idempotency-Key: {value[:30]}", (data,), statuses, "POST", is_refused_by_parser=True)


# Bodies -------------------------------------------------------------------------------------------------------------


def _of_name(value: str) -> bytes:
    return f'{{"full_name": {value}}}'.encode()


_BODIES: Final = (
    *(b"", b" ", b"\xef\xbb\xbf{}", '{"full_name": "a"}'.encode("utf-16"), b"\xff", b'{"full_name": "\xff"}', b"\x00"),
    *(
        b"{",
        b"{}}",
        b"{}{}",
        b"{'a': 1}",
        b"{a: 1}",
        b"// a\n{}",
        b'{"a": 1,}',
        b"[]",
        b"[{}]",
        b'"a"',
        b"1",
        b"null",
        b"true",
    ),
    *(
        _of_name(value)
        for value in ("NaN", "Infinity", "-Infinity", "1e999999999", "-1e999999999", "1e-999999999", "01", "1.")
    ),
    *(
        _of_name(value)
        for value in ("1" + "0" * 5000, "0." + "0" * 5000 + "1", "-" * 5000, "[" * 100_000, '{"a":' * 100_000)
    ),
    *(_of_name(_nested(levels, "[", "1", "]")) for levels in (_DEEPEST - 1, _DEEPEST, _DEEPEST + 1, 100_000)),
    *(_of_name(_nested(levels, '{"a":', "1", "}")) for levels in (_DEEPEST - 1, _DEEPEST, _DEEPEST + 1, 100_000)),
    *(
        _of_name(f'"{text}"')
        for text in ("\\ud800", "\\udc00\\ud800", "a\\u0000", "\\u0000", "\x01", "\\x41", "a\\nb", "a" * 121)
    ),
    *(b'{"full_name": "a", "full_name": "b"}', b'{"fields": {}, "fields": {}}', b'{"fields": null}', b'{"fields": []}'),
    *(b'{"__proto__": {}}', b'{"": 1}', b'{"id": "1", "full_name": "a"}', b'{"full_name": "a", "created_at": null}'),
    *(b'{"full_name": "a", "\\ud800": 1}', b'{"full_name": "a", "\\u0000": 1}', b'{"full_name": "a", "fields": {}}'),
    b'{"full_name": "a", "' + b"k" * 1_000_000 + b'": 1}',
    json.dumps({f"k{number}": 1 for number in range(600)}).encode(),
    json.dumps({f"k{number}": 1 for number in range(100_000)}).encode(),
    json.dumps({"full_name": "a", "notes": "n" * 1_000_001}).encode(),
    json.dumps({"full_name": "a", "company": "a" * 129, "referred_by": 2**63}).encode(),
    json.dumps({"full_name": "a", "email": "a@" + "b" * 300 + ".com"}).encode(),
)

_TYPES: Final = (
    *(
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        'application/json; charset="x',
        "text/plain",
    ),
    *(
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/jsonx",
    ),
    *("application/problem+json", "", ";", "*/*", "application/json, application/json", "\u00e9", "a" * 5000),
)


def _bodies() -> Iterator[Attack]:
    for body in _BODIES:
        for method, path in (("POST", RECORDS), ("PATCH", RECORD)):
            yield Attack(f"{method} {body[:50]!r}", (request(method, path, body),), _BAD, method=method)
    for content_type in _TYPES:
        data = request("POST", RECORDS, b"{}", [("Content-Type", content_type)])
        yield Attack(f"content type {content_type[:40]}", (data,), frozenset({415}))
    for encoding, body in (
        ("gzip", gzip.compress(b"{}")),
        ("deflate", b"{}"),
        ("br", b"{}"),
        ("identity, gzip", b"{}"),
    ):
        data = request("POST", RECORDS, body, [("Content-Encoding", encoding)])
        yield Attack(f"content encoding {encoding}", (data,), frozenset({415}))
    large = frozenset({413})
    announced = request(
        "POST", RECORDS, headers=[("Content-Length", str(BODY_LIMIT + 1)), ("Content-Type", "application/json")]
    )
    yield Attack("a body that is announced over the limit", (announced,), large)
    chunked = [("Content-Type", "application/json"), *_CHUNKED]
    head = request("POST", RECORDS, headers=chunked)
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    yield Attack("chunks over the limit", (head, *itertools.repeat(chunk, BODY_LIMIT // 65_536 + 1)), large)
    yield Attack("chunks without end", (head, *itertools.repeat(chunk, 4000)), large)
    tiny = request("POST", RECORDS, headers=chunked) + b"1\r\n \r\n" * 100_000 + b"0\r\n\r\n"
    yield Attack("100,000 chunks of one byte", (tiny,), _BAD)
    full = b" " * (BODY_LIMIT - 2) + b"{}"
    yield Attack("a body of exactly the limit", (request("POST", RECORDS, full),), _BAD)
    yield Attack("a body with GET", (request("GET", "/api/tables", b"{}"),), _OK)
    yield Attack("an empty object with DELETE", (request("DELETE", f"{RECORDS}/999999", b"{}"),), _NOT_FOUND)
    yield Attack("a body with DELETE", (request("DELETE", f"{RECORDS}/999999", b"{"),), _BAD)


_UPDATED_AT: Final = (
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-02-30T00:00:00Z",
)


def _stored() -> Iterator[Attack]:
    stored, conflict = frozenset({201}), frozenset({400, 409})
    values = ('"' + "\\\\" * 60 + '"', '"\\ud83d\\ude00"', '"\u202eabc"', '"<script>"')
    for value in values:
        yield Attack(f"a name {value[:20]}", (request("POST", RECORDS, _of_name(value)),), stored)
    keep_open = [("Content-Type", "application/json; charset=UTF-8")]
    yield Attack("a charset in capitals", (request("POST", RECORDS, _of_name('"a"'), keep_open),), stored)
    for moment in _UPDATED_AT:
        body = json.dumps({"fields": {"notes": "x"}, "updatedAt": moment}).encode()
        yield Attack(f"updatedAt {moment}", (request("PATCH", RECORD, body),), conflict | _NOT_FOUND)
