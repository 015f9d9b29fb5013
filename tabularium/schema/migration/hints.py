"""What a plan says beside its steps: likely renames, and values that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tabularium.schema.migration.description import AppliedField, AppliedTable, Description
from tabularium.schema.migration.matching import Matching, likely_renames
from tabularium.schema.migration.steps import Phase, Step
from tabularium.schema.model import Field, Table


def rename_notes(
    tables: Matching[Table, AppliedTable], fields: Mapping[str, Matching[Field, AppliedField]]
) -> Iterator[str]:
    """Point at what was probably renamed, without an id that would say so."""
    for table, former in likely_renames(tables, _alike_tables):
        yield _note(f'the table "{table.name}"', f'the table "{former.name}"', former.id)
    for name, matching in fields.items():
        for field, gone in likely_renames(matching, lambda new, old: new.type.described_type == old.type):
            title = f'the field "{field.name}" of the table "{name}"'
            yield _note(title, f'"{gone.name}"', gone.id)


def _note(title: str, former: str, number: str) -> str:
    return (
        f"If {title} is {former} under a new name, write id: {number} at it: then it is renamed and keeps its values."
    )


def _alike_tables(new: Table, old: AppliedTable) -> bool:
    wanted = [(field.name, field.type.described_type) for field in new.fields]
    return wanted == [(field.name, field.type) for field in old.fields if not field.kept]


def kept_notes(description: Description) -> Iterator[str]:
    """Say which values are kept that have left the file."""
    for table in description.tables:
        if table.kept:
            title = f'the removed table "{table.name}" (id {table.id})'
            yield f"The rows of {title} are kept; --allow-destructive drops them."
            continue
        for field in table.fields:
            if field.kept and (field.columns or field.link):
                title = f'the removed field "{field.name}" (id {field.id}) of the table "{table.name}"'
                yield f"The values of {title} are kept; --allow-destructive drops them."


def notes_of_change(before: Description, after: Description) -> Iterator[Step]:
    """Yield a step for each table of which only the description changes, as when ids are written into the file."""
    known = set(before.tables)
    for table in after.tables:
        if table not in known:
            yield Step(Phase.RECORD, table.name, "note what has changed in the file")
