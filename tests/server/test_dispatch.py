from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from server.app import create_app
from server.specification import InvalidContract
from tabularium.access.identity import Identity
from tabularium.context import Context
from tabularium.errors import Conflict, FieldError, Forbidden, NotFound, Unauthorized, Unavailable
from tabularium.schema.model import Schema, Table
from tests.support.server import Exchange, FakeSettings, Serve, document, module_of

JSON_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
TABLE_PARAMETER = {"name": "tableId", "in": "path", "required": True, "schema": {"type": "string"}}


async def hello() -> dict[str, Any]:
    return {"hello": "world"}


def test_a_mapping_is_sent_as_json_with_the_headers_of_every_answer(serve: Serve) -> None:
    answer = serve(document({"/api/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello))("GET", "/api/a")
    assert (answer.status, answer.body) == (200, b'{"hello":"world"}')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "strict-transport-security" not in answer.headers
    assert len(answer.headers["x-request-id"]) == 36


def test_https_is_demanded_where_the_base_url_has_it(serve: Serve) -> None:
    settings = FakeSettings(base_url="https://crm.example.com")
    served = serve(document({"/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello), settings=settings)
    for path in ("/a", "/b"):
        assert served("GET", path).headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(("sent", "is_kept"), [("abc_-=9", True), ("a b", False), ("x" * 256, False), ("é", False)])
def test_a_client_may_choose_the_request_id_if_it_is_harmless(serve: Serve, sent: str, is_kept: bool) -> None:
    served = serve(document({"/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello))
    for path in ("/a", "/unknown"):
        answer = served("GET", path, headers={"x-request-id": sent})
        assert (answer.headers["x-request-id"] == sent) is is_kept


def test_an_unknown_route_has_the_error_object(serve: Serve) -> None:
    served = serve(document({"/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello))
    answer = served("GET", "/a/", headers={"x-request-id": "r1"})
    assert answer.status == 404
    assert answer.json() == {
        "success": False,
        "message": "There is nothing at this path.",
        "code": "NOT_FOUND",
        "requestId": "r1",
    }
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "CONNECT", "get", "FOO"])
def test_a_method_that_is_not_served_is_405_with_allow(serve: Serve, method: str) -> None:
    answer = serve(document({"/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello))(method, "/a")
    assert (answer.status, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_head_answers_as_get_without_the_body(serve: Serve) -> None:
    served = serve(document({"/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello))
    got, head = served("GET", "/a"), served("HEAD", "/a")
    assert head.status == 200
    assert head.body == b""
    assert {**head.headers, "x-request-id": ""} == {**got.headers, "x-request-id": ""}
    missing = served("HEAD", "/b")
    assert (missing.status, missing.body) == (404, b"")


def test_options_lists_the_methods(serve: Serve) -> None:
    served = serve(document({"/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello))
    answer = served("OPTIONS", "/a")
    assert (answer.status, answer.body, answer.headers["allow"]) == (204, b"", "GET, HEAD, OPTIONS")
    assert served("OPTIONS", "/b").status == 404


def test_a_path_that_is_not_utf8_is_400(serve: Serve) -> None:
    served = serve(document({"/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello))
    answer = served("GET", "/%ff")
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")


# Transactions and the gate ------------------------------------------------------------------------------------------


async def store(context: Context, table: Table, body: dict[str, Any]) -> dict[str, Any]:
    if "fail" in body:
        raise Conflict("Taken.", [FieldError("fields.email", "Taken already.", "not_unique")], ["7"])
    return {"now": context.now, "table": table.name, "request": context.request_id}


STORE = document(
    {
        "/api/tables/{tableId}/records": {
            "post": {
                "operationId": "store",
                "x-action": "create",
                "x-transaction": "write",
                "parameters": [TABLE_PARAMETER],
                **JSON_BODY,
                "responses": {"201": {"description": "Stored.", "content": {"application/json": {}}}},
            }
        }
    }
)


def test_a_write_runs_in_a_transaction_with_its_context_and_table(serve: Serve) -> None:
    served = serve(STORE, module_of(store=store))
    answer = served("POST", "/api/tables/contacts/records", {}, headers={"x-request-id": "r7"})
    assert answer.status == 201
    assert answer.json() == {"now": "2026-03-02T10:30:00.125Z", "table": "contacts", "request": "r7"}
    assert served.database.done == ["commit"]


def test_an_error_of_the_product_rolls_back_and_has_all_its_parts(serve: Serve) -> None:
    served = serve(STORE, module_of(store=store))
    answer = served("POST", "/api/tables/1/records", {"fail": 1}, headers={"x-request-id": "r"})
    assert answer.status == 409
    assert answer.json() == {
        "success": False,
        "message": "Taken.",
        "code": "CONFLICT",
        "errors": [{"field": "fields.email", "message": "Taken already.", "code": "not_unique"}],
        "details": ["7"],
        "requestId": "r",
    }
    assert served.database.done == ["rollback"]


@pytest.mark.parametrize(("error", "status"), [(Unauthorized(), 401), (NotFound(), 404), (Forbidden(), 403)])
def test_the_gate_comes_before_anything_of_the_request_is_judged(serve: Serve, error: Exception, status: int) -> None:
    asked: list[tuple[Any, ...]] = []

    def authorize(schema: Schema, identity: Identity, reference: str, action: str) -> Table:
        asked.append((reference, action))
        raise error

    served = serve(STORE, module_of(store=store), authorize=authorize)
    answer = served("POST", "/api/tables/a%20b/records?nonsense=1", raw=b"{", headers={"content-type": "text/csv"})
    assert answer.status == status
    assert asked == [("a b", "create")]
    assert served.database.done == []


def test_a_body_over_the_limit_comes_even_before_the_gate(serve: Serve) -> None:
    served = serve(STORE, module_of(store=store))
    answer = served("POST", "/api/tables/nothing/records", raw=b"x", headers={"content-length": "2001"})
    assert (answer.status, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert "2000" in answer.json()["message"]


# Failures -----------------------------------------------------------------------------------------------------------


def test_a_defect_is_a_neutral_500_and_its_stack_is_logged_without_values(serve: Serve) -> None:
    async def fail() -> None:
        try:
            raise KeyError("secret-inner")
        except KeyError as error:
            raise ValueError("secret-value") from error

    served = serve(document({"/a": {"get": {"operationId": "fail"}}}), module_of(fail=fail))
    answer = served("GET", "/a", headers={"x-request-id": "r9"})
    assert answer.status == 500
    assert answer.json()["message"] == "Something went wrong on the server."
    logged, line = served.lines()
    assert logged["requestId"] == "r9"
    assert "ValueError at test_dispatch.py" in logged["message"]
    assert "KeyError at test_dispatch.py" in logged["message"]
    assert "secret" not in served.output.getvalue() + answer.body.decode()
    assert (line["level"], line["status"]) == ("error", 500)


def test_an_unavailable_database_is_503_with_retry_after(serve: Serve) -> None:
    async def fail() -> None:
        raise Unavailable(retry_after=7)

    served = serve(document({"/a": {"get": {"operationId": "fail"}}}), module_of(fail=fail))
    answer = served("GET", "/a")
    assert (answer.status, answer.json()["code"], answer.headers["retry-after"]) == (503, "SERVICE_UNAVAILABLE", "7")


def test_a_request_that_takes_too_long_is_rolled_back_with_503(serve: Serve) -> None:
    async def wait(context: Context) -> None:
        await asyncio.sleep(30)

    contract = document({"/a": {"post": {"operationId": "wait", "x-transaction": "write"}}})
    served = serve(contract, module_of(wait=wait), settings=FakeSettings(request_timeout_ms=30))
    for _ in range(2):
        answer = served("POST", "/a")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert served.database.done == ["rollback", "rollback"]


def test_each_of_several_requests_has_its_own_deadline(serve: Serve) -> None:
    async def wait() -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return {}

    contract = document({"/a": {"get": {"operationId": "wait"}}})
    served = serve(contract, module_of(wait=wait), settings=FakeSettings(request_timeout_ms=80))

    async def requests() -> list[int]:
        exchanges = []
        tasks = []
        for _ in range(4):
            exchange = Exchange()
            exchanges.append(exchange)
            tasks.append(asyncio.create_task(exchange.run(served.app, "GET", "/a")))
            await asyncio.sleep(0.03)
        await asyncio.gather(*tasks)
        return [each.messages[0]["status"] for each in exchanges]

    assert asyncio.run(requests()) == [200] * 4


def test_a_request_that_is_cut_off_by_the_stop_of_the_server_is_503(serve: Serve) -> None:
    async def wait(context: Context) -> None:
        await asyncio.sleep(30)

    served = serve(document({"/a": {"post": {"operationId": "wait", "x-transaction": "write"}}}), module_of(wait=wait))

    async def stop() -> Exchange:
        exchange = Exchange()
        task = asyncio.create_task(exchange.run(served.app, "POST", "/a"))
        await asyncio.sleep(0.01)
        served.app.lifecycle.stop()
        task.cancel()
        await task
        return exchange

    assert asyncio.run(stop()).messages[0]["status"] == 503
    assert served.database.done == ["rollback"]


# Streams and clients that leave --------------------------------------------------------------------------------------


def test_a_stream_is_sent_piece_by_piece(serve: Serve) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for each in (b"one ", b"two"):
            yield each

    async def stream() -> AsyncIterator[bytes]:
        return pieces()

    text = {"200": {"description": "A stream.", "content": {"text/plain": {}}}}
    served = serve(document({"/a": {"get": {"operationId": "stream", "responses": text}}}), module_of(stream=stream))

    async def exchange() -> Exchange:
        made = Exchange()
        await made.run(served.app, "GET", "/a")
        return made

    made = asyncio.run(exchange())
    assert [each.get("body") for each in made.messages[1:]] == [b"one ", b"two", b""]
    assert (b"content-type", b"text/plain") in made.messages[0]["headers"]
    assert served("HEAD", "/a").body == b""


def test_a_stream_ends_and_is_closed_when_the_client_leaves(serve: Serve) -> None:
    closed: list[bool] = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.001)
        finally:
            closed.append(True)

    async def stream() -> AsyncIterator[bytes]:
        return endless()

    served = serve(document({"/a": {"get": {"operationId": "stream"}}}), module_of(stream=stream))

    async def leave() -> None:
        exchange = Exchange()
        task = asyncio.create_task(exchange.run(served.app, "GET", "/a"))
        await asyncio.sleep(0.02)
        assert not closed
        await exchange.incoming.put({"type": "http.disconnect"})
        await asyncio.wait_for(task, 1)

    asyncio.run(leave())
    assert closed == [True]


def test_a_client_that_leaves_while_it_sends_gets_no_answer_and_stores_nothing(serve: Serve) -> None:
    served = serve(STORE, module_of(store=store))

    async def leave() -> Exchange:
        exchange = Exchange()
        await exchange.incoming.put({"type": "http.request", "body": b'{"a"', "more_body": True})
        await exchange.incoming.put({"type": "http.disconnect"})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
        await exchange.run(served.app, "POST", "/api/tables/contacts/records", headers)
        return exchange

    assert asyncio.run(leave()).messages == []
    assert served.database.done == []
    assert served.lines()[-1]["status"] == 499


def test_a_write_is_finished_though_its_client_has_left(serve: Serve) -> None:
    served = serve(STORE, module_of(store=store))

    async def leave() -> None:
        exchange = Exchange()
        await exchange.incoming.put({"type": "http.request", "body": b"{}", "more_body": False})
        await exchange.incoming.put({"type": "http.disconnect"})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await exchange.run(served.app, "POST", "/api/tables/contacts/records", headers)

    asyncio.run(leave())
    assert served.database.done == ["commit"]


# The log ------------------------------------------------------------------------------------------------------------


def test_a_line_of_the_log_has_the_template_and_never_what_was_sent(serve: Serve) -> None:
    async def get_it(key: str) -> dict[str, Any]:
        return {"key": key}

    contract = document(
        {
            "/a/{key}": {
                "get": {
                    "operationId": "get_it",
                    "parameters": [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}],
                }
            }
        }
    )
    served = serve(contract, module_of(get_it=get_it))
    served("GET", "/a/sesame", headers={"x-request-id": "r1"})
    served("GET", "/nowhere/sesame?sesame=1", headers={"x-request-id": "r2"})
    first, second = served.lines()
    assert first.pop("ms") >= 0
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "info",
        "requestId": "r1",
        "userId": None,
        "method": "GET",
        "route": "/a/{key}",
        "operation": "get_it",
        "status": 200,
    }
    assert (second["route"], second["operation"], second["status"]) == ("-", "-", 404)
    assert "sesame" not in served.output.getvalue()


# Start --------------------------------------------------------------------------------------------------------------


def test_all_that_does_not_fit_stops_the_start_together(serve: Serve) -> None:
    async def extra() -> None: ...

    async def takes_too_much(surplus: str) -> None: ...

    async def takes_too_little() -> None: ...

    def not_async() -> None: ...

    parameter = {"name": "pageSize", "in": "query", "schema": {"type": "integer"}}
    contract = document(
        {
            "/a": {"get": {"operationId": "gone"}, "post": {"operationId": "takes_too_much"}},
            "/b": {"get": {"operationId": "takes_too_little", "parameters": [parameter]}},
            "/c": {"get": {"operationId": "not_async"}, "post": {"operationId": "other_tag", "tags": ["others"]}},
            "/d/{x}": {"get": {"operationId": "takes_too_little", "security": [{"nobody": []}]}},
        }
    )
    modules = module_of(
        extra=extra, takes_too_much=takes_too_much, takes_too_little=takes_too_little, not_async=not_async
    )
    with pytest.raises(InvalidContract) as caught:
        serve(contract, modules)
    text = str(caught.value)
    for expected in (
        "handlers.things.gone is missing, for GET /a",
        "handlers.things.extra is no operation of the contract",
        "takes_too_much takes `surplus`",
        "takes_too_little must take the argument `page_size`",
        "handlers.things.not_async is not an `async def`",
        "handlers.others.other_tag is missing",
        "GET /d/{x}: ",
    ):
        assert expected in text


def test_a_contract_that_is_no_openapi_31_stops_the_start(serve: Serve) -> None:
    with pytest.raises(InvalidContract, match="openapi"):
        serve(b'{"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": {}}', module_of())


def test_the_lifespan_makes_the_server_ready_and_then_stopping(serve: Serve) -> None:
    served = serve(document({"/a": {"get": {"operationId": "hello"}}}), module_of(hello=hello))
    app = create_app(
        Schema(name="x", tables=()),
        served.database,
        FakeSettings(),
        document=document({"/a": {"get": {"operationId": "hello"}}}),
        handlers=module_of(hello=hello),
    )
    states = []

    async def live() -> None:
        incoming: asyncio.Queue[Any] = asyncio.Queue()

        async def send(message: Any) -> None:
            states.append((message["type"], app.lifecycle.state))
            if message["type"] == "lifespan.startup.complete":
                await incoming.put({"type": "lifespan.shutdown"})

        await incoming.put({"type": "lifespan.startup"})
        states.append(("before", app.lifecycle.state))
        await app({"type": "lifespan", "state": {}}, incoming.get, send)

    asyncio.run(live())
    assert states == [
        ("before", "starting"),
        ("lifespan.startup.complete", "ready"),
        ("lifespan.shutdown.complete", "stopping"),
    ]


# Answers and the contract ---------------------------------------------------------------------------------------------


def test_an_answer_that_does_not_fit_the_contract_is_a_500_where_that_is_checked(serve: Serve) -> None:
    async def answer(kind: str) -> Any:
        return {"good": {"n": 1}, "bad": {"n": "secret"}}[kind]

    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    contract = document(
        {
            "/a": {
                "get": {
                    "operationId": "answer",
                    "parameters": [{"name": "kind", "in": "query", "required": True, "schema": {"type": "string"}}],
                    "responses": {"200": {"description": "x", "content": {"application/json": {"schema": schema}}}},
                }
            }
        }
    )
    checked = serve(contract, module_of(answer=answer), validate_responses=True)
    assert checked("GET", "/a?kind=good").status == 200
    assert checked("GET", "/a?kind=bad").status == 500
    assert "n: Expected an integer." in checked.lines()[-2]["message"]
    assert "secret" not in checked.output.getvalue()
    assert checked("GET", "/a").status == 500, "400 is not declared"
    assert serve(contract, module_of(answer=answer))("GET", "/a?kind=bad").status == 200


def test_a_handler_gets_exact_numbers(serve: Serve) -> None:
    got: list[Any] = []

    async def take(body: Any) -> None:
        got.append(body)

    responses = {"204": {"description": "Done."}}
    served = serve(
        document({"/a": {"post": {"operationId": "take", **JSON_BODY, "responses": responses}}}), module_of(take=take)
    )
    answer = served("POST", "/a", raw=b'{"a": 0.10, "b": 123456789012345678901234567890}')
    assert (answer.status, answer.body) == (204, b"")
    assert "content-type" not in answer.headers
    assert repr(got) == repr([{"a": Decimal("0.10"), "b": 123456789012345678901234567890}])


def test_a_handler_may_take_the_whole_query_string_as_one_mapping(serve: Serve) -> None:
    async def gather(thing_id: str, query: dict[str, Any]) -> dict[str, Any]:
        return {"thing": thing_id, **query}

    path = {"name": "thingId", "in": "path", "required": True, "schema": {"type": "string"}}
    limit = {"name": "pageLimit", "in": "query", "schema": {"type": "integer", "default": 5}}
    sort = {"name": "sort", "in": "query", "schema": {"type": "string"}}
    paths = {"/a/{thingId}": {"get": {"operationId": "gather", "parameters": [path, limit, sort]}}}
    served = serve(document(paths), module_of(gather=gather))
    assert served("GET", "/a/x?sort=b").json() == {"thing": "x", "page_limit": 5, "sort": "b"}
    assert served("GET", "/a/x?pageLimit=7").json() == {"thing": "x", "page_limit": 7, "sort": None}
