"""A view of the contract for the tools: its operations, schemas and examples, each with the file it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tools.bundle import ROOT, Bundle, bundle

METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})

_ONE_SCHEMA: Final = frozenset(
    {"items", "additionalProperties", "unevaluatedProperties", "propertyNames", "contains", "not", "if", "then", "else"}
)
_SCHEMA_LIST: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SCHEMA_MAP: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    path: str
    method: str
    content: Mapping[str, Any]

    @property
    def operation_id(self) -> str:
        return str(self.content.get("operationId", ""))

    @property
    def tag(self) -> str:
        return str(next(iter(self.content.get("tags", ())), ""))

    @property
    def name(self) -> str:
        """Return what a reader searches for: the operationId, or method and path where there is none."""
        return self.operation_id or f"{self.method.upper()} {self.path}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file, and the way to it in words of the contract."""

    file: str
    where: str

    def __truediv__(self, step: object) -> Place:
        return Place(self.file, f"{self.where}.{step}")


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Return the operations, in the order of the document."""
    return [
        Operation(path, key, content)
        for path, item in document.get("paths", {}).items()
        for key, content in item.items()
        if key in METHODS
    ]


@dataclass(frozen=True)
class Contract:
    """The joined document with its source files."""

    bundle: Bundle

    @classmethod
    def load(cls, folder: Path) -> Contract:
        """Read the contract below `folder`."""
        return cls(bundle(folder))

    @property
    def document(self) -> dict[str, Any]:
        return self.bundle.document

    @cached_property
    def operations(self) -> list[Operation]:
        return operations(self.document)

    def place(self, operation: Operation) -> Place:
        """Return where an operation stands."""
        return Place(self.bundle.path_files.get(operation.path, ROOT), operation.name)

    def follow(self, node: Any) -> Any:
        """Return what a reference means, or the node itself where it is none. Keys beside the reference win."""
        while isinstance(node, dict) and "$ref" in node:
            _, _, section, name = node["$ref"].split("/")
            beside = {key: value for key, value in node.items() if key != "$ref"}
            node = {**self.document["components"][section][name], **beside}
        return node

    def components(self, section: str) -> Iterator[tuple[Place, str, Any]]:
        """Yield place, name and content of every component of a section."""
        for name, content in self.document.get("components", {}).get(section, {}).items():
            file = self.bundle.component_files.get((section, name), ROOT)
            yield Place(file, name), name, content

    def parameters(self) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """Yield every parameter once, where it is written."""
        for place, _, parameter in self.components("parameters"):
            yield place, parameter
        for operation in self.operations:
            for parameter in operation.content.get("parameters", ()):
                if "$ref" not in parameter:
                    yield self.place(operation) / parameter.get("name", "?"), parameter

    def headers(self) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """Yield every header once, where it is written."""
        for place, _, header in self.components("headers"):
            yield place, header
        for place, _, response in self.responses():
            for name, header in response.get("headers", {}).items():
                if "$ref" not in header:
                    yield place / name, header

    def responses(self) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
        """Yield place, name (or status) and content of every response once, where it is written."""
        for place, name, response in self.components("responses"):
            yield place, name, response
        for operation in self.operations:
            for status, response in operation.content.get("responses", {}).items():
                if "$ref" not in response:
                    yield self.place(operation) / status, status, response

    def bodies(self) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """Yield every media type object, of requests and of responses."""
        for operation in self.operations:
            for media_type, content in operation.content.get("requestBody", {}).get("content", {}).items():
                yield self.place(operation) / media_type, content
        for place, _, response in self.responses():
            for media_type, content in response.get("content", {}).items():
                yield place / media_type, content

    def roots(self) -> Iterator[tuple[Place, Any]]:
        """Yield every schema that stands on its own: components, and those of parameters, headers and bodies."""
        for place, _, schema in self.components("schemas"):
            yield place, schema
        for place, holder in (*self.parameters(), *self.headers(), *self.bodies()):
            if "schema" in holder:
                yield place / "schema", holder["schema"]

    def schemas(self) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """Yield every schema, those within schemas included. References are not followed."""
        for place, schema in self.roots():
            yield from _within(place, schema)


def _within(place: Place, schema: Any) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    if not isinstance(schema, dict):
        return
    yield place, schema
    for key, value in schema.items():
        if key in _ONE_SCHEMA:
            yield from _within(place / key, value)
        elif key in _SCHEMA_LIST:
            for number, item in enumerate(value):
                yield from _within(place / key / number, item)
        elif key in _SCHEMA_MAP:
            for name, item in value.items():
                yield from _within(place / name, item)
