"""Values that become those of another type: read, judged and written row by row, a thousand rows at a time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, Literal, cast

from pydantic import ValidationError

from tabularium import json_text
from tabularium.db.database import Session
from tabularium.db.dialect import Dialect
from tabularium.json_text import JsonText
from tabularium.schema.fields.base import FieldType, InvalidValue, Mode, Row
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.fields.relationship import RelationshipOptions, RelationshipType
from tabularium.schema.migration.description import AppliedField
from tabularium.schema.model import KEY_COLUMN, PrimaryKey
from tabularium.schema.tables import ColumnLayout

PAGE: Final = 1000
MOST_IDS: Final = 10
Verdict = Literal["kept", "lost", "refused"]
"""Whether a value goes over unchanged, with a loss, or not at all."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A look at every value of a field, the trash included."""

    table: str
    name: str
    """Of the field, as it is called after all renames."""
    kind: FieldType
    """What reads the values as they are."""
    judge: Callable[[Any], Verdict]
    losing: str
    """What is to be said of the rows that lose something; it holds `{count}` and `{ids}`."""
    refusing: str
    """The same of those that are refused."""
    may_lose: bool = False
    """Whether a loss only informs."""


@dataclass(slots=True)
class Findings:
    """What a scan has found: by verdict the number of rows, and the first ids."""

    counts: dict[Verdict, int] = field(default_factory=lambda: {"kept": 0, "lost": 0, "refused": 0})
    ids: dict[Verdict, list[str]] = field(default_factory=lambda: {"kept": [], "lost": [], "refused": []})

    def add(self, verdict: Verdict, key: Any) -> None:
        self.counts[verdict] += 1
        if verdict != "kept" and len(self.ids[verdict]) < MOST_IDS:
            self.ids[verdict].append(str(key))

    def sentence(self, verdict: Verdict, text: str) -> str:
        """Fill in a sentence of the scan."""
        surplus = self.counts[verdict] - len(self.ids[verdict])
        ids = ", ".join(self.ids[verdict]) + (f" and {surplus} more" if surplus else "")
        return text.replace("{count}", str(self.counts[verdict])).replace("{ids}", ids)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Values of `scan` that go into other columns in the form of another type."""

    scan: Scan
    kind: FieldType
    columns: tuple[ColumnLayout, ...]


async def examine(session: Session, scan: Scan, source: str) -> Findings:
    """Judge every value. `source` stands after FROM."""
    found = Findings()
    async for page in _pages(session, scan, source):
        for key, value in page:
            found.add(scan.judge(value), key)
    return found


async def carry_over(session: Session, rewrite: Rewrite) -> None:
    """Write the values into their new columns. None may be of those that are refused."""
    quote, place = session.dialect.quote, session.dialect.placeholder
    # With the types in its text a statement is not taken for one over columns of the same names and of other types.
    sets = ", ".join(
        f"{quote(column.name)} = /* {column.type} */ {place(number)}"
        for number, column in enumerate(rewrite.columns, 1)
    )
    key_place = place(len(rewrite.columns) + 1)
    sql = f"UPDATE {quote(rewrite.scan.table)} SET {sets} WHERE {quote(KEY_COLUMN)} = {key_place}"
    async for page in _pages(session, rewrite.scan, quote(rewrite.scan.table)):
        for key, value in page:
            stored, _ = converted(value, rewrite.scan.kind, rewrite.kind)
            await session.execute(sql, (*rewrite.kind.encode(stored, session.dialect), key))


async def _pages(session: Session, scan: Scan, source: str) -> AsyncIterator[list[tuple[Any, Any]]]:
    dialect = session.dialect
    value = scan.kind.value_expression(scan.name, cast("Row", _PlainRow(dialect)))
    read, key = scan.kind.read_expression(value, dialect), dialect.quote(KEY_COLUMN)
    decode = scan.kind.decoder(dialect)
    text = f"SELECT {key}, {read} FROM {source} AS _rows WHERE ({value}) IS NOT NULL"
    last: tuple[Any, ...] = ()
    while True:
        after = f" AND {key} > {dialect.placeholder(1)}" if last else ""
        rows = await session.fetch_all(f"{text}{after} ORDER BY {key} LIMIT {PAGE}", last, heavy=True)
        yield [(row[0], decode(row[1]) if decode else row[1]) for row in rows]
        if len(rows) < PAGE:
            return
        last = (rows[-1][0],)


@dataclass(frozen=True, slots=True)
class _PlainRow:
    """As much of a row as the value of a stored field needs."""

    dialect: Dialect

    def column(self, name: str) -> str:
        return self.dialect.quote(name)


def former_type(applied: AppliedField, keys: Mapping[str, PrimaryKey]) -> FieldType | None:
    """Make the type again that a field had; `keys` are by the ids of tables. `None` where that cannot be done."""
    cls = FIELD_TYPES.get(applied.type)
    if cls is None:
        return None
    try:
        options = cls.Options.model_validate(json.loads(applied.options, parse_float=Decimal))
    except (ValidationError, ValueError):
        return None
    if isinstance(options, RelationshipOptions):
        key = keys.get(applied.related_table or "")
        return None if key is None else RelationshipType(options, applied.related_table, key)
    return cls(options)


def judging(former: FieldType, wanted: FieldType) -> Callable[[Any], Verdict]:
    """Return the judge of a change of types."""

    def judge(value: Any) -> Verdict:
        try:
            _, is_lossless = converted(value, former, wanted)
        except InvalidValue:
            return "refused"
        return "kept" if is_lossless else "lost"

    return judge


def converted(value: Any, former: FieldType, wanted: FieldType) -> tuple[Any, bool]:
    """Return a JSON value of one type in the stored form of another, and whether it can be turned back.

    Raises `InvalidValue` where there is no way. A list without items becomes empty where there is room for one only.
    """
    if value == [] and not _is_list(wanted):
        with suppress(InvalidValue):
            return _parsed(former.to_text(value), wanted), True
        return None, True
    for form in _forms(value, former, wanted):
        with suppress(InvalidValue, ArithmeticError):
            stored = _parsed(form, wanted)
            return stored, _turns_back(wanted.present(stored), value, former, wanted)
    raise InvalidValue


def _turns_back(made: Any, value: Any, former: FieldType, wanted: FieldType) -> bool:
    if wanted.to_text(made) == former.to_text(value):
        return True
    if isinstance(made, JsonText) and isinstance(value, str) and _is_same_json(made.text, value):
        return True  # spaces between the parts are no loss
    for form in _forms(made, wanted, former):
        with suppress(InvalidValue, ArithmeticError):
            back = former.present(_parsed(form, former))
            return json_text.dump(back) == json_text.dump(value)
    return False


def _parsed(value: Any, kind: FieldType) -> Any:
    # A type that only the server writes reads its values in filters alone.
    mode: Mode = "filter" if kind.is_read_only else "import"
    return kind.parse(value, mode)


def _forms(value: Any, former: FieldType, wanted: FieldType) -> Iterator[Any]:
    """Yield the forms in which a value of one type may be one of another: the most faithful first."""
    text = former.to_text(value)
    if not isinstance(value, str) or not wanted.holds_any_json:
        yield value
    with suppress(InvalidValue):
        yield wanted.from_text(text)
    yield value
    if _is_list(former) and isinstance(value, list) and not _is_list(wanted):
        yield from value[:1]
    if _is_list(wanted) and not _is_list(former):
        yield [value]
        yield [text]
    if "D" in wanted.groups and "D" in former.groups:
        yield f"{text}T00:00:00.000Z" if len(text) == len("2026-03-01") else text[: len("2026-03-01")]
    if "sum" in wanted.aggregates and "sum" in former.aggregates:
        number = Decimal(str(value)).quantize(Decimal(1).scaleb(-wanted.places), ROUND_HALF_UP)
        yield from (number, f"{number:f}")


def _is_same_json(one: str, other: str) -> bool:
    with suppress(ValueError, RecursionError):
        return bool(json.loads(one, parse_float=Decimal) == json.loads(other, parse_float=Decimal))
    return False


def _is_list(kind: FieldType) -> bool:
    return "A" in kind.groups
