"""Rules about conditions on requests and about requests that may be sent again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tools.contract import Contract, Operation
from tools.rules.finding import Finding

RESPONSES: Final[Mapping[str, tuple[str, ...]]] = {
    "If-Match": ("412",),
    "If-None-Match": ("304",),
    "Idempotency-Key": ("409", "422"),
}
"""By parameter: the answers that come of it."""
SUCCESS_HEADERS: Final[Mapping[str, str]] = {"If-None-Match": "ETag", "Idempotency-Key": "Idempotency-Replayed"}
"""By parameter: the header that its operation's answer of success has."""
REPLACED: Final = frozenset({"get", "head"})
"""Methods that `If-None-Match` is for: it spares them an answer."""


def conditions_have_their_answers(contract: Contract) -> Iterator[Finding]:
    """An operation with a condition, or a key against repetition, declares what comes of it."""
    for each in contract.operations:
        headers = _headers(contract, each)
        declared = each.content.get("responses", {})
        for name in sorted(headers & RESPONSES.keys()):
            for status in RESPONSES[name]:
                if status not in declared:
                    remedy = f"Add the response {status} of shared/responses.yaml"
                    yield Finding(contract.place(each), f"the response {status} is missing, but it has {name}", remedy)
        for name in sorted(headers & SUCCESS_HEADERS.keys()):
            if SUCCESS_HEADERS[name] not in _headers_of_success(contract, each):
                problem = f"the header {SUCCESS_HEADERS[name]} of its success is missing, but it has {name}"
                yield Finding(contract.place(each), problem, "Refer to it from shared/headers.yaml")


def conditions_fit_their_operation(contract: Contract) -> Iterator[Finding]:
    """`If-None-Match` belongs to reading, `If-Match` and `Idempotency-Key` to a write transaction."""
    for each in contract.operations:
        headers, place = _headers(contract, each), contract.place(each)
        if "If-None-Match" in headers and each.method not in REPLACED:
            yield Finding(
                place, f"{each.method.upper()} has If-None-Match", "Only a GET is spared an answer; remove it"
            )
        for name in sorted(headers & {"If-Match", "Idempotency-Key"}):
            if each.content.get("x-transaction") != "write":
                yield Finding(place, f"it has {name} and writes nothing", 'Remove it, or set x-transaction to "write"')


def tagged_answers_declare_their_tag(contract: Contract) -> Iterator[Finding]:
    """An operation with `x-etag` declares the header `ETag` of its success."""
    for each in contract.operations:
        is_tagged = "x-etag" in each.content
        if is_tagged and "ETag" not in _headers_of_success(contract, each):
            remedy = "Refer to shared/headers.yaml#/RecordETag"
            yield Finding(contract.place(each), "it has x-etag, and its success has no header ETag", remedy)


def _headers(contract: Contract, operation: Operation) -> set[str]:
    parameters = (contract.follow(each) for each in operation.content.get("parameters", ()))
    return {each["name"] for each in parameters if each["in"] == "header"}


def _headers_of_success(contract: Contract, operation: Operation) -> set[str]:
    declared: Mapping[str, Any] = operation.content.get("responses", {})
    successes = [contract.follow(each) for status, each in declared.items() if status.startswith("2")]
    return {name for each in successes for name in each.get("headers", {})}
