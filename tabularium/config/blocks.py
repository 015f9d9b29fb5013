"""The keys of the application file, block by block: names, types and ranges. The build checks what they refer to.

A block holds single values and lists of names. Blocks inside of it (`tables`, `fields`, …) are read on their own, so
that a fault in one leaves the others readable; their keys stand here as `Nested`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

MAX_TABLES: Final = 500
MAX_FIELDS: Final = 500
RATE_GROUPS: Final = ("address", "read", "write", "batch", "admin", "docs", "collect")
"""The groups of operations that have a limit of their own."""
LATER: Final = "is not available in this version"
NOT_SERVED: Final = "belongs to the wider platform, is not served here and has no effect"

NO_LATER: Final[Mapping[str, str]] = MappingProxyType({})


def refuse(message: str) -> PydanticCustomError:
    """Build the error of a value that does not fit; the message says what is allowed."""
    # The text is passed as a value, since the first argument would be read as a template.
    return PydanticCustomError("option", "{message}", {"message": message})


def _identifier(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 2**63 - 1:
        return str(value)
    if isinstance(value, str) and 1 <= len(value) <= 63 and all(sign in _IDENTIFIER_SIGNS for sign in value):
        return value
    raise refuse('must be a positive whole number, or 1 to 63 of the characters "A-Z a-z 0-9 _ -"')


_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_DIGITS: Final = frozenset("0123456789")
_IDENTIFIER_SIGNS: Final = _LETTERS | _DIGITS | frozenset("_-")
_TABLE_SIGNS: Final = _IDENTIFIER_SIGNS | {" "}
_LOWER: Final = frozenset("abcdefghijklmnopqrstuvwxyz")
_VIEW_SIGNS: Final = _LOWER | _DIGITS | frozenset("_-")


def _table_name(value: str) -> str:
    fits = 1 <= len(value) <= 63 and value[0] in _LETTERS and all(sign in _TABLE_SIGNS for sign in value)
    if not fits or value.endswith(" "):
        raise refuse(
            "must be 1 to 63 ASCII characters: a letter, then letters, digits, underscores, hyphens and spaces, "
            "with no space at the end"
        )
    return value


def _database_word(value: str) -> str:
    fits = 1 <= len(value) <= 63 and value[0] in _LOWER and all(sign in _LOWER | _DIGITS | {"_"} for sign in value)
    if not fits:
        raise refuse("must be 1 to 63 characters: a small letter, then small letters, digits and underscores")
    return value


def _view_id(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 2**63 - 1:
        return str(value)
    if isinstance(value, str) and 1 <= len(value) <= 63 and all(sign in _VIEW_SIGNS for sign in value):
        return value
    raise refuse('must be a positive whole number, or 1 to 63 of the characters "a-z 0-9 _ -"')


def _audience(value: Any) -> Any:
    is_list = isinstance(value, list) and 1 <= len(value) <= 100 and all(isinstance(role, str) for role in value)
    if value in ("all", "authenticated") or is_list:
        return value
    raise refuse('must be "all", "authenticated" or a list of role names')


def _reference(value: Any) -> str:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise refuse("must be the name or the id of a table")


Identifier = Annotated[str, PlainValidator(_identifier)]
TableName = Annotated[str, AfterValidator(_table_name)]
DatabaseWord = Annotated[str, AfterValidator(_database_word)]
"""A name that stands in the database as it is: of a field, an index or a constraint."""
TableReference = Annotated[str, PlainValidator(_reference)]
AudienceValue = Annotated[Any, PlainValidator(_audience)]
"""Whom a rule admits: `all`, `authenticated` or roles."""
FieldNames = Annotated[list[str], Field(min_length=1, max_length=32)]
"""32 columns are the most that an index of PostgreSQL holds."""
Text = Annotated[str, Field(max_length=10_000)]
Nested = Any


class Block(BaseModel):
    """A mapping of the file with a closed list of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)

    not_served: ClassVar[frozenset[str]] = frozenset()
    """Keys of the wider platform: accepted with a warning."""
    later: ClassVar[Mapping[str, str]] = NO_LATER
    """Keys that a later version brings, with the message that refuses them."""


class ApplicationBlock(Block):
    """The top level of the file."""

    not_served = frozenset(
        {
            *("actions", "agents", "automations", "badge", "buckets", "components", "connections", "env", "forms"),
            *("languages", "llms", "pages", "palette", "scripts", "systemSources", "theme"),
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=100)]
    version: Annotated[str, Field(max_length=100)] | None = None
    description: Text | None = None
    auth: Nested = None
    tables: Nested = None
    api: Nested = None
    activity: Nested = None
    analytics: Nested = None


class ActivityBlock(Block):
    """How long what was done is remembered."""

    retention_days: Annotated[int, Field(ge=0, le=3650)] = 365
    history_per_record: Annotated[int, Field(ge=0, le=100_000)] = 0


