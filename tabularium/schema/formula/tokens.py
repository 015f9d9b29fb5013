"""The words and signs of a formula, by a closed list, and what each of them stands for.

The text is cut by sqlglot's tokenizer. Each name, value and function then goes on to its parser as a quoted name of its
own (`v7` for the seventh token), so that no word of SQL is special among them and each keeps its place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import ClassVar, Final

from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import TokenError
from sqlglot.tokens import Token, Tokenizer, TokenType  # type: ignore[attr-defined]  # passed on without a word of export

from tabularium.config.problems import suggestion
from tabularium.schema.formula.functions import FUNCTIONS
from tabularium.schema.formula.tree import Constant, FormulaError, FormulaRefused, Reference, Written

MAX_LENGTH: Final = 2_000
MAX_NODES: Final = 200
MAX_DEPTH: Final = 30
MAX_DIGITS: Final = 40

_GRAMMAR: Final[Mapping[str, TokenType]] = {
    word: TokenType[word]
    for word in ("AND", "OR", "NOT", "IS", "IN", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "NULL")
}
_SIGNS: Final = frozenset(
    {"+", "-", "*", "/", "%", "&", "||", "=", "==", "!=", "<>", "<", "<=", ">", ">=", "(", ")", ","}
)
_COUNTED: Final = (_SIGNS - {"(", ")", ","}) | {"AND", "OR", "NOT", "IS", "IN", "BETWEEN", "CASE"}
_BETWEEN_VALUES: Final = frozenset({"AND", "OR", "IS", "IN", "BETWEEN"})
_CONSTANTS: Final[Mapping[str, bool | None]] = {"TRUE": True, "FALSE": False, "NULL": None}
_OPENING: Final = frozenset({"(", "CASE"})
_CLOSING: Final = frozenset({")", "END"})

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class FormulaTokenizer(Tokenizer):
    """Text in either kind of quotes, which stands twice to mean itself; names in braces; no comments."""

    QUOTES: ClassVar[list[tuple[str, str] | str]] = ["'", '"']
    STRING_ESCAPES: ClassVar[list[str]] = ["'", '"']
    IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = [("{", "}")]
    COMMENTS: ClassVar[list[str | tuple[str, str]]] = []
    KEYWORDS: ClassVar[dict[str, TokenType]] = {
        **_GRAMMAR,
        "==": TokenType.EQ,
        "||": TokenType.DPIPE,
        ">=": TokenType.GTE,
        "<=": TokenType.LTE,
        "<>": TokenType.NEQ,
        "!=": TokenType.NEQ,
    }


class FormulaLanguage(Dialect):
    """What sqlglot has to know of the language."""

    Tokenizer = FormulaTokenizer


_LANGUAGE: Final = FormulaLanguage()


def cut(text: str) -> list[Token]:
    """Return the tokens of a formula. Raises `FormulaRefused`."""
    if not text.strip():
        raise FormulaRefused([FormulaError("must hold a formula")])
    if len(text) > MAX_LENGTH:
        raise FormulaRefused([FormulaError(f"must have at most {MAX_LENGTH} characters")])
    unstorable = _UNSTORABLE.search(text)
    if unstorable:
        raise FormulaRefused([FormulaError("no database can hold this character", unstorable.start())])
    try:
        return _LANGUAGE.tokenize(text)
    except TokenError:
        raise FormulaRefused([FormulaError("a text or a name without its closing sign")]) from None


class Admission:
    """One pass over the tokens: it says what stands for what, and finds what is not allowed or is missing.

    `admitted` goes to the parser; `leaves` holds what its quoted names stand for, functions as text.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self.errors: list[FormulaError] = []
        self.leaves: dict[str, Written | str] = {}
        self.offsets: dict[str, int] = {}
        self._needs_value = True
        self.admitted = [self._admit(place, token) for place, token in enumerate(tokens)]
        if self._needs_value and not self.errors:
            self._refuse(tokens[-1], f"a value is missing after {_shown(tokens[-1])}")
        self._check_size()

    def _admit(self, place: int, token: Token) -> Token:
        word = token.text.upper()
        if token.token_type in (TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER):
            return self._leaf(place, token, self._value(token))
        if token.text in _SIGNS:
            return self._sign(place, token)
        if word in ("AND", "OR") and self._needs_value and self._text(place + 1) == "(":
            return self._leaf(place, token, word)
        if word in _GRAMMAR and (word != "NULL" or self._follows_is(place)):
            return self._grammar(place, token, word)
        if not _WORD.fullmatch(token.text):
            self._refuse(token, f"{_shown(token)} is not allowed")
            return token
        if self._text(place + 1) == "(":
            return self._leaf(place, token, self._function(token))
        known = word in _CONSTANTS
        return self._leaf(place, token, _constant(token, word) if known else Reference(token.text, token.start))

    def _value(self, token: Token) -> Written:
        if token.token_type is TokenType.STRING:
            return Constant("text", token.text, token.start)
        if token.token_type is TokenType.IDENTIFIER:
            return Reference(token.text.strip(), token.start)
        if not _NUMBER.fullmatch(token.text) or len(token.text) > MAX_DIGITS:
            self._refuse(token, f"numbers are written with plain digits, at most {MAX_DIGITS} of them, such as 0.5")
            return Constant("number", Decimal(0), token.start)
        return Constant("number", Decimal(token.text), token.start)

    def _function(self, token: Token) -> str:
        name = token.text.upper()
        if name not in FUNCTIONS or not _WORD.fullmatch(name):
            names = sorted(each for each in FUNCTIONS if _WORD.fullmatch(each))
            hint = suggestion(name, names) or f"; there are {', '.join(names)}"
            self._refuse(token, f'there is no function "{token.text}"{hint}')
        return name

    def _leaf(self, place: int, token: Token, stands_for: Written | str) -> Token:
        name = f"v{place}"
        self.leaves[name] = stands_for
        self.offsets[name] = token.start
        self._needs_value = False
        return Token(TokenType.IDENTIFIER, name, token.line, token.col, token.start, token.end, [])

    def _sign(self, place: int, token: Token) -> Token:
        is_call_without_values = token.text == ")" and self._text(place - 1) == "("
        if self._needs_value and token.text not in ("(", "-") and not is_call_without_values:
            self._refuse(token, f"a value is missing before {_shown(token)}")
        self._needs_value = token.text != ")"
        return token

    def _grammar(self, place: int, token: Token, word: str) -> Token:
        following = self._text(place + 1)
        is_of_is = word in ("NOT", "NULL") and self._follows_is(place)
        if word in _BETWEEN_VALUES and self._needs_value:
            self._refuse(token, f"a value is missing before {_shown(token)}")
        elif word == "IS" and following != "NULL" and (following, self._text(place + 2)) != ("NOT", "NULL"):
            self._refuse(token, "IS is allowed only before NULL and NOT NULL")
        elif word == "IN" and following != "(":
            self._refuse(token, "IN takes its values in parentheses")
        elif word == "NOT" and not self._needs_value and not is_of_is and following not in ("IN", "BETWEEN"):
            self._refuse(token, "after a value, NOT is allowed only before IN and BETWEEN")
        self._needs_value = not is_of_is and word not in ("END", "IS")
        if word == "NOT" and following in ("IN", "BETWEEN"):
            self._needs_value = False
        return token

    def _follows_is(self, place: int) -> bool:
        before = self._text(place - 1)
        return before == "IS" or (before == "NOT" and self._text(place - 2) == "IS")

    def _text(self, place: int) -> str:
        if not 0 <= place < len(self._tokens):
            return ""
        token = self._tokens[place]
        return "" if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER) else token.text.upper()

    def _refuse(self, token: Token, message: str) -> None:
        self.errors.append(FormulaError(message, token.start))

    def _check_size(self) -> None:
        depth = 0
        for token, text in self._plain():
            depth += (text in _OPENING) - (text in _CLOSING)
            if depth > MAX_DEPTH:
                self._refuse(token, f"is nested more than {MAX_DEPTH} deep")
                break
        if len(self.leaves) + sum(text in _COUNTED for _, text in self._plain()) > MAX_NODES:
            self.errors.append(FormulaError(f"must have at most {MAX_NODES} names, values, functions and operators"))

    def _plain(self) -> Iterator[tuple[Token, str]]:
        return (
            (token, self._text(place)) for place, token in enumerate(self._tokens) if f"v{place}" not in self.leaves
        )


def _constant(token: Token, word: str) -> Constant:
    value = _CONSTANTS[word]
    return Constant("text" if value is None else "boolean", value, token.start)


def _shown(token: Token) -> str:
    return f'"{token.text}"'
