"""`json`: any JSON, kept with the order of its keys and the digits of its numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn

import jsonschema_rs
import orjson
from pydantic import Field, field_validator

from tabularium import json_text
from tabularium.db.dialect import Dialect
from tabularium.json_text import JsonText
from tabularium.schema.fields.base import FieldOptions, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.json_value import JsonStoredType
from tabularium.schema.fields.option_types import refuse

_UNSTORABLE: Final = Problem("invalid_text", "Must not hold U+0000 or half of a surrogate pair.")
_MOST_MISMATCHES: Final = 100
_BOUND_TO_PLACE: Final = frozenset(
    {"$ref", "$dynamicRef", "$id", "$anchor", "$dynamicAnchor", "$schema", "$vocabulary"}
    | {"discriminator", "xml", "externalDocs", "example"}  # OpenAPI gives these a form of its own
)


def _refuse_reference(uri: str) -> NoReturn:
    raise ValueError(f"nothing is fetched: {uri}")


def compile_schema(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """Compile a JSON Schema of the file. Raises `ValueError` where it is none, or refers to something elsewhere."""
    return jsonschema_rs.Draft202012Validator(_plain(schema), validate_formats=True, retriever=_refuse_reference)


class JsonOptions(FieldOptions):
    """The options of `json`."""

    # `schema` is a method of every model, hence another name here than in the file.
    json_schema: dict[str, Any] | bool | None = Field(
        None, alias="schema", description="The JSON Schema (2020-12) that values must fit."
    )

    @field_validator("json_schema")
    @classmethod
    def _check_schema(cls, value: Any) -> Any:
        if value is not None:
            try:
                compile_schema(value)
            except ValueError:
                refuse("must be a JSON Schema of 2020-12 that refers to nothing outside of itself")
        return value


class JsonType(JsonStoredType):
    """Any JSON but null. The stored form is its text, the JSON form that text as it is."""

    names = ("json",)
    Options = JsonOptions
    options: JsonOptions
    groups = frozenset()
    holds_any_json = True

    def __init__(self, options: JsonOptions) -> None:
        super().__init__(options)
        self._validator = None if options.json_schema is None else compile_schema(options.json_schema)

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        return (value,)

    def decoder(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return JsonText

    def presenter(self) -> Callable[[Any], Any]:
        return JsonText

    def parse(self, value: Any, mode: Mode) -> str:
        text = written(value)
        problems = [_UNSTORABLE] if "\\u0000" in text and _holds_nul(value) else []
        problems += self._mismatches(text)
        if problems:
            raise InvalidValue(*problems)
        return text

    def _mismatches(self, text: str) -> list[Problem]:
        """Return where the value does not fit the schema: the place in it, and the keyword that is not fulfilled."""
        if self._validator is None:
            return []
        problems: dict[str, Problem] = {}
        for error in self._validator.iter_errors(orjson.loads(text)):
            path = ".".join(map(str, error.instance_path))
            keyword = next((part for part in reversed(error.schema_path) if isinstance(part, str)), "schema")
            place = f" at /{'/'.join(map(str, error.instance_path))}" if error.instance_path else ""
            message = f'Does not fit "{keyword}" of the field\'s JSON Schema{place}.'
            problems.setdefault(path, Problem("schema_mismatch", message, path))
            if len(problems) >= _MOST_MISMATCHES:
                break
        return list(problems.values())

    def parse_text(self, text: str) -> Any:
        return super().parse_text(text)

    def to_text(self, value: Any) -> str:
        return str(value.text)

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        asked = self.options.json_schema
        # A record may be older than the schema.
        if mode == "record" or asked is None or _depends_on_its_place(asked):
            return {"description": "Any JSON."}
        return {"allOf": [_plain(asked)]}


def _plain(schema: Any) -> Any:
    """Return a JSON Schema of the file with ordinary numbers."""
    return orjson.loads(json_text.dump(schema))


def _depends_on_its_place(schema: Any) -> bool:
    """Say whether a JSON Schema could mean something else as a part of an OpenAPI document."""
    if isinstance(schema, Mapping):
        return not _BOUND_TO_PLACE.isdisjoint(schema) or any(map(_depends_on_its_place, schema.values()))
    return isinstance(schema, list) and any(map(_depends_on_its_place, schema))


def written(value: Any) -> str:
    """Write JSON as it was sent, but for spaces: the keys in their order, the numbers with their digits."""
    return "".join(_parts(value))


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for place, (key, item) in enumerate(value.items()):
            yield f"{',' if place else '{'}{json.dumps(key, ensure_ascii=False)}:"
            yield from _parts(item)
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield "," if place else "["
            yield from _parts(item)
        yield "]" if value else "[]"
    elif isinstance(value, Decimal):
        yield str(value)
    elif isinstance(value, JsonText):
        yield value.text
    else:
        yield json.dumps(value, ensure_ascii=False)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any("\x00" in key or _holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))
