"""`url`: an absolute address of the web."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy

from tabularium.db.dialect import Dialect
from tabularium.schema.fields.base import FieldType, InvalidValue, Mode, Problem, SchemaMode
from tabularium.schema.fields.characters import read_text
from tabularium.schema.fields.storage import stored_column

MAX_LENGTH: Final = 2048
_INVALID: Final = Problem(
    "invalid_url",
    "Must be an absolute URL that begins with http:// or https:// and names a host, in ASCII without spaces, "
    f"of at most {MAX_LENGTH} characters.",
)

_LABEL: Final = "[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST: Final = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\])"
# A user name holds nothing that ends the authority in some reader: not even a backslash, which browsers read as "/".
_USER: Final = r"(?:[!-\"$-.0->A-Z^-~]*@)?"
# The rest is any visible ASCII, since real addresses hold "{" and "|", which RFC 3986 would refuse.
URL_PATTERN: Final = rf"^[Hh][Tt][Tt][Pp][Ss]?://{_USER}{_HOST}(?::[0-9]{{1,5}})?(?:[/?#][!-~]*)?$"
_URL: Final = re.compile(URL_PATTERN[1:-1], re.ASCII)


class UrlType(FieldType):
    """An absolute `http` or `https` URL, kept as sent."""

    names = ("url",)
    groups = frozenset({"E", "O", "T"})
    is_sortable = True
    is_uniquable = True
    aggregates = frozenset({"min", "max"})
    is_long_text = True
    search_group = True

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return (stored_column(name, "text", dialect),)

    @property
    def index_bytes(self) -> int:
        return MAX_LENGTH  # ASCII

    def parse(self, value: Any, mode: Mode) -> str:
        url = read_text(value)
        if (len(url) > MAX_LENGTH and mode != "filter") or not _URL.fullmatch(url):
            raise InvalidValue(_INVALID)
        return url

    def parse_column(self, values: list[Any]) -> list[Any]:
        is_text = set(map(type, values)) == {str}
        if not is_text or max(map(len, values)) > MAX_LENGTH or not all(map(_URL.fullmatch, values)):
            raise InvalidValue
        return values

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        # The format `uri` would refuse stored values, see above; the pattern is exact.
        schema: dict[str, Any] = {"type": "string", "pattern": URL_PATTERN}
        return {**schema, "maxLength": MAX_LENGTH} if mode in ("create", "update") else schema
