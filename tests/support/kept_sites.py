"""Applications that tests share: opening one takes longer than most tests, so each is opened once and emptied between."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tabularium.db.database import Session
from tabularium.identity.start import start
from tests.support.auth import START, Site, site

_KEPT_TABLES = ("_schema", "_migration", "_secret", "_counter")
_MOST_KEPT = {"sqlite": 12, "postgresql": 3}
"""Each has a pool of connections, of which a server has a hundred for all processes of a test run."""


class KeptSites:
    """The applications of one process, by database and by what their files say."""

    def __init__(self, folder: Path, new_url: Callable[[str, Path], str]) -> None:
        self._folder = folder
        self._new_url = new_url
        self._sites: dict[str, tuple[ExitStack, Site, str]] = {}
        self._number = 0

    def get(self, kind: str, auth: Mapping[str, Any] | None, blocks: Mapping[str, Any]) -> tuple[Site, str, str]:
        """Return an application without any rows, its key and the URL of its database."""
        key = json.dumps([kind, auth, blocks], sort_keys=True)
        if key in self._sites:
            kept = self._sites[key] = self._sites.pop(key)  # to the end: the one not used for longest goes first
            _empty(kept[1])
            return kept[1], key, kept[2]
        alike = [each for each in self._sites if json.loads(each)[0] == kind]
        if len(alike) >= _MOST_KEPT[kind]:
            self.forget(alike[0])
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        url = self._new_url(kind, folder)
        stack = ExitStack()
        made = stack.enter_context(site(folder, url, auth, **blocks))
        self._sites[key] = stack, made, url
        return made, key, url

    def forget(self, key: str) -> None:
        """Close an application, which a test has left in a state of its own."""
        stack, _, _ = self._sites.pop(key)
        stack.close()

    def close(self) -> None:
        """Close all of them."""
        for key in list(self._sites):
            self.forget(key)


def _empty(kept: Site) -> None:
    """Take an application back to its start."""
    database = kept.opened["database"]
    kept.client.run(database.migrate(_delete_everything))
    kept.clock.moment = START
    kept.letters.sent.clear()
    kept.letters.allows = True
    kept.opened["started"] = kept.client.run(start(kept.auth, None))


async def _delete_everything(session: Session) -> None:
    if session.dialect.name == "sqlite":
        names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    else:
        names = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    tables = [str(row[0]) for row in await session.fetch_all(names)]
    await session.execute("DELETE FROM _secret WHERE name = 'auth'")  # a test may have changed the secret
    full = [each for each in tables if each not in _KEPT_TABLES and await _has_rows(session, each)]
    if session.dialect.name == "postgresql":
        listed = ", ".join(map(session.dialect.quote, full))
        if full:
            await session.execute(f"TRUNCATE {listed} RESTART IDENTITY CASCADE")
        return
    for table in full:
        await session.execute(f"DELETE FROM {session.dialect.quote(table)}")
    if await session.fetch_one("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'") and full:
        await session.execute("DELETE FROM sqlite_sequence")


async def _has_rows(session: Session, table: str) -> bool:
    return await session.fetch_one(f"SELECT 1 FROM {session.dialect.quote(table)} LIMIT 1") is not None
