"""Join the hand-written files of the contract into one document.

The root file is kept as it is, but for two things. An entry of `paths` that refers to a file is replaced by what stands
there. Every other reference to a file becomes a reference into `components`. The section follows from the file:
`shared/parameters.yaml` holds parameters, `shared/responses.yaml`, `shared/auth_responses.yaml` and
`shared/page_responses.yaml` responses, `shared/headers.yaml` headers, all other files hold schemas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = "openapi.yaml"
SECTIONS: Final = ("schemas", "parameters", "headers", "responses")

_SECTION_OF_FILE: Final = {
    "shared/parameters.yaml": "parameters",
    "shared/responses.yaml": "responses",
    "shared/auth_responses.yaml": "responses",
    "shared/page_responses.yaml": "responses",
    "shared/headers.yaml": "headers",
}


class BundleError(Exception):
    """The files do not fit together. The message names the file and the place."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The joined document, and where its parts come from."""

    document: dict[str, Any]
    path_files: Mapping[str, str]
    """The file of each path item, by path."""
    component_files: Mapping[tuple[str, str], str]
    """The file of each component, by section and name."""
    unused: tuple[str, ...]
    """Definitions that nothing refers to, as `file#/name`: they are not in the document."""

    def text(self) -> str:
        """Return the document as JSON: keys in the order of the files, components by name."""
        return json.dumps(self.document, indent=2, ensure_ascii=False) + "\n"


class _JsonTypesLoader(yaml.CSafeLoader):
    """Reads YAML with JSON's types alone, so that `no` and `2026-03-01` stay text; a repeated key is an error."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own attribute.

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = sorted({str(key) for key in keys if keys.count(key) > 1})
        if repeated:
            raise BundleError(f"line {node.start_mark.line + 1}: {', '.join(repeated)} stands there twice")
        return {key: self.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null", "n"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
):
    _JsonTypesLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def load_file(path: Path) -> dict[str, Any]:
    """Read one file of the contract, whose top level is a mapping."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_JsonTypesLoader)  # noqa: S506  # A safe loader.
    except (OSError, yaml.YAMLError, BundleError) as error:
        raise BundleError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{path}: the top level must be a mapping")
    return content


def bundle(folder: Path) -> Bundle:
    """Join the files below `folder`. Raises `BundleError` where a reference leads nowhere."""
    return _Bundler(folder).run()


@dataclass(slots=True)
class _Bundler:
    folder: Path
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    components: dict[str, dict[str, Any]] = field(default_factory=lambda: {section: {} for section in SECTIONS})
    component_files: dict[tuple[str, str], str] = field(default_factory=dict)
    path_files: dict[str, str] = field(default_factory=dict)
    inlined: set[tuple[str, str]] = field(default_factory=set)

    def run(self) -> Bundle:
        root = self._file(ROOT)
        document = {key: self._resolve(value, ROOT) for key, value in root.items() if key != "paths"}
        document["paths"] = {path: self._path_item(path, item) for path, item in root.get("paths", {}).items()}
        sections = {section: dict(sorted(entries.items())) for section, entries in self.components.items() if entries}
        document["components"] = {**sections, **document.get("components", {})}
        return Bundle(document, self.path_files, self.component_files, self._unused())

    def _file(self, name: str) -> dict[str, Any]:
        if name not in self.files:
            self.files[name] = load_file(self.folder / name)
        return self.files[name]

    def _path_item(self, path: str, item: Any) -> Any:
        if not isinstance(item, dict) or set(item) != {"$ref"}:
            raise BundleError(f"{self.folder / ROOT}: paths.{path} must be one reference to a file below paths/")
        name, key = self._target(item["$ref"], ROOT)
        self.path_files[path] = name
        self.inlined.add((name, key))
        return self._resolve(self._entry(name, key, ROOT), name)

    def _resolve(self, node: Any, file: str) -> Any:
        if isinstance(node, list):
            return [self._resolve(item, file) for item in node]
        if not isinstance(node, dict):
            return node
        return {
            key: self._component(value, file) if key == "$ref" else self._resolve(value, file)
            for key, value in node.items()
        }

    def _component(self, reference: Any, file: str) -> str:
        name, key = self._target(reference, file)
        section = _SECTION_OF_FILE.get(name, "schemas")
        known = self.component_files.get((section, key))
        if known is None:
            self.component_files[section, key] = name
            self.components[section][key] = {}  # The name is taken first, since a schema may refer to itself.
            self.components[section][key] = self._resolve(self._entry(name, key, file), name)
        elif known != name:
            raise BundleError(f"{self.folder / name}: {key} stands in {known} too; give one of them another name")
        return f"#/components/{section}/{key}"

    def _target(self, reference: Any, file: str) -> tuple[str, str]:
        """Return the file, relative to the folder, and the key at its top level that a reference means."""
        where, _, pointer = str(reference).partition("#")
        if not re.fullmatch(r"/[A-Za-z0-9_]+", pointer):
            raise BundleError(f"{self.folder / file}: the reference {reference} must end with #/ and one name")
        target = (self.folder / file).parent / where if where else self.folder / file
        try:
            name = target.resolve().relative_to(self.folder.resolve()).as_posix()
        except ValueError:
            raise BundleError(f"{self.folder / file}: the reference {reference} leaves the folder") from None
        return name, pointer[1:]

    def _entry(self, name: str, key: str, file: str) -> Any:
        if key not in self._file(name):
            raise BundleError(f"{self.folder / file}: there is no {key} in {name}")
        return self._file(name)[key]

    def _unused(self) -> tuple[str, ...]:
        used = self.inlined | {(name, key) for (_, key), name in self.component_files.items()}
        files = sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.yaml"))
        return tuple(
            f"{name}#/{key}" for name in files if name != ROOT for key in self._file(name) if (name, key) not in used
        )
