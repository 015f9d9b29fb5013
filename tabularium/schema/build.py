"""From the application file to the schema that is served: read, check everything, resolve, build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tabularium.config.blocks import (
    MAX_TABLES,
    RATE_GROUPS,
    ActivityBlock,
    AnalyticsBlock,
    ApiBlock,
    ApplicationBlock,
    GroupLimitBlock,
)
from tabularium.config.nodes import Place, plain
from tabularium.config.problems import ConfigurationError, Position, Problem, Problems, quoted, suggestion
from tabularium.config.reader import read_application
from tabularium.config.validate import is_mapping, list_items, read_block
from tabularium.schema.auth import read_auth
from tabularium.schema.auth_options import BUILT_IN_LEVELS
from tabularium.schema.comments import configured_comments
from tabularium.schema.cycles import report_required_cycles
from tabularium.schema.drafts import FieldDraft, TableDraft, Types, is_complete, read_table
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.fields.user_id import CURRENT_USER
from tabularium.schema.keys import (
    RelationNames,
    Tables,
    check_groups,
    configured_checks,
    configured_foreign_keys,
    configured_indexes,
    derived_indexes,
    unique_groups,
)
from tabularium.schema.model import (
    NO_DEFAULT,
    ActivitySettings,
    AnalyticsSettings,
    ApiSettings,
    Field,
    Index,
    Schema,
    Table,
)
from tabularium.schema.names import DerivedIndex, derived_index_names
from tabularium.schema.resolution import PlanCondition, Resolver
from tabularium.schema.row_rules import RowLanguage, configured_row_rules
from tabularium.schema.table_permissions import configured_permissions
from tabularium.schema.views import configured_views

_SEARCH_WEIGHTS: Final[Mapping[str | None, int]] = {"A": 8, "B": 4, "C": 2, "D": 1, None: 1}

_ANY_INSTANT: Final = "2000-01-01T00:00:00.000Z"
"""A time for defaults such as `NOW`, of which only the form is checked here."""
_ANY_USER: Final = "user"
"""Likewise for `CURRENT_USER`."""


@dataclass(frozen=True, slots=True)
class LoadedSchema:
    """A file that can be served: its schema, what is worth a warning, and the files that it consists of."""

    schema: Schema
    warnings: tuple[Problem, ...]
    files: tuple[Path, ...]


def build_schema(path: Path, plan: PlanCondition, language: RowLanguage, types: Types = FIELD_TYPES) -> LoadedSchema:
    """Read an application file. Raises `ConfigurationError` with every problem of every file that takes part.

    `plan` reads the filters of the file, `language` what rules for rows are made of: both are parts of the query
    language, which `tabularium.application.load_schema` hands in.
    """
    problems = Problems()
    application = read_application(Path(path), problems)
    schema = _build(application.root, types, plan, language) if application is not None else None
    errors = problems.errors()
    if errors or schema is None or application is None:
        raise ConfigurationError(errors, problems.warnings())
    return LoadedSchema(schema, problems.warnings(), application.files)


def assign_ids(schema: Schema, table_ids: Mapping[str, str], field_ids: Mapping[str, Mapping[str, str]]) -> Schema:
    """Return the schema with ids by table name, and by table and field name, for those that have none in the file."""
    return replace(schema, tables=tuple(_with_ids(table, table_ids, field_ids) for table in schema.tables))


def _with_ids(table: Table, table_ids: Mapping[str, str], field_ids: Mapping[str, Mapping[str, str]]) -> Table:
    ids = field_ids.get(table.name, {})
    fields = tuple(replace(each, id=each.id or ids.get(each.name)) for each in table.fields)
    return replace(table, id=table.id or table_ids.get(table.name), fields=fields)


def _build(root: Place, types: Types, plan: PlanCondition, language: RowLanguage) -> Schema | None:
    """Build the schema as far as it goes. With errors among the problems of `root` it must not be used."""
    block = read_block(root, ApplicationBlock)
    name = str(root.at("name").value)
    auth_place = root.child("auth")
    auth = read_auth(auth_place, name) if auth_place is not None else None
    api = _read_api(root.child("api"), has_auth=auth_place is not None)
    activity = _read_activity(root.child("activity"))
    analytics = _read_analytics(root.child("analytics"))
    drafts = [read_table(place, types) for place in list_items(root.child("tables"), 0, MAX_TABLES)]
    known = [draft for draft in drafts if draft is not None]
    if auth_place is None:
        _refuse_users(known, types)
    roles = BUILT_IN_LEVELS if auth is None else auth.roles
    has_auth = auth_place is not None
    resolver = Resolver(_register(known), are_all=is_complete(root.child("tables")), plan=plan)
    tables = _build_tables(known, resolver, language, roles, has_auth=has_auth)
    if block is None:
        return None
    return Schema(block.name, tuple(tables), block.version, block.description, api, auth, activity, analytics)


def _refuse_users(drafts: Sequence[TableDraft], types: Types) -> None:
    """Report every field that holds users, of whom there are none without authentication."""
    for draft in (field for table in drafts for field in table.fields.values()):
        kind = types.get(draft.block.type or "")
        if kind is None or not kind.is_user:
            continue
        needs = 'needs "auth", which the file does not have'
        draft.place.at("type").error(f"a field of the type {quoted(kind.names[0])} {needs}")
        default = draft.place.child("default")
        if default is not None and default.value == CURRENT_USER:
            default.error(f"{quoted(CURRENT_USER)} {needs}")


def _read_api(place: Place | None, *, has_auth: bool) -> ApiSettings:
    block = read_block(place, ApiBlock) if place is not None else None
    if place is None or block is None:
        return ApiSettings()
    if block.docs in ("authenticated", "admin") and not has_auth:
        place.at("docs").error(f'{quoted(block.docs)} needs "auth", which the file does not have')
    if block.default_limit > block.max_limit:
        at = place.child("defaultLimit") or place.at("maxLimit")
        at.error(f'"defaultLimit" ({block.default_limit}) must not be above "maxLimit" ({block.max_limit})')
    limits = _rate_limits(place.child("rateLimits"))
    sizes = (block.body_limit_bytes, block.batch_limit)
    return ApiSettings(block.docs, block.default_limit, block.max_limit, *sizes, limits)


def _read_activity(place: Place | None) -> ActivitySettings:
    block = read_block(place, ActivityBlock) if place is not None else None
    return ActivitySettings() if block is None else ActivitySettings(block.retention_days, block.history_per_record)


def _read_analytics(place: Place | None) -> AnalyticsSettings | None:
    if place is None or place.value is False:
        return None
    block = AnalyticsBlock() if place.value is True else read_block(place, AnalyticsBlock)
    if block is None:
        return None
    return AnalyticsSettings(
        block.retention_days,
        tuple(block.excluded_paths),
        block.respect_do_not_track,
        block.session_timeout,
        tuple(block.allowed_origins),
    )


def _rate_limits(place: Place | None) -> dict[str, tuple[int, int] | None]:
    limits: dict[str, tuple[int, int] | None] = {}
    if place is None or not is_mapping(place):
        return limits
    for group in place.entries:
        if group not in RATE_GROUPS:
            place.error_at_key(group, f"unknown key{suggestion(group, RATE_GROUPS)}")
        elif place.at(group).value == "off":
            limits[group] = None
        else:
            block = read_block(place.at(group), GroupLimitBlock)
            limits[group] = (block.requests, block.window_seconds) if block else None
    return limits


def _build_tables(
    drafts: Sequence[TableDraft],
    resolver: Resolver,
    language: RowLanguage,
    roles: Mapping[str, int],
    *,
    has_auth: bool,
) -> list[Table]:
    tables = Tables(resolver.tables, resolver.are_all)
    names = RelationNames()
    for draft in drafts:
        if resolver.tables[draft.name] is draft:  # else the name is reported as another table's
            names.take_table(draft)
    resolver.resolve_all(drafts)
    for draft in drafts:
        check_groups(draft)
    report_required_cycles(drafts)
    groups = {draft.name: unique_groups(draft) for draft in drafts}
    derived = {draft.name: derived_indexes(draft, groups[draft.name]) for draft in drafts}
    index_names = derived_index_names([index for indexes in derived.values() for index in indexes])
    built = [_build_table(draft, tables, names, derived[draft.name], index_names) for draft in drafts]
    comments = [configured_comments(draft.place, has_auth=has_auth) for draft in drafts]
    guests = frozenset(draft.name for draft, each in zip(drafts, comments, strict=True) if each.guest_comments)
    permissions = configured_permissions(drafts, tables, roles, guests, has_auth=has_auth)
    made = [
        replace(
            table,
            views=configured_views(draft, resolver, roles),
            permissions=allowed,
            row_rules=configured_row_rules(draft, resolver, language, has_auth=has_auth),
            comments=commented,
        )
        for draft, table, allowed, commented in zip(drafts, built, permissions, comments, strict=True)
    ]
    _check_limits(drafts, {table.name: table for table in made})
    return made


def _check_limits(drafts: Sequence[TableDraft], tables: Mapping[str, Table]) -> None:
    """Check that the view which a link is limited to is one of its target's."""
    for draft in drafts:
        for field in draft.fields.values():
            limit = field.type.limit_to_view if field.type else None
            target = tables.get(str(field.type.related_table)) if field.type else None
            if limit is not None and target is not None and target.find_view(limit) is None:
                known = [name for view in target.views for name in (view.id, view.name)]
                hint = suggestion(limit, known)
                message = f"the table {quoted(target.name)} has no view {quoted(limit)}{hint}"
                field.place.at("limitToView").error(message)


