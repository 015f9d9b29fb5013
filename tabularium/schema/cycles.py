"""Required links that form a circle: no first record could ever be created."""

from __future__ import annotations

from collections.abc import Sequence

from tabularium.schema.drafts import FieldDraft, TableDraft

_Link = tuple[FieldDraft, str]


def report_required_cycles(drafts: Sequence[TableDraft]) -> None:
    """Report each required link that closes a circle of such links, with the whole circle."""
    links = {draft.name: _required_links(draft) for draft in drafts}
    done: set[str] = set()
    for draft in drafts:
        _walk(draft.name, links, [], done)


def _required_links(draft: TableDraft) -> list[_Link]:
    return [
        (each, each.type.referenced_table)
        for each in draft.fields.values()
        if each.required and each.type is not None and each.type.referenced_table is not None
    ]


def _walk(table: str, links: dict[str, list[_Link]], trail: list[str], done: set[str]) -> None:
    if table in done:
        return
    trail.append(table)
    for field, target in links.get(table, ()):
        if target in trail:
            circle = " → ".join([*trail[trail.index(target) :], target])
            at = field.place.child("required") or field.place
            at.error(f"required links form a circle, so no record could be created: {circle}")
        else:
            _walk(target, links, trail, done)
    trail.pop()
    done.add(table)
