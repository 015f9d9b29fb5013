"""What the documentation says of the activity log is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tabularium.db.activity_actions import ACTIONS
from tests.support.auth import site

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "activity.md").read_text("utf-8")
QUERIES = re.findall(r"^\| `(/api/activity[^`]*)` \|", TEXT, re.MULTILINE)


def test_the_actions_are_those_that_are_written() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE)
    told = {category: tuple(re.findall(r"`([^`]+)`", actions)) for category, actions in rows if category in ACTIONS}
    assert told == ACTIONS


def test_the_contract_has_the_same_actions() -> None:
    document = json.loads((Path(__file__).resolve().parents[2] / "generated" / "openapi.json").read_bytes())
    wanted = {action for actions in ACTIONS.values() for action in actions}
    listing = document["components"]["parameters"]["ActivityAction"]["schema"]["enum"]
    assert set(listing) == set(document["components"]["schemas"]["ActivityAction"]["enum"]) == wanted
    assert len(listing) == len(wanted)


def test_every_query_that_it_shows_is_served(tmp_path: Path) -> None:
    assert len(QUERIES) > 5
    with site(tmp_path, f"sqlite:{tmp_path / 'log.db'}") as crm:
        root = crm.admin()
        for query in QUERIES:
            assert root("GET", query).status == 200, query


def test_the_entry_that_it_shows_is_one_of_the_contract() -> None:
    document = json.loads((Path(__file__).resolve().parents[2] / "generated" / "openapi.json").read_bytes())
    schema = document["components"]["schemas"]["ActivityEntry"]
    entry = json.loads(TEXT.split("```json\n")[1].split("```")[0])
    assert schema["required"] == [name for name in schema["properties"] if name in schema["required"]]
    assert set(schema["required"]) <= entry.keys() <= schema["properties"].keys()
