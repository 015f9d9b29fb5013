"""What is bound for the caller: their own values, and null for what they lack."""

from __future__ import annotations

from typing import Any

import pytest

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.query.caller_marks import caller_mark, caller_value, is_of_caller
from tabularium.query.conditions import CallerValue
from tabularium.query.moment import NOBODY, Caller

ADA = Caller("u_1", "Ada.STRASSE@Example.com", ("editor", "member"))


@pytest.mark.parametrize(
    ("value", "on_sqlite", "on_postgresql"),
    [
        (CallerValue("id", is_list=False), "u_1", "u_1"),
        (CallerValue("id", is_list=True), '["u_1"]', ["u_1"]),
        (CallerValue("email", is_list=False), ADA.email, ADA.email),
        (CallerValue("email", is_list=False, is_folded=True), "ada.strasse@example.com", "ada.strasse@example.com"),
        (
            CallerValue("email", is_list=True, is_folded=True),
            '["ada.strasse@example.com"]',
            ["ada.strasse@example.com"],
        ),
        (CallerValue("role", is_list=True), '["editor","member"]', ["editor", "member"]),
    ],
)
def test_a_mark_names_the_form_that_the_database_is_given(
    value: CallerValue, on_sqlite: Any, on_postgresql: Any
) -> None:
    assert caller_value(caller_mark(value, SQLITE), ADA) == on_sqlite
    assert caller_value(caller_mark(value, POSTGRESQL), ADA) == on_postgresql


@pytest.mark.parametrize("caller", [NOBODY, Caller("u_1", None, ())], ids=["nobody", "without address and roles"])
@pytest.mark.parametrize("is_list", [False, True])
def test_what_the_caller_lacks_is_null_and_no_empty_list(caller: Caller, is_list: bool) -> None:
    for dialect in (SQLITE, POSTGRESQL):
        assert caller_value(caller_mark(CallerValue("email", is_list), dialect), caller) is None
        assert caller_value(caller_mark(CallerValue("role", is_list=True), dialect), caller) is None


def test_quotes_and_other_letters_stay_as_they_are() -> None:
    caller = Caller('u"1', None, ("é\\",))
    assert caller_value(caller_mark(CallerValue("id", is_list=True), SQLITE), caller) == '["u\\"1"]'
    assert caller_value(caller_mark(CallerValue("role", is_list=True), SQLITE), caller) == '["é\\\\"]'


def test_a_mark_is_told_from_the_others_of_a_statement() -> None:
    assert is_of_caller(caller_mark(CallerValue("id", is_list=False), SQLITE))
    assert not is_of_caller("now")
    assert not is_of_caller("callers")
