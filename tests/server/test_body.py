from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.specification import InvalidContract
from tests.support.asgi import Answer
from tests.support.server import Exchange, Serve, Served, document, module_of

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 5}, "age": {"type": "integer"}, "tags": {"type": "array"}},
    "required": ["name"],
    "additionalProperties": False,
}
FORM = "application/x-www-form-urlencoded"


def served_with(serve: Serve, content: dict[str, Any], *, required: bool = True) -> tuple[Served, list[Any]]:
    got: list[Any] = []

    async def operate(body: Any) -> dict[str, Any]:
        got.append(body)
        return {}

    contract = document({"/a": {"post": {"requestBody": {"required": required, "content": content}}}})
    return serve(contract, module_of(operate=operate)), got


def post(served: Served, raw: bytes, content_type: str, **headers: str) -> Answer:
    return served("POST", "/a", raw=raw, headers={"content-type": content_type, **headers})


def test_several_media_types_are_read_in_one_operation(serve: Serve) -> None:
    content = {
        "application/json": {"schema": PERSON},
        FORM: {"schema": PERSON},
        "text/plain": {"schema": {"type": "string", "maxLength": 9}},
        "application/octet-stream": {},
        "application/merge-patch+json": {},
    }
    served, got = served_with(serve, content)
    assert post(served, b'{"name": "Ada"}', "application/json").status == 200
    assert post(served, b"name=Ada&age=36&tags=x&tags=y", FORM).status == 200
    assert post(served, "h\u00e9".encode(), "Text/Plain; charset=UTF-8").status == 200
    assert post(served, b"\xff\x00", "application/octet-stream").status == 200
    assert post(served, b"1", 'application/merge-patch+json;charset="utf-8"').status == 200
    assert got == [{"name": "Ada"}, {"name": "Ada", "age": 36, "tags": ["x", "y"]}, "h\u00e9", b"\xff\x00", 1]


def test_each_media_type_is_checked_by_its_schema(serve: Serve) -> None:
    content = {"application/json": {"schema": PERSON}, FORM: {"schema": PERSON}}
    served, got = served_with(serve, content)
    assert post(served, b'{"name": "Augusta", "x": 1}', "application/json").codes == {
        "name": "too_long",
        "x": "unknown_property",
    }
    assert post(served, b"age=x&x=1", FORM).codes == {
        "age": "invalid_value",
        "name": "required",
        "x": "unknown_property",
    }
    assert post(served, b"name=a&name=b", FORM).codes == {"name": "duplicate"}
    assert got == []


def test_a_multipart_form_brings_texts_and_files(serve: Serve) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "file": {"type": "string", "maxLength": 4}}}
    served, got = served_with(serve, {"multipart/form-data": {"schema": schema}})

    def form(content: bytes) -> bytes:
        head = b'--b\r\ncontent-disposition: form-data; name="n"\r\n\r\n7\r\n'
        file = b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n' + content + b"\r\n--b--\r\n"
        return head + file

    assert post(served, form(b"\xff\x00"), "multipart/form-data; boundary=b").status == 200
    assert got == [{"n": 7, "file": b"\xff\x00"}]
    assert post(served, form(b"12345"), "multipart/form-data; boundary=b").codes == {"file": "too_long"}
    assert post(served, b"nonsense", "multipart/form-data").json()["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/csv", None),
        ("", None),
        ("application/json; charset=latin-1", None),
        ("application/json; charset=utf-16", None),
        ("application/json", "gzip"),
    ],
)
def test_any_other_type_charset_or_encoding_is_415(serve: Serve, content_type: str, encoding: str | None) -> None:
    served, got = served_with(serve, {"application/json": {"schema": PERSON}})
    headers = {"content-encoding": encoding} if encoding else {}
    answer = post(served, b'{"name": "Ada"}', content_type, **headers)
    assert (answer.status, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert got == []


@pytest.mark.parametrize("raw", [b"{", b"\xff", b'{"name": NaN}', b'\xef\xbb\xbf{"name": "a"}', b"[" * 65 + b"]" * 65])
def test_a_body_that_cannot_be_read_is_a_bad_request_before_parameters_are_judged(serve: Serve, raw: bytes) -> None:
    served, _ = served_with(serve, {"application/json": {"schema": PERSON}})
    answer = served("POST", "/a?unknown=1", raw=raw)
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert "errors" not in answer.json()


def test_a_missing_body_is_400_where_one_is_required(serve: Serve) -> None:
    served, got = served_with(serve, {"application/json": {"schema": PERSON}})
    assert served("POST", "/a").status == 400
    assert served("POST", "/a", headers={"content-type": "application/json", "content-length": "0"}).status == 400
    optional, got = served_with(serve, {"application/json": {"schema": PERSON}}, required=False)
    assert optional("POST", "/a").status == 200
    assert got == [None]


def test_a_body_over_the_limit_is_413_from_its_length_and_while_it_is_read(serve: Serve) -> None:
    served, got = served_with(serve, {"application/octet-stream": {}})
    assert post(served, b"x" * 2000, "application/octet-stream").status == 200
    assert post(served, b"x" * 2001, "application/octet-stream").status == 413
    assert post(served, b"x", "application/octet-stream", **{"content-length": "9" * 30}).status == 413

    async def send_chunks() -> Exchange:
        exchange = Exchange()
        for _ in range(3):
            await exchange.incoming.put({"type": "http.request", "body": b"x" * 1000, "more_body": True})
        headers = [(b"content-type", b"application/octet-stream"), (b"transfer-encoding", b"chunked")]
        await exchange.run(served.app, "POST", "/a", headers)
        return exchange

    assert asyncio.run(send_chunks()).messages[0]["status"] == 413
    assert len(got) == 1


def test_a_body_in_pieces_is_put_together(serve: Serve) -> None:
    served, got = served_with(serve, {"application/json": {"schema": PERSON}})

    async def send_chunks() -> None:
        exchange = Exchange()
        await exchange.incoming.put({"type": "http.request", "body": b'{"name":', "more_body": True})
        await exchange.incoming.put({"type": "http.request", "body": b' "Ada"}', "more_body": False})
        headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
        await exchange.run(served.app, "POST", "/a", headers)

    asyncio.run(send_chunks())
    assert got == [{"name": "Ada"}]


@pytest.mark.parametrize("content", [{"image/png": {}}, {FORM: {"encoding": {"a": {}}}}])
def test_a_media_type_that_cannot_be_read_stops_the_start(serve: Serve, content: dict[str, Any]) -> None:
    with pytest.raises(InvalidContract, match="media type"):
        served_with(serve, content)