def _register(drafts: Sequence[TableDraft]) -> dict[str, TableDraft]:
    """Return the tables by names and ids, which must all be different (a table's id may be its own name)."""
    by_reference: dict[str, TableDraft] = {}
    for draft in drafts:
        for key, reference in (("name", draft.name), ("id", draft.block.id)):
            if reference is None:
                continue
            former = by_reference.setdefault(reference, draft)
            if former is not draft:
                first = former.place.at(key if key in former.place.entries else "name").node.position
                draft.place.at(key).error(f"another table has the name or id {quoted(reference)} ({first})")
    return by_reference


def _build_table(
    draft: TableDraft,
    tables: Tables,
    names: RelationNames,
    derived: Sequence[DerivedIndex],
    index_names: Mapping[DerivedIndex, str],
) -> Table:
    constraint_names: dict[str, Position] = {}
    automatic = [Index(index_names[index], index.fields, index.kind == "ux") for index in derived]
    return Table(
        id=draft.block.id,
        name=draft.name,
        database_name=draft.database_name,
        fields=tuple(field for each in draft.fields.values() if (field := _build_field(each)) is not None),
        primary_key=draft.key,
        description=draft.block.description,
        indexes=(*automatic, *configured_indexes(draft, names)),
        foreign_keys=tuple(configured_foreign_keys(draft, tables, constraint_names)),
        checks=tuple(configured_checks(draft, constraint_names)),
    )


