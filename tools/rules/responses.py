"""Rules about responses: which an operation must declare, and their headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tools.contract import Contract, Operation
from tools.rules.finding import Finding
from tools.rules.operations import AUTH_TAGS, TABLE_PARAMETER

ERROR_CONTENT: Final = {"application/json": {"$ref": "#/components/schemas/Error"}}
AUTH_ERROR_CONTENT: Final = {"application/json": {"$ref": "#/components/schemas/AuthError"}}
"""Of operations whose codes are those of Better Auth."""

PAGE_ERROR_CONTENT: Final = {**ERROR_CONTENT, "text/html": {"$ref": "#/components/schemas/ErrorPage"}}
"""Of pages for the browser: people who ask for HTML get the error as a page."""

# The one other form of an error: the answer of a health check, which has the keys of `Error` beside its own.
OTHER_ERROR_SCHEMAS: Final = frozenset({("get_health", "503")})

SECOND_SUCCESSES: Final = frozenset(
    {("delete_account", "202"), ("batch_create_records", "200"), ("create_comment", "200")}
)
"""Answers of success beside the one that an operation has, whose status its handler names."""


def _access(*kinds: str) -> Callable[[Operation], bool]:
    return lambda operation: operation.content.get("x-access") in kinds


def _always(_: Operation) -> bool:
    return True


def _has_table(operation: Operation) -> bool:
    return f"{{{TABLE_PARAMETER}}}" in operation.path


def _needs_one_action(operation: Operation) -> bool:
    return _has_table(operation) and operation.content.get("x-action") != "any"


def _has_path_parameter(operation: Operation) -> bool:
    return "{" in operation.path


def _is_limited(operation: Operation) -> bool:
    return operation.tag != "health"


def _is_page(operation: Operation) -> bool:
    return "text/html" in operation.content.get("responses", {}).get("200", {}).get("content", {})


def _has_body(operation: Operation) -> bool:
    # Where none is declared, one that is sent is read all the same, since nothing is ignored.
    return "requestBody" in operation.content or operation.method not in ("get", "head")


ERRORS: Final[Mapping[str, tuple[tuple[str, Callable[[Operation], bool]], ...]]] = {
    "400": (("any request can be unreadable or have an unknown parameter", _always),),
    "401": (("nobody may be signed in", _access("table", "session", "admin")),),
    "403": (
        ("a permission may be missing", _access("session", "admin")),
        ("an action may be missing", _needs_one_action),
    ),
    "404": (("what the path names may not exist", _has_path_parameter),),
    "429": (("a limit may be used up", _is_limited),),
    "413": (("a body can be too large", _has_body),),
    "415": (("a body can have another media type", _has_body),),
    "500": (("there may be a defect", _always),),
    "503": (("the server may be stopping or the deadline may pass", _always),),
}
"""By status: the reasons why an operation must declare it, each with its condition."""

HEADERS: Final[Mapping[str, frozenset[str]]] = {
    "201": frozenset({"Location"}),
    "302": frozenset({"Location"}),
    "304": frozenset({"ETag"}),
    "308": frozenset({"Location"}),
    "503": frozenset({"Retry-After"}),
}
"""By status: the headers of such an answer, beside the request id."""
WITHOUT_HEADERS: Final = frozenset({("batch_create_records", "201")})
"""Answers that have none of those: what many records are stored at is no single place."""

EVERY_HEADER: Final = frozenset({"X-Request-Id"})


def errors_are_declared(contract: Contract) -> Iterator[Finding]:
    """An operation declares every error that can happen to it."""
    for each in contract.operations:
        declared = each.content.get("responses", {})
        for status, reasons in ERRORS.items():
            reason = next((text for text, holds in reasons if holds(each)), None)
            if reason and status not in declared:
                remedy = f"Add the response {status} of shared/responses.yaml"
                yield Finding(contract.place(each), f"the response {status} is missing, but {reason}", remedy)


def errors_have_the_one_form(contract: Contract) -> Iterator[Finding]:
    """Every error of every operation is the object `Error`."""
    for each in contract.operations:
        for status, response in each.content.get("responses", {}).items():
            if not status.startswith(("4", "5")) or (each.operation_id, status) in OTHER_ERROR_SCHEMAS:
                continue
            content = contract.follow(response).get("content", {})
            schemas = {name: body.get("schema") for name, body in content.items()}
            is_other = (each.tag in AUTH_TAGS and schemas == AUTH_ERROR_CONTENT) or (
                _is_page(each) and schemas == PAGE_ERROR_CONTENT
            )
            if schemas != ERROR_CONTENT and not is_other:
                yield Finding(contract.place(each) / status, "it is not the object Error", "Use shared/responses.yaml")


def one_success_is_declared(contract: Contract) -> Iterator[Finding]:
    """An operation has exactly one answer of success, so that its handler need not name the status.

    Those of `auth` may lead somewhere else beside it, or in its place. `SECOND_SUCCESSES` lists the exceptions.
    """
    for each in contract.operations:
        beside = {"304", "302"} if each.tag in AUTH_TAGS else {"304"}
        beside |= {status for operation_id, status in SECOND_SUCCESSES if operation_id == each.operation_id}
        successes = [status for status in each.content.get("responses", {}) if status < "400" and status not in beside]
        if not successes and "302" in each.content.get("responses", {}):
            continue
        if len(successes) != 1:
            yield Finding(contract.place(each), f"its answers of success are {successes}", "Declare exactly one")


def headers_are_declared(contract: Contract) -> Iterator[Finding]:
    """Every answer declares the headers that come with it."""
    for each in contract.operations:
        for status, response in each.content.get("responses", {}).items():
            own = frozenset() if (each.operation_id, status) in WITHOUT_HEADERS else HEADERS.get(status, frozenset())
            needed = EVERY_HEADER | own
            for name in sorted(needed - contract.follow(response).get("headers", {}).keys()):
                remedy = "Refer to it from shared/headers.yaml"
                yield Finding(contract.place(each) / status, f"the header {name} is missing", remedy)
