"""The schema of an application: tables, fields, keys. Immutable, built once at start by `tabularium.schema.build`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from tabularium.schema.auth_options import AuthOptions
from tabularium.schema.comment_options import NO_COMMENT_OPTIONS, CommentOptions
from tabularium.schema.permissions import BUILT_IN, Audience, RowAction, RowRule, TablePermissions

if TYPE_CHECKING:
    from tabularium.schema.fields.base import FieldType

KeyKind = Literal["auto-increment", "uuid", "text", "composite"]

KEY_COLUMN: Final = "id"
REVISION_COLUMN: Final = "_revision"
CREATED_COLUMN: Final = "created_at"
UPDATED_COLUMN: Final = "updated_at"
DELETED_COLUMN: Final = "deleted_at"
DELETION_COLUMN: Final = "_deletion"
"""Of records in the trash: which delete has put them there. All that went with one delete have the same."""

_INTEGER_KEY = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_TEXT_KEY = re.compile(r"[A-Za-z0-9._~-]{1,128}", re.ASCII)
MAX_KEY_LENGTH: Final = 128
# Clients drop path segments of dots alone, and `…/records/batch` and `…/records/upsert` are operations of their own.
UNREACHABLE_KEYS: Final = (".", "..", "batch", "upsert")
_MAX_INTEGER_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """A field of some table, or its key, by names."""

    table: str
    field: str


class NoDefault:
    """The type of `NO_DEFAULT`: a field without a default differs from one whose default is null."""


NO_DEFAULT: Final = NoDefault()


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """One configured field. Everything that depends on its type is asked of `type`."""

    id: str | None
    name: str
    type: FieldType
    description: str | None = None
    required: bool = False
    unique: bool = False
    indexed: bool = False
    default: object = NO_DEFAULT
    """The default as it stands in the file (already checked), a symbol such as `NOW` included."""
    search_weight: int = 1
    """How much a word in this field counts for the relevance of a search."""
    options: Mapping[str, object] = field(default_factory=dict)
    """The type's options as configured, for `get_table`: those given, under their configured names."""
    reads: tuple[FieldPlace, ...] = ()
    """What the value is worked out from, one step deep, with the key of each table that a link leads to."""
    shows: FieldPlace | None = None
    """The field of a related table that stands for its records where the value is displayed."""

    @property
    def has_default(self) -> bool:
        return self.default is not NO_DEFAULT

    @property
    def always_has_value(self) -> bool:
        """Whether no record is without a value: a user may go, and then even a required field is empty."""
        return self.required and not self.type.is_user


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """The key of a table. The column is always `id`; a composite key adds a unique group over `fields` to a number."""

    kind: KeyKind = "auto-increment"
    fields: tuple[str, ...] = ()

    @property
    def is_integer(self) -> bool:
        return self.kind in ("auto-increment", "composite")

    @property
    def is_sent_by_client(self) -> bool:
        return self.kind == "text"

    def parse(self, value: object) -> int | str | None:
        """Read an id of a request into the driver's value, or `None` where no record of this table can have it.

        Accepts text, and integers where the key is one. A number is accepted only as it is written in answers (no sign,
        no leading zeros), so that every record has one address.
        """
        if self.is_integer:
            return _parse_integer_key(value)
        if not isinstance(value, str):
            return None
        if self.kind == "text":
            return value if _TEXT_KEY.fullmatch(value) and value not in UNREACHABLE_KEYS else None
        try:
            parsed = str(UUID(value))
        except ValueError:
            return None
        return parsed if parsed == value.lower() else None


def _parse_integer_key(value: object) -> int | None:
    if isinstance(value, str) and _INTEGER_KEY.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_INTEGER_KEY:
        return value
    return None


