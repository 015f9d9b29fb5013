"""SQL of the application file to a syntax tree, by a closed list of words, signs and functions.

The text is read by sqlglot and goes no further: what reaches a database is written anew (`tabularium.schema.checks`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]  # passed on without a word of export

MAX_LENGTH: Final = 2000
MAX_NODES: Final = 200

FUNCTIONS: Final = ("abs", "ceil", "coalesce", "floor", "length", "lower", "nullif", "round", "trim", "upper")

_GRAMMAR: Final = frozenset(
    {
        *("and", "between", "case", "else", "end", "escape", "false", "in", "is", "like", "not", "null", "or", "then"),
        *("true", "when"),
    }
)
_SIGNS: Final = frozenset({"+", "-", "*", "/", "(", ")", ",", "=", "<>", "!=", "<", "<=", ">", ">="})
_LITERALS: Final = frozenset({TokenType.STRING, TokenType.NUMBER})

_SQL = Dialect.get_or_raise(None)


class ConditionError(Exception):
    """Why a condition is refused. `offset` counts characters of its text from 0; `None` where it is about the whole."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset

    def __str__(self) -> str:
        return self.message if self.offset is None else f"character {self.offset + 1}: {self.message}"


class UnknownName(ConditionError):
    """A condition names what the table has not."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f'unknown field "{name}"{hint}')
        self.name = name


def parse_condition(text: str, names: Iterable[str]) -> exp.Expr:
    """Return the tree of a condition over these names. Raises `ConditionError` for what is not allowed."""
    if not text.strip():
        raise ConditionError("must hold a condition")
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"must have at most {MAX_LENGTH} characters")
    try:
        tokens = _SQL.tokenize(text)
    except TokenError:
        raise ConditionError("is not understood: a text or a name without its closing quote") from None
    if not tokens:  # nothing but a comment
        raise ConditionError("must hold a condition")
    admitted = [_admit(token, following) for token, following in zip(tokens, [*tokens[1:], None], strict=True)]
    try:
        trees = _SQL.parser().parse_into(exp.Condition, admitted, text)
    except ParseError as failure:
        words = [name for name in names if name in _GRAMMAR and any(token.text == name for token in tokens)]
        hint = f'; the field "{words[0]}" must stand in double quotes' if words else ""
        raise _not_understood(failure, text, hint) from None
    except RecursionError:
        raise ConditionError("is nested too deeply") from None
    if len(trees) != 1 or trees[0] is None:
        raise ConditionError("must be one condition")
    if sum(1 for _ in trees[0].walk()) > MAX_NODES:
        raise ConditionError(f"must have at most {MAX_NODES} parts")
    return trees[0]


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean "name"?` or nothing."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f'; did you mean "{found[0]}"?' if found else ""


def offset_of(node: exp.Expr) -> int | None:
    """Return where the first name in a part of the tree stands; literals carry no place."""
    places = [name.meta["start"] for name in node.find_all(exp.Identifier) if "start" in name.meta]
    return min(places, default=None)


def _admit(token: Token, following: Token | None) -> Token:
    """Return a token of the closed list, a name as a quoted identifier, so that no SQL word is special among names."""
    if token.token_type in _LITERALS or token.token_type is TokenType.IDENTIFIER or token.text in _SIGNS:
        return token
    word = token.text.lower()
    if word in _GRAMMAR:
        return token
    if not (word.isascii() and word.replace("_", "a").isalnum() and not word[0].isdigit()):
        raise ConditionError(f'"{token.text}" is not allowed', token.start)
    if following is not None and following.text == "(":
        if word not in FUNCTIONS:
            allowed = ", ".join(FUNCTIONS)
            hint = nearest(word, FUNCTIONS)
            raise ConditionError(f'the function "{token.text}" is not allowed (allowed: {allowed}){hint}', token.start)
        return token
    return Token(TokenType.IDENTIFIER, token.text, token.line, token.col, token.start, token.end, [])


def _not_understood(failure: ParseError, text: str, hint: str) -> ConditionError:
    details: Mapping[str, object] = failure.errors[0] if failure.errors else {}
    before = details.get("start_context")
    sign = details.get("highlight")
    near = f' near "{sign}"' if sign else ""
    # The context is cut to its last 100 characters, so a longer text gets no exact place.
    offset = len(before) if isinstance(before, str) and text.startswith(before) else None
    return ConditionError(f"is not understood{near}{hint}", offset)