def _build_field(draft: FieldDraft) -> Field | None:
    if draft.type is None:
        return None
    return Field(
        id=draft.block.id,
        name=draft.block.name,
        type=draft.type,
        description=draft.block.description,
        required=draft.required,
        unique=draft.block.unique or draft.type.is_always_unique,
        indexed=draft.block.indexed,
        default=_read_default(draft),
        search_weight=_SEARCH_WEIGHTS[draft.block.search_weight],
        options=draft.options,
        reads=draft.reads,
        shows=draft.shows,
    )


def _read_default(draft: FieldDraft) -> object:
    """Return the default as the file has it, after a trial of the value that it stands for."""
    place = draft.place.child("default")
    if place is None and draft.required and draft.type is not None and draft.type.default_if_required is not None:
        return draft.type.default_if_required
    if place is None or draft.type is None or draft.type.is_read_only:
        return NO_DEFAULT
    default: object = plain(place.node)
    if default is None:
        if draft.required:
            place.error("must not be null, since the field is required")
        return None
    try:
        value = draft.type.default_value(default, _ANY_INSTANT, _ANY_USER)
    except InvalidValue as failure:
        for problem in failure.problems:
            place.error(f"is no value of this field: {problem.message}")
        return NO_DEFAULT
    if draft.required and draft.type.is_blank(value):
        place.error("must not be empty, since the field is required")
    return default
