"""Puts one set of paths for each table in the place of the generic paths of records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from server.specification import METHODS, resolve_reference
from server.typed_contract.caller_table import CallerTable
from server.typed_contract.components import TYPED, TableComponents, part_endings
from server.typed_contract.conditions import OPERATORS, SharedConditions, condition_schemas
from server.typed_contract.names import TakenNames, pascal_case, snake_case
from server.typed_contract.rewriting import (
    TABLE_PARAMETER,
    Document,
    Rewriting,
    component_reference,
    components_of,
    used_components,
    users_of,
)
from tabularium.access.actions import REMOVE, UPSERT
from tabularium.access.identity import Identity
from tabularium.schema.model import Schema

_TABLE_PATHS: Final = f"/api/tables/{{{TABLE_PARAMETER}}}/"
"""Every path that begins so is about the records of one table."""
_AUTH_TAGS: Final = frozenset({"auth", "account"})
_ACTION: Final = "x-action"
_MARKING: Final = "mark_comments_read"
"""Only tables that track reading have it."""
_VIEW: Final = "view"
_VIEW_ID: Final = "viewId"
_VIEW_PARAMETERS: Final = tuple(component_reference("parameters", name) for name in ("View", "ViewId"))
"""They name the views of a table, so a table without any has not these."""


def expand_tables(document: Document, schema: Schema, identity: Identity) -> dict[str, Any]:
    """Return the contract in which every table that the caller may see has paths and schemas of its own."""
    return _Expansion(document, schema, identity).document()


@dataclass(frozen=True)
class _TableNames:
    """The names of one table in the contract."""

    table: CallerTable
    prefix: str
    tag: str
    operations: Mapping[str, str]
    """Its operationIds, by generic one: of those operations that the caller may perform."""


class _Expansion:
    """One expanded contract in the making."""

    def __init__(self, document: Document, schema: Schema, identity: Identity) -> None:
        self._source = document
        self._schema = schema
        self._generic = components_of(document)
        paths = document["paths"]
        self._record_paths = {path: item for path, item in paths.items() if path.startswith(_TABLE_PATHS)}
        others = {path: item for path, item in paths.items() if path not in self._record_paths}
        self._other_paths = _served_paths(others, schema)
        self._kept = {each["operationId"]: each["operationId"] for each in _operations(self._other_paths)}
        self._dependent = users_of(TYPED.keys() & self._generic.keys(), self._generic)
        tables = [CallerTable(each, identity) for each in schema.tables]
        visible = [each for each in tables if each.actions]
        taken = TakenNames(reference.rpartition("/")[2] for reference in self._generic)
        self._conditions = SharedConditions(visible, taken)
        self._tables = self._name(visible, taken)

    def document(self) -> dict[str, Any]:
        paths, components = self._parts()
        used = used_components(paths, components)
        sections: dict[str, dict[str, Any]] = {}
        for reference, content in sorted(components.items()):
            _, _, section, name = reference.split("/")
            if reference in used or section == "securitySchemes":
                sections.setdefault(section, {})[name] = content
        expanded = {**self._source, "info": self._info(), "tags": self._tags(paths), "paths": paths}
        return {**expanded, "components": sections}

    def _name(self, tables: Iterable[CallerTable], components: TakenNames) -> list[_TableNames]:
        tags = TakenNames(each["name"] for each in self._source.get("tags", ()))
        operations = TakenNames(self._kept)
        common = {_ending(reference) for reference in self._dependent}
        return [
            _TableNames(
                table,
                components.take_prefix(pascal_case(table.name), {*common, *part_endings(table)}),
                tags.take(table.name),
                {
                    each["operationId"]: operations.take(_operation_id(each["operationId"], table.name))
                    for each in _operations(self._record_paths)
                    if self._is_served(each, table)
                },
            )
            for table in tables
        ]

    def _is_served(self, operation: Document, table: CallerTable) -> bool:
        """Say whether the caller may perform the operation; one on a view needs a view."""
        if not table.identity.is_signed_in and {} not in operation.get("security", [{}]):
            return False
        actions = (
            operation.get(_ACTION),
            *(each.get(_ACTION) for each in self._parameters(operation) if _ACTION in each),
        )
        if operation["operationId"] == _MARKING and not table.table.comments.read_tracking:
            return False
        is_permitted = any(
            action in (None, "any", *table.actions)
            or (action == "readComments" and table.reads_comments)
            or (action == "upsert" and table.actions >= set(UPSERT))
            or (action == "remove" and not table.actions.isdisjoint(REMOVE))
            for action in actions
        )
        return is_permitted and (bool(table.view_names) or _VIEW_ID not in self._parameter_names(operation))

    def _parameter_names(self, owner: Document) -> list[str]:
        return [each["name"] for each in self._parameters(owner)]

    def _parameters(self, owner: Document) -> list[Document]:
        return [resolve_reference(self._source, each) for each in owner.get("parameters", ())]

    def _parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the paths and, by reference, the components: those of tables, and the generic ones that may stay."""
        generic = Rewriting({}, self._kept)
        paths: dict[str, Any] = {}
        components = {each: generic.apply(content) for each, content in self._generic.items()}
        components |= self._table_parameter()
        for path in self._source["paths"]:
            if path in self._other_paths:
                paths[path] = generic.apply(self._other_paths[path])
            elif self._record_paths and path == next(iter(self._record_paths)):
                for names in self._tables:
                    paths |= self._paths_of(names)
        for names in self._tables:
            components |= self._components_of(names)
        return paths, components | self._shared_conditions()

    def _shared_conditions(self) -> dict[str, Any]:
        schemas = {}
        for prefix, field in self._conditions.fields.items():
            operators = {"$ref": component_reference("schemas", f"{prefix}{OPERATORS}")}
            for ending, schema in condition_schemas(field, operators).items():
                schemas[component_reference("schemas", f"{prefix}{ending}")] = schema
        return schemas

    def _rewriting(self, names: _TableNames) -> Rewriting:
        references = {
            each: component_reference(each.split("/")[2], f"{names.prefix}{_ending(each)}") for each in self._dependent
        }
        return Rewriting(references, {**self._kept, **names.operations}, for_one_table=True)

    def _components_of(self, names: _TableNames) -> dict[str, Any]:
        rewriting = self._rewriting(names)
        made = TableComponents(names.table, self._schema.api, names.prefix, self._generic, rewriting, self._conditions)
        needs_view = () if names.table.view_names else _VIEW_PARAMETERS
        replacements = {
            new: made.replacement(former) for former, new in rewriting.references.items() if former not in needs_view
        }
        return {**made.parts, **replacements}

    def _paths_of(self, names: _TableNames) -> dict[str, Any]:
        rewriting = self._rewriting(names)
        found = {}
        for path, item in self._record_paths.items():
            expanded = self._path_item(item, names, rewriting)
            if METHODS & expanded.keys():
                segment = quote(names.table.name, safe="")
                found[path.replace(f"{{{TABLE_PARAMETER}}}", segment)] = expanded
        return found

    def _path_item(self, item: Document, names: _TableNames, rewriting: Rewriting) -> dict[str, Any]:
        own: dict[str, Any] = {}
        for key, value in self._own_parameters(item, names).items():
            if key not in METHODS:
                own[key] = rewriting.apply(value)
            elif value["operationId"] in names.operations:
                own[key] = self._operation(value, names, rewriting)
        return own

    def _operation(self, operation: Document, names: _TableNames, rewriting: Rewriting) -> dict[str, Any]:
        own: dict[str, Any] = rewriting.apply(self._own_parameters(operation, names))
        named = {"operationId": names.operations[operation["operationId"]], "tags": [names.tag]}
        return {**own, **named, "summary": f"{operation.get('summary', '')} ({names.table.name})".strip()}

    def _own_parameters(self, owner: Document, names: _TableNames) -> Document:
        """Return a path or an operation without parameters that are of no use to the caller.

        These are that of the table, that of a view where there is none, and those that ask for what they may not do.
        """
        rest = {key: value for key, value in owner.items() if key != "parameters"}
        left_out = {TABLE_PARAMETER} if names.table.view_names else {TABLE_PARAMETER, _VIEW}
        given = zip(owner.get("parameters", ()), self._parameters(owner), strict=True)
        parameters = [
            reference
            for reference, each in given
            if each["name"] not in left_out and each.get(_ACTION) in (None, *names.table.actions)
        ]
        return {**rest, "parameters": parameters} if parameters else rest

    def _table_parameter(self) -> dict[str, Any]:
        """Return the parameter of the paths that stay generic, with the tables that it can name."""
        reference = component_reference("parameters", "TableId")
        tables = [each.table.table for each in self._tables]
        if reference not in self._generic or not tables:
            return {}
        names = [each.name for each in tables] + [each.id for each in tables if each.id is not None]
        schema = {"type": "string", "enum": names}
        return {reference: {**self._generic[reference], "schema": schema, "example": names[0]}}

    def _info(self) -> dict[str, Any]:
        schema, generic = self._schema, self._source["info"]
        about = schema.description or f"The records of {schema.name} over HTTP."
        note = "Every table has paths and schemas of its own here. In the generic contract one set serves all of them."
        description = f"{about}\n\n{note}\n\n{generic.get('description', '')}".rstrip()
        version = schema.version or generic["version"]
        return {**generic, "title": schema.name, "version": version, "description": description}

    def _tags(self, paths: Document) -> list[dict[str, Any]]:
        used = {tag for each in _operations(paths) for tag in each.get("tags", ())}
        own = [
            {"name": each.tag, "description": each.table.table.description or f"The records of {each.table.name}."}
            for each in self._tables
        ]
        return [each for each in (*own, *self._source.get("tags", ())) if each["name"] in used]


def _operations(paths: Document) -> list[Document]:
    return [item[method] for item in paths.values() for method in item if method in METHODS]


def _operation_id(generic: str, table_name: str) -> str:
    """Put the table into the name of an operation: `list_records` → `list_contacts_records`."""
    before, word, after = generic.partition("record")
    name = snake_case(table_name)
    return f"{before}{name}_{word}{after}" if word else f"{generic}_of_{name}"


def _ending(reference: str) -> str:
    typed = TYPED.get(reference)
    return typed.ending if typed else reference.rpartition("/")[2]


def _served_paths(paths: Document, schema: Schema) -> dict[str, Any]:
    """Return the paths without the operations that the application leaves switched off."""
    served: dict[str, Any] = {}
    for path, item in paths.items():
        kept = {key: value for key, value in item.items() if key not in METHODS or _is_switched_on(value, schema)}
        if kept.keys() & METHODS:
            served[path] = kept
    return served


def _is_switched_on(operation: Document, schema: Schema) -> bool:
    if not _AUTH_TAGS & set(operation.get("tags", ())):
        return True
    feature = operation.get("x-feature")
    return schema.auth is not None and (feature is None or feature in schema.auth.features)
