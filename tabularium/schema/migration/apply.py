"""Looking at a plan with the numbers of rows that it concerns, and carrying it out in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tabularium.clock import Clock, instant_text
from tabularium.db import activity
from tabularium.db.activity_tables import provide_activity
from tabularium.db.analytics_tables import provide_analytics
from tabularium.db.analytics_titles import move_former_titles
from tabularium.db.comments import provide_comments
from tabularium.db.counters import provide_counters
from tabularium.db.database import (
    CheckViolation,
    Database,
    ForeignKeyViolation,
    Session,
    Statement,
    StatementFailed,
    UniqueViolation,
)
from tabularium.db.former_history import hold_history, take_over_history
from tabularium.db.idempotency import provide_idempotency
from tabularium.db.identity.migration import provide_identity_tables
from tabularium.db.job_runs import provide_job_runs
from tabularium.db.postgresql.functions import provide_functions
from tabularium.db.secret_keys import CURSOR_KEY, secret_key
from tabularium.schema.build import assign_ids
from tabularium.schema.migration.adopted_ids import rekey
from tabularium.schema.migration.conversion import carry_over, examine
from tabularium.schema.migration.planner import plan
from tabularium.schema.migration.report import Inspection, render
from tabularium.schema.migration.steps import Phase, Plan, Step
from tabularium.schema.migration.store import read_description, write_description, write_form
from tabularium.schema.model import Schema

_VIOLATIONS = (UniqueViolation, ForeignKeyViolation, CheckViolation)


class MigrationRefused(Exception):
    """The change needs a decision, or a later version. Nothing was changed. The text is the whole plan."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Migrated:
    """A database that is as the file says."""

    schema: Schema
    """The schema with an id on every table and field, and with the times of every table."""
    steps: tuple[Step, ...]
    """What was done: nothing on an ordinary start."""
    notes: tuple[str, ...] = ()
    """What a person should know of the tables of accounts."""


async def preview(database: Database, schema: Schema, clock: Clock, *, destructive: bool = False) -> Inspection:
    """Plan the migration and count the rows that it concerns, without changing anything. Raises `NewerDatabase`."""

    async def work(session: Session) -> Inspection:
        return await _inspect(session, schema, instant_text(clock.now()), destructive=destructive)

    return await database.read(work)


async def migrate(database: Database, schema: Schema, clock: Clock, *, destructive: bool = False) -> Migrated:
    """Make the database what the schema says, in one transaction. Only with `destructive` may values be lost.

    Of several nodes that start together one does it, and the others find it done. Raises `MigrationRefused` and
    `NewerDatabase`, both with the database untouched.
    """

    async def work(session: Session) -> Migrated:
        now = instant_text(clock.now())
        inspection = await _inspect(session, schema, now, destructive=destructive)
        if inspection.is_refused:
            raise MigrationRefused(render(inspection))
        await provide_functions(session)
        await provide_counters(session)
        await hold_history(session)
        await provide_activity(session)
        await take_over_history(session)
        await provide_comments(session)
        await provide_analytics(session)
        await move_former_titles(session)
        await provide_idempotency(session)
        # Before the tables of the file, some of which point at users.
        notes = [] if schema.auth is None else await provide_identity_tables(session)
        await provide_job_runs(session)
        await write_form(session)
        await _carry_out(session, inspection.plan, now)
        key = await secret_key(session, CURSOR_KEY)
        return replace(_migrated(replace(schema, cursor_key=key), inspection.plan), notes=tuple(notes))

    try:
        return await database.migrate(work)
    except ForeignKeyViolation:  # SQLite looks at all of them at the end
        text = "The tables cannot be changed: rows break the rule of a link, since they point at nothing."
        raise MigrationRefused(f"{text} Nothing was changed.") from None


async def _inspect(session: Session, schema: Schema, now: str, *, destructive: bool) -> Inspection:
    applied = await read_description(session)
    made = plan(schema, applied, session.dialect, now, destructive=destructive)
    counts = [(count, await _number(session, count.statement)) for step in made.steps for count in step.counts]
    scans = [step.scan for step in made.steps if step.scan is not None]
    found = [(scan, await examine(session, scan, made.places.source(scan.table, session.dialect))) for scan in scans]
    return Inspection(made, session.dialect, tuple(counts), tuple(found))


async def _number(session: Session, statement: Statement) -> int:
    sql, parameters = statement
    row = await session.fetch_one(sql, parameters, heavy=True)
    return 0 if row is None else int(row[0])


async def _carry_out(session: Session, made: Plan, now: str) -> None:
    if not made.steps:
        return
    for step in made.steps:
        if step.rekeying is not None:
            await rekey(session, step.rekeying)
        for sql, parameters in step.statements:
            try:
                await session.execute(sql, parameters)
            except _VIOLATIONS:
                raise MigrationRefused(_refusal(step, "rows break the rule")) from None
            except StatementFailed as error:
                raise MigrationRefused(_refusal(step, _refused(step, error))) from error
        if step.rewrite is not None:
            await carry_over(session, step.rewrite)
    await write_description(session, made.description, made.steps, now)
    entry = activity.Entry(
        category="system",
        action="config.migrated",
        created_at=now,
        table_name=activity.SYSTEM,
        details={"tables": sorted({step.table for step in made.steps})},  # the steps are others on each database
    )
    await activity.write(session, entry)


def _refused(step: Step, error: StatementFailed) -> str:
    reason = f"the database refuses it ({error.code})"
    if step.phase is Phase.CREATE:
        reason += ", perhaps since it has such a table already, which Tabularium did not make and does not touch"
    return reason


def _refusal(step: Step, reason: str) -> str:
    return f'The table "{step.table}" cannot be changed ({step.summary}): {reason}. Nothing was changed.'


def _migrated(schema: Schema, made: Plan) -> Migrated:
    described = {table.name: table for table in made.description.tables if not table.kept}
    numbered = assign_ids(schema, made.table_ids, made.field_ids)
    tables = (
        replace(table, created_at=described[table.name].created_at, updated_at=described[table.name].updated_at)
        for table in numbered.tables
    )
    return Migrated(replace(numbered, tables=tuple(tables)), made.steps)
