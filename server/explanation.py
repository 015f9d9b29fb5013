"""From failures of JSON Schema to errors that a person can act on: what is wrong, where, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import jsonschema_rs
import orjson

from tabularium.errors import FieldError

MAX_ERRORS: Final = 10_000
"""Beyond this a list of errors helps nobody, and one body could make an answer many times its own size."""

_MAX_NAME: Final = 200
_TYPES: Final = {
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}

Path = Sequence[str | int]
Kind = Any
"""A `jsonschema_rs.ValidationErrorKind`: each keyword has a class with attributes of its own."""


Find = Callable[[Path], Any]
"""Returns the part of a schema at a path as failures give it, or `None`."""


def explain(errors: Iterable[jsonschema_rs.ValidationError], find: Find) -> list[FieldError]:
    """Turn the failures of one value into errors, each path and code once, in the order of the schema's keywords."""
    found: dict[tuple[str, str], FieldError] = {}
    for error in islice(errors, MAX_ERRORS):
        for each in _explain_one(error, find):
            found.setdefault((each.field, each.code), each)
        if len(found) >= MAX_ERRORS:
            break
    return list(found.values())


def dotted(path: Path) -> str:
    """Write a path as `records.3.fields.email`."""
    return ".".join(str(part)[:_MAX_NAME] for part in path)


def listing(values: Sequence[Any], most: int = 40) -> str:
    """Write allowed values as a person lists them, as JSON."""
    texts = [orjson.dumps(each, default=str).decode() for each in values[:most]]
    if len(values) > most:
        texts.append(f"{len(values) - most} more")
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def _explain_one(error: jsonschema_rs.ValidationError, find: Find) -> Iterable[FieldError]:
    kind = error.kind
    path = error.instance_path
    if isinstance(kind, _UNEXPECTED):
        message = _unknown_property(find(error.schema_path[:-1]))
        return [FieldError(dotted([*path, name]), message, "unknown_property") for name in kind.unexpected[:MAX_ERRORS]]
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return [FieldError(dotted([*path, kind.property]), "A value is required here.", "required")]
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.PropertyNames):
        message = f"A name is not allowed here: {_describe(kind.error)[1]}"
        return [FieldError(dotted(path), message, "invalid_value")]
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.FalseSchema):
        return [_explain_forbidden(path)]
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AnyOf | jsonschema_rs.ValidationErrorKind.OneOfNotValid):
        return _explain_alternatives(path, kind.context, find)
    code, message = _describe(error)
    return [FieldError(dotted(path), message, code)]


def _explain_forbidden(path: Path) -> FieldError:
    """Explain the schema `false`: under `items` it ends a list, elsewhere it forbids a property."""
    if path and isinstance(path[-1], int):
        return FieldError(dotted(path), f"At most {_count(path[-1], 'item is', 'items are')} allowed.", "too_many")
    return FieldError(dotted(path), "This is not allowed here.", "unknown_property")


def _unknown_property(schema: Any) -> str:
    known = sorted(schema.get("properties", ())) if isinstance(schema, Mapping) else []
    return f"This is not known here. Allowed: {listing(known)}." if known else "This is not known here."


_UNEXPECTED = (
    jsonschema_rs.ValidationErrorKind.AdditionalProperties,
    jsonschema_rs.ValidationErrorKind.UnevaluatedProperties,
)


