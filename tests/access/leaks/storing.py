"""Puts a world into the database, in place of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.schema.model import Schema, Table
from tests.access.leaks.worlds import LINKS, Row, World
from tests.support.callers import ROLES, Callers

ORDER: Final = ("vault", "teams", "projects", "tags", "tasks", "diary")
"""Rows that others link to come first."""
PEOPLE: Final = ("owner", "watchers", "lead", "members", "author", "reader", "editor", "remover")
SYSTEM: Final = {"_revision": 1, "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z"}
LATER: Final = ("parent", "next")
"""Links among the rows of one table: set when all of these are there."""


class Storing:
    """Writes worlds as one caller sees them: it knows who `me` is."""

    def __init__(self, desk: Callers, caller: str) -> None:
        self._desk = desk
        self._schema: Schema = desk.site.opened["migrated"].schema
        self._dialect: Dialect = desk.site.opened["database"].dialect
        user = "high" if caller == "key" else caller
        others = [name for name in ("member", "high", "low") if name != user]
        # Who is not signed in is nobody: rows of their own are rows of somebody else.
        self._people = {"me": user if user in desk.ids else others[0], "other": others[0], "third": others[1]}
        self._role = ROLES.get(user, "nothing").partition(",")[0]

    def store(self, world: World) -> None:
        """Replace all rows, and forget what was done to those before them."""
        self._desk.site.write(lambda session: self._replace(session, world))

    async def _replace(self, session: Session, world: World) -> None:
        for name in reversed(ORDER):
            await session.execute(f'DELETE FROM "{name}"')
        await session.execute("DELETE FROM _activity WHERE category = 'records'")
        for name in ORDER:
            table = self._schema.table(name)
            for key, row in world.rows[name].items():
                await self._insert(session, table, key, self._meant(row))
            for field in (each for each in LATER if each in table.by_name):
                for key, row in world.rows[name].items():
                    if row[field] is not None:
                        places = [self._dialect.placeholder(number) for number in (1, 2)]
                        sql = f'UPDATE "{name}" SET "{field}" = {places[0]} WHERE id = {places[1]}'
                        await session.execute(sql, [row[field], key])
        for name, (own, _) in LINKS.items():
            await self._join(session, self._schema.table(own), name, list(world.links[name]))

    async def _insert(self, session: Session, table: Table, key: Any, row: Mapping[str, Any]) -> None:
        values = {**SYSTEM, "id": key, "deleted_at": row["deleted_at"]}
        apart = {}
        for field in table.fields:
            if field.type.is_stored_apart:
                apart[field.name] = row.get(field.name) or []
            elif field.type.column_names(field.name) and field.name not in LATER:
                value = row.get(field.name)
                if value is not None and field.type.names[0] == "decimal":
                    value = field.type.parse(value, "write")
                encoded = field.type.encode(value, self._dialect)
                values |= dict(zip(field.type.column_names(field.name), encoded, strict=True))
        columns = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(self._dialect.placeholder(number) for number in range(1, len(values) + 1))
        is_numbered = self._dialect is POSTGRESQL and table.primary_key.is_integer
        override = "OVERRIDING SYSTEM VALUE " if is_numbered else ""
        text = f'INSERT INTO "{table.database_name}" ({columns}) {override}VALUES ({places})'
        await session.execute(text, list(values.values()))
        for name, users in apart.items():
            await self._join(session, table, name, [(key, user) for user in users])

    async def _join(self, session: Session, table: Table, name: str, pairs: list[tuple[Any, Any]]) -> None:
        link = table.by_name[name].type.link_table
        assert link is not None
        places = ", ".join(self._dialect.placeholder(number) for number in (1, 2))
        text = f'INSERT INTO "{link.name}" ("{link.own.column}", "{link.other.column}") VALUES ({places})'
        for pair in pairs:
            await session.execute(text, pair)

    def _meant(self, row: Row) -> Row:
        """Return a row with the words for people and roles replaced."""
        meant = dict(row)
        for name in (each for each in PEOPLE if row.get(each)):
            value = row[name]
            meant[name] = [self._id(each) for each in value] if isinstance(value, list) else self._id(value)
        if row.get("contact") is not None:
            meant["contact"] = f"{self._people[row['contact']].upper()}@Example.com"
        for name in ("audience", "kind"):
            if row.get(name) == "mine":
                meant[name] = self._role
        return meant

    def _id(self, word: str) -> str:
        return self._desk.ids[self._people[word]]
