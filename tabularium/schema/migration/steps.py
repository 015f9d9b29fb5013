"""What a plan is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from tabularium.db.database import Statement
from tabularium.schema.migration.adopted_ids import Rekeying
from tabularium.schema.migration.conversion import Rewrite, Scan
from tabularium.schema.migration.description import Description
from tabularium.schema.migration.places import Places


class Phase(IntEnum):
    """The order of steps over all tables: what is pointed at comes first, what rests on values last."""

    RENAME = 0
    DROP = 1
    CREATE = 2
    ADD_COLUMN = 3
    CONVERT = 4
    FILL = 5
    CONSTRAIN = 6
    INDEX = 7
    RECORD = 8
    """Only the description changes."""
    DESTROY = 9
    """What was kept goes."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows to look up before anything is changed. `text` holds `{count}`.

    One that `refuses` stops the migration unless the number is zero; another one only informs.
    """

    statement: Statement
    text: str
    refuses: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one table, in the words of the file."""

    phase: Phase
    table: str
    summary: str
    statements: tuple[Statement, ...] = ()
    counts: tuple[Count, ...] = ()
    scan: Scan | None = None
    """A look at the values that the step concerns."""
    rewrite: Rewrite | None = None
    """Values that are written anew after the statements."""
    rekeying: Rekeying | None = None
    """History that is brought to new ids of fields before the statements."""
    is_destructive: bool = False
    """Whether it removes values."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the database becomes what the file says. `refusals` are changes that this version cannot make at all."""

    steps: tuple[Step, ...]
    refusals: tuple[str, ...]
    description: Description
    """What will have been applied."""
    table_ids: Mapping[str, str] = field(default_factory=dict)
    """By the name of the table: its id, from the file or the database."""
    field_ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By the name of the table and of the field."""
    places: Places = field(default_factory=Places)
    """Where the rows are before the first step."""
    notes: tuple[str, ...] = ()
    """What is worth knowing, and changes nothing."""
