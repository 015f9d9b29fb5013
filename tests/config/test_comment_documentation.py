"""What the documentation says of comments can be served, and does what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tabularium.application import load_schema
from tabularium.schema.comment_options import CommentOptions
from tests.support.auth import site

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "comments.md").read_text("utf-8")
EXAMPLE = TEXT.split("```yaml\n")[1].split("```")[0]
POSTS = "/api/tables/posts/records"


def test_the_example_means_what_the_text_says(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(EXAMPLE, "utf-8")
    loaded = load_schema(file)
    assert loaded.warnings == ()
    assert loaded.schema.tables[0].comments == CommentOptions(
        guest_comments=True,
        guests_post=True,
        read_tracking=True,
        is_moderated=True,
        approves_previously_approved=True,
        has_honeypot=True,
        guest_links=1,
        account_links=1,
        blocked_words=("casino", "buy now"),
    )


def test_the_example_does_what_the_text_says(tmp_path: Path) -> None:
    content: dict[str, Any] = yaml.safe_load(EXAMPLE)
    with site(tmp_path, f"sqlite:{tmp_path / 'tabularium.db'}", content["auth"], tables=content["tables"]) as served:
        root, ada, guest = served.admin(), served.browser(), served.browser()
        ada.sign_up()
        thread = f"{POSTS}/{root('POST', POSTS, {'title': 'a'}).json()['id']}/comments"

        def status(browser: Any, text: str) -> str:
            return str(browser("POST", thread, {"content": text}).json()["comment"]["status"])

        assert [status(each, "hello") for each in (guest, ada, root)] == ["pending", "pending", "approved"]
        assert status(ada, "Buy now!") == "rejected"
        assert status(root, "casino www.a www.b") == "approved"
        mine = ada("GET", thread, query={"status": "pending"}).json()["comments"][0]
        assert root("PATCH", f"{thread}/{mine['id']}", {"status": "approved"}).status == 200
        assert [status(ada, "hello"), status(ada, "www.a www.b")] == ["approved", "pending"]
        robot = guest("POST", thread, {"content": "x", "honeypot": "x"})
        assert robot.json() == {"success": True, "discarded": True}
        assert ada("GET", thread).json()["unreadCount"] == 2
        assert ada("POST", f"{thread}/read").json() == {"success": True}
        assert ada("GET", thread).json()["unreadCount"] == 0
        assert len(guest("GET", thread).json()["comments"]) == 4


def test_a_table_without_the_block_has_what_the_table_of_keys_says(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    tables = "tables: [{name: a, fields: [{name: b, type: integer}]}]"
    file.write_text(f"name: x\nauth: {{strategies: [{{type: emailAndPassword}}]}}\n{tables}\n", "utf-8")
    (table,) = load_schema(file).schema.tables
    assert table.comments == CommentOptions()
    file.write_text(f"name: x\n{tables}\n", "utf-8")
    (table,) = load_schema(file).schema.tables
    assert table.comments == CommentOptions(has_honeypot=True)
