"""The first pass over the file: tables and fields on their own, before names of others are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tabularium.config.blocks import MAX_FIELDS, DateFieldBlock, FieldBlock, PrimaryKeyBlock, TableBlock
from tabularium.config.nodes import BrokenNode, MapNode, Place, plain
from tabularium.config.problems import quoted, suggestion
from tabularium.config.validate import is_mapping, keys_of, list_items, read_block, read_model
from tabularium.schema.fields.base import FieldType
from tabularium.schema.model import FieldPlace, KeyKind, PrimaryKey
from tabularium.schema.names import POSTGRESQL_COLUMNS, RESERVED_FIELDS, SYSTEM_FIELDS, table_database_name

Types = Mapping[str, type[FieldType]]

_KEY_ALIASES: Final[Mapping[str, KeyKind]] = {"bigserial": "auto-increment"}


@dataclass(slots=True)
class FieldDraft:
    """A field as read. `type` is `None` where it could not be made; the name is known all the same."""

    place: Place
    block: FieldBlock
    type: FieldType | None
    options: Mapping[str, object]
    required: bool
    reads: tuple[FieldPlace, ...] = ()
    shows: FieldPlace | None = None


@dataclass(slots=True)
class TableDraft:
    """A table as read. `fields` holds every field whose name could be read."""

    place: Place
    block: TableBlock
    database_name: str
    fields: dict[str, FieldDraft] = field(default_factory=dict)
    key: PrimaryKey = field(default_factory=PrimaryKey)

    @property
    def name(self) -> str:
        return self.block.name

    def field_type(self, name: str, place: Place) -> FieldType | None:
        """Return the type of a field that `place` names; an unknown name is reported."""
        draft = self.fields.get(name)
        if draft is None and is_complete(self.place.child("fields")):
            place.error(f"the table {quoted(self.name)} has no field {quoted(name)}{suggestion(name, self.fields)}")
        return draft.type if draft else None


def is_complete(place: Place | None) -> bool:
    """Say whether a list could be read whole. If not, a name that is missing in it may stand in the lost part."""
    broken = place is not None and isinstance(place.node, BrokenNode)
    return not broken and not any(isinstance(item.node, BrokenNode) for item in (place.items() if place else ()))


def read_table(place: Place, types: Types) -> TableDraft | None:
    """Read one table with its fields and its key; `None` where it has no usable name."""
    block = read_block(place, TableBlock)
    if isinstance(place.node, MapNode) and place.child("fields") is None:
        place.error_missing("fields")
    fields = [read_field(item, types) for item in list_items(place.child("fields"), 1, MAX_FIELDS)]
    if block is None:
        return None
    draft = TableDraft(place, block, table_database_name(block.name))
    for each in fields:
        if each is not None:
            _add_field(draft, each)
    draft.key = _read_key(draft)
    return draft


def _add_field(draft: TableDraft, read: FieldDraft) -> None:
    former = draft.fields.get(read.block.name)
    if former is not None:
        first = former.place.at("name").node.position
        read.place.at("name").error(f"another field has the name {quoted(read.block.name)} ({first})")
        return
    for other in draft.fields.values():
        if read.block.id is not None and read.block.id == other.block.id:
            first = other.place.at("id").node.position
            read.place.at("id").error(f"another field has the id {quoted(read.block.id)} ({first})")
    draft.fields[read.block.name] = read


def read_field(place: Place, types: Types) -> FieldDraft | None:
    """Read one field; `None` where it has no usable name."""
    if not is_mapping(place):
        return None
    kind = _find_type(place, types)
    own_keys = frozenset(keys_of(kind.Options)) if kind else frozenset()
    common: type[FieldBlock] = DateFieldBlock if kind and "D" in kind.groups else FieldBlock
    common_keys = frozenset(keys_of(common)) - own_keys
    block = read_block(place.without(place.entries.keys() - common_keys), common)
    options, made = _read_options(place.without(common_keys), kind, common_keys)
    if block is None:
        return None
    _check_name(place, block.name, kind)
    draft = FieldDraft(place, block, made, options, block.required)
    if kind is not None and kind.notice is not None:
        place.at("type").warn(kind.notice)
    if kind is not None:
        _check_common(draft, kind)
    return draft


def _find_type(place: Place, types: Types) -> type[FieldType] | None:
    named = place.child("type")
    if named is None:
        place.error_missing("type")
        return None
    if not isinstance(named.value, str):
        return None  # reported with the other keys
    kind = types.get(named.value)
    if kind is None:
        hint = suggestion(named.value, types) or f"; this version has {', '.join(sorted(types))}"
        named.error(f"unknown type {quoted(named.value)}{hint}")
    return kind


def _read_options(
    place: Place, kind: type[FieldType] | None, common_keys: frozenset[str]
) -> tuple[Mapping[str, object], FieldType | None]:
    """Read what is left of a field, which belongs to its type; nothing can be said of it without one."""
    if kind is None:
        return {}, None
    options = read_model(place, kind.Options, (*keys_of(kind.Options), *common_keys))
    given: dict[str, object] = plain(place.node)
    return given, None if options is None else kind(options)


def _check_name(place: Place, name: str, kind: type[FieldType] | None) -> None:
    at = place.at("name")
    if name in RESERVED_FIELDS:
        at.error(f"{quoted(name)} is a reserved name")
    elif name in POSTGRESQL_COLUMNS:
        at.error(f"{quoted(name)} is a column that PostgreSQL has in every table; choose another name")
    elif name in SYSTEM_FIELDS and kind is not None and SYSTEM_FIELDS[name] not in kind.names:
        at.error(f"only a field of the type {quoted(SYSTEM_FIELDS[name])} may be called {quoted(name)}")


def _check_common(draft: FieldDraft, kind: type[FieldType]) -> None:
    """Check the common options that depend on what a type is."""
    shown = quoted(draft.block.type or "")
    for key in ("unique", "indexed"):
        if getattr(draft.block, key) and not (draft.type or kind).is_uniquable:
            draft.place.at(key).error(f"the type {shown} cannot be {key}")
    if not kind.is_read_only:
        return
    if draft.block.required:
        draft.place.at("required").error(f"the server sets a field of the type {shown}, so it cannot be required")
    if draft.place.child("default"):
        draft.place.at("default").error(f"the server sets a field of the type {shown}, so it has no default")


def _read_key(draft: TableDraft) -> PrimaryKey:
    place = draft.place.child("primaryKey")
    block = read_block(place, PrimaryKeyBlock) if place is not None else None
    if place is None or block is None:
        return PrimaryKey()
    kind: Any = _KEY_ALIASES.get(block.type, block.type)
    if kind != "composite":
        if block.fields is not None:
            place.at("fields").error('only a key of the type "composite" has fields')
        return PrimaryKey(kind)
    if block.fields is None:
        if place.child("fields") is None:
            place.error('a key of the type "composite" needs "fields"')
        return PrimaryKey(kind)
    for name in block.fields:
        if name in draft.fields:
            draft.fields[name].required = True
    return PrimaryKey(kind, tuple(block.fields))
