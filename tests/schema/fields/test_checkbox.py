from __future__ import annotations

import pytest

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.fields.base import InvalidValue
from tests.schema.fields.cases import make_type


def test_a_boolean_is_a_number_on_sqlite_and_a_boolean_on_postgresql() -> None:
    checkbox = make_type("checkbox")
    assert [checkbox.encode(value, SQLITE) for value in (True, False, None)] == [(1,), (0,), (None,)]
    assert [checkbox.encode(value, POSTGRESQL) for value in (True, False, None)] == [(True,), (False,), (None,)]
    assert type(checkbox.encode(True, SQLITE)[0]) is int


def test_its_text_is_true_or_false_and_nothing_else() -> None:
    checkbox = make_type("boolean")
    assert [checkbox.parse_text(checkbox.to_text(value)) for value in (True, False)] == [True, False]
    for text in ("True", "FALSE", "1", "0", "yes", "", " true"):
        with pytest.raises(InvalidValue, match="wrong_type"):
            checkbox.parse_text(text)
