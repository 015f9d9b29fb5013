"""The contract as Connexion holds it: OpenAPI 3.1, checked, with the references inside schemas left in place."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jsonschema_rs
import orjson
from connexion.spec import OpenAPISpecification

from server.validators import ValidatorFactory

METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


class InvalidContract(Exception):
    """The contract and the server do not fit together. `problems` lists everything that was found."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("The contract cannot be served:\n" + "\n".join(f"  - {each}" for each in problems))


class Spec31(OpenAPISpecification):  # type: ignore[misc]  # Connexion has no types
    """An OpenAPI 3.1 document, given as one bundle without references to other files.

    Connexion's own class knows 3.0 only and inlines every reference, which no recursive schema survives.
    """

    def __init__(self, raw_spec: Mapping[str, Any], *, base_uri: str = "") -> None:
        self._raw_spec = copy.deepcopy(dict(raw_spec))
        self._validate_spec(self._raw_spec)
        self._set_defaults(self._raw_spec)
        self._spec = _resolve_operations(self._raw_spec)
        self._base_uri = base_uri
        self.validators = ValidatorFactory(self._raw_spec)

    @classmethod
    def _validate_spec(cls, spec: Mapping[str, Any]) -> None:
        problems = [
            f"{'/'.join(map(str, error.instance_path)) or 'the document'}: {error.message[:200]}"
            for error in _meta_schema().iter_errors(spec)
        ]
        if problems:
            raise InvalidContract(problems)


@cache
def _meta_schema() -> jsonschema_rs.Validator:
    text = files(__package__).joinpath("openapi-3.1.json").read_bytes()
    return jsonschema_rs.Draft202012Validator(orjson.loads(text))


def resolve_reference(document: Mapping[str, Any], node: Any) -> Any:
    """Follow `$ref` from `node`, through any number of steps, to what it means in `document`."""
    seen: set[str] = set()
    while isinstance(node, Mapping) and "$ref" in node:
        reference = node["$ref"]
        if not reference.startswith("#/") or reference in seen:
            raise InvalidContract([f"the reference {reference} leads out of the document or in a circle"])
        seen.add(reference)
        node = document
        for part in reference[2:].split("/"):
            try:
                node = node[part.replace("~1", "/").replace("~0", "~")]
            except (KeyError, TypeError):
                raise InvalidContract([f"the reference {reference} leads nowhere"]) from None
    return node


def _resolve_operations(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with every operation complete: references of the levels above schemas are resolved."""
    resolved = dict(document)
    components = dict(document["components"])
    schemes = components.get("securitySchemes", {})
    components["securitySchemes"] = {name: resolve_reference(document, each) for name, each in schemes.items()}
    resolved["components"] = components
    resolved["paths"] = {
        path: _resolve_path_item(document, resolve_reference(document, item))
        for path, item in document.get("paths", {}).items()
    }
    return resolved


def _resolve_path_item(document: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    shared = _parameters(document, item)
    resolved = {key: value for key, value in item.items() if key not in METHODS and key != "parameters"}
    for method in METHODS & item.keys():
        operation = dict(item[method])
        # A parameter of the operation takes the place of the path's of the same name and place.
        operation["parameters"] = list({**shared, **_parameters(document, operation)}.values())
        if "requestBody" in operation:
            operation["requestBody"] = resolve_reference(document, operation["requestBody"])
        operation["responses"] = {
            status: resolve_reference(document, response) for status, response in operation.get("responses", {}).items()
        }
        resolved[method] = operation
    return resolved


def _parameters(document: Mapping[str, Any], owner: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    resolved = [resolve_reference(document, each) for each in owner.get("parameters", [])]
    return {(each["in"], each["name"]): each for each in resolved}
