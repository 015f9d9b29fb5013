"""Rules that have no effect for some of those whom they admit: a warning each, since the file says otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tabularium.config.nodes import Place
from tabularium.config.problems import Position, quoted
from tabularium.errors import listed
from tabularium.schema.audiences import Access, Rule
from tabularium.schema.auth_options import ADMIN
from tabularium.schema.drafts import TableDraft
from tabularium.schema.permissions import ACTIONS, Action, Audience


@dataclass(frozen=True, slots=True)
class _Caller:
    """Callers who pass the same rules."""

    name: str
    roles: frozenset[str]
    is_signed_in: bool

    def passes(self, audience: Audience) -> bool:
        return audience.admits(self.roles, is_signed_in=self.is_signed_in)


def warn_of_gaps(
    draft: TableDraft,
    actions: Mapping[Action, Rule],
    fields: Mapping[tuple[str, Access], Rule],
    effective: Mapping[Action, Audience],
    levels: Mapping[str, int],
    *,
    has_auth: bool,
) -> None:
    """Warn of actions open to callers who cannot read the table, and of fields that they could write and not read.

    `actions` and `fields` are the rules of the file, `effective` has the built-in ones too.
    """
    callers = tuple(_callers(levels, has_auth=has_auth))
    _warn_of_actions(actions, effective, callers)
    for (name, access), rule in fields.items():
        if access == "write":
            _warn_of_field(draft, name, rule, fields, effective, callers)


def _callers(levels: Mapping[str, int], *, has_auth: bool) -> Iterator[_Caller]:
    """Yield one caller of each kind, but no administrator. Without authentication there is the guest alone."""
    if not has_auth:
        yield _Caller("everybody", frozenset({"member"}), is_signed_in=True)
        return
    yield _Caller("anonymous callers", frozenset(), is_signed_in=False)
    for role in levels:
        if role != ADMIN:
            yield _Caller(quoted(role), frozenset({role}), is_signed_in=True)


def _warn_of_actions(
    actions: Mapping[Action, Rule], effective: Mapping[Action, Audience], callers: tuple[_Caller, ...]
) -> None:
    """Warn where an action other than create is open to a caller who lacks `read`; those of one place together."""
    if not actions:
        return
    found: dict[tuple[Position, str], tuple[Place, list[str]]] = {}
    for action in ACTIONS:
        # What is built in can only lack `read` because the file narrows that.
        rule = actions.get(action) or actions.get("read")
        if action == "create" or rule is None:
            continue
        lacking = [each.name for each in callers if each.passes(effective[action]) and not _reads(each, effective)]
        if lacking:
            key = (rule.place.node.position, listed(lacking))
            found.setdefault(key, (rule.place, []))[1].append(action)
    for (_, names), (place, without) in found.items():
        place.warn(f'{", ".join(without)} without "read" has no effect for {names}')


def _reads(caller: _Caller, effective: Mapping[Action, Audience]) -> bool:
    return caller.passes(effective["read"])


def _warn_of_field(
    draft: TableDraft,
    name: str,
    write: Rule,
    fields: Mapping[tuple[str, Access], Rule],
    effective: Mapping[Action, Audience],
    callers: tuple[_Caller, ...],
) -> None:
    found = draft.fields.get(name)
    if found is not None and found.type is not None and found.type.is_read_only:
        write.place.warn(f'the server sets the field {quoted(name)}, so "write" has no effect')
        return
    read = fields.get((name, "read"))

    def lacks(caller: _Caller) -> bool:
        if read is not None:
            return not caller.passes(read.audience)
        # Who creates records without reading any writes the fields that have no rule for reading.
        return not caller.passes(effective["read"]) and not caller.passes(effective["create"])

    lacking = [each.name for each in callers if each.passes(write.audience) and lacks(each)]
    if lacking:
        write.place.warn(f'"write" without "read" of the field {quoted(name)} has no effect for {listed(lacking)}')