@dataclass(frozen=True, slots=True)
class Index:
    """An index of the database. `where` is SQL text per dialect name, written anew from the parsed configuration.

    A unique one counts live rows only, which the DDL adds to `where`.
    """

    name: str
    fields: tuple[str, ...]
    unique: bool = False
    where: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A configured foreign key over one or more fields; `referenced_fields` is `("id",)` or a unique group."""

    name: str
    fields: tuple[str, ...]
    referenced_table: str
    """The name of the table, whatever the file wrote."""
    referenced_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A configured constraint: SQL text per dialect name, written anew from the parsed configuration."""

    name: str
    fields: tuple[str, ...]
    sql: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldOrder:
    """A field of a table, or one of its system columns, and a direction."""

    field: str
    descending: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """A configured view: a choice of records and fields that a caller may read a table through."""

    id: str
    name: str
    fields: tuple[str, ...] | None = None
    """The names that exist in the view; `None` for all fields of the table."""
    filters: object = None
    """The filter as the file has it; `None` without one."""
    condition: object = None
    """The planned form of `filters` (`tabularium.query.conditions`); `None` without one."""
    named_in_filters: frozenset[str] = frozenset()
    """The fields that `filters` name."""
    sorts: tuple[FieldOrder, ...] = ()
    group_by: FieldOrder | None = None
    is_default: bool = False
    readers: Audience | None = None
    """Who may use it, of those who may read the table; `None` for all of them."""


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """One configured table."""

    id: str | None
    name: str
    database_name: str
    fields: tuple[Field, ...]
    primary_key: PrimaryKey = PrimaryKey()
    description: str | None = None
    indexes: tuple[Index, ...] = ()
    """Every index but the key's: of `unique`, `indexed`, `indexes`, composite keys and links, with derived names."""
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    views: tuple[View, ...] = ()
    permissions: TablePermissions = BUILT_IN
    row_rules: Mapping[RowAction, RowRule] = field(default_factory=dict)
    """The rules for rows that bind whoever sees the table as it is; an action without one is not narrowed."""
    comments: CommentOptions = NO_COMMENT_OPTIONS
    created_at: str | None = None
    """The instant of the table's first migration, as text; known once the database was asked."""
    updated_at: str | None = None
    """The instant of the table's last migration, as text."""
    by_name: Mapping[str, Field] = field(init=False, repr=False)
    _schema: Schema | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {each.name: each for each in self.fields})

    def find_view(self, reference: str) -> View | None:
        """Return the view with this id or name, or `None`; whether somebody may use it is another question."""
        return next((view for view in self.views if reference in (view.id, view.name)), None)

    def sibling(self, name: str) -> Table:
        """Return another table of the schema that this one belongs to."""
        if self._schema is not None:
            return self._schema.table(name)
        if name != self.name:
            raise LookupError(f'the table "{self.name}" belongs to no schema, so it has no sibling "{name}"')
        return self

    @property
    def unruled(self) -> Table:
        """The table as those see it whom no rule for rows binds."""
        if self._schema is not None:
            return self._schema.unruled.table(self.name)
        return replace(self, row_rules={}) if self.row_rules else self


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The `api` block of the file."""

    docs: Literal["public", "authenticated", "admin", "off"] = "public"
    default_limit: int = 50
    max_limit: int = 1000
    body_limit_bytes: int = 26_214_400
    batch_limit: int = 1000
    """How many records one request may write."""
    rate_limits: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)
    """Requests and seconds of the groups of operations that the file names; `None` where it lifts the limit."""


@dataclass(frozen=True, slots=True)
class ActivitySettings:
    """The `activity` block of the file."""

    retention_days: int = 365
    """So long entries of history and activity log are kept; 0: for ever."""
    history_per_record: int = 0
    """So many entries of the history of each record are kept, the newest; 0: all of them."""


@dataclass(frozen=True, slots=True)
class AnalyticsSettings:
    """The `analytics` block of the file."""

    retention_days: int = 365
    """So long views are kept."""
    excluded_paths: tuple[str, ...] = ()
    """Globs over whole paths, `*` for any characters: views of these are not counted."""
    respect_do_not_track: bool = True
    """Whether browsers whose users ask for it are left out."""
    session_timeout: int = 30
    """So many minutes after its last view a session is over."""
    allowed_origins: tuple[str, ...] = ("*",)
    """The origins whose pages may send views; `*` for all."""


@dataclass(frozen=True, eq=False, slots=True)
class Schema:
    """A whole application."""

    name: str
    tables: tuple[Table, ...]
    version: str | None = None
    description: str | None = None
    api: ApiSettings = ApiSettings()
    auth: AuthOptions | None = None
    """`None`: there is no authentication, and everybody is a guest with a member's rights."""
    activity: ActivitySettings = ActivitySettings()
    analytics: AnalyticsSettings | None = None
    """`None`: views of pages are not counted, and nothing of it is served."""
    cursor_key: bytes = field(default=b"", repr=False)
    """The key under which this database's cursors are sealed; known once the database was asked."""
    _by_reference: Mapping[str, Table] = field(init=False, repr=False)
    _unruled: Schema | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        references = {each.name: each for each in self.tables}
        references.update({each.id: each for each in self.tables if each.id is not None})
        object.__setattr__(self, "_by_reference", references)
        for each in self.tables:
            object.__setattr__(each, "_schema", self)

    def find_table(self, reference: str) -> Table | None:
        """Return the table with this id or name, or `None`. Ids and names never collide (the build checks it)."""
        return self._by_reference.get(reference)

    def table(self, name: str) -> Table:
        """Return the table with a name that something else of the schema has. Raises `LookupError`."""
        found = self._by_reference.get(name)
        if found is None:
            raise LookupError(f'the schema has no table "{name}"')
        return found

    @property
    def unruled(self) -> Schema:
        """The schema as those see it whom no rule for rows binds: the same where there is no such rule."""
        if self._unruled is None:
            unruled = self
            if any(table.row_rules for table in self.tables):
                unruled = replace(self, tables=tuple(replace(table, row_rules={}) for table in self.tables))
            object.__setattr__(self, "_unruled", unruled)
        return self._unruled or self
