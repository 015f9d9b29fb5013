from __future__ import annotations

import gzip
from typing import Any

import pytest

from handlers.reply import Reply
from tests.support.server import Serve, Served, document, module_of

LONG = {"text": "x" * 2000}
PACKED = gzip.compress(b"packed", mtime=0)


def served_with(serve: Serve, result: Any, path: str = "/a", responses: Any = None, method: str = "get") -> Served:
    async def operate() -> Any:
        return result

    operation = {"responses": responses} if responses else {}
    return serve(document({path: {method: operation}}), module_of(operate=operate))


def test_bytes_go_out_as_they_are(serve: Serve) -> None:
    answer = served_with(serve, b'{"a": 1 }')("GET", "/a")
    assert (answer.body, answer.headers["content-type"]) == (b'{"a": 1 }', "application/json")
    assert answer.headers["content-length"] == "9"


def test_the_success_status_comes_from_the_contract(serve: Serve) -> None:
    responses = {"400": {"description": "x"}, "201": {"description": "x", "content": {"application/json": {}}}}
    assert served_with(serve, {}, responses=responses)("GET", "/a").status == 201
    both = {**responses, "204": {"description": "x"}}
    assert served_with(serve, {}, responses=both)("GET", "/a").status == 201
    assert served_with(serve, None, responses=both)("GET", "/a").status == 204


def test_a_result_that_the_contract_cannot_mean_is_a_defect(serve: Serve) -> None:
    assert served_with(serve, None)("GET", "/a").status == 500
    assert served_with(serve, 5)("GET", "/a").status == 500


def test_headers_of_a_reply_take_the_place_of_ordinary_ones(serve: Serve) -> None:
    reply = Reply({}, status=202, headers={"Cache-Control": "private", "Content-Security-Policy": "x", "X-New": "1"})
    answer = served_with(serve, reply, "/api/a")("GET", "/api/a")
    assert answer.status == 202
    assert answer.headers["cache-control"] == "private"
    assert answer.headers["content-security-policy"] == "x"
    assert answer.headers["x-new"] == "1"
    assert answer.headers["x-frame-options"] == "DENY"


def test_what_is_long_is_compressed_for_those_who_accept_it(serve: Serve) -> None:
    served = served_with(serve, LONG)
    plain = served("GET", "/a")
    packed = served("GET", "/a", headers={"accept-encoding": "br, gzip"})
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["content-length"] == str(len(packed.body))


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("deflate", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0, gzip", True),
        ("gzip;q=x", False),
        ("", False),
    ],
)
def test_the_caller_says_which_encodings_it_accepts(serve: Serve, accepted: str, is_packed: bool) -> None:
    answer = served_with(serve, LONG)("GET", "/a", headers={"accept-encoding": accepted})
    assert ("content-encoding" in answer.headers) is is_packed


def test_very_long_answers_are_compressed_too(serve: Serve) -> None:
    answer = served_with(serve, b"x" * 400_000)("GET", "/a", headers={"accept-encoding": "gzip"})
    assert gzip.decompress(answer.body) == b"x" * 400_000


def test_short_answers_and_those_with_secrets_are_not_compressed(serve: Serve) -> None:
    headers = {"accept-encoding": "gzip"}
    assert "content-encoding" not in served_with(serve, {"a": 1})("GET", "/a", headers=headers).headers
    secret = served_with(serve, LONG, "/api/auth/a")("GET", "/api/auth/a", headers=headers)
    assert "content-encoding" not in secret.headers
    tagged = served_with(serve, Reply(LONG, headers={"ETag": '"1"'}))("GET", "/a", headers=headers)
    assert "content-encoding" not in tagged.headers, "one tag stands for one sequence of bytes"


@pytest.mark.parametrize(
    ("sent", "status"), [('"1"', 304), ('W/"1"', 304), ('"0", "1"', 304), ("*", 304), ('"2"', 200), ("1", 200)]
)
def test_what_the_client_has_already_is_not_sent_again(serve: Serve, sent: str, status: int) -> None:
    reply = Reply({}, headers={"ETag": '"1"', "Cache-Control": "no-cache"})
    for method in ("GET", "HEAD"):
        answer = served_with(serve, reply)(method, "/a", headers={"if-none-match": sent})
        assert answer.status == status
        assert answer.headers["etag"] == '"1"'
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-content-type-options"] == "nosniff"
        if status == 304:
            assert answer.body == b""
            assert "content-length" not in answer.headers


def test_if_none_match_means_nothing_to_a_post(serve: Serve) -> None:
    served = served_with(serve, Reply({}, headers={"ETag": '"1"'}), method="post")
    assert served("POST", "/a", headers={"if-none-match": "*"}).status == 200


def test_a_form_packed_in_advance_has_a_tag_of_its_own(serve: Serve) -> None:
    served = served_with(serve, Reply(b"plain", headers={"ETag": '"1"'}, gzip=PACKED))
    plain = served("GET", "/a")
    packed = served("GET", "/a", headers={"accept-encoding": "gzip"})
    assert (plain.body, plain.headers["etag"]) == (b"plain", '"1"')
    assert (packed.body, packed.headers["etag"]) == (PACKED, '"1-gzip"')
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    again = served("GET", "/a", headers={"accept-encoding": "gzip", "if-none-match": '"1-gzip"'})
    assert (again.status, again.headers["etag"], again.headers["vary"]) == (304, '"1-gzip"', "Accept-Encoding")


def test_a_redirect_has_its_location_and_no_content(serve: Serve) -> None:
    responses = {"308": {"description": "There."}}
    answer = served_with(serve, Reply(status=308, headers={"Location": "/b"}), responses=responses)("GET", "/a")
    assert (answer.status, answer.headers["location"], answer.body) == (308, "/b", b"")
    assert answer.headers["content-length"] == "0"
    assert "content-type" not in answer.headers
