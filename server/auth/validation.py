"""Failures of JSON Schema in the words of Better Auth's wire: `[body.email] Invalid email address`, joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import jsonschema_rs

from server.specification import resolve_reference
from tabularium.errors import FieldError, ValidationFailed

_MOST_SHOWN: Final = 50
_MAX_NAME: Final = 100
_EMAIL_SIGN: Final = "@("
"""What the pattern of addresses has, and no other."""

Path = list[str | int]


def refuse(
    place: str, errors: Iterable[jsonschema_rs.ValidationError], value: Any, types: Mapping[str, str]
) -> ValidationFailed:
    """Build the error of a value that does not fit. `place` is `body` or `query`, `types` those of its properties."""
    found: dict[tuple[str, str], FieldError] = {}
    for error in errors:
        for path, code, message in _told(error, value, types):
            field = ".".join([place, *(str(part)[:_MAX_NAME] for part in path)])
            found.setdefault((field, code), FieldError(field, message, code))
            if len(found) >= _MOST_SHOWN:
                break
    return refusal(list(found.values()))


def refusal(errors: list[FieldError]) -> ValidationFailed:
    """Build the error of failures whose fields begin with `body` or `query`."""
    return ValidationFailed("; ".join(f"[{each.field}] {each.message}" for each in errors), errors)


def _told(
    error: jsonschema_rs.ValidationError, value: Any, types: Mapping[str, str]
) -> Iterable[tuple[Path, str, str]]:
    path: Path = list(error.instance_path)
    kind: Any = error.kind
    name = kind.name
    if name == "required":
        expected = types.get(kind.property, "a value") if not path else "a value"
        return [([*path, kind.property], "required", f"Invalid input: expected {expected}, received undefined")]
    if name in ("additionalProperties", "unevaluatedProperties"):
        return [([*path, key], "unknown_property", f'Unrecognized key: "{key[:_MAX_NAME]}"') for key in kind.unexpected]
    if name == "type":
        received = type_of(_at(value, path))
        return [(path, "wrong_type", f"Invalid input: expected {' or '.join(kind.types)}, received {received}")]
    if name in ("anyOf", "oneOf"):
        return [(path, "invalid_value", "Invalid input")]
    describe = _DESCRIPTIONS.get(name)
    code, message = describe(kind) if describe is not None else ("invalid_value", "Invalid input")
    return [(path, code, message)]


def types_of(document: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the type of each property that has one."""
    schemas = ((name, resolve_reference(document, each)) for name, each in properties.items())
    return {name: schema["type"] for name, schema in schemas if isinstance(schema.get("type"), str)}


def _pattern(kind: Any) -> tuple[str, str]:
    if _EMAIL_SIGN in kind.pattern:
        return "invalid_email", "Invalid email address"
    if "\\x00" in kind.pattern:
        return "invalid_text", "Invalid input: U+0000 is not allowed"
    return "invalid_value", f"Invalid string: must match pattern {kind.pattern}"


_DESCRIPTIONS: Final[Mapping[str, Callable[[Any], tuple[str, str]]]] = {
    "pattern": _pattern,
    "enum": lambda kind: ("invalid_value", f"Invalid option: expected one of {'|'.join(map(_quoted, kind.options))}"),
    "const": lambda kind: ("invalid_value", f"Invalid input: expected {_quoted(kind.expected_value)}"),
    "minLength": lambda kind: ("too_short", f"Too small: expected string to have >={kind.limit} characters"),
    "maxLength": lambda kind: ("too_long", f"Too big: expected string to have <={kind.limit} characters"),
    "minItems": lambda kind: ("required", f"Too small: expected array to have >={kind.limit} items"),
    "maxItems": lambda kind: ("too_many", f"Too big: expected array to have <={kind.limit} items"),
    "minProperties": lambda kind: ("required", f"Too small: expected object to have >={kind.limit} keys"),
    "maxProperties": lambda kind: ("too_many", f"Too big: expected object to have <={kind.limit} keys"),
    "minimum": lambda kind: ("out_of_range", f"Too small: expected number to be >={kind.limit}"),
    "maximum": lambda kind: ("out_of_range", f"Too big: expected number to be <={kind.limit}"),
}


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def type_of(value: Any) -> str:
    """Name the type of a value as JSON does."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Mapping):
        return "object"
    return "array" if isinstance(value, list) else "number"
