"""An application whose tables are commented on in every way, and people who do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Answer
from tests.support.auth import Browser, Site, site

AUTH: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "deleteUser": {"authoredContent": "keep"},
    "rateLimit": {"enabled": False},
}
TITLE: dict[str, Any] = {"id": 1, "name": "title", "type": "single-line-text"}
MINE: dict[str, Any] = {"field": "owner", "operator": "eq", "value": "$currentUser.id"}


def table(number: int, name: str, *, fields: tuple[dict[str, Any], ...] = (), **blocks: Any) -> dict[str, Any]:
    return {"id": number, "name": name, "fields": [TITLE, *fields], **blocks}


TABLES: list[dict[str, Any]] = [
    table(1, "notes", comments={"readTracking": True}),
    table(2, "posts", permissions={"read": "all"}, comments={"guestComments": True, "readTracking": True}),
    table(3, "reviewed", permissions={"read": "all"}, comments={"guestComments": True, "moderation": "manual"}),
    table(4, "members only", permissions={"read": "all", "comment": "all"}),
    table(5, "quiet", permissions={"read": "all"}, comments={"guestComments": True, "moderation": "auth-required"}),
    table(
        6,
        "diaries",
        fields=({"id": 2, "name": "owner", "type": "user"}, {"id": 3, "name": "shared", "type": "checkbox"}),
        comments={"readTracking": True},
        rowLevelPermissions={
            "read": {
                "when": {"logic": "or", "conditions": [MINE, {"field": "shared", "operator": "eq", "value": True}]}
            }
        },
    ),
    table(7, "flat", comments={"threading": False}),
    table(8, "slugs", primaryKey={"type": "text"}),
    table(
        9,
        "children",
        fields=({"id": 2, "name": "note", "type": "relationship", "relatedTable": "notes", "onDelete": "cascade"},),
    ),
    table(10, "hidden", permissions={each: ["admin"] for each in ("read", "create", "comment")}),
]


@dataclass
class Person:
    """Somebody with a browser, who is signed in unless they are anonymous."""

    browser: Browser
    id: str = ""

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return self.browser(method, path, body, **more)

    def says(self, thread: str, content: str = "hello", **more: Any) -> dict[str, Any]:
        """Comment, and return the comment."""
        answer = self("POST", thread, {"content": content, **more})
        assert answer.status == 201, answer.body
        comment: dict[str, Any] = answer.json()["comment"]
        return comment

    def sees(self, thread: str, **query: Any) -> list[str]:
        """Return the texts of the comments that they are shown, the oldest first."""
        answer = self("GET", thread, query={"sort": "createdAt:asc", **query})
        assert answer.status == 200, answer.body
        content = answer.json()
        if "total" in content["pagination"] and not query:
            assert content["pagination"]["total"] == len(content["comments"])
        return [each["content"] for each in content["comments"]]

    def unread(self, thread: str) -> int:
        """Return how many comments they are told that they have not read."""
        return int(self("GET", thread).json()["unreadCount"])


@dataclass
class Crm:
    """The application with its people."""

    site: Site
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, name: str, role: str = "member") -> Person:
        """Return somebody, who signs up when first asked for."""
        if name not in self.people:
            browser = self.site.browser()
            user_id = browser.sign_up(f"{name}@example.com")["id"]
            self.site.sql('UPDATE "user" SET role = ?1, name = ?2 WHERE id = ?3', role, name.title(), user_id)
            self.people[name] = Person(browser, user_id)
        return self.people[name]

    @property
    def ada(self) -> Person:
        return self.person("ada")

    @property
    def grace(self) -> Person:
        return self.person("grace")

    @property
    def root(self) -> Person:
        return self.person("root", "admin")

    @property
    def guest(self) -> Person:
        return Person(self.site.browser())

    def thread(self, name: str = "notes", **values: Any) -> str:
        """Make a record, and return the path of its comments."""
        answer = self.root("POST", f"/api/tables/{name}/records", {"title": "a", **values})
        assert answer.status == 201, answer.body
        return f"/api/tables/{name}/records/{answer.json()['id']}/comments"

    def count(self, kept: str = "_comment") -> int:
        """Return how many rows a table of comments has."""
        return int(self.site.sql(f"SELECT count(*) FROM {kept}")[0][0])

    def entries(self) -> list[tuple[str, Any, Any]]:
        """Return action, record and changes of the entries about comments, in order."""
        found = self.site.sql(
            "SELECT action, record_id, changes FROM _activity WHERE comment_id IS NOT NULL ORDER BY id"
        )
        return [(action, record, changes) for action, record, changes in found]


@pytest.fixture
def crm(tmp_path: Path, database_url: str) -> Iterator[Crm]:
    with site(tmp_path, database_url, AUTH, tables=TABLES) as opened:
        yield Crm(opened)
