"""`date`, `datetime`, `created-at`, `updated-at`: instants, days, defaults, filters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabularium.clock import instant_text
from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.fields.base import Interval, InvalidValue
from tabularium.schema.fields.temporal import read_instant, whole_day
from tests.schema.fields.cases import make_type
from tests.schema.fields.storage import Store, create_table

NOW = "2026-03-01T23:59:59.999Z"


@given(
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001
    st.integers(min_value=-1439, max_value=1439),
)
def test_every_instant_comes_out_in_utc_to_the_millisecond(moment: datetime, offset: int) -> None:
    local = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=timezone(timedelta(minutes=offset)))
    assert read_instant(local.isoformat()) == instant_text(local)


@given(st.dates())
def test_a_day_in_a_filter_is_all_of_its_instants(day: object) -> None:
    interval = make_type("datetime").parse(str(day), "filter")
    assert interval.start == f"{day}T00:00:00.000Z"
    assert interval.start < f"{day}T23:59:59.999Z" < interval.end


def test_the_last_day_of_all_has_an_end_on_both_databases(store: Store) -> None:
    kind = make_type("datetime")
    interval = whole_day("9999-12-31")
    table = f"last_{store.dialect.name}"
    create_table(store, table, kind.columns("at", store.dialect))
    placeholder = store.dialect.placeholder
    values = ["9999-12-30T23:59:59.999Z", "9999-12-31T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]
    store.execute(f"INSERT INTO {table} VALUES ({placeholder(1)}, {placeholder(2)})", list(enumerate(values)))
    sql = f"SELECT place FROM {table} WHERE at >= {placeholder(1)} AND at < {placeholder(2)} ORDER BY place"
    assert [row[0] for row in store.fetch(sql, (interval.start, interval.end))] == [1, 2]


def test_days_beside_each_other_share_a_border() -> None:
    assert whole_day("2024-02-28").end == whole_day("2024-02-29").start
    assert whole_day("2024-12-31").end == whole_day("2025-01-01").start


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z"),  # from 00:00 to 01:00
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00.000Z"),  # from 23:30 on the day before to 00:30
        ("Africa/Monrovia", "1972-01-07", "1972-01-07T00:44:30.000Z"),  # from 00:00 to 00:44:30
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z"),  # a day that was left out
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00.000Z"),  # 00:00 comes twice
        ("Asia/Kathmandu", "2026-03-01", "2026-02-28T18:15:00.000Z"),
        ("Etc/GMT-14", "0001-01-01", "0001-01-01T00:00:00.000Z"),
        ("Etc/GMT+12", "9999-12-31", "9999-12-31T12:00:00.000Z"),
    ],
)
def test_a_day_begins_with_its_first_instant_whatever_the_clocks_do(zone: str, day: str, start: str) -> None:
    assert whole_day(day, ZoneInfo(zone)).start == start


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2100, 1, 1)), st.sampled_from(sorted(available_timezones())))
def test_days_follow_one_another_in_every_zone(day: date, name: str) -> None:
    zone, following = ZoneInfo(name), day + timedelta(days=1)
    interval = whole_day(str(day), zone)
    start, end = (datetime.fromisoformat(border) for border in (interval.start, interval.end))
    assert interval.end == whole_day(str(following), zone).start
    assert start.astimezone(zone).date() >= day > (start - timedelta(milliseconds=1)).astimezone(zone).date()
    assert end.astimezone(zone).date() >= following


def test_a_day_that_is_none_is_refused_in_a_filter_of_instants() -> None:
    for value in ("2025-02-29", "0000-01-01", "2025-1-1"):
        with pytest.raises(InvalidValue, match="invalid_date"):
            make_type("datetime").parse(value, "filter")


def test_a_time_stamp_for_a_date_field_is_refused_in_filters_too() -> None:
    with pytest.raises(InvalidValue, match="invalid_date"):
        make_type("date").parse("2026-03-01T00:00:00Z", "filter")


def test_include_time_makes_a_date_field_hold_instants() -> None:
    kind = make_type("date", {"includeTime": True})
    assert kind.parse("2026-03-01T09:00:00+01:00", "write") == "2026-03-01T08:00:00.000Z"
    assert isinstance(kind.parse("2026-03-01", "filter"), Interval)
    assert kind.schema("record") == {"type": "string", "format": "date-time"}
    columns = kind.columns("at", POSTGRESQL)
    assert columns[0].type.compile(dialect=POSTGRESQL.sqlalchemy) == "TIMESTAMP(3) WITH TIME ZONE"
    assert make_type("date").columns("at", POSTGRESQL)[0].type.compile(dialect=POSTGRESQL.sqlalchemy) == "DATE"


@pytest.mark.parametrize(
    ("name", "options", "default", "value"),
    [
        ("date", {}, "CURRENT_DATE", "2026-03-01"),
        ("date", {}, "2025-01-31", "2025-01-31"),
        ("datetime", {}, "NOW", NOW),
        ("datetime", {}, "NOW()", NOW),
        ("datetime", {}, "2025-01-31T00:00:00Z", "2025-01-31T00:00:00.000Z"),
        ("date", {"includeTime": True}, "NOW", NOW),
    ],
)
def test_a_symbol_stands_for_the_instant_of_the_request(
    name: str, options: dict[str, bool], default: str, value: str
) -> None:
    assert make_type(name, options).default_value(default, NOW) == value


@pytest.mark.parametrize(
    ("name", "default", "code"),
    [
        ("date", "NOW", "invalid_date"),
        ("datetime", "CURRENT_DATE", "invalid_date"),
        ("datetime", "now", "invalid_date"),
        ("date", 5, "wrong_type"),
        ("date", ["CURRENT_DATE"], "wrong_type"),
    ],
)
def test_a_symbol_of_another_type_is_no_default(name: str, default: object, code: str) -> None:
    with pytest.raises(InvalidValue, match=code):
        make_type(name).default_value(default, NOW)


@pytest.mark.parametrize(("name", "column"), [("created-at", "created_at"), ("updated-at", "updated_at")])
def test_a_system_time_is_a_read_only_name_for_the_system_column(name: str, column: str) -> None:
    kind = make_type(name)
    assert kind.is_read_only
    assert kind.column("born") == column
    assert kind.column_names("born") == ()
    assert all(list(kind.columns("born", dialect)) == [] for dialect in (SQLITE, POSTGRESQL))
    assert kind.schema("record") == {"type": "string", "format": "date-time", "readOnly": True}
    assert kind.groups == make_type("datetime").groups
    for mode in ("write", "import", "default"):
        with pytest.raises(InvalidValue, match="read_only"):
            kind.parse(NOW, mode)


def test_an_instant_of_the_clock_reads_back_as_itself() -> None:
    now = instant_text(datetime.now(UTC))
    assert read_instant(now) == now
