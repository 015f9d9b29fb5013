"""What the documentation says of permissions can be served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tabularium.access.identity import ANONYMOUS, Identity
from tabularium.access.policy import access
from tabularium.application import load_schema
from tests.support.auth import Browser, site

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "permissions.md").read_text("utf-8")
ACTIONS, ROWS, EMPTINESS = (part.split("```")[0] for part in TEXT.split("```yaml\n")[1:])
"""The examples, in the order of the text."""
TASKS = "/api/tables/tasks/records"


def test_the_example_means_what_the_text_says(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(ACTIONS, "utf-8")
    loaded = load_schema(file)
    products, archived = loaded.schema.tables
    assert loaded.warnings == ()
    assert access(ANONYMOUS, products).listed == ("title", "price")
    sales = access(Identity("u", frozenset({"sales"})), products)
    assert sales.listed == ("title", "price", "cost", "margin")
    assert sales.writable == {"title", "price", "cost"}
    assert "update" not in access(Identity("u", frozenset({"sales"})), archived).actions


def statuses(browser: Browser, record_id: str) -> tuple[int, ...]:
    """Read, change and delete a record, and return what came of it."""
    path = f"{TASKS}/{record_id}"
    answers = browser("GET", path), browser("PATCH", path, {"title": "changed"}), browser("DELETE", path)
    return tuple(answer.status for answer in answers)


def test_the_example_for_rows_does_what_the_text_says(tmp_path: Path) -> None:
    content: dict[str, Any] = yaml.safe_load(ROWS)
    assert load(tmp_path, content).warnings == ()
    with site(tmp_path, f"sqlite:{tmp_path / 'tabularium.db'}", content["auth"], tables=content["tables"]) as served:
        own, other = served.browser(), served.browser()
        me, them = (each.sign_up(f"{n}@example.com")["id"] for n, each in enumerate((own, other)))

        def made(**values: Any) -> str:
            answer = own("POST", TASKS, values)
            assert answer.status == 201, answer.body
            return str(answer.json()["id"])

        public, locked, private = made(public=True), made(state="locked"), made()
        assert own("GET", f"{TASKS}/{private}").json()["fields"]["owner"] == me
        assert own("POST", TASKS, {"owner": them}).status == 403
        assert [other("GET", f"{TASKS}/{each}").status for each in (public, locked, private)] == [200, 404, 404]
        assert other("GET", TASKS).json()["pagination"]["total"] == 1
        assert statuses(other, public) == (200, 403, 403)
        assert statuses(other, private) == (404, 404, 404)
        assert statuses(own, locked) == (200, 403, 204)
        assert statuses(own, public) == (200, 200, 204)
        assert own("PATCH", f"{TASKS}/{private}", {"owner": them}).status == 403


def test_both_forms_of_the_current_user_and_the_condition_on_emptiness_are_accepted(tmp_path: Path) -> None:
    content: dict[str, Any] = yaml.safe_load(ROWS)
    (table,) = content["tables"]
    table["rowLevelPermissions"]["write"] = yaml.safe_load(EMPTINESS)
    long = TEXT.partition("`{ kind: currentUser")[2].partition("`")[0]
    table["rowLevelPermissions"]["delete"]["when"]["value"] = yaml.safe_load(f"{{ kind: currentUser{long}")
    short, written = (
        load(tmp_path, each).schema.tables[0].row_rules["delete"] for each in (yaml.safe_load(ROWS), content)
    )
    assert (short.condition.predicate, short.condition.values) == (
        written.condition.predicate,
        written.condition.values,
    )


def load(folder: Path, content: dict[str, Any]) -> Any:
    file = folder / "rows.yaml"
    file.write_text(yaml.safe_dump(content), "utf-8")
    return load_schema(file)
