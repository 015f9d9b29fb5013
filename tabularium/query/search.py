"""The second stage for `q`: words that must occur in the texts that the caller may read."""

from __future__ import annotations

from typing import Final

from tabularium.db.fold import fold
from tabularium.errors import FieldError
from tabularium.query.conditions import WordSearch
from tabularium.query.names import ReadableFields
from tabularium.schema.fields.characters import text_problem

MAX_LENGTH: Final = 200
MAX_WORDS: Final = 10


def plan_search(text: str | None, fields: ReadableFields, errors: list[FieldError]) -> WordSearch | None:
    """Read `q`, appending every failure to `errors`. Words are what stands between white space."""
    if text is None:
        return None
    words = text.split()
    problem = text_problem(text)
    if problem:
        errors.append(FieldError("q", problem.message, problem.code))
    elif not words or len(text) > MAX_LENGTH:
        message = f"Must have 1 to {MAX_LENGTH} characters, and at least one word."
        errors.append(FieldError("q", message, "out_of_range"))
    elif len(words) > MAX_WORDS:
        errors.append(FieldError("q", f"Must have at most {MAX_WORDS} words.", "too_many"))
    searched = (each for each in fields.table.fields if each.name in fields.names and each.type.search_group)
    return WordSearch(tuple(searched), tuple(dict.fromkeys(map(fold, words))))
