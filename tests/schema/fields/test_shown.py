"""What people read of numbers, booleans and times, and the form in which sums and averages of them go out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tabularium import json_text
from tests.schema.fields.cases import make_type

EUR = {"currency": "EUR"}
USD = {"currency": "USD"}


@pytest.mark.parametrize(
    ("name", "options", "value", "shown"),
    [
        ("currency", USD, Decimal("1234.5"), "$1,234.50"),
        ("currency", EUR, 0, "€0.00"),
        ("currency", {"currency": "GBP"}, 999, "£999.00"),
        ("currency", {"currency": "JPY", "precision": 0}, 1000000, "¥1,000,000"),
        ("currency", {"currency": "CAD"}, Decimal("0.01"), "$0.01"),
        ("currency", {"currency": "AUD"}, Decimal("-0.01"), "-$0.01"),
        ("currency", {"currency": "CHF"}, Decimal("-1234.5"), "-CHF 1,234.50"),
        ("currency", {"currency": "CHF", "symbolPosition": "after"}, Decimal("-1234.5"), "-1,234.50 CHF"),
        ("currency", {**EUR, "symbolPosition": "after", "thousandsSeparator": "period"}, 1234567, "1.234.567,00 €"),
        ("currency", {**EUR, "thousandsSeparator": "space"}, Decimal("1234567.8"), "€1 234 567.80"),
        ("currency", {**EUR, "thousandsSeparator": "none"}, Decimal("1234567.8"), "€1234567.80"),
        ("currency", {**EUR, "negativeFormat": "parentheses"}, Decimal("-9.5"), "(€9.50)"),
        ("currency", {**EUR, "negativeFormat": "parentheses"}, Decimal("9.5"), "€9.50"),
        ("currency", {**EUR, "precision": 10}, Decimal("0.0000000001"), "€0.0000000001"),
        # An average, and a sum.
        ("currency", EUR, Decimal("0.125"), "€0.13"),
        ("currency", EUR, Decimal("-0.125"), "-€0.13"),
        ("currency", EUR, Decimal("-0.0049999999"), "€0.00"),
        ("currency", EUR, Decimal(f"{10**42}.5"), f"€1{',000' * 14}.50"),
        ("percentage", {}, Decimal("12.5"), "12.50%"),
        ("percentage", {"precision": 0}, 1000, "1000%"),
        ("percentage", {"precision": 1}, Decimal("-0.05"), "-0.1%"),
        ("percentage", {}, Decimal("-0.001"), "0.00%"),
        ("number", {}, Decimal("-0.5"), "-0.5"),
        ("number", {"precision": 10}, Decimal("0.0000000001"), "0.0000000001"),
        ("number", {}, 5, "5"),
        ("integer", {}, -(2**63), "-9223372036854775808"),
        ("integer", {}, Decimal("0.0000001"), "0.0000001"),
        ("decimal", {}, "9.50", "9.50"),
        ("rating", {}, 4, "4/5"),
        ("rating", {"max": 10}, Decimal("4.5"), "4.5/10"),
        ("progress", {}, 40, "40%"),
        ("progress", {}, Decimal("1E-8"), "0.00000001%"),
        ("duration", {}, 5400, "1:30"),
        ("duration", {}, 59, "0:00"),
        ("duration", {}, 360000, "100:00"),
        ("duration", {"format": "h:mm:ss"}, 5400, "1:30:00"),
        ("duration", {"displayFormat": "h:mm:ss"}, 3661, "1:01:01"),
        ("duration", {"displayFormat": "decimal"}, 5400, "1.5"),
        ("duration", {"displayFormat": "decimal"}, 18, "0.01"),  # half a hundredth of an hour
        ("duration", {"displayFormat": "decimal"}, 36000, "10"),
        ("duration", {"displayFormat": "decimal"}, 2**63 - 1, "2562047788015215.5"),
        ("duration", {"min": -9999}, -5400, "-1:30"),
        ("duration", {"min": -9999}, -59, "0:00"),
        ("duration", {"format": "h:mm:ss"}, Decimal("59.5"), "0:01:00"),
        ("checkbox", {}, True, "Yes"),
        ("boolean", {}, False, "No"),
        ("time", {}, "15:04:59", "15:04"),
        ("time", {"timeFormat": "12-hour"}, "00:04:00", "12:04 AM"),
        ("time", {"timeFormat": "12-hour"}, "12:00:00", "12:00 PM"),
        ("time", {"timeFormat": "12-hour"}, "23:59:00", "11:59 PM"),
    ],
)
def test_a_value_has_its_text(name: str, options: dict[str, Any], value: Any, shown: str) -> None:
    assert make_type(name, options).display(value, None) == shown


INSTANT = "2025-01-31T15:04:05.678Z"


@pytest.mark.parametrize(
    ("name", "options", "value", "zone", "shown"),
    [
        ("date", {}, "2025-01-31", None, "1/31/2025"),
        ("date", {"dateFormat": "European"}, "2025-01-31", None, "31/1/2025"),
        ("date", {"dateFormat": "ISO"}, "0999-01-01", None, "0999-01-01"),
        ("date", {"timeZone": "Pacific/Kiritimati"}, "2025-01-31", "Etc/GMT+12", "1/31/2025"),  # a date has no zone
        ("date", {"includeTime": True}, INSTANT, None, "1/31/2025 15:04"),
        (
            "date",
            {"includeTime": True, "timeFormat": "12-hour", "dateFormat": "ISO"},
            INSTANT,
            None,
            "2025-01-31 3:04 PM",
        ),
        ("date", {"includeTime": True, "timeZone": "Asia/Tokyo"}, INSTANT, None, "2/1/2025 00:04"),
        ("datetime", {}, INSTANT, None, "1/31/2025 15:04"),
        ("datetime", {"timezone": "Asia/Tokyo", "dateFormat": "European"}, INSTANT, None, "1/2/2025 00:04"),
        (
            "datetime",
            {"timeZone": "Asia/Tokyo", "timeFormat": "12-hour"},
            INSTANT,
            "Europe/Zurich",
            "1/31/2025 4:04 PM",
        ),
        ("datetime", {}, "9999-12-31T23:59:59.999Z", "Asia/Tokyo", "12/31/9999 23:59"),
        ("datetime", {}, "0001-01-01T00:00:00.000Z", "America/New_York", "1/1/0001 00:00"),
        ("datetime", {}, "2026-03-29T01:00:00.000Z", "Europe/Zurich", "3/29/2026 03:00"),
        ("created-at", {}, INSTANT, "Asia/Tokyo", "2/1/2025 00:04"),
        ("updated-at", {}, INSTANT, None, "1/31/2025 15:04"),
        ("deleted-at", {}, INSTANT, None, "1/31/2025 15:04"),
    ],
)
def test_a_time_has_the_text_of_its_zone(
    name: str, options: dict[str, Any], value: str, zone: str | None, shown: str
) -> None:
    assert make_type(name, options).display(value, ZoneInfo(zone) if zone else None) == shown


@pytest.mark.parametrize(
    ("name", "options", "total", "sum_", "average"),
    [
        ("integer", {}, "5", 5, 5),
        ("integer", {}, "18446744073709551614", 2**64 - 2, 2**64 - 2),
        ("rating", {}, "2.5", Decimal("2.5"), Decimal("2.5")),
        ("progress", {}, "0.3333333333", Decimal("0.3333333333"), Decimal("0.3333333333")),
        ("duration", {}, "5400.50", Decimal("5400.5"), Decimal("5400.5")),
        ("currency", EUR, "310.40", Decimal("310.4"), Decimal("310.4")),
        ("currency", EUR, "-0.00", 0, 0),
        ("percentage", {}, f"{10**30}.01", Decimal(f"{10**30}.01"), Decimal(f"{10**30}.01")),
        ("number", {}, "0.0001", Decimal("0.0001"), Decimal("0.0001")),
        ("decimal", {}, "9.5", "9.50", "9.5"),
        ("decimal", {"precision": 0}, str(10**30), str(10**30), str(10**30)),
        ("decimal", {}, "0.0000000001", "0.00", "0.0000000001"),
    ],
)
def test_a_sum_and_an_average_have_the_form_of_the_field(
    name: str, options: dict[str, Any], total: str, sum_: Any, average: Any
) -> None:
    kind = make_type(name, options)
    found = [kind.present_number(Decimal(total), is_average=is_average) for is_average in (False, True)]
    assert json_text.dump(found) == json_text.dump([sum_, average])
    assert not any(isinstance(each, float) for each in found)
