"""`rich-text`: HTML that is cleaned on every write."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache
from typing import Annotated, Any, Final

import nh3
import sqlalchemy
from pydantic import Field

from tabularium.db.dialect import Dialect
from tabularium.db.names import own_name
from tabularium.schema.fields.base import (
    FieldOptions,
    FieldType,
    Group,
    InvalidValue,
    Mode,
    Problem,
    Row,
    SchemaMode,
)
from tabularium.schema.fields.characters import TEXT_PATTERN, is_blank_text, read_text, text_problem
from tabularium.schema.fields.long_text import LONGEST
from tabularium.schema.fields.storage import stored_column

_TAGS: Final = frozenset(
    {
        *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "em", "i", "u", "s", "sub", "sup"),
        *("mark", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img", "span"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)
_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    attributes={
        "a": {"href", "title"},
        "img": {"src", "alt", "title", "width", "height"},
        "th": {"colspan", "rowspan"},
        "td": {"colspan", "rowspan"},
    },
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer",
)
_STRIPPER: Final = nh3.Cleaner(tags=set())


@lru_cache(maxsize=8)
def text_without_tags(markup: str) -> str:
    """Return what people read of an HTML text. Tags are replaced by nothing, entities by their characters."""
    return html.unescape(_STRIPPER.clean(markup))


def text_column(name: str) -> str:
    """Return the column that holds the text without tags of the field called `name`."""
    return own_name(name, "text")


class RichTextOptions(FieldOptions):
    """The options of `rich-text`."""

    max_length: Annotated[int, Field(ge=1, le=LONGEST)] = Field(
        LONGEST, description="The greatest number of characters of the cleaned HTML."
    )


class RichTextType(FieldType):
    """HTML with a closed list of tags. What cleaning leaves of it is what is stored, and what the answer shows."""

    names = ("rich-text",)
    Options = RichTextOptions
    options: RichTextOptions
    groups = frozenset({"T"})
    search_group = True

    def column_names(self, name: str) -> tuple[str, ...]:
        return (name, text_column(name))

    def columns(self, name: str, dialect: Dialect) -> Sequence[sqlalchemy.Column[Any]]:
        return tuple(stored_column(each, "text", dialect) for each in self.column_names(name))

    def encode(self, value: Any, dialect: Dialect) -> tuple[Any, ...]:
        return (value, None if value is None else text_without_tags(value))

    def presenter(self) -> None:
        return None

    def parse(self, value: Any, mode: Mode) -> str:
        text = read_text(value)
        problem = text_problem(text)
        if problem:
            raise InvalidValue(problem)
        cleaned = str(_CLEANER.clean(text))
        if len(cleaned) > self.options.max_length and mode != "filter":
            message = f"Must have at most {self.options.max_length} characters once it is cleaned."
            raise InvalidValue(Problem("too_long", message))
        return cleaned

    def is_blank(self, value: Any) -> bool:
        return "<img" not in value and is_blank_text(text_without_tags(value))

    def display(self, value: Any, zone: tzinfo | None) -> str:
        return text_without_tags(value)

    def filter_expression(self, name: str, group: Group, row: Row) -> str:
        """Compare what people read; whether there is a value at all is asked of the HTML."""
        return row.column(text_column(name) if group == "T" else name)

    def search_expression(self, name: str, row: Row) -> str | None:
        return row.column(text_column(name))

    def schema(self, mode: SchemaMode) -> dict[str, Any]:
        return {"type": "string"} if mode == "record" else {"type": "string", "pattern": TEXT_PATTERN}
