from __future__ import annotations

from typing import Any

import pytest

from server.request import Request
from server.specification import InvalidContract
from tabularium.access.identity import ANONYMOUS, Identity
from tabularium.context import Context
from tabularium.errors import Unauthorized
from tests.support.server import Serve, Served, document, module_of

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
}
GOOD = {"authorization": "Bearer good"}


async def identify(request: Request) -> Identity:
    """Know one bearer, refuse another, and take everybody else for nobody."""
    sent = request.headers.get(b"authorization")
    if sent == b"Bearer bad":
        raise Unauthorized("The token is not valid.")
    return Identity("ada", frozenset({"member"})) if sent == b"Bearer good" else ANONYMOUS


def served_with(serve: Serve, security: list[dict[str, Any]], **options: Any) -> Served:
    async def operate(context: Context) -> dict[str, Any]:
        return {"user": context.identity.user_id}

    operation = {"security": security, "x-transaction": "read"}
    contract = document({"/a": {"get": operation}}, securitySchemes=SCHEMES)
    return serve(contract, module_of(operate=operate), **options)


def test_a_caller_is_identified_where_the_contract_asks_for_somebody(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": []}, {"session": []}], identify=identify)
    assert served("GET", "/a", headers=GOOD).json() == {"user": "ada"}
    answer = served("GET", "/a")
    assert (answer.status, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_empty_requirement_lets_anybody_in_but_no_bad_token(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": []}, {}], identify=identify)
    assert served("GET", "/a", headers=GOOD).json() == {"user": "ada"}
    assert served("GET", "/a").json() == {"user": None}
    assert served("GET", "/a", headers={"authorization": "Bearer bad"}).status == 401


def test_without_requirements_nobody_is_asked_for(serve: Serve) -> None:
    served = served_with(serve, [], identify=identify)
    assert served("GET", "/a", headers={"authorization": "Bearer bad"}).json() == {"user": None}


def test_without_authentication_everybody_is_a_guest(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": []}])
    assert served("GET", "/a").json() == {"user": None}


def test_401_comes_before_anything_else_of_the_request_is_judged(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": []}], identify=identify)
    assert served("GET", "/a?unknown=1").status == 401


def test_the_user_is_in_the_log_and_the_token_is_not(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": []}], identify=identify)
    served("GET", "/a", headers=GOOD)
    assert served.lines()[0]["userId"] == "ada"
    assert "good" not in served.output.getvalue()


def test_a_scheme_that_is_not_declared_stops_the_start(serve: Serve) -> None:
    with pytest.raises(InvalidContract, match="nobody is not declared"):
        served_with(serve, [{"nobody": []}])


def test_a_kind_of_scheme_that_is_not_supported_stops_the_start(serve: Serve) -> None:
    async def operate() -> dict[str, Any]:
        return {}

    contract = document(
        {"/a": {"get": {"security": [{"link": []}]}}},
        securitySchemes={"link": {"type": "apiKey", "in": "query", "name": "token"}},
    )
    with pytest.raises(InvalidContract, match="only http and apiKey in a header or a cookie"):
        serve(contract, module_of(operate=operate))
