"""The components of one table: those that take the place of generic ones, and the parts that they consist of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from server.typed_contract import parameters, values
from server.typed_contract.caller_table import CallerTable
from server.typed_contract.conditions import CONDITION, SharedConditions, has_own_condition
from server.typed_contract.filters import filter_endings, filter_schemas
from server.typed_contract.rewriting import Document, Rewriting, component_reference
from server.typed_contract.values import closed_object
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.model import ApiSettings


@dataclass(frozen=True)
class TableComponents:
    """Describes one table. Each of its schemas is called `prefix` and an ending, such as `ContactsCreate`."""

    table: CallerTable
    settings: ApiSettings
    prefix: str
    generic: Document
    """The components of the generic contract, by reference."""
    rewriting: Rewriting
    """Leads from generic components to those of the table."""
    conditions: SharedConditions

    def refer(self, ending: str) -> dict[str, Any]:
        """Return a schema that refers to one of the table's."""
        return {"$ref": component_reference("schemas", f"{self.prefix}{ending}")}

    def replacement(self, reference: str) -> dict[str, Any]:
        """Return what takes the place of a generic component that depends on the table."""
        make = TYPED.get(reference)
        copy: dict[str, Any] = self.rewriting.apply(self.generic[reference])
        return make.content(self, copy) if make else copy

    @cached_property
    def parts(self) -> dict[str, Any]:
        """The schemas that have no generic counterpart, by reference."""
        seen = {"updatedAt": {"$ref": _SEEN_UPDATED_AT}}
        create, update = values.create_values(self.table), values.update_values(self.table)
        name = self.table.name
        flat = closed_object(
            {**update["properties"], **seen}, description=f"New values for a record of {name}, directly."
        )
        schemas = {
            "RecordFields": values.record_values(self.table),
            "DisplayedFields": values.displayed_values(self.table),
            "CreateValues": create,
            "CreateFields": self._wrapped("CreateValues", {}, f"The values of a new record of {name} under `fields`."),
            "UpdateValues": update,
            "UpsertValues": values.upsert_values(self.table),
            "UpdateFields": self._wrapped("UpdateValues", seen, f"New values for a record of {name} under `fields`."),
            "UpdateFlat": flat,
            **filter_schemas(self.table, self.refer, self._shared_conditions()),
        }
        return {self.refer(ending)["$ref"]: schema for ending, schema in schemas.items()}

    def _shared_conditions(self) -> dict[str, dict[str, Any]]:
        shared = [each for each in self.table.named if not has_own_condition(each)]
        return {
            each.name: {"$ref": component_reference("schemas", f"{self.conditions.prefix(each)}{CONDITION}")}
            for each in shared
        }

    def _wrapped(self, ending: str, beside: Mapping[str, Any], description: str) -> dict[str, Any]:
        properties = {"fields": self.refer(ending), **beside}
        return closed_object(properties, ["fields"], description=description)

    def record(self, copy: dict[str, Any]) -> dict[str, Any]:
        forms = [self.refer("RecordFields"), self.refer("DisplayedFields")]
        told = {each.type.envelope_key for each in self.table.readable}
        untold = {key for kind in FIELD_TYPES.values() if (key := kind.envelope_key) is not None} - told
        kept = {name: schema for name, schema in copy["properties"].items() if name not in untold}
        properties = {**kept, "fields": {"anyOf": forms}}
        return {**copy, "description": f"A record of {self.table.name}.", "properties": properties}

    def with_values(self, copy: dict[str, Any], ending: str) -> dict[str, Any]:
        """Return a copied schema whose property `fields` has the values of the table."""
        return {**copy, "properties": {**copy["properties"], "fields": self.refer(ending)}}

    def body(self, description: str, *endings: str) -> dict[str, Any]:
        """Describe a body of two forms, which exclude one another: no field can be called `fields`."""
        text = f"{description} of {self.table.name}, under `fields` or directly."
        return {"description": text, "anyOf": [self.refer(ending) for ending in endings]}


@dataclass(frozen=True)
class Typed:
    """One generic component that is made anew for each table: its ending there, and how it is made from a copy."""

    ending: str
    content: Callable[[TableComponents, dict[str, Any]], dict[str, Any]]


_SEEN_UPDATED_AT: Final = component_reference("schemas", "SeenUpdatedAt")

TYPED: Final[Mapping[str, Typed]] = {
    component_reference("schemas", "Record"): Typed("Record", TableComponents.record),
    component_reference("schemas", "RecordId"): Typed(
        "RecordId", lambda made, copy: {"description": copy["description"], **values.key_schema(made.table)}
    ),
    component_reference("schemas", "RecordCreate"): Typed(
        "Create", lambda made, _: made.body("The values of a new record", "CreateFields", "CreateValues")
    ),
    component_reference("schemas", "RecordUpdate"): Typed(
        "Update", lambda made, _: made.body("New values for a record", "UpdateFields", "UpdateFlat")
    ),
    component_reference("schemas", "RecordCreateFields"): Typed(
        "CreateFields", lambda made, _: made.parts[made.refer("CreateFields")["$ref"]]
    ),
    component_reference("schemas", "BatchUpdateEntry"): Typed(
        "BatchUpdateEntry", lambda made, copy: made.with_values(copy, "UpdateValues")
    ),
    component_reference("schemas", "UpsertEntry"): Typed(
        "UpsertEntry", lambda made, copy: made.with_values(copy, "UpsertValues")
    ),
    component_reference("schemas", "SentId"): Typed(
        "SentId", lambda made, copy: {"description": copy["description"], **values.sent_key_schema(made.table)}
    ),
    component_reference("schemas", "MergeFields"): Typed(
        "MergeFields", lambda made, copy: {**copy, "items": values.merge_field_schema(made.table)}
    ),
    component_reference("parameters", "RecordId"): Typed(
        "RecordId", lambda made, copy: parameters.record_id_parameter(copy, made.table)
    ),
    component_reference("parameters", "ViewId"): Typed(
        "ViewId", lambda made, copy: parameters.view_parameter(copy, made.table)
    ),
    component_reference("parameters", "View"): Typed(
        "ViewParameter", lambda made, copy: parameters.view_parameter(copy, made.table)
    ),
    component_reference("parameters", "Fields"): Typed(
        "Fields", lambda made, copy: parameters.fields_parameter(copy, made.table)
    ),
    component_reference("parameters", "Sort"): Typed(
        "Sort", lambda made, copy: parameters.sort_parameter(copy, made.table)
    ),
    component_reference("parameters", "Filter"): Typed(
        "Filter", lambda made, copy: parameters.filter_parameter(copy, made.table, made.refer("Filter"))
    ),
    component_reference("parameters", "Limit"): Typed(
        "Limit",
        lambda made, copy: parameters.limit_parameter(copy, made.settings.default_limit, made.settings.max_limit),
    ),
}
"""By reference: the generic components that depend on the table themselves. What refers to them is copied for it."""

_BODY_ENDINGS: Final = (
    "RecordFields",
    "DisplayedFields",
    "CreateValues",
    "CreateFields",
    "UpdateValues",
    "UpsertValues",
    "UpdateFields",
    "UpdateFlat",
)


def part_endings(table: CallerTable) -> tuple[str, ...]:
    """Return the endings of `TableComponents.parts`."""
    return (*_BODY_ENDINGS, *filter_endings(table))
