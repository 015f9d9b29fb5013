from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tabularium.schema.fields.base import FieldOptions, FieldType, InvalidValue
from tabularium.schema.fields.plain_text import PlainTextType
from tabularium.schema.fields.registry import FIELD_TYPES, DuplicateTypeName, collect, defined_types
from tabularium.schema.fields.single_line_text import SingleLineTextType
from tabularium.schema.fields.temporal import TemporalType


def test_every_type_of_this_version_is_found_by_its_names() -> None:
    assert set(FIELD_TYPES) == {
        "ai-categorize",
        "ai-extract",
        "ai-generate",
        "ai-sentiment",
        "ai-summary",
        "ai-tag",
        "ai-translate",
        "array",
        "attachment",
        "autonumber",
        "barcode",
        "boolean",
        "button",
        "checkbox",
        "code",
        "color",
        "count",
        "created-at",
        "created-by",
        "currency",
        "date",
        "datetime",
        "decimal",
        "deleted-at",
        "deleted-by",
        "duration",
        "email",
        "formula",
        "geolocation",
        "integer",
        "json",
        "long-text",
        "lookup",
        "multi-select",
        "multiple-attachments",
        "number",
        "percentage",
        "phone-number",
        "progress",
        "rating",
        "relationship",
        "rich-text",
        "rollup",
        "single-attachment",
        "single-line-text",
        "single-select",
        "status",
        "time",
        "updated-at",
        "updated-by",
        "url",
        "user",
    }


def test_an_alias_leads_to_the_same_type() -> None:
    assert FIELD_TYPES["boolean"] is FIELD_TYPES["checkbox"]
    assert FIELD_TYPES["boolean"].names[0] == "checkbox"


def test_a_class_is_yielded_once_and_a_shared_base_never() -> None:
    found = list(defined_types())
    assert len(found) == len(set(found)) == len(set(FIELD_TYPES.values()))
    assert PlainTextType not in found


def test_a_clash_of_names_names_both_types() -> None:
    class Rival(TemporalType):
        names = ("rival", "single-line-text")

    with pytest.raises(DuplicateTypeName, match=r"by \S+\.SingleLineTextType and by \S+Rival"):
        collect([SingleLineTextType, Rival])


def test_nobody_can_add_a_type_at_run_time() -> None:
    with pytest.raises(TypeError):
        FIELD_TYPES["other"] = FieldType  # type: ignore[index]


def test_the_type_of_the_guide_is_a_whole_type() -> None:
    guide = Path(__file__).parents[3] / "docs" / "adding-a-field-type.md"
    source = re.search(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert source
    module: dict[str, Any] = {"__name__": "guide"}
    exec(source[1], module)
    color = module["ColorType"](FieldOptions())
    assert color.parse("#Ff00aA", "write") == "#Ff00aA"
    for value, code in ((5, "wrong_type"), ("red", "invalid_color"), ("#ff00aa\n", "invalid_color")):
        with pytest.raises(InvalidValue, match=code):
            color.parse(value, "write")
    assert "color" in collect([module["ColorType"]])
