"""The parameters of an operation: read from their places, converted, and checked by one validator."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote

from server.conversion import Convert, Shape, Unconvertible, convert_json, convert_property, convert_text, shape_of
from server.explanation import listing
from server.request import Request
from server.specification import InvalidContract
from server.validators import Validator, ValidatorFactory
from tabularium.errors import FieldError

_DEFAULT_STYLES: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_STYLES: Final = {
    "path": {"simple", "label", "matrix"},
    "query": {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
    "header": {"simple"},
    "cookie": {"form"},
}
_IGNORED_HEADERS: Final = {"accept", "content-type", "authorization"}

_MAX_NAME: Final = 200


def snake_case(name: str) -> str:
    """Turn the name of a parameter into the name of the handler's argument: `tableId` → `table_id`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).strip("_").lower()
    return f"{words}_" if keyword.iskeyword(words) else words


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the contract."""

    name: str
    place: str
    argument: str
    """What the handler calls it."""
    schema: Any
    required: bool
    style: str
    explode: bool
    shape: Shape
    convert: Convert
    """Reads it from one text. Not for one that `is_spread`."""
    is_spread: bool = False
    """Whether several parameters of the query string make it up."""

    @property
    def default(self) -> Any:
        value = self.schema.get("default") if isinstance(self.schema, Mapping) else None
        return Decimal(str(value)) if isinstance(value, float) else value


def is_ignored(definition: Mapping[str, Any]) -> bool:
    """Say whether OpenAPI gives a parameter no meaning: headers that it describes by other means."""
    return definition["in"] == "header" and definition["name"].lower() in _IGNORED_HEADERS


def build_parameter(document: Mapping[str, Any], definition: Mapping[str, Any]) -> Parameter:
    """Read a parameter of the contract, without references. Raises `InvalidContract` where it cannot be served."""
    name, place = definition["name"], definition["in"]
    style = definition.get("style", _DEFAULT_STYLES[place])
    explode = definition.get("explode", style == "form")
    if style not in _STYLES[place]:
        raise InvalidContract([f"the parameter {name}: style {style} is not for the place {place}"])
    argument = snake_case(name)
    if not argument.isidentifier():
        raise InvalidContract([f"the parameter {name}: a handler's argument cannot have this name"])
    required = definition.get("required", False)
    content = definition.get("content")
    if content is not None:
        if list(content) != ["application/json"]:
            raise InvalidContract([f"the parameter {name}: its content can only be application/json"])
        schema = content["application/json"].get("schema", True)
        shape = Shape("primitive", convert_json, {})
        return Parameter(name, place, argument, schema, required, style, False, shape, convert_json)
    schema = definition["schema"]
    shape = shape_of(document, schema)
    is_spread = place == "query" and shape.kind != "primitive" and (explode or style == "deepObject")
    if style == "deepObject" and shape.kind != "object":
        raise InvalidContract([f"the parameter {name}: style deepObject is for objects only"])
    convert = shape.convert if is_spread else convert_text(name, style, explode, shape)
    return Parameter(name, place, argument, schema, required, style, explode, shape, convert, is_spread)


class QueryReader:
    """Reads the parameters of a query string or of a form. Every name must be known, and a single one stands once."""

    def __init__(self, parameters: Sequence[Parameter], ignored: frozenset[str] = frozenset()) -> None:
        self._parameters = {each.name: each for each in parameters if not each.is_spread}
        self._lists = {each.name: each for each in parameters if each.is_spread and each.shape.kind == "array"}
        objects = [each for each in parameters if each.is_spread and each.shape.kind == "object"]
        self._properties: dict[str, tuple[Parameter, str]] = {}
        for each in objects:
            for name in each.shape.properties:
                wire_name = f"{each.name}[{name}]" if each.style == "deepObject" else name
                self._properties[wire_name] = (each, name)
        self._ignored = ignored
        known = sorted([*self._parameters, *self._lists, *self._properties])
        self._unknown = (
            f"This parameter is not known here. Allowed: {listing(known)}."
            if known
            else ("This parameter is not known here. None is allowed.")
        )

    def read(self, pairs: Sequence[tuple[str, str]], values: dict[str, Any], errors: list[FieldError]) -> None:
        """Put the value of each parameter into `values`, by argument, and each failure into `errors`."""
        for name, text in pairs:
            parameter = self._parameters.get(name)
            try:
                if parameter is None:
                    self._collect(name, text, values, errors)
                elif parameter.argument in values:
                    errors.append(FieldError(name, "This parameter may be given once only.", "duplicate"))
                else:
                    values[parameter.argument] = parameter.convert(text)
            except Unconvertible as error:
                errors.append(FieldError(name, str(error), "invalid_value"))

    def _collect(self, name: str, text: str, values: dict[str, Any], errors: list[FieldError]) -> None:
        """Take one of several texts that make up a list or an object."""
        if name in self._lists:
            parameter = self._lists[name]
            values.setdefault(parameter.argument, []).append(parameter.shape.convert(text))
        elif name in self._properties:
            parameter, property_name = self._properties[name]
            value = values.setdefault(parameter.argument, {})
            if property_name in value:
                errors.append(FieldError(name, "This parameter may be given once only.", "duplicate"))
            value[property_name] = convert_property(parameter.shape, property_name, text)
        elif name not in self._ignored:
            errors.append(FieldError(name[:_MAX_NAME], self._unknown, "unknown_parameter"))


class ParameterReader:
    """Reads all parameters of one operation."""

    def __init__(
        self,
        factory: ValidatorFactory,
        parameters: Sequence[Parameter],
        path_names: Sequence[str],
        ignored_query: frozenset[str],
    ) -> None:
        by_place = {place: [each for each in parameters if each.place == place] for place in _STYLES}
        by_name = {each.name: each for each in by_place["path"]}
        self._path = [by_name.get(name) for name in path_names]
        self._query = QueryReader(by_place["query"], ignored_query)
        self._headers = [(each.name.lower().encode(), each) for each in by_place["header"]]
        self._cookies = by_place["cookie"]
        self._by_argument = {each.argument: each for each in parameters}
        self._must_check = any(each.required for each in parameters)
        self._validator = _compile(factory, parameters)
        self.defaults = {each.argument: each.default for each in parameters}
        """The value of each argument whose parameter is not given."""

    def read(
        self, request: Request, path_values: Sequence[str], errors: list[FieldError]
    ) -> tuple[dict[str, Any], bool]:
        """Return the values that are given, by argument, and whether those of the path can mean anything.

        Failures of the other places go to `errors`: what cannot stand in a path is not a bad request, but not there.
        """
        values: dict[str, Any] = {}
        is_found = True
        for parameter, text in zip(self._path, path_values, strict=True):
            if parameter is not None:
                is_found = self._convert(parameter, text, values, []) and is_found
        if request.scope["query_string"]:
            self._query.read(request.query(), values, errors)
        for name, parameter in self._headers:
            header = request.text_header(name)
            if header is not None:
                self._convert(parameter, header, values, errors)
        if self._cookies:
            self._read_cookies(request, values, errors)
        if (values or self._must_check) and not self._validator.is_valid(values):
            is_found = self._explain(values, errors) and is_found
        return values, is_found

    def _read_cookies(self, request: Request, values: dict[str, Any], errors: list[FieldError]) -> None:
        cookies = request.cookies()
        for parameter in self._cookies:
            if parameter.name in cookies:
                self._convert(parameter, unquote(cookies[parameter.name]), values, errors)

    def _convert(self, parameter: Parameter, text: str, values: dict[str, Any], errors: list[FieldError]) -> bool:
        try:
            values[parameter.argument] = parameter.convert(text)
        except Unconvertible as error:
            errors.append(FieldError(parameter.name, str(error), "invalid_value"))
            return False
        return True

    def _explain(self, values: dict[str, Any], errors: list[FieldError]) -> bool:
        failed = {each.field for each in errors}
        is_found = True
        for each in self._validator.explain(values):
            argument, _, rest = each.field.partition(".")
            parameter = self._by_argument[argument]
            if parameter.place == "path":
                is_found = False
            elif parameter.name not in failed:  # one that could not be converted counts as missing here
                # A parameter is text to its sender: its type is a question of how the text is written.
                code = "invalid_value" if each.code == "wrong_type" else each.code
                field = f"{parameter.name}.{rest}" if rest else parameter.name
                errors.append(FieldError(field, each.message, code))
        return is_found


def _compile(factory: ValidatorFactory, parameters: Sequence[Parameter]) -> Validator:
    # By argument, so that the values go from the validator to the handler as they are.
    return factory.compile(
        {
            "type": "object",
            "properties": {each.argument: each.schema for each in parameters},
            "required": [each.argument for each in parameters if each.required],
        }
    )
