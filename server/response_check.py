"""Holds answers to the contract, in tests and in the debug mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from server.answers import Answer
from server.validators import Validator, ValidatorFactory

MAY_BE_EMPTY: Final = "x-may-be-empty"
"""Marks a response of the contract whose body is left out in some cases, as Better Auth's wire has it."""


class ResponseCheck:
    """Knows the answers that the contract has for one operation."""

    def __init__(self, factory: ValidatorFactory, responses: Mapping[str, Any]) -> None:
        self._responses: dict[str, dict[str, Validator]] = {
            status.upper(): {
                media_type.partition(";")[0].strip().lower(): factory.compile(content.get("schema", True))
                for media_type, content in response.get("content", {}).items()
            }
            for status, response in responses.items()
        }
        self._may_be_empty = {status.upper() for status, response in responses.items() if response.get(MAY_BE_EMPTY)}
        self._headers = {
            status.upper(): [
                name.lower().encode()
                for name, definition in response.get("headers", {}).items()
                if isinstance(definition, Mapping) and definition.get("required")
            ]
            for status, response in responses.items()
        }

    def find_fault(self, answer: Answer) -> str | None:
        """Say what about an answer is not in the contract, or `None`. Streams are checked without their content."""
        status = str(answer.status)
        declared = next((each for each in (status, f"{status[0]}XX", "DEFAULT") if each in self._responses), None)
        if declared is None:
            return f"the status {status} is not declared"
        headers = dict(answer.headers)
        missing = [name.decode() for name in self._headers[declared] if name not in headers and name != b"x-request-id"]
        if missing:
            return f"the header {missing[0]} is missing"
        contents = self._responses[declared]
        if declared in self._may_be_empty and answer.body == b"":
            return None
        sent = headers.get(b"content-type", b"").decode().partition(";")[0].strip().lower()
        if not contents:
            return f"the status {status} has a body, and none is declared" if answer.body else None
        if sent not in contents:
            return f"the content type {sent or '(none)'} is not declared for the status {status}"
        if not isinstance(answer.body, bytes) or b"content-encoding" in headers:
            return None
        return _find_content_fault(contents[sent], sent, answer.body)


def _find_content_fault(validator: Validator, media_type: str, body: bytes) -> str | None:
    try:
        value = orjson.loads(body) if media_type.endswith("json") else body.decode()
    except ValueError:
        return f"the body is no {media_type}"
    if validator.is_valid(value):
        return None
    failures = [f"{each.field or 'the body'}: {each.message}" for each in validator.explain(value)[:5]]
    return "; ".join(failures)
