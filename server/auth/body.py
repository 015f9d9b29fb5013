"""The body of an operation of `/api/auth`: JSON, at few operations a form; open to what Better Auth's clients add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from server.auth.validation import refusal, refuse, type_of, types_of
from server.body import refuse_encoding
from server.errors import UnsupportedMediaType
from server.request import Request
from server.specification import resolve_reference
from server.validators import Validator, ValidatorFactory
from tabularium.errors import BadRequest, FieldError

LIMIT: Final = 256 * 1024
"""The most bytes that a body may have."""
_MAX_DEPTH: Final = 64
_INVALID: Final = "Invalid JSON in request body"
_FORM: Final = "application/x-www-form-urlencoded"
_BOOLEANS: Final = {"true": True, "false": False}


class AuthBody:
    """Reads the bodies of one operation. `{}` where there is none."""

    def __init__(self, document: Mapping[str, Any], factory: ValidatorFactory, content: Mapping[str, Any]) -> None:
        schema = content["application/json"]["schema"]
        self._takes_forms = _FORM in content
        self._validator: Validator = factory.compile(schema)
        resolved = resolve_reference(document, schema)
        self._properties = resolved.get("properties", {})
        self._types = types_of(document, self._properties)
        self._document = document
        self._allowed = ", ".join(content)

    async def parse(self, request: Request) -> dict[str, Any]:
        """Return the object that was sent, unchecked. Raises `BadRequest` and `UnsupportedMediaType`."""
        refuse_encoding(request)
        content = await request.read_body(LIMIT) if request.announces_body else b""
        sent = request.headers.get(b"content-type", b"").decode("latin-1")
        media_type = sent.partition(";")[0].strip().lower()
        if not content and not (media_type and request.announces_body):
            return {}
        is_form = self._takes_forms and media_type == _FORM
        if not is_form and media_type != "application/json" and not media_type.endswith("+json"):
            message = f'Content-Type "{media_type[:100]}" is not allowed. Allowed types: {self._allowed}'
            raise UnsupportedMediaType(message)
        if not content:
            return {}
        value = self._parse_form(content) if is_form else _parse_json(content)
        if not isinstance(value, dict):
            message = f"Invalid input: expected object, received {type_of(value)}"
            raise refusal([FieldError("body", message, "wrong_type")])
        return value

    def _parse_form(self, content: bytes) -> dict[str, Any]:
        try:
            pairs = parse_qsl(content.decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
        except (UnicodeDecodeError, ValueError):
            raise BadRequest(_INVALID) from None
        values: dict[str, Any] = {}
        for name, text in pairs:
            schema = resolve_reference(self._document, self._properties.get(name, {}))
            values[name] = _BOOLEANS.get(text, text) if schema.get("type") == "boolean" else text
        return values

    def check(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties that the operation has. Raises `ValidationFailed` with all that does not fit."""
        if not self._validator.is_valid(value):
            raise refuse("body", self._validator.failures(value), value, self._types)
        return {name: each for name, each in value.items() if name in self._properties}


def _parse_json(content: bytes) -> Any:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise BadRequest(_INVALID) from None
    _bound_depth(value, 1)
    return value


def _bound_depth(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise BadRequest(_INVALID)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        if isinstance(item, dict | list):
            _bound_depth(item, depth + 1)
