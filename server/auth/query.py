"""The query string of `/api/auth`: unknown parameters are ignored, a repeated one is a list, most texts are a flag.

Of the operations beside it, which are our own, unknown parameters are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from server.auth.validation import refusal, refuse, types_of
from server.parameters import snake_case
from server.request import Request
from server.specification import resolve_reference
from server.validators import ValidatorFactory
from tabularium.errors import FieldError, shown

_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_FALSE: Final = ("", "0", "false")
_UNKNOWN: Final = "There is no such parameter"


class AuthQuery:
    """Reads the parameters of one operation into arguments by name in snake_case."""

    def __init__(
        self,
        document: Mapping[str, Any],
        factory: ValidatorFactory,
        parameters: Sequence[Mapping[str, Any]],
        *,
        is_open: bool = True,
    ) -> None:
        self._is_open = is_open
        own = [each for each in parameters if each["in"] == "query"]
        self._schemas = {each["name"]: resolve_reference(document, each["schema"]) for each in own}
        self._arguments = {each["name"]: snake_case(each["name"]) for each in own}
        self.defaults = {self._arguments[name]: schema.get("default") for name, schema in self._schemas.items()}
        required = [each["name"] for each in own if each.get("required")]
        properties = {each["name"]: each["schema"] for each in own}
        self._types = types_of(document, properties)
        self._validator = factory.compile({"type": "object", "properties": properties, "required": required})

    def raw(self, request: Request) -> dict[str, Any]:
        """Return what was sent, of the parameters that there are: texts, and lists of those that are repeated.

        Raises `ValidationFailed` for others, where they are not to be ignored.
        """
        sent: dict[str, Any] = {}
        pairs = request.query()
        unknown = [] if self._is_open else [name for name, _ in pairs if name not in self._schemas]
        if unknown:
            raise refusal([FieldError(f"query.{shown(name)}", _UNKNOWN, "unknown_parameter") for name in unknown])
        for name, text in pairs:
            if name not in self._schemas:
                continue
            former = sent.get(name)
            if former is None:
                sent[name] = text
            else:
                sent[name] = [*former, text] if isinstance(former, list) else [former, text]
        return sent

    def read(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments. Raises `ValidationFailed` with everything that does not fit."""
        values = {name: _converted(value, self._schemas[name].get("type")) for name, value in sent.items()}
        if not self._validator.is_valid(values):
            raise refuse("query", self._validator.failures(values), values, self._types)
        return {self._arguments[name]: value for name, value in values.items()}


def _converted(value: Any, kind: Any) -> Any:
    if kind == "array":
        return value if isinstance(value, list) else [value]
    if isinstance(value, list):
        return value
    if kind == "boolean":
        return value not in _FALSE
    if kind == "integer" and _INTEGER.fullmatch(value):
        return int(value)
    return value