def _allowed_origin(value: Any) -> str:
    if value == "*" or (isinstance(value, str) and len(value) <= 300 and _ORIGIN.fullmatch(value)):
        return str(value)
    raise refuse('must be "*", or an origin as browsers send it, such as https://www.example.org')


_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
PathGlob = Annotated[str, Field(min_length=1, max_length=2048)]


class AnalyticsBlock(Block):
    """How views of pages are counted."""

    retention_days: Annotated[int, Field(ge=1, le=730)] = 365
    excluded_paths: Annotated[list[PathGlob], Field(max_length=100)] = Field(default_factory=list)
    respect_do_not_track: bool = True
    session_timeout: Annotated[int, Field(ge=1, le=120)] = 30
    allowed_origins: Annotated[list[Annotated[str, PlainValidator(_allowed_origin)]], Field(max_length=100)] = Field(
        default_factory=lambda: ["*"]
    )


class ApiBlock(Block):
    """How the interface behaves."""

    rate_limits: Nested = None
    docs: Literal["public", "authenticated", "admin", "off"] = "public"
    default_limit: Annotated[int, Field(ge=1, le=1000)] = 50
    max_limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    body_limit_bytes: Annotated[int, Field(ge=1024, le=100 * 1024 * 1024)] = 26_214_400
    batch_limit: Annotated[int, Field(ge=1, le=1000)] = 1000


class GroupLimitBlock(Block):
    """The limit of a group of operations."""

    requests: Annotated[int, Field(ge=1, le=1_000_000)]
    window_seconds: Annotated[int, Field(ge=1, le=86_400)]


class TableBlock(Block):
    """A table."""

    not_served = frozenset({"webhooks", "aiAccess", "allowDestructive", "allowForceDelete"})
    id: Identifier | None = None
    name: TableName
    description: Text | None = None
    fields: Nested = None
    primary_key: Nested = None
    unique: Nested = None
    indexes: Nested = None
    foreign_keys: Nested = None
    constraints: Nested = None
    views: Nested = None
    permissions: Nested = None
    row_level_permissions: Nested = None
    comments: Nested = None


class PrimaryKeyBlock(Block):
    """The key of a table."""

    type: Literal["auto-increment", "bigserial", "uuid", "text", "composite"] = "auto-increment"
    field: Literal["id"] = "id"
    fields: FieldNames | None = None


class UniqueBlock(Block):
    """A group of fields whose values are unique together."""

    fields: FieldNames


class IndexBlock(Block):
    """A configured index."""

    name: DatabaseWord
    fields: FieldNames
    unique: bool = False
    where: str | None = None


class ForeignKeyBlock(Block):
    """A configured foreign key."""

    later = MappingProxyType({"onDelete": LATER})

    name: DatabaseWord
    fields: FieldNames
    referenced_table: TableReference
    referenced_fields: FieldNames
    on_update: Literal["cascade", "set-null", "restrict", "no-action"] | None = None
    """Has no effect on a reference to `id`, which never changes."""


class ViewBlock(Block):
    """A view of a table."""

    id: Annotated[str, PlainValidator(_view_id)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    filters: Nested = None
    sorts: Nested = None
    fields: Annotated[list[str], Field(min_length=1, max_length=MAX_FIELDS)] | None = None
    group_by: Nested = None
    is_default: bool = False
    permissions: Nested = None


class ViewSortBlock(Block):
    """A field that a view sorts or groups by."""

    field: str
    direction: Literal["asc", "desc"] = "asc"


class ViewPermissionsBlock(Block):
    """Who may use a view."""

    not_served = frozenset({"write"})

    read: AudienceValue = None
    public: Literal[True] | None = None


class ConstraintBlock(Block):
    """A rule that every row keeps."""

    name: DatabaseWord
    check: str


_Flag = bool | None
_Word = Annotated[str, Field(max_length=255)] | None
_Count = Annotated[int, Field(ge=1, le=10_000)] | None


class FieldBlock(Block):
    """What every field may say, whatever its type. Other keys are the options of the type."""

    id: Identifier | None = None
    name: DatabaseWord
    type: str | None = None
    description: Text | None = None
    required: bool = False
    unique: bool = False
    indexed: bool = False
    default: Nested = None
    search_weight: Literal["A", "B", "C", "D"] | None = None
    # These are for the forms of the wider platform: checked, and without effect on data.
    storage: _Word | dict[str, Any] = None
    placeholder: _Word = None
    toolbar: _Flag | _Word | list[str] = None
    collaborative: _Flag = None
    full_text_search: _Flag = None
    style: _Word = None
    line_numbers: _Flag = None
    read_only: _Flag = None
    min_lines: _Count = None
    max_lines: _Count = None
    tab_size: _Count = None
    bucket: _Word = None
    generate_thumbnail: _Flag = None
    generate_thumbnails: _Flag = None
    store_metadata: _Flag = None


class DateFieldBlock(FieldBlock):
    """A field of a date type, whose `format` is accepted as well, without effect on data."""

    format: _Word = None