def _describe(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    describe = _DESCRIPTIONS.get(error.kind.name)
    if describe is None:
        return "invalid_value", f"This does not fit what is allowed here (`{error.kind.name}`)."
    return describe(error.kind)


def _expected(types: Iterable[str]) -> str:
    named = set(types)
    return f"Expected {' or '.join(text for name, text in _TYPES.items() if name in named)}."


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _always(code: str, message: str) -> Callable[[Kind], tuple[str, str]]:
    return lambda _: (code, message)


_DESCRIPTIONS: Final[dict[str, Callable[[Kind], tuple[str, str]]]] = {
    "type": lambda kind: ("wrong_type", _expected(kind.types)),
    "enum": lambda kind: ("invalid_value", f"Allowed: {listing(kind.options)}."),
    "const": lambda kind: ("invalid_value", f"Only {listing([kind.expected_value])} is allowed here."),
    "minimum": lambda kind: ("out_of_range", f"The least that is allowed is {kind.limit}."),
    "maximum": lambda kind: ("out_of_range", f"The most that is allowed is {kind.limit}."),
    "exclusiveMinimum": lambda kind: ("out_of_range", f"This must be more than {kind.limit}."),
    "exclusiveMaximum": lambda kind: ("out_of_range", f"This must be less than {kind.limit}."),
    "multipleOf": lambda kind: ("out_of_range", f"This must be a multiple of {kind.multiple_of}."),
    "minLength": lambda kind: ("too_short", f"At least {_count(kind.limit, 'character is', 'characters are')} needed."),
    "maxLength": lambda kind: ("too_long", f"At most {_count(kind.limit, 'character is', 'characters are')} allowed."),
    "minItems": lambda kind: ("required", f"At least {_count(kind.limit, 'item is', 'items are')} needed."),
    "maxItems": lambda kind: ("too_many", f"At most {_count(kind.limit, 'item is', 'items are')} allowed."),
    "minProperties": lambda kind: (
        "required",
        f"At least {_count(kind.limit, 'property is', 'properties are')} needed.",
    ),
    "maxProperties": lambda kind: (
        "too_many",
        f"At most {_count(kind.limit, 'property is', 'properties are')} allowed.",
    ),
    "uniqueItems": _always("duplicate", "No item may occur twice."),
    "pattern": lambda kind: ("invalid_value", f"This must match the pattern {kind.pattern} of the contract."),
    "format": lambda kind: ("invalid_value", f"This is not of the format `{kind.format}`."),
    "additionalItems": lambda kind: ("too_many", f"At most {_count(kind.limit, 'item is', 'items are')} allowed."),
    "unevaluatedItems": _always("too_many", "There are more items than are allowed."),
    "contains": _always("required", "An item that must be in the list is missing."),
    "not": _always("conflicting", "This combination is not allowed."),
    "oneOf": _always("conflicting", "This fits several forms of which only one may be used."),
}


def _explain_alternatives(
    path: Path, branches: list[list[jsonschema_rs.ValidationError]], find: Find
) -> Iterable[FieldError]:
    """Explain why none of several forms fits, by the form that the caller most likely meant."""
    depth = len(path)
    wrong_types = [branch for branch in branches if _is_wrong_type(branch, depth)]
    if len(wrong_types) == len(branches):
        types = dict.fromkeys(
            each for branch in branches for error in branch for each in getattr(error.kind, "types", ())
        )
        return [FieldError(dotted(path), _expected(types), "wrong_type")]
    candidates = [branch for branch in branches if branch not in wrong_types]
    likeliest = min(candidates, key=lambda branch: _distance(branch, depth))
    return [each for error in likeliest for each in _explain_one(error, find)]


def _is_wrong_type(branch: list[jsonschema_rs.ValidationError], depth: int) -> bool:
    return any(error.kind.name == "type" and len(error.instance_path) == depth for error in branch)


def _distance(branch: list[jsonschema_rs.ValidationError], depth: int) -> tuple[int, int]:
    """Say how far a form is from what was sent: names that do not fit count before values that do not."""
    misnamed = 0
    for error in branch:
        if isinstance(error.kind, _UNEXPECTED):
            misnamed += len(error.kind.unexpected)
        # A tag such as `{"kind": {"const": "a"}}` decides between forms as a name does.
        elif error.kind.name in ("required", "const") and len(error.instance_path) <= depth + 1:
            misnamed += 1
    return misnamed, len(branch)
