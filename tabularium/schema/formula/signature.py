"""What a row of the table of functions says: the parameters of a function, its result and its SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tabularium.schema.fields.base import FormulaKind
from tabularium.schema.formula.sql import Sql, SqlByKind

Kinds = frozenset[FormulaKind]

Form = Literal["plain", "text", "condition", "moment", "unit", "pattern"]
"""How an argument comes into the SQL: as it is; as text that is never null; true or false; without a zone; and the
constants that say a unit of time or how a moment is written."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may stand in one place. All parameters of one `group`, if it is not 0, have the same kind."""

    kinds: Kinds
    form: Form = "plain"
    group: int = 0
    needs_clock: bool = False
    """Whether a date as the first argument rules out what goes by the time of day: the unit `hour`, the token `HH`."""


@dataclass(frozen=True, slots=True)
class Function:
    """A row. `result` is a kind, or the group whose kind it is.

    The last `optional` parameters may be left out. The last `repeated` ones may come again, as often as one likes, and
    be followed by `last`.
    """

    names: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    result: FormulaKind | int
    sql: Sql | SqlByKind
    optional: int = 0
    repeated: int = 0
    last: Parameter | None = None
    refuses_null: bool = False
    """Whether a NULL that is written is a mistake, since nothing compares with it."""
    is_never_null: bool = False

    @property
    def name(self) -> str:
        """The name by which messages call it."""
        return self.names[0]

    def expected(self, count: int) -> tuple[Parameter, ...] | None:
        """Return the parameters of a call with so many arguments; `None` where it cannot have so many."""
        if not self.repeated:
            fits = len(self.parameters) - self.optional <= count <= len(self.parameters)
            return self.parameters[:count] if fits else None
        fixed, group = self.parameters[: -self.repeated], self.parameters[-self.repeated :]
        times, surplus = divmod(count - len(fixed), self.repeated)
        if times < 1 or surplus > (self.last is not None):
            return None
        return (*fixed, *group * times, *([self.last] if surplus and self.last else ()))

    @property
    def counts(self) -> str:
        """Say how many arguments a call has."""
        least, most = len(self.parameters) - self.optional, len(self.parameters)
        if self.repeated:
            return f"at least {least} values" if self.repeated == 1 else f"at least {least} values, in pairs"
        number = str(most) if least == most else f"{least} or {most}"
        return f"{number} value" if number == "1" else f"{number} values" if most else "no values"
