from __future__ import annotations

import email_validator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.fields.base import InvalidValue
from tabularium.schema.fields.email import _ORDINARY, key_column
from tests.schema.fields.cases import LONGEST_NAME, make_type
from tests.support.effort import examples
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


@settings(max_examples=examples(300))
@given(
    st.text(st.sampled_from("ab0Z-_.@+!é~' x"), max_size=20),
    st.sampled_from(["", "@b.com", ".org", "@a-b.c0", "@xn--a.de"]),
)
def test_what_is_accepted_at_once_is_accepted_by_the_library(beginning: str, end: str) -> None:
    address = beginning + end
    if _ORDINARY.fullmatch(address):
        email_validator.validate_email(address, check_deliverability=False)


@pytest.mark.parametrize("address", ["a@b.com", f"{'a' * 64}@b.com", f"a@{'b' * 62}.com", "o'neil+x@mail.example"])
def test_ordinary_addresses_are_accepted_at_once(address: str) -> None:
    assert _ORDINARY.fullmatch(address)


@pytest.mark.parametrize("address", [f"a@{'b' * 64}.com", "a@b", "a..b@c.org", "a@-b.org", "a@b.1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidValue):
        EMAIL.parse(address, "write")
