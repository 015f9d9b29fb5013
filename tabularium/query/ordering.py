"""The order of a list as SQL: its criteria, and which rows come after a given one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of ORDER BY. Null comes last in both directions."""

    sql: str
    descending: bool = False
    may_be_null: bool = False
    is_long: bool = False
    """Whether it is text of any length."""

    @property
    def order(self) -> str:
        """The criterion as it stands in ORDER BY."""
        # Where no null can be, an index serves the plain form; PostgreSQL's puts nulls first when it is read backwards.
        return f"{self.sql}{' DESC' if self.descending else ''}{' NULLS LAST' if self.may_be_null else ''}"


def order_text(criteria: Sequence[Criterion]) -> str:
    """Write all criteria."""
    return ", ".join(criterion.order for criterion in criteria)


def after_sql(criteria: Sequence[Criterion], bounds: Sequence[str | None]) -> str:
    """Write the condition that a row comes after a position; `bounds` are the values of that, `None` for null."""
    text = _after(criteria, bounds)
    first, bound = criteria[0], bounds[0]
    if len(criteria) == 1 or bound is None:
        return text
    # It says nothing new, but an index can begin there.
    sign = "<=" if first.descending else ">="
    border = f"{first.sql} {sign} {bound}"
    return f"({border}{f' OR {first.sql} IS NULL' if first.may_be_null else ''}) AND ({text})"


def _after(criteria: Sequence[Criterion], bounds: Sequence[str | None]) -> str:
    first, *rest = criteria
    bound = bounds[0]
    if bound is None:  # only other nulls can follow, in the order of what comes next
        return f"{first.sql} IS NULL AND ({_after(rest, bounds[1:])})"
    later = f"{first.sql} {'<' if first.descending else '>'} {bound}"
    if first.may_be_null:
        later = f"{later} OR {first.sql} IS NULL"
    return f"{later} OR ({first.sql} = {bound} AND ({_after(rest, bounds[1:])}))" if rest else later
