from __future__ import annotations

import pytest

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.fields.email import key_column
from tests.schema.fields.cases import LONGEST_NAME, make_type
from tests.support.scope import row_of

EMAIL = make_type("email")


def test_a_hidden_column_holds_the_folded_address() -> None:
    assert EMAIL.column_names("mail") == ("mail", "_mail_key")
    assert EMAIL.unique_columns("mail") == ("_mail_key",)
    for dialect in (SQLITE, POSTGRESQL):
        assert EMAIL.encode("Ada@Example.ORG", dialect) == ("Ada@Example.ORG", "ada@example.org")


def test_hidden_columns_of_long_names_stay_apart() -> None:
    other = LONGEST_NAME[:-1] + "o"
    assert key_column(LONGEST_NAME) != key_column(other)
    assert len(key_column(LONGEST_NAME)) <= 63


def test_equality_compares_the_key_and_order_and_text_the_address() -> None:
    row = row_of("people", POSTGRESQL)
    assert EMAIL.filter_expression("mail", "E", row) == '"people"."_mail_key"'
    assert EMAIL.filter_value("Ada@Example.ORG", "E", POSTGRESQL) == "ada@example.org"
    for group in ("O", "T", "P"):
        assert EMAIL.filter_expression("mail", group, row) == '"people"."mail"'
        assert EMAIL.filter_value("Ada@Example.ORG", group, POSTGRESQL) == "Ada@Example.ORG"


@pytest.mark.parametrize("domain", ["example.test", "example.invalid", "mail.example", "host.local", "x.onion"])
def test_reserved_domains_are_addresses(domain: str) -> None:
    assert EMAIL.parse(f"ada@{domain}", "write") == f"ada@{domain}"


def test_only_the_spaces_around_an_address_are_taken_away() -> None:
    assert EMAIL.parse(" \tInfo@EXAMPLE.org\u00a0\n", "write") == "Info@EXAMPLE.org"
    assert EMAIL.parse(" Info@EXAMPLE.org ", "filter") == "Info@EXAMPLE.org"
