"""One table of edge values: for every field type what it takes, gives back and refuses, in ascending order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tabularium.json_text import JsonText
from tabularium.schema.fields.base import FieldType
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.model import PrimaryKey
from tests.support.scope import OneTable

LONGEST_NAME = "n" * 63
UUID = "0190a6b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"


NEEDED: Mapping[str, Mapping[str, Any]] = {
    "single-select": {"options": ["a"]},
    "multi-select": {"options": ["a"]},
    "status": {"options": ["a"]},
    "ai-categorize": {"categories": ["a"]},
    "ai-tag": {"tags": ["a"]},
    "relationship": {"relatedTable": "t"},
    "currency": {"currency": "EUR"},
    "code": {"language": "sql"},
    "button": {"label": "Press"},
}
"""The options that a type cannot do without."""


def make_type(name: str, options: Mapping[str, Any] | None = None, key: PrimaryKey | None = None) -> FieldType:
    """Build a type as the schema does; `key` is the key of the related table."""
    kind = FIELD_TYPES[name]
    made = kind(kind.Options.model_validate(dict(options or {})))
    return made.resolve(OneTable("people", key)) if key else made


@dataclass(frozen=True)
class Case:
    """A configured type. `accepted` maps what is sent to the answer, in ascending order of the values."""

    type_name: str
    accepted: tuple[tuple[Any, Any], ...] = field(repr=False)
    refused: tuple[tuple[Any, tuple[str, ...]], ...] = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    key: PrimaryKey | None = None

    @property
    def type(self) -> FieldType:
        return make_type(self.type_name, self.options, self.key)

    def __str__(self) -> str:
        shown = [self.type_name, *(str(value) for value in self.options.values() if isinstance(value, (int, str)))]
        return "-".join([*shown, self.key.kind] if self.key else shown)


def same(*values: Any) -> tuple[tuple[Any, Any], ...]:
    """List values that come back as they were sent."""
    return tuple((value, value) for value in values)


def refused(code: str, *values: Any) -> tuple[tuple[Any, tuple[str, ...]], ...]:
    """List values that are refused for one reason."""
    return tuple((value, (code,)) for value in values)


NOT_TEXT = refused("wrong_type", 5, Decimal("5.5"), True, ["a"], {"a": 1})
UNSTORABLE = refused("invalid_text", "a\x00b", "\x00", "\ud800", "a\udfffb")

_WORDS = same(
    "",
    " ",
    " padded ",
    '"quoted" \\ back',
    "%_?1 $1 :name",
    "'; DROP TABLE x; --",
    "10",
    "9",
    "A",
    "Zebra",
    "a",
    "e\u0301",  # e and a combining mark stay two characters
    "z",
    "\u00a0",
    "\u00e9",
    "\u0130\u0131",
    "\u200d",
    "\u200f\u05e9\u05dc\u05d5\u05dd",
    "\u4f60\u597d",
    "\uff5e",
    "\ufffd",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 family",  # beyond the first plane sorts last, by code point
    "\U0010ffff",
)
_NOT_INTEGERS = refused("wrong_type", "5", "", True, False, Decimal("5.5"), Decimal("1e-999999999"), [5], {})
_NOT_NUMBERS = refused("wrong_type", "5", "", True, [5], {}, Decimal("NaN"), Decimal("Infinity"))
_NOT_DECIMALS = refused(
    "wrong_type", "", "abc", " 5", "5 ", "+5", "5.", ".5", "007", "1e5", "\u0665", "5,0", "NaN", True, [], {}
)
_INSTANTS = (
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ("0999-06-30T23:59:59.9Z", "0999-06-30T23:59:59.900Z"),
    ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
    ("2024-02-29t12:00:00.12z", "2024-02-29T12:00:00.120Z"),
    ("2024-03-01T02:30:00.123000+14:00", "2024-02-29T12:30:00.123Z"),
    ("2026-03-29T02:30:00+01:00", "2026-03-29T01:30:00.000Z"),
    ("2026-10-25T23:30:00-05:30", "2026-10-26T05:00:00.000Z"),
    ("9999-12-31T23:59:59.999-00:00", "9999-12-31T23:59:59.999Z"),
)
_BAD_INSTANTS = (
    *refused("wrong_type", 0, Decimal("1.5"), True, [], {}),
    *refused(
        "invalid_date",
        "",
        "today",
        "2026-03-01T09:00:00",
        "2026-03-01T09:00Z",
        "2026-03-01 09:00:00Z",
        " 2026-03-01T09:00:00Z",
        "2026-03-01T09:00:00Z\n",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01T09:00:00.Z",
        "2026-01-01T09:00:00+24:00",
        "2026-01-01T09:00:00+09:60",
        "2026-01-01T09:00:00+0900",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "\u0662026-01-01T09:00:00Z",
    ),
    *refused("too_precise", "2026-01-01T09:00:00.1234Z", "2026-01-01T09:00:00.0000001Z"),
)
_USER_IDS = ("10", "9", "JrcSDXcBRmXPtd3eMK8wZFyEVz5k4BAr", "b" * 255, "c d", "\u00e9")

CASES: tuple[Case, ...] = (
    Case(
        "single-line-text",
        _WORDS + same("\U0010ffff" * 255),
        NOT_TEXT
        + UNSTORABLE
        + tuple((f"a{sign}b", ("invalid_text",)) for sign in "\n\r\t\x0b\x1f\x7f\x85\x9f\u2028\u2029")
        + (("x" * 256, ("too_long",)), ("\U0001f600" * 256, ("too_long",)), ("\n" * 256, ("invalid_text", "too_long"))),
    ),
    Case(
        "single-line-text",
        same("ab", "abc", "e\u0301e"),
        (("", ("too_short",)), ("a", ("too_short",)), ("abcd", ("too_long",))),
        {"minLength": 2, "maxLength": 3},
    ),
    Case(
        "long-text",
        (*same(""), *same("\t\r\n\u2028\u0085\x7f lines"), *_WORDS[1:], *same("\U0010ffff" * 1_000_000)),
        NOT_TEXT + UNSTORABLE + (("x" * 1_000_001, ("too_long",)),),
    ),
    Case("long-text", same("two"), (("x", ("too_short",)), ("x" * 6, ("too_long",))), {"minLength": 2, "maxLength": 5}),
    Case(
        "email",
        (
            ("  Ada.Lovelace@Example.ORG\n", "Ada.Lovelace@Example.ORG"),
            ("a@example.test", "a@example.test"),
            ("a@sub.invalid", "a@sub.invalid"),
            ("o'brien+tag@mail.example.com", "o'brien+tag@mail.example.com"),
            ("x" * 64 + "@" + "d" * 63 + "." + "e" * 63 + "." + "f" * 57 + ".com",) * 2,
            ("\u03b4\u03bf\u03ba@\u03c0\u03b1\u03c1.test",) * 2,
        ),
        NOT_TEXT
        + refused(
            "invalid_email", "", "ada", "ada@", "@example.org", "a b@example.org", "a@b@example.org", "ada@localhost"
        )
        + refused(
            "invalid_email",
            "a@-example.org",
            "a..b@example.org",
            "Ada <ada@example.org>",
            "ada@[127.0.0.1]",
            "a\x00@example.org",
            "a@exa\udc00mple.org",
            "a@example.org\nb@example.org",
            "x" * 64 + "@" + "d" * 63 + "." + "e" * 63 + "." + "f" * 58 + ".com",
            "a" * 1_000_000,
        ),
    ),
    Case(
        "url",
        same(
            "HTTP://EXAMPLE.TEST",
            "http://127.0.0.1",
            "http://[2001:db8::1]:8080/x",
            "http://localhost:3000/",
            "http://user:p%40ss@host.test/",
            "https://a.b/?q={x}|y&z='\"<>\\^`#frag?",
            "https://xn--bcher-kva.example/path;v=1",
            "https://z/" + "p" * 2038,
        ),
        NOT_TEXT
        + refused(
            "invalid_url",
            "",
            "example.org",
            "//example.org",
            "/path",
            "ftp://example.org",
            "javascript:alert(1)",
            "mailto:a@example.org",
            "http:/example.org",
            "http://",
            "http:///path",
            "http://?q",
            "http://:80",
            "http://user@/",
            "http://.example",
            "http://a..b",
            "http://-a.test",
            "http://a.test:port",
            "http://a.test:123456",
            "http://b\u00fccher.example",
            "http://a.test/\u00e9",
            "http://a b.test",
            "http://a.test/a b",
            " http://a.test",
            "http://a.test\n",
            "http://a.test/\x00",
            "http://good.test\\@evil.test",
            "http://[::1",
            "https://z/" + "p" * 2039,
            "http://" + "a" * 100_000 + "!",
        ),
    ),
    Case(
        "integer",
        (
            (-(2**63), -(2**63)),
            (Decimal(-9007199254740993), -9007199254740993),
            (-1, -1),
            (Decimal("-0.0"), 0),
            (1, 1),
            (Decimal("5.000"), 5),
            (Decimal("1E+3"), 1000),
            (2**53 - 1, 2**53 - 1),
            (2**53, 2**53),
            (2**53 + 1, 2**53 + 1),
            (Decimal("9007199254740994.0"), 2**53 + 2),
            (2**63 - 1, 2**63 - 1),
        ),
        _NOT_INTEGERS
        + refused(
            "out_of_range", 2**63, -(2**63) - 1, 10**4000, Decimal("1e999999999"), Decimal("-1e400"), Decimal(2**63)
        ),
    ),
    Case("integer", same(-3, 0, 7), ((-4, ("out_of_range",)), (8, ("out_of_range",))), {"min": -3, "max": 7}),
    Case(
        "decimal",
        (
            ("-9999999999999999.99", "-9999999999999999.99"),
            (Decimal("-9.5"), "-9.50"),
            ("-0.01", "-0.01"),
            ("-0.00", "0.00"),
            (Decimal("0.1"), "0.10"),
            ("9.500", "9.50"),
            (Decimal("9.990000000000000000000000000000000000"), "9.99"),
            (10, "10.00"),
            (Decimal("1.5E+3"), "1500.00"),
            (2**53 + 1, "9007199254740993.00"),
            ("9999999999999999.99", "9999999999999999.99"),
        ),
        _NOT_DECIMALS
        + refused("out_of_range", 10**16, -(10**16), "10000000000000000", Decimal("1e999999999"), 10**4000, "9" * 5000)
        + refused("too_precise", "0.001", Decimal("9.999"), Decimal("1e-999999999"))
        + (("10000000000000000.001", ("out_of_range", "too_precise")),),
    ),
    Case(
        "decimal",
        (("-0", "0"), ("1.0", "1"), (Decimal("1e17"), "1" + "0" * 17), (10**18 - 1, "9" * 18)),
        ((10**18, ("out_of_range",)), ("0.5", ("too_precise",))),
        {"precision": 0},
    ),
    Case(
        "decimal",
        (
            ("0.0000000001", "0.0000000001"),
            ("12345678.0123456789", "12345678.0123456789"),
            (99999999, "99999999.0000000000"),
        ),
        ((10**8, ("out_of_range",)), ("0.00000000001", ("too_precise",))),
        {"precision": 10},
    ),
    Case(
        "decimal",
        (("0.1", "0.1"), ("2.5", "2.5")),
        (("0", ("out_of_range",)), (Decimal("2.6"), ("out_of_range",))),
        {"precision": 1, "min": Decimal("0.1"), "max": 2.5},
    ),
    Case(
        "checkbox",
        same(False, True),
        refused("wrong_type", 0, 1, "true", "", Decimal(1), [], {}),
    ),
    Case(
        "currency",
        (
            (Decimal("-9999999999999.99"), Decimal("-9999999999999.99")),
            (Decimal("-0.5"), Decimal("-0.5")),
            (Decimal("-0.00"), 0),
            (Decimal("0.01"), Decimal("0.01")),
            (Decimal("9.50"), Decimal("9.5")),
            (10, 10),
            (Decimal("1.5E+3"), 1500),
            (9 * 10**15, 9 * 10**15),
        ),
        _NOT_NUMBERS
        + refused("out_of_range", 10**16, Decimal("1e999999999"), 2**53 + 1)
        + refused("too_precise", Decimal("0.001"), Decimal("12345678901234.56"), Decimal("1e-999999999")),
        {"currency": "EUR"},
    ),
    Case(
        "percentage",
        ((Decimal("-0.1"), Decimal("-0.1")), (0, 0), (Decimal("12.50"), Decimal("12.5")), (100, 100)),
        (
            *_NOT_NUMBERS,
            (Decimal("-0.2"), ("out_of_range",)),
            (101, ("out_of_range",)),
            (Decimal("0.05"), ("too_precise",)),
        ),
        {"precision": 1, "min": Decimal("-0.1"), "max": 100},
    ),
    Case(
        "number",
        ((Decimal("0.0000000001"), Decimal("0.0000000001")), (Decimal("1.5"), Decimal("1.5")), (99999999, 99999999)),
        (*_NOT_NUMBERS, (10**8, ("out_of_range",)), (Decimal("0.00000000001"), ("too_precise",))),
        {"precision": 10},
    ),
    Case("rating", same(1, 3, 7), (*_NOT_INTEGERS, (0, ("out_of_range",)), (8, ("out_of_range",))), {"max": 7}),
    Case("progress", same(0, 40, 100), (*_NOT_INTEGERS, (-1, ("out_of_range",)), (101, ("out_of_range",)))),
    Case(
        "duration",
        same(-60, 0, 5400, 2**53 + 1),
        (*_NOT_INTEGERS, (-61, ("out_of_range",)), (2**63, ("out_of_range",))),
        {"min": -60, "format": "h:mm:ss"},
    ),
    Case(
        "time",
        (("00:00", "00:00:00"), ("08:30:15", "08:30:15"), ("23:59:59", "23:59:59")),
        NOT_TEXT
        + refused(
            "invalid_time", "", "24:00", "8:30", "08:30:60", "08:30:00.5", "08:30Z", "08:30\n", "\u0660\u0661:00"
        ),
    ),
    Case(
        "rich-text",
        (
            ("", ""),
            ("plain & simple", "plain &amp; simple"),
            ("<p>Hi <b onclick='x'>you</b><script>alert(1)</script></p>", "<p>Hi <b>you</b></p>"),
            (
                '<a href="https://a.example" target="_blank">x</a><a href="javascript:y">y</a>',
                '<a href="https://a.example" rel="noopener noreferrer">x</a><a rel="noopener noreferrer">y</a>',
            ),
            ("\U0001f469\u200d\U0001f467 e\u0301", "\U0001f469\u200d\U0001f467 e\u0301"),
        ),
        (*NOT_TEXT, *UNSTORABLE, ("<p>" + "x" * 200, ("too_long",))),
        {"maxLength": 200},
    ),
    Case(
        "phone-number",
        same("+1 650-253-0000", "+41 44 668 18 00", "044 668 18 01"),
        (
            *NOT_TEXT,
            *refused("invalid_phone", "", "12", "call 044 668 18 01", "+999 1234567", "044 668 18 01x5", "+" * 9),
        ),
        {"country": "CH"},
    ),
    Case(
        "phone-number", same("+41446681800"), refused("invalid_phone", "044 668 18 01", " +41446681800", "\u0664\u0661")
    ),
    Case(
        "code",
        same("", "SELECT 1;\n\t-- \u00e9"),
        (*NOT_TEXT, *UNSTORABLE, ("x" * 31, ("too_long",))),
        {"language": "sql", "maxLength": 30},
    ),
    Case(
        "color",
        same("#000000", "#1E90ff", "#ffffff"),
        NOT_TEXT + refused("invalid_color", "", "#fff", "red", "#00000g", " #000000", "#000000\n"),
    ),
    Case(
        "barcode",
        same("4006381333931"),
        NOT_TEXT + refused("invalid_barcode", "", "4006381333932", "400638133393", "400638133393a"),
        {"format": "EAN-13"},
    ),
    Case("barcode", same("73513537"), refused("invalid_barcode", "73513536", "4006381333931"), {"format": "EAN-8"}),
    Case("barcode", same("036000291452"), refused("invalid_barcode", "036000291453"), {"format": "UPC-A"}),
    Case(
        "barcode", same("01234531", "04252614"), refused("invalid_barcode", "04252615", "24252614"), {"format": "UPC-E"}
    ),
    Case(
        "barcode",
        same(" ", "Az09~"),
        refused("invalid_barcode", "", "\u00e9", "x" * 81, "a\tb"),
        {"format": "CODE-128"},
    ),
    Case("barcode", same("+/%", "ABC-1.$ "), refused("invalid_barcode", "", "abc", "A_B"), {"format": "CODE-39"}),
    Case("barcode", same("any \u00e9", "x" * 255), refused("invalid_barcode", "", "x" * 256, "a\nb")),
    Case(
        "status",
        same("open", "a", "\u00fc"),
        NOT_TEXT + refused("not_an_option", "", "Open"),
        {"options": [{"value": "open", "label": "Open"}, "a", "\u00fc"]},
    ),
    Case(
        "ai-categorize",
        same("b", "a"),
        NOT_TEXT + refused("not_an_option", "c"),
        {"categories": ["b", "a"], "prompt": "Which?"},
    ),
    *(
        Case(name, same("", "text"), NOT_TEXT + UNSTORABLE)
        for name in ("ai-generate", "ai-summary", "ai-translate", "ai-sentiment")
    ),
    Case(
        "multi-select",
        same([], ["b"], ["a", 'it\'s "x" \\ ,{}'], ['it\'s "x" \\ ,{}', "\U0001f600", "NULL"]),
        (
            *refused("wrong_type", "a", 5, True, {"a": 1}),
            ([5], ("wrong_type",)),
            (["c"], ("not_an_option",)),
            (["a", "a"], ("duplicate_item",)),
            (["a", "b", "\U0001f600", "NULL"], ("too_many",)),
            (["a", "a", "c", None], ("not_an_option", "wrong_type", "duplicate_item", "too_many")),
        ),
        {"options": ["a", {"value": "b", "label": "B"}, 'it\'s "x" \\ ,{}', "\U0001f600", "NULL"], "maxSelections": 3},
    ),
    Case("ai-tag", same(["b", "a"]), ((["c"], ("not_an_option",)),), {"tags": ["b", "a"], "model": "any"}),
    Case(
        "array",
        same([], ["a", "a", ""], ['\u00e9 "{},\\', "NULL"]),
        (
            *refused("wrong_type", "a", 5, {}),
            (["a", 5, None], ("wrong_type", "wrong_type")),
            (["a"] * 5, ("too_many",)),
        ),
        {"maxItems": 4},
    ),
    Case(
        "array",
        same([2**53 + 1, -(2**63), 5]),
        ((["5"], ("wrong_type",)), ([2**63], ("out_of_range",))),
        {"itemType": "integer"},
    ),
    Case(
        "array",
        (([Decimal("1.50"), 2, Decimal("-0.0000000001")], [Decimal("1.5"), 2, Decimal("-0.0000000001")]),),
        (([Decimal("0.00000000001")], ("too_precise",)),),
        {"itemType": "number"},
    ),
    Case("array", same([True, False, True]), (([0], ("wrong_type",)),), {"itemType": "boolean"}),
    Case("array", same(["2024-02-29"]), ((["2023-02-29"], ("invalid_date",)),), {"itemType": "date"}),
    Case(
        "array",
        ((["2024-02-29T10:00:00+01:00"], ["2024-02-29T09:00:00.000Z"]),),
        ((["2024-02-29"], ("invalid_date",)),),
        {"itemType": "datetime"},
    ),
    Case(
        "json",
        (
            (
                {"b": 1, "a": [Decimal("1.10"), None, True, 'x\u00e9"\\']},
                JsonText('{"b":1,"a":[1.10,null,true,"x\u00e9\\"\\\\"]}'),
            ),
            ("text", JsonText('"text"')),
            (False, JsonText("false")),
            (Decimal("1E+5"), JsonText("1E+5")),
            (2**70, JsonText(str(2**70))),
            ([], JsonText("[]")),
            ({}, JsonText("{}")),
        ),
        refused("invalid_text", "a\x00", {"a": ["\x00"]}, {"\x00": 1}),
    ),
    Case(
        "json",
        (({"n": 5}, JsonText('{"n":5}')), ({}, JsonText("{}"))),
        (
            ({"n": "5"}, ("schema_mismatch",)),
            ([], ("schema_mismatch",)),
            ({"n": 5.5, "m": 1}, ("schema_mismatch", "schema_mismatch")),
        ),
        {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}},
    ),
    Case("ai-extract", (({"a": 1}, JsonText('{"a":1}')),), refused("invalid_text", "\x00"), {"prompt": "What?"}),
    Case(
        "geolocation",
        (
            ({"latitude": Decimal("48.85"), "longitude": Decimal("2.35")},) * 2,
            ({"longitude": -180, "latitude": 90}, {"latitude": 90, "longitude": -180}),
            (
                {"latitude": Decimal("-0.0"), "longitude": Decimal("1E-7")},
                {"latitude": 0, "longitude": Decimal("0.0000001")},
            ),
            ({"latitude": Decimal("0.1"), "longitude": Decimal("123.45678901234567")},) * 2,
        ),
        (
            *refused("wrong_type", 5, "48.85, 2.35", [48, 2], True),
            ({"latitude": 1}, ("wrong_type",)),
            ({}, ("wrong_type", "wrong_type")),
            ({"latitude": "1", "longitude": None, "altitude": 3}, ("wrong_type", "wrong_type", "wrong_type")),
            ({"latitude": 91, "longitude": Decimal("1e999")}, ("out_of_range", "out_of_range")),
            ({"latitude": Decimal("0.12345678901234567890"), "longitude": 0}, ("too_precise",)),
        ),
    ),
    Case(
        "single-attachment",
        (
            (
                {"url": "https://a.example/x", "filename": "x.png"},
                {"url": "https://a.example/x", "filename": "x.png", "mimeType": None, "size": None},
            ),
            (
                {"size": 5, "mimeType": "image/png", "filename": '\u00e9 "', "url": "http://b"},
                {"url": "http://b", "filename": '\u00e9 "', "mimeType": "image/png", "size": 5},
            ),
        ),
        (
            *refused("wrong_type", 5, "x", [], {"url": "http://b", "filename": "x", "more": 1}),
            ({}, ("wrong_type", "invalid_file")),
            (
                {"url": "ftp://x", "filename": "a/b", "mimeType": "png", "size": "5"},
                ("invalid_url", "invalid_file", "invalid_file", "wrong_type"),
            ),
            ({"url": "http://b", "filename": "x", "size": -1}, ("out_of_range",)),
        ),
    ),
    Case(
        "multiple-attachments",
        (([], []), ([{"url": "http://b", "filename": "x", "mimeType": "IMAGE/png", "size": 1}],) * 2),
        (
            *refused("wrong_type", 5, {}),
            ([{"url": "http://b", "filename": "x"}], ("invalid_file", "required")),
            (
                [{"url": "http://b", "filename": "x", "mimeType": "text/plain", "size": 11}, 5],
                ("invalid_file", "out_of_range", "wrong_type", "too_many"),
            ),
        ),
        {"allowedFileTypes": ["image/*", "application/pdf"], "maxFileSize": 10, "maxFiles": 1},
    ),
    Case(
        "single-select",
        same("won", 'it\'s "lost" \\ 1', "?1 $1 :x", "\U0001f600", "a"),
        NOT_TEXT + refused("not_an_option", "", "Won", "won ", "Gewonnen", "\x00", "\ud800"),
        {
            "options": [
                {"value": "won", "label": "Gewonnen", "color": "#00ff00"},
                'it\'s "lost" \\ 1',
                "?1 $1 :x",
                {"value": "\U0001f600"},
                "a",
            ]
        },
    ),
    Case(
        "date",
        same("0001-01-01", "0999-12-31", "1900-02-28", "2000-02-29", "2024-02-29", "2026-03-29", "9999-12-31"),
        (
            *refused("wrong_type", 20260301, Decimal("1.5"), True, [], {}),
            *refused(
                "invalid_date",
                "",
                "2025-02-29",
                "1900-02-29",
                "2026-04-31",
                "2026-13-01",
                "2026-00-10",
                "2026-01-00",
                "0000-01-01",
                "10000-01-01",
                "2026-1-1",
                "20260101",
                "2026-W01-1",
                "31.01.2026",
                "2026-01-01 ",
                "2026-01-01\n",
                "2026-01-01T00:00:00Z",
                "\u0662026-01-01",
                "CURRENT_DATE",
            ),
        ),
    ),
    Case("date", _INSTANTS, (*_BAD_INSTANTS, ("2026-01-01", ("invalid_date",))), {"includeTime": True}),
    Case("datetime", _INSTANTS, (*_BAD_INSTANTS, ("2026-01-01", ("invalid_date",)), ("NOW", ("invalid_date",)))),
    Case(
        "relationship",
        ((1, "1"), ("2", "2"), (Decimal("3.0"), "3"), (2**53 + 1, str(2**53 + 1)), (str(2**63 - 1), str(2**63 - 1))),
        (
            *refused("wrong_type", True, Decimal("1.5"), [], ["1"], {"id": "1"}),
            *refused(
                "not_found",
                "",
                "0",
                "-1",
                "+1",
                "01",
                " 1",
                "1.0",
                "abc",
                0,
                -1,
                2**63,
                str(2**63),
                Decimal("1e999999999"),
            ),
            ("\u0661", ("not_found",)),
            ("1\x00", ("not_found",)),
        ),
        {"relatedTable": "people"},
        PrimaryKey("auto-increment"),
    ),
    Case(
        "relationship",
        same("1", "9007199254740993"),
        (("x", ("not_found",)),),
        {"relatedTable": 7},
        PrimaryKey("composite", ("a", "b")),
    ),
    Case(
        "relationship",
        ((UUID.upper(), UUID), ("ffffffff-ffff-ffff-ffff-ffffffffffff",) * 2),
        (
            (5, ("wrong_type",)),
            ("5", ("not_found",)),
            (UUID.replace("-", ""), ("not_found",)),
            (f"{{{UUID}}}", ("not_found",)),
        ),
        {"relatedTable": "people"},
        PrimaryKey("uuid"),
    ),
    Case(
        "relationship",
        same("10", "9", "UA", "_.~-", "ua", "z" * 128),
        (
            (5, ("wrong_type",)),
            ("", ("not_found",)),
            ("a b", ("not_found",)),
            ("\u00e9", ("not_found",)),
            ("z" * 129, ("not_found",)),
        ),
        {"relatedTable": "people"},
        PrimaryKey("text"),
    ),
    Case(
        "user",
        same(*_USER_IDS),
        refused("wrong_type", 5, True, [], ["a"], {"id": "a"}) + refused("not_found", "", "a\x00", "\ud800", "x" * 256),
    ),
)

READ_ONLY_CASES: tuple[Case, ...] = (
    *(
        Case(name, tuple((answer, answer) for _, answer in _INSTANTS), ())
        for name in ("created-at", "updated-at", "deleted-at")
    ),
    *(Case(name, same(*_USER_IDS), ()) for name in ("created-by", "updated-by", "deleted-by")),
    Case("autonumber", same(0, 7, 2**53 + 1), ()),
    Case("autonumber", same("INV-00007", "INV-00100", "INV-1234567"), (), {"prefix": "INV-", "digits": 5}),
    Case("autonumber", same("it's 1", "it's 10"), (), {"prefix": "it's "}),
)
