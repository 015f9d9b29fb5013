"""A table with a field of every type that rules for rows can ask about, some rows of it, and the database they lie in.

What a type takes stands in the table of edge values (`tests.schema.fields.cases`), so a value is known by its place there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL
from tabularium.schema.model import Schema, Table
from tabularium.schema.permissions import RowAction, RowRule
from tests.access.rows import AUTH
from tests.schema.fields.cases import CASES, Case
from tests.support.auth import Site, site

TABLE: Final = "ruled"
COMPARED: Final = frozenset("ECBA")
CASES_BY_NAME: Final[Mapping[str, Case]] = {
    f"f{place}": case
    for place, case in enumerate(CASES)
    if case.type_name not in ("relationship", "user")
    and case.accepted
    and not case.type.is_read_only
    and case.type.groups & COMPARED
}
"""By the name of its field: every case whose values can be compared."""
OWN: Final = ("owner", "crew", "boss", "friends")
"""Fields of users and of links. The values of the first two are words for users, those of the others numbers of rows."""
USERS: Final = ("ada", "bob", "cyd")
ROW_COUNT: Final = 30
CREATED: Final = "2026-01-01T00:00:00.000Z"

Row = Mapping[str, Any]
"""By field the place of its value among those of its case, or the value; `None` where there is none."""


def _plain(value: Any) -> Any:
    """Return an option as JSON can hold it."""
    return float(value) if isinstance(value, Decimal) else value


TABLES: Final = [
    {
        "id": 1,
        "name": TABLE,
        "fields": [
            *(
                {"name": name, "type": case.type_name, **{key: _plain(value) for key, value in case.options.items()}}
                for name, case in CASES_BY_NAME.items()
            ),
            {"name": "owner", "type": "user"},
            {"name": "crew", "type": "user", "allowMultiple": True},
            {"name": "boss", "type": "relationship", "relatedTable": TABLE},
            {"name": "friends", "type": "relationship", "relatedTable": TABLE, "relationType": "many-to-many"},
        ],
    }
]


def _random_rows() -> dict[int, Row]:
    source = random.Random(11)
    keys = range(1, ROW_COUNT + 1)
    rows: dict[int, Row] = {}
    for key in keys:
        places = {name: source.choice((None, *range(len(case.accepted)))) for name, case in CASES_BY_NAME.items()}
        rows[key] = {
            **places,
            "owner": source.choice((None, *USERS)),
            "crew": source.choice(((), ("ada",), ("ada", "bob"), ("cyd",))),
            "boss": source.choice((None, *range(1, key + 1))),
            "friends": tuple(sorted(source.sample(keys, source.choice((0, 0, 1, 2))))),
            "deleted_at": source.choice((None, None, None, CREATED)),
        }
    return rows


ROWS: Final = _random_rows()
LIVE: Final = frozenset(key for key, row in ROWS.items() if row["deleted_at"] is None)


class Ruled:
    """The application on one database. Users have other ids on each."""

    def __init__(self, found: Site) -> None:
        self.site = found
        self.dialect = found.opened["database"].dialect
        self._schema: Schema = found.opened["migrated"].schema
        self.ids = {name: found.browser().sign_up(f"{name}@example.com")["id"] for name in USERS}
        self.table = self._schema.table(TABLE)
        found.write(self._fill)

    def under(self, action: RowAction, rule: RowRule) -> tuple[Schema, Table]:
        """Return the schema, and its table under a rule."""
        table = replace(self.table, row_rules={action: rule})
        return replace(self._schema, tables=(table,)), table

    def stored(self, name: str, value: Any) -> Any:
        """Return the stored form of a value of a row."""
        if name in CASES_BY_NAME:
            case = CASES_BY_NAME[name]
            return None if value is None else case.type.parse(case.accepted[value][0], "write")
        if name == "owner":
            return None if value is None else self.ids[value]
        return [self.ids[each] for each in value] if name == "crew" else list(value) if name == "friends" else value

    async def _fill(self, session: Session) -> None:
        override = "OVERRIDING SYSTEM VALUE " if self.dialect is POSTGRESQL else ""
        for key, row in ROWS.items():
            values = {"id": key, "_revision": 1, "created_at": CREATED, "updated_at": CREATED}
            values["deleted_at"] = row["deleted_at"]
            for field in (each for each in self.table.fields if not each.type.is_stored_apart):
                encoded = field.type.encode(self.stored(field.name, row[field.name]), self.dialect)
                values |= dict(zip(field.type.column_names(field.name), encoded, strict=True))
            columns = ", ".join(f'"{name}"' for name in values)
            places = ", ".join(self.dialect.placeholder(number) for number in range(1, len(values) + 1))
            await session.execute(
                f'INSERT INTO "{TABLE}" ({columns}) {override}VALUES ({places})', list(values.values())
            )
        for name in ("crew", "friends"):
            link = self.table.by_name[name].type.link_table
            assert link is not None
            places = ", ".join(self.dialect.placeholder(number) for number in (1, 2))
            text = f'INSERT INTO "{link.name}" ("{link.own.column}", "{link.other.column}") VALUES ({places})'
            for key, row in ROWS.items():
                for other in self.stored(name, row[name]):
                    await session.execute(text, [key, other])


@contextmanager
def opened(folder: Path, url: str) -> Iterator[Ruled]:
    """Open the application on a new database."""
    with site(folder, url, AUTH, tables=TABLES) as found:
        yield Ruled(found)
