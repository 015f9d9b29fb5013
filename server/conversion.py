"""From the text of a parameter to its value, by the parameter's schema, style and explode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from server.exact_json import parse_json, parse_number
from server.specification import InvalidContract, resolve_reference
from tabularium.errors import BadRequest, ValidationFailed

Convert = Callable[[str], Any]


class Unconvertible(ValueError):
    """The text is no value of the parameter's type. The message says what is expected."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the type of a schema bears on its text form."""

    kind: str
    """`array`, `object` or `primitive`."""
    convert: Convert
    """From one text to a primitive value: the parameter's, an item's, or that of a property without schema."""
    properties: Mapping[str, Convert]


# Primitive values -----------------------------------------------------------------------------------------------------


def _integer(text: str) -> Any:
    value = _number(text)
    if not isinstance(value, int):
        raise ValueError
    return value


def _number(text: str) -> Any:
    return parse_number(text)


def _boolean(text: str) -> Any:
    return {"true": True, "false": False}[text]


def _null(text: str) -> Any:
    return {"": None, "null": None}[text]


_PRIMITIVES: Final[Mapping[str, tuple[Convert, str]]] = {
    "null": (_null, "null"),
    "boolean": (_boolean, "true or false"),
    "integer": (_integer, "an integer"),
    "number": (_number, "a number"),
}
"""In the order in which they are tried. Text is anything."""


def primitive(types: frozenset[str]) -> Convert:
    """Return what reads one text as a value of any of these types."""
    attempts = [_PRIMITIVES[name] for name in _PRIMITIVES if name in types]
    if not attempts:
        return _as_text
    is_text_allowed = "string" in types
    expected = f"Expected {' or '.join(description for _, description in attempts)}."

    def convert(text: str) -> Any:
        for attempt, _ in attempts:
            try:
                return attempt(text)
            except (ValueError, KeyError):
                continue
        if is_text_allowed:
            return text
        raise Unconvertible(expected)

    return convert


def _as_text(text: str) -> str:
    return text


def convert_json(text: str) -> Any:
    """Read a parameter whose schema stands under `content: application/json`."""
    try:
        return parse_json(text.encode())
    except (BadRequest, ValidationFailed) as error:
        raise Unconvertible(f"Expected JSON. {error.message}") from None


# Shapes ---------------------------------------------------------------------------------------------------------------


def shape_of(document: Mapping[str, Any], schema: Any) -> Shape:
    """Find out how the values of a schema are written as text."""
    schema = resolve_reference(document, schema)
    types = types_of(document, schema)
    if "array" in types:
        items = schema.get("items", {}) if isinstance(schema, Mapping) else {}
        return Shape("array", primitive(types_of(document, items)), {})
    if "object" in types:
        properties = schema.get("properties", {})
        converts = {name: primitive(types_of(document, each)) for name, each in properties.items()}
        return Shape("object", _as_text, converts)
    return Shape("primitive", primitive(types), {})


def types_of(document: Mapping[str, Any], schema: Any) -> frozenset[str]:
    """Return the JSON types that a schema allows, so far as it says so; `string` where it does not."""
    schema = resolve_reference(document, schema)
    if not isinstance(schema, Mapping):
        return frozenset({"string"})
    declared = schema.get("type")
    if declared is not None:
        return frozenset([declared] if isinstance(declared, str) else declared)
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    found = {_JSON_TYPES[type(value)] for value in values}
    for keyword in ("anyOf", "oneOf", "allOf"):
        found = found.union(*(types_of(document, each) for each in schema.get(keyword, [])))
    return frozenset(found or {"string"})


_JSON_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}


# Styles ---------------------------------------------------------------------------------------------------------------

_SEPARATORS: Final[Mapping[tuple[str, bool], str]] = {
    ("simple", False): ",",
    ("simple", True): ",",
    ("label", False): ",",
    ("label", True): ".",
    ("matrix", False): ",",
    ("matrix", True): ";",
    ("form", False): ",",
    ("spaceDelimited", False): " ",
    ("pipeDelimited", False): "|",
}
"""What stands between the parts of a list or an object that is one text, by style and explode."""


def convert_text(name: str, style: str, explode: bool, shape: Shape) -> Convert:
    """Return what reads a parameter that is one text, whatever its place.

    Raises `InvalidContract` where OpenAPI gives the combination no meaning.
    """
    strip = _strip_prefix(name, style, explode, shape.kind)
    if shape.kind == "primitive":
        return shape.convert if strip is None else lambda text: shape.convert(strip(text))
    separator = _SEPARATORS.get((style, explode))
    if separator is None:
        raise InvalidContract([f"the parameter {name}: style {style} with explode={explode} cannot carry its type"])
    is_named_part = style == "matrix" and explode and shape.kind == "array"

    def convert(text: str) -> Any:
        parts = _split(text if strip is None else strip(text), separator)
        if is_named_part:
            parts = [_without(part, f"{name}=") for part in parts]
        if shape.kind == "array":
            return [shape.convert(part) for part in parts]
        return _convert_pairs(_pairs(parts, explode), shape)

    return convert


def _strip_prefix(name: str, style: str, explode: bool, kind: str) -> Callable[[str], str] | None:
    if style == "label":
        return lambda text: _without(text, ".")
    if style == "matrix":
        prefix = ";" if explode and kind != "primitive" else f";{name}="
        return lambda text: _without(text, prefix)
    return None


def _without(text: str, prefix: str) -> str:
    if not text.startswith(prefix):
        raise Unconvertible(f"Expected a text that begins with {prefix}")
    return text[len(prefix) :]


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if text else []


def _pairs(parts: list[str], explode: bool) -> list[tuple[str, str]]:
    if explode:
        split = [part.partition("=") for part in parts]
        return [(name, value) for name, _, value in split]
    if len(parts) % 2:
        raise Unconvertible("Expected names and values in turn.")
    return list(zip(parts[::2], parts[1::2], strict=True))


def _convert_pairs(pairs: list[tuple[str, str]], shape: Shape) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, text in pairs:
        if name in value:
            raise Unconvertible("Expected each name once.")
        value[name] = convert_property(shape, name, text)
    return value


def convert_property(shape: Shape, name: str, text: str) -> Any:
    """Read one property of an object. One that the schema does not name stays text: its validator has the say."""
    return shape.properties.get(name, shape.convert)(text)
