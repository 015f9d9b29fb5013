"""The plan as text, for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tabularium.db.database import Statement
from tabularium.db.dialect import Dialect
from tabularium.schema.migration.conversion import Findings, Scan
from tabularium.schema.migration.steps import Count, Plan, Step

_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Inspection:
    """A plan, and the numbers that the database gave for its counts."""

    plan: Plan
    dialect: Dialect
    counts: tuple[tuple[Count, int], ...]
    findings: tuple[tuple[Scan, Findings], ...] = ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """What keeps the plan from being applied: changes that cannot be made, and rows that stand in the way."""
        broken = (_sentence(count, number) for count, number in self.counts if count.refuses and number)
        return (*self.plan.refusals, *broken, *self._unfit())

    def _unfit(self) -> Iterator[str]:
        for scan, found in self.findings:
            if found.counts["refused"]:
                yield found.sentence("refused", scan.refusing)
            if found.counts["lost"] and not scan.may_lose:
                yield found.sentence("lost", scan.losing)

    @property
    def is_refused(self) -> bool:
        return bool(self.refusals)


def render(inspection: Inspection) -> str:
    """Write the plan: each step with its SQL and numbers of rows, then what is refused. It ends in a line break."""
    return "\n".join(_lines(inspection)) + "\n"


def _lines(inspection: Inspection) -> Iterator[str]:
    plan = inspection.plan
    if not plan.steps and not plan.refusals:
        yield "The database is as the file says: nothing to do."
    numbers = {id(count): number for count, number in inspection.counts}
    findings = {id(scan): found for scan, found in inspection.findings}
    for step in plan.steps:
        yield from _step_lines(step, numbers, findings, inspection.dialect)
    if plan.notes:
        yield "Notes:"
        yield from (f"  - {note}" for note in plan.notes)
    if inspection.refusals:
        yield "Refused:"
        yield from (f"  - {refusal}" for refusal in inspection.refusals)
        yield "Nothing was changed."


def _step_lines(step: Step, numbers: dict[int, int], findings: dict[int, Findings], dialect: Dialect) -> Iterator[str]:
    yield f"{step.table}: {step.summary}{' (DESTRUCTIVE)' if step.is_destructive else ''}"
    for count in step.counts:
        yield f"  -- {_sentence(count, numbers[id(count)])}"
    if step.scan is not None:
        yield from (f"  -- {line}" for line in _scan_lines(step.scan, findings[id(step.scan)]))
    for statement in step.statements:
        yield from (f"  {line}".rstrip() for line in _sql_lines(statement, dialect))
    yield ""


def _scan_lines(scan: Scan, found: Findings) -> Iterator[str]:
    if found.counts["kept"]:
        yield f'values of "{scan.name}" that stay as they are: {found.counts["kept"]}'
    if found.counts["lost"]:
        yield found.sentence("lost", scan.losing)
    if found.counts["refused"]:
        yield found.sentence("refused", scan.refusing)


def _sql_lines(statement: Statement, dialect: Dialect) -> Iterator[str]:
    sql, parameters = statement
    yield from (re.sub(r"^\t+", "  ", line) for line in f"{sql};".splitlines())
    for number, value in enumerate(parameters, 1):
        text = json.dumps(value, default=str)
        shown = text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
        yield f"-- {dialect.placeholder(number)} = {shown}"


def _sentence(count: Count, number: int) -> str:
    return count.text.replace("{count}", str(number))
