"""What is kept of the values of records is read by the ids of fields and by their names, whichever form it has."""

from __future__ import annotations

from typing import Any

import pytest

from tabularium import json_text
from tabularium.db.kept_changes import changes_by_id, changes_by_name, key_of, parts_of, rewritten

CREATED = '[{"1:title":"a","2:amount":1.50}]'
CHANGED = '{"1:title":{"from":"a","to":null},"2:amount":{"from":1.50,"to":[2]}}'


def plain(changes: dict[str, Any]) -> Any:
    return json_text.load_plain(json_text.dump(changes).decode())


@pytest.mark.parametrize(
    ("text", "title", "amount"),
    [
        (CREATED, '{"from":null,"to":"a"}', '{"from":null,"to":1.50}'),
        (CHANGED, '{"from":"a","to":null}', '{"from":1.50,"to":[2]}'),
    ],
)
def test_both_forms_are_read_with_every_digit(text: str, title: str, amount: str) -> None:
    assert json_text.dump(changes_by_id(text)).decode() == f'{{"1":{title},"2":{amount}}}'
    assert json_text.dump(changes_by_name(text)).decode() == f'{{"title":{title},"amount":{amount}}}'


def test_a_create_of_nothing_tells_nothing() -> None:
    assert changes_by_id("[{}]") == changes_by_name("[{}]") == {}


def test_changes_of_accounts_have_names_alone() -> None:
    assert plain(changes_by_name('{"role":{"from":"member","to":"admin"}}')) == {
        "role": {"from": "member", "to": "admin"}
    }


def test_what_has_lost_its_id_or_its_name_is_told_where_the_other_is_asked_for() -> None:
    text = '{":gone":{"from":1,"to":2},"7:":{"from":3,"to":4}}'
    assert changes_by_name(text).keys() == {"gone"}
    assert plain(changes_by_id(text))["7"] == {"from": 3, "to": 4}


@pytest.mark.parametrize(("field_id", "name"), [("1", "title"), ("", "title"), ("my-id_1", "a_b")])
def test_a_key_comes_apart_as_it_was_made(field_id: str, name: str) -> None:
    assert parts_of(key_of(field_id, name)) == (field_id, name)


def test_rewriting_reaches_every_key_and_value_of_either_form() -> None:
    def moved(key: str) -> str:
        field_id, name = parts_of(key)
        return key_of({"1": "2", "2": "1"}[field_id], name)

    def emptied(key: str, value: Any) -> Any:
        return None if key == "1:title" else value

    assert rewritten(CREATED, moved, emptied) == '[{"2:title":null,"1:amount":1.50}]'
    assert rewritten(CHANGED, moved, emptied) == '{"2:title":{"from":null,"to":null},"1:amount":{"from":1.50,"to":[2]}}'
    assert rewritten(CHANGED, lambda key: key, lambda _, value: value) == CHANGED
