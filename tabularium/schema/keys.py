"""The second pass over a table: unique groups, indexes, foreign keys and constraints, whose fields are now known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tabularium.config.blocks import LATER, ConstraintBlock, ForeignKeyBlock, IndexBlock, UniqueBlock
from tabularium.config.nodes import Place
from tabularium.config.problems import Position, quoted, suggestion
from tabularium.config.validate import list_items, read_block
from tabularium.db.dialect import DIALECTS
from tabularium.schema.checks import (
    Columns,
    Condition,
    ConditionError,
    UnknownName,
    field_column,
    read_condition,
    system_columns,
)
from tabularium.schema.drafts import TableDraft, is_complete
from tabularium.schema.fields.base import FieldType
from tabularium.schema.fields.storage import ColumnKind, stored_column
from tabularium.schema.model import (
    CREATED_COLUMN,
    DELETED_COLUMN,
    KEY_COLUMN,
    UPDATED_COLUMN,
    Check,
    ForeignKey,
    Index,
    KeyKind,
)
from tabularium.schema.names import DerivedIndex, sequence_name

_MOST: Final = 1000
"""The most entries of one list of indexes, keys or constraints."""
_MOST_INDEX_BYTES: Final = 2600
"""PostgreSQL takes 2704 in an entry of an index, of which some go to lengths and alignment."""

_SQLITE_PREFIX: Final = "sqlite_"
_SYSTEM_COLUMNS: Final = frozenset({KEY_COLUMN, CREATED_COLUMN, UPDATED_COLUMN, DELETED_COLUMN})
_KEY_KINDS: Final[Mapping[KeyKind, ColumnKind]] = {
    "auto-increment": "integer",
    "composite": "integer",
    "uuid": "uuid",
    "text": "text",
}


@dataclass(frozen=True, slots=True)
class Tables:
    """Every table by its name and its id."""

    by_reference: Mapping[str, TableDraft]
    is_complete: bool

    def find(self, reference: str, place: Place) -> TableDraft | None:
        """Return the table that `place` refers to; an unknown one is reported."""
        target = self.by_reference.get(reference)
        if target is None and self.is_complete:
            place.error(f"there is no table {quoted(reference)}{suggestion(reference, self.by_reference)}")
        return target


@dataclass(slots=True)
class RelationNames:
    """The names of tables, sequences and indexes, which share one space in a database."""

    taken: dict[str, tuple[str, Position]] = field(default_factory=dict)

    def take_table(self, draft: TableDraft) -> None:
        """Take the name of a table and that of its sequence; one clash says enough."""
        owner, place = f"the table {quoted(draft.name)}", draft.place.at("name")
        if self.take(draft.database_name, owner, place):
            self.take(sequence_name(draft.database_name), owner, place)

    def take(self, name: str, owner: str, place: Place) -> bool:
        """Take a name, or report who has it."""
        former = self.taken.setdefault(name, (owner, place.node.position))
        if former != (owner, place.node.position):
            place.error(f"{owner} and {former[0]} ({former[1]}) would both be called {quoted(name)} in the database")
            return False
        return True


def unique_groups(draft: TableDraft) -> list[tuple[str, ...]]:
    """Return the groups of fields that are unique together over all live rows, the composite key first."""
    groups = [draft.key.fields] if draft.key.fields else []
    for name, each in draft.fields.items():
        if each.block.unique or (each.type is not None and each.type.is_always_unique):
            groups.append((name,))
    for place in list_items(draft.place.child("unique"), 0, _MOST):
        block = read_block(place, UniqueBlock)
        if block is not None:
            groups.append(tuple(block.fields))
    return list(dict.fromkeys(groups))


def derived_indexes(draft: TableDraft, groups: Sequence[tuple[str, ...]]) -> list[DerivedIndex]:
    """Return the indexes that the table needs without a name in the file."""
    table = draft.database_name
    wanted = [DerivedIndex("ux", table, group) for group in groups]
    for name, each in draft.fields.items():
        is_link = each.type is not None and each.type.referenced_table is not None
        if (each.block.indexed or is_link) and (name,) not in groups:
            wanted.append(DerivedIndex("ix", table, (name,)))
    return wanted


def check_groups(draft: TableDraft) -> None:
    """Check the fields of the composite key and of the unique groups."""
    key = draft.place.child("primaryKey")
    if key is not None and draft.key.fields:
        check_names(draft, key.at("fields"), unique=True)
    for place in list_items(draft.place.child("unique"), 0, _MOST):
        check_names(draft, place.at("fields"), unique=True)


def check_names(draft: TableDraft, place: Place, unique: bool) -> bool:
    """Check a list of field names that an index goes over."""
    seen: set[str] = set()
    fits = True
    for item in place.items():
        name = item.value
        if not isinstance(name, str):
            continue
        if name in seen:
            item.error(f"{quoted(name)} stands here twice")
            fits = False
        seen.add(name)
        if name in _SYSTEM_COLUMNS and name not in draft.fields:
            if unique:
                item.error(f"{quoted(name)} cannot stand in a unique group")
            fits = fits and not unique
            continue
        kind = draft.field_type(name, item)
        fits = fits and kind is not None
        if kind is not None and not _is_indexable(kind, unique):
            shown = quoted(draft.fields[name].block.type or "")
            item.error(f"a field of the type {shown} cannot stand in {'a unique group' if unique else 'an index'}")
            fits = False
    return fits and _fits_into_index(draft, seen, place)


def _fits_into_index(draft: TableDraft, names: set[str], place: Place) -> bool:
    """Refuse fields whose longest values together do not fit into an index: a write of them would fail."""
    kinds = [each.type for name, each in draft.fields.items() if name in names]
    size = sum(kind.index_bytes for kind in kinds if kind is not None)
    if len(names) > 1 and size > _MOST_INDEX_BYTES:
        place.error(f"together these fields may take {size} bytes, and an index holds {_MOST_INDEX_BYTES} at most")
        return False
    return True


def _is_indexable(kind: FieldType, unique: bool) -> bool:
    # Long texts would not fit into a page of an index, and a write would fail for it.
    is_short = kind.is_uniquable or kind.referenced_table is not None or "B" in kind.groups
    return is_short or (not unique and ("D" in kind.groups or (kind.is_user and kind.is_sortable)))


def condition_columns(draft: TableDraft) -> Columns:
    """Return what a condition of this table may name."""
    made = {
        name: field_column(name, each.type) if each.type is not None else None for name, each in draft.fields.items()
    }
    fields = {name: column for name, column in made.items() if column is not None}
    return {**system_columns(draft.key.kind), **fields}


def read_condition_at(draft: TableDraft, place: Place | None, columns: Columns) -> Condition | None:
    """Read a condition of the file and report what is wrong with it; `None` where there is none to use."""
    if place is None or not isinstance(place.value, str):
        return None
    try:
        return read_condition(place.value, columns)
    except UnknownName as failure:
        # Else the field's own error is reported, or that of the file in which it stands.
        if failure.name not in draft.fields and is_complete(draft.place.child("fields")):
            place.error(str(failure))
    except ConditionError as failure:
        place.error(str(failure))
    return None


def configured_indexes(draft: TableDraft, names: RelationNames) -> Iterator[Index]:
    """Read the indexes that the file names."""
    columns = condition_columns(draft)
    for place in list_items(draft.place.child("indexes"), 0, _MOST):
        block = read_block(place, IndexBlock)
        fits = check_names(draft, place.at("fields"), block is not None and block.unique)
        condition = read_condition_at(draft, place.child("where"), columns)
        if block is None:
            continue
        names.take(block.name, f"the index {quoted(block.name)}", place.at("name"))
        if block.name.startswith(_SQLITE_PREFIX):
            place.at("name").error(f"must not begin with {quoted(_SQLITE_PREFIX)}, which SQLite keeps for itself")
        if fits and (condition is not None or block.where is None):
            yield Index(block.name, tuple(block.fields), block.unique, condition.sql if condition else None)


def configured_checks(draft: TableDraft, taken: dict[str, Position]) -> Iterator[Check]:
    """Read the constraints of a table. `taken` holds the names of its foreign keys, which share their space."""
    columns = condition_columns(draft)
    for place in list_items(draft.place.child("constraints"), 0, _MOST):
        block = read_block(place, ConstraintBlock)
        condition = read_condition_at(draft, place.child("check"), columns)
        if block is not None:
            _take(block.name, place, taken)
        if block is not None and condition is not None:
            yield Check(block.name, condition.names, condition.sql)


def configured_foreign_keys(draft: TableDraft, tables: Tables, taken: dict[str, Position]) -> Iterator[ForeignKey]:
    """Read the foreign keys of a table."""
    for place in list_items(draft.place.child("foreignKeys"), 0, _MOST):
        block = read_block(place, ForeignKeyBlock)
        if block is None:
            continue
        _take(block.name, place, taken)
        target = tables.find(block.referenced_table, place.at("referencedTable"))
        if target is not None and _check_foreign_key(draft, target, block, place):
            yield ForeignKey(block.name, tuple(block.fields), target.name, tuple(block.referenced_fields))


def _take(name: str, place: Place, taken: dict[str, Position]) -> None:
    position = place.at("name").node.position
    if name in taken:
        place.at("name").error(f"the table has another constraint called {quoted(name)} ({taken[name]})")
    taken.setdefault(name, position)


def _check_foreign_key(draft: TableDraft, target: TableDraft, block: ForeignKeyBlock, place: Place) -> bool:
    referenced = place.at("referencedFields")
    if len(block.fields) != len(block.referenced_fields):
        referenced.error(f'must name as many fields as "fields" ({len(block.fields)})')
        return False
    if block.on_update in ("cascade", "set-null") and block.referenced_fields != [KEY_COLUMN]:
        place.at("onUpdate").error(f"{quoted(block.on_update)} {LATER} where values that can change are referred to")
        return False
    if frozenset(block.referenced_fields) not in _target_groups(target) or len(set(block.referenced_fields)) < len(
        block.fields
    ):
        referenced.error(f'must be "id" or a unique group of the table {quoted(target.name)}')
        return False
    fits = True
    pairs = zip(place.at("fields").items(), block.fields, block.referenced_fields, strict=True)
    for at, own, other in pairs:
        kind = draft.field_type(own, at)
        is_same = kind is not None and _same_type(own, kind, other, target)
        if kind is not None and not is_same:
            shown = f"the field {quoted(own)} and {quoted(other)} of the table {quoted(target.name)}"
            at.error(f"{shown} have different types")
        fits = fits and is_same
    return fits


def _target_groups(target: TableDraft) -> set[frozenset[str]]:
    """Return what a foreign key may point at: the key, and what is unique over all live rows."""
    blocks = [read_block(place, IndexBlock) for place in list_items(target.place.child("indexes"), 0, _MOST)]
    indexes = [block.fields for block in blocks if block is not None and block.unique and block.where is None]
    return {frozenset(group) for group in ((KEY_COLUMN,), *unique_groups(target), *indexes)}


def _same_type(name: str, kind: FieldType, other: str, target: TableDraft) -> bool:
    if other == KEY_COLUMN:
        return _column_types(kind, name) == [
            str(stored_column(KEY_COLUMN, _KEY_KINDS[target.key.kind], dialect).type.compile(dialect.sqlalchemy))
            for dialect in DIALECTS.values()
        ]
    matched = target.fields[other].type if other in target.fields else None
    if matched is None:
        return True  # its own error is reported
    return type(kind) is type(matched) and _column_types(kind, name) == _column_types(matched, other)


def _column_types(kind: FieldType, name: str) -> list[str]:
    columns = [(kind.columns(name, dialect), dialect) for dialect in DIALECTS.values()]
    return [str(each[0].type.compile(dialect.sqlalchemy)) for each, dialect in columns if each]
