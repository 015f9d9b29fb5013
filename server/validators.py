"""JSON Schema 2020-12 validators of the contract: compiled at start, all on one registry of its components."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import jsonschema_rs
import orjson

from server.explanation import Find, Path, explain
from tabularium.errors import FieldError

_DOCUMENT_URI: Final = "urn:contract"


class Validator:
    """Checks one value, quickly where it is valid, and explains every failure where it is not."""

    __slots__ = ("_compiled", "_find", "is_valid")

    def __init__(self, compiled: jsonschema_rs.Validator, find: Find) -> None:
        self._compiled = compiled
        self._find = find
        self.is_valid: Callable[[Any], bool] = compiled.is_valid

    def failures(self, value: Any) -> Iterable[jsonschema_rs.ValidationError]:
        """Go through the failures of a value as the library tells them."""
        return self._compiled.iter_errors(value)

    def explain(self, value: Any) -> list[FieldError]:
        """Return every failure of a value that is not valid, at a dotted path; the path of the whole value is empty."""
        return explain(self._compiled.iter_errors(value), self._find)


class ValidatorFactory:
    """Compiles schemas of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        # With the components in one registry a validator costs some kilobytes; with a copy in each, megabytes.
        self._resource = {"components": document.get("components", {})}
        self._registry = jsonschema_rs.Registry([(_DOCUMENT_URI, self._resource)], draft=jsonschema_rs.Draft202012)
        self._compiled: dict[bytes, Validator] = {}

    def compile(self, schema: Any) -> Validator:
        """Compile a schema that stands anywhere in the document. Raises `ValueError` where it is no JSON Schema."""
        # Hundreds of answers share a few schemas, that of errors above all.
        key = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = self._compile(schema)
        return found

    def _compile(self, schema: Any) -> Validator:
        absolute = _absolute_references(schema)
        # `format` is binding here, beyond what the standard asks for by default: the contract means its formats.
        compiled = jsonschema_rs.Draft202012Validator(
            absolute, registry=self._registry, validate_formats=True, offline=True
        )
        return Validator(compiled, lambda path: _find(self._resource if path[:1] == ["components"] else schema, path))


def _find(node: Any, path: Path) -> Any:
    for part in path:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def _absolute_references(node: Any) -> Any:
    """Lead references to the document's own components into the registry."""
    if isinstance(node, Mapping):
        return {
            key: _DOCUMENT_URI + value
            if key == "$ref" and isinstance(value, str) and value.startswith("#/components/")
            else _absolute_references(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_absolute_references(each) for each in node]
    return node
