from __future__ import annotations

from typing import Any

import pytest

from server.security import Authenticator
from server.specification import InvalidContract
from tabularium.access.identity import Identity
from tabularium.context import Context
from tests.support.server import Serve, Served, document, module_of

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    "link": {"type": "apiKey", "in": "query", "name": "token"},
}
ANYBODY = Identity(None, frozenset({"viewer"}))


def authenticators(*names: str) -> dict[str, Authenticator]:
    """Make authenticators that take the token `good-<scheme>` only."""

    def make(name: str) -> Authenticator:
        async def authenticate(token: str) -> Identity | None:
            return Identity(name, frozenset()) if token == f"good-{name}" else None

        return authenticate

    return {name: make(name) for name in names}


def served_with(serve: Serve, security: list[dict[str, Any]], **options: Any) -> Served:
    async def operate(context: Context) -> dict[str, Any]:
        return {"user": context.identity.user_id}

    operation = {"security": security, "x-transaction": "read"}
    contract = document({"/a": {"get": operation}}, securitySchemes=SCHEMES)
    options.setdefault("authenticators", authenticators(*SCHEMES))
    return serve(contract, module_of(operate=operate), anonymous=ANYBODY, **options)


GOOD: dict[str, dict[str, str]] = {
    "bearer": {"authorization": "bearer good-bearer"},
    "key": {"x-api-key": "good-key"},
    "session": {"cookie": "other=1; session=good-session"},
}


@pytest.mark.parametrize("scheme", GOOD)
def test_each_scheme_finds_its_token(serve: Serve, scheme: str) -> None:
    served = served_with(serve, [{scheme: []}])
    assert served("GET", "/a", headers=GOOD[scheme]).json() == {"user": scheme}
    bad = {name: value.replace("good", "bad") for name, value in GOOD[scheme].items()}
    for headers in ({}, bad):
        answer = served("GET", "/a", headers=headers)
        assert (answer.status, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_in_the_query_is_no_unknown_parameter(serve: Serve) -> None:
    served = served_with(serve, [{"link": []}])
    assert served("GET", "/a?token=good-link").json() == {"user": "link"}
    assert served("GET", "/a?token=good-link&x=1").codes == {"x": "unknown_parameter"}


def test_any_of_several_requirements_is_enough(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": []}, {"session": []}])
    assert served("GET", "/a", headers=GOOD["session"]).json() == {"user": "session"}
    assert served("GET", "/a", headers=GOOD["bearer"]).json() == {"user": "bearer"}
    assert served("GET", "/a", headers=GOOD["session"] | {"authorization": "Bearer x"}).json() == {"user": "session"}
    assert served("GET", "/a", headers=GOOD["key"]).status == 401


def test_all_schemes_of_one_requirement_are_needed(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": [], "key": []}])
    assert served("GET", "/a", headers=GOOD["bearer"] | GOOD["key"]).json() == {"user": "bearer"}
    assert served("GET", "/a", headers=GOOD["bearer"]).status == 401
    assert served("GET", "/a", headers=GOOD["bearer"] | {"x-api-key": "bad"}).status == 401


def test_an_empty_requirement_lets_anybody_in(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": []}, {}])
    assert served("GET", "/a", headers=GOOD["bearer"]).json() == {"user": "bearer"}
    assert served("GET", "/a").json() == {"user": None}


def test_401_comes_before_anything_else_of_the_request_is_judged(serve: Serve) -> None:
    served = served_with(serve, [{"bearer": []}])
    assert served("GET", "/a?unknown=1").status == 401


def test_the_user_is_in_the_log_and_the_token_is_not(serve: Serve) -> None:
    served = served_with(serve, [{"link": []}])
    served("GET", "/a?token=good-link")
    assert served.lines()[0]["userId"] == "link"
    assert "good-link" not in served.output.getvalue()


def test_a_scheme_without_authenticator_stops_the_start(serve: Serve) -> None:
    with pytest.raises(InvalidContract, match="the security scheme key has no authenticator"):
        served_with(serve, [{"bearer": []}, {"key": []}], authenticators=authenticators("bearer"))
    with pytest.raises(InvalidContract, match="nobody is not declared"):
        served_with(serve, [{"nobody": []}])


def test_a_kind_of_scheme_that_is_not_supported_stops_the_start(serve: Serve) -> None:
    async def operate() -> dict[str, Any]:
        return {}

    contract = document(
        {"/a": {"get": {"security": [{"basic": []}]}}}, securitySchemes={"basic": {"type": "http", "scheme": "basic"}}
    )
    with pytest.raises(InvalidContract, match="only http bearer and apiKey"):
        serve(contract, module_of(operate=operate), authenticators=authenticators("basic"))
