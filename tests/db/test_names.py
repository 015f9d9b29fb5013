"""Names that the server gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tabularium.db.names import MAX_NAME_LENGTH, own_name, primary_key_name

part = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=80)


def test_a_short_name_shows_its_parts() -> None:
    assert own_name("ix", "contacts", "email") == "_ix_contacts_email"
    assert primary_key_name("contacts") == "_pk_contacts"


@given(part, part)
def test_every_name_fits_and_long_ones_stay_different(first: str, second: str) -> None:
    names = {own_name("ix", first, second), own_name("ix", first, second + "x"), own_name("ix", first + "x", second)}
    assert len(names) == 3
    assert all(name.startswith("_") and len(name) <= MAX_NAME_LENGTH for name in names)
