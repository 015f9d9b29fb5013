"""Questions to the flights: a request, the rows that it should match as a function of a row, and their order.

A new question is one entry. `filter` is written as JSON unless it is text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from tests.examples.flights_answers import Order
from tests.examples.flights_source import Row


def every_row(_row: Row) -> bool:
    return True


def no_row(_row: Row) -> bool:
    return False


@dataclass(frozen=True)
class Question:
    """What is asked of a table, and by whom the answer is known: a function of a row, and the fields of the order."""

    table: str
    request: Mapping[str, Any]
    matches: Callable[[Row], bool] = every_row
    order: Order = field(default=())

    @property
    def query(self) -> dict[str, Any]:
        """The parameters as they are sent."""
        sent = dict(self.request)
        if isinstance(sent.get("filter"), dict):
            sent["filter"] = orjson.dumps(sent["filter"]).decode()
        return sent


def late(row: Row, minutes: int) -> bool:
    return row["arr_delay"] is not None and row["arr_delay"] > minutes


def has(value: str | None, part: str) -> bool:
    # The data is ASCII, where case folding is this.
    return value is not None and part.lower() in value.lower()


FLIGHTS: Mapping[str, Question] = {
    "nothing in particular": Question("flights", {}),
    "equal number": Question("flights", {"filter": "dep_time:equals:600"}, lambda row: row["dep_time"] == 600),
    "equal link": Question("flights", {"filter": "dest:ABQ"}, lambda row: row["dest"] == "ABQ"),
    "a negative number": Question("flights", {"filter": {"dep_delay": -10}}, lambda row: row["dep_delay"] == -10),
    "not this carrier, as JSON": Question(
        "flights", {"filter": {"field": "carrier", "operator": "notEquals", "value": "UA"}},
        lambda row: row["carrier"] != "UA",
    ),
    "not equal takes rows without a value": Question(
        "flights", {"filter": "dep_time:notEquals:600"}, lambda row: row["dep_time"] != 600
    ),
    "a list of carriers": Question(
        "flights", {"filter": "carrier:in:UA,HA,OO"}, lambda row: row["carrier"] in {"UA", "HA", "OO"}
    ),
    "a list with null": Question(
        "flights", {"filter": {"dep_delay": [0, 999, None]}}, lambda row: row["dep_delay"] in {0, 999, None}
    ),
    "not in a list takes rows without a value": Question(
        "flights", {"filter": {"tailnum": {"notIn": ["N725MQ", "N14228"]}}},
        lambda row: row["tailnum"] not in {"N725MQ", "N14228"},
    ),
    "not in a list with null": Question(
        "flights", {"filter": {"dest": {"notIn": ["ATL", None]}}}, lambda row: row["dest"] not in {"ATL", None}
    ),
    "in an empty list": Question("flights", {"filter": {"carrier": []}}, no_row),
    "not in an empty list": Question("flights", {"filter": {"carrier": {"notIn": []}}}),
    "before a day": Question(
        "flights", {"filter": "time_hour:before:2013-01-02"}, lambda row: row["time_hour"] < "2013-01-02"
    ),
    "after a day": Question(
        "flights", {"filter": "time_hour:after:2013-12-30"}, lambda row: row["time_hour"] >= "2013-12-31"
    ),
    "on or before a day": Question(
        "flights", {"filter": {"time_hour": {"onOrBefore": "2013-01-02"}}}, lambda row: row["time_hour"] < "2013-01-03"
    ),
    "on or after an instant": Question(
        "flights",
        {"filter": {"time_hour": {"onOrAfter": "2013-12-31T10:00:00Z"}}},
        lambda row: row["time_hour"] >= "2013-12-31T10:00:00.000Z",
    ),
    "greater": Question("flights", {"filter": "arr_delay:greaterThan:120"}, lambda row: late(row, 120)),
    "greater or equal": Question(
        "flights", {"filter": "distance:greaterThanOrEqual:4963"}, lambda row: row["distance"] >= 4963
    ),
    "less leaves out rows without a value": Question(
        "flights", {"filter": "dep_delay:lessThan:-15"},
        lambda row: row["dep_delay"] is not None and row["dep_delay"] < -15,
    ),
    "less or equal": Question(
        "flights", {"filter": {"air_time": {"lessThanOrEqual": 30}}},
        lambda row: row["air_time"] is not None and row["air_time"] <= 30,
    ),
    "between, both included": Question(
        "flights", {"filter": "dep_time:between:1,100"},
        lambda row: row["dep_time"] is not None and 1 <= row["dep_time"] <= 100,
    ),
    "cancelled": Question("flights", {"filter": "dep_time:isNull"}, lambda row: row["dep_time"] is None),
    "landed elsewhere": Question(
        "flights",
        {"filter": {"dep_time": {"isNotNull": True}, "arr_delay": None}},
        lambda row: row["dep_time"] is not None and row["arr_delay"] is None,
    ),
    "a link to a plane that is not there": Question(
        "flights",
        {"filter": {"tailnum": {"isEmpty": True}, "tail_number": {"isNotEmpty": True}}},
        lambda row: row["tailnum"] is None and row["tail_number"] is not None,
    ),
    "text contains, whatever its case": Question(
        "flights", {"filter": "tail_number:contains:5u"}, lambda row: has(row["tail_number"], "5U")
    ),
    "text lacks, or there is none": Question(
        "flights", {"filter": "tail_number:notContains:n"}, lambda row: not has(row["tail_number"], "N")
    ),
    "text begins": Question(
        "flights", {"filter": "tail_number:startsWith:n9"}, lambda row: (row["tail_number"] or "").startswith("N9")
    ),
    "text ends": Question(
        "flights", {"filter": "tail_number:endsWith:5mq"}, lambda row: (row["tail_number"] or "").endswith("5MQ")
    ),
    "a percent sign is itself": Question("flights", {"filter": "tail_number:contains:N%1"}, no_row),
    "text in the order of its characters": Question(
        "flights",
        {"filter": {"tail_number": {"between": ["D", "N1"]}}},
        lambda row: row["tail_number"] is not None and "D" <= row["tail_number"] <= "N1",
    ),
    "one day": Question(
        "flights", {"filter": "time_hour:2013-07-04"}, lambda row: row["time_hour"].startswith("2013-07-04")
    ),
    "one instant, with an offset": Question(
        "flights", {"filter": "time_hour:2013-07-04T08:00:00-04:00"},
        lambda row: row["time_hour"] == "2013-07-04T12:00:00.000Z",
    ),
    "past a day": Question(
        "flights", {"filter": "time_hour:greaterThan:2013-12-30"}, lambda row: row["time_hour"] >= "2013-12-31"
    ),
    "up to a day": Question(
        "flights", {"filter": "time_hour:lessThanOrEqual:2013-01-02"}, lambda row: row["time_hour"] < "2013-01-03"
    ),
    "days between": Question(
        "flights",
        {"filter": "time_hour:between:2013-02-28,2013-03-01"},
        lambda row: "2013-02-28" <= row["time_hour"] < "2013-03-02",
    ),
    "not these days": Question(
        "flights",
        {"filter": {"not": {"time_hour": ["2013-07-04", "2013-07-05"]}}},
        lambda row: row["time_hour"][:10] not in {"2013-07-04", "2013-07-05"},
    ),
    "and": Question(
        "flights", {"filter": {"month": 12, "day": 25, "origin": "JFK"}},
        lambda row: (row["month"], row["day"], row["origin"]) == (12, 25, "JFK"),
    ),
    "or, where one side is unknown": Question(
        "flights",
        {"filter": {"or": [{"arr_delay": {"greaterThan": 300}}, {"dep_delay": {"greaterThan": 300}}]}},
        lambda row: late(row, 300) or (row["dep_delay"] or 0) > 300,
    ),
    "not takes rows without a value": Question(
        "flights", {"filter": {"not": {"arr_delay": {"lessThanOrEqual": 120}}}},
        lambda row: row["arr_delay"] is None or late(row, 120),
    ),
    "not, twice": Question(
        "flights", {"filter": {"not": {"not": {"arr_delay": {"greaterThan": 120}}}}}, lambda row: late(row, 120)
    ),
    "nested groups": Question(
        "flights",
        {
            "filter": {
                "and": [
                    {"or": [{"carrier": "AA"}, {"not": {"or": [{"dest": {"isNotNull": True}}, {"month": 7}]}}]},
                    {"not": {"dep_delay": {"lessThan": 60}}},
                ]
            }
        },
        lambda row: (
            (row["carrier"] == "AA" or (row["dest"] is None and row["month"] != 7))
            and not (row["dep_delay"] is not None and row["dep_delay"] < 60)
        ),
    ),
    "a lookup": Question(
        "flights", {"filter": "carrier_name:contains:united"}, lambda row: has(row["carrier_name"], "United")
    ),
    "a lookup over a link that may be empty, sorted": Question(
        "flights", {"filter": {"manufacturer": {"notEquals": "BOEING"}, "month": 3}, "sort": "manufacturer", "limit": 99},
        lambda row: row["manufacturer"] != "BOEING" and row["month"] == 3, [("manufacturer", "asc")],
    ),
    "a formula of numbers, sorted": Question(
        "flights", {"filter": "gained:greaterThan:40", "sort": "gained:desc"},
        lambda row: row["gained"] is not None and row["gained"] > 40, [("gained", "desc")],
    ),
    "a formula with a quotient": Question(
        "flights", {"filter": "mph:between:450,500.5", "sort": "mph"},
        lambda row: row["mph"] is not None and 450 <= row["mph"] <= 500.5, [("mph", "asc")],
    ),
    "a formula of text": Question(
        "flights", {"filter": "route:equals:JFK - LAX"}, lambda row: row["route"] == "JFK - LAX"
    ),
    "a formula of truth": Question("flights", {"filter": "is_late:isTrue"}, lambda row: row["is_late"] is True),
    "known not to be late": Question(
        "flights", {"filter": "is_late:isFalse"}, lambda row: row["is_late"] is False
    ),
    "not late, or nobody knows": Question(
        "flights", {"filter": {"not": {"is_late": True}}}, lambda row: row["is_late"] is not True
    ),
    "airlines by a rollup": Question(
        "airlines", {"filter": "mean_delay:greaterThan:5", "sort": "mean_delay:desc"},
        lambda row: row["mean_delay"] is not None and row["mean_delay"] > 5, [("mean_delay", "desc")],
    ),
    "airlines by a count with a filter": Question(
        "airlines", {"filter": "cancelled_count:greaterThan:20", "sort": "cancelled_count,flight_count:desc"},
        lambda row: row["cancelled_count"] > 20, [("cancelled_count", "asc"), ("flight_count", "desc")],
    ),
    "planes by what they flew": Question(
        "planes", {"filter": {"flight_count": {"greaterThan": 10}}, "sort": "miles:desc", "limit": 20},
        lambda row: row["flight_count"] > 10, [("miles", "desc")],
    ),
    "planes by their first flight": Question(
        "planes", {"filter": "first_flight:before:2013-01-02", "sort": "first_flight"},
        lambda row: row["first_flight"] is not None and row["first_flight"] < "2013-01-02", [("first_flight", "asc")],
    ),
    "by key": Question("flights", {"filter": "id:between:100,120"}, lambda row: 100 <= row["id"] <= 120),
    "the most delayed": Question(
        "flights", {"sort": "dep_delay:desc", "limit": 100}, order=[("dep_delay", "desc")]
    ),
    "no departure comes last, however it is sorted": Question(
        "flights",
        {"sort": "dep_time:desc", "filter": {"month": 2, "day": 8}, "limit": 1000},
        lambda row: (row["month"], row["day"]) == (2, 8),
        [("dep_time", "desc")],
    ),
    "no departure comes last in ascending order too": Question(
        "flights",
        {"sort": "dep_time", "filter": {"month": 2, "day": 8}, "limit": 1000},
        lambda row: (row["month"], row["day"]) == (2, 8),
        [("dep_time", "asc")],
    ),
    "links sort by key, missing ones last": Question(
        "flights", {"sort": "tailnum", "order": "desc", "offset": 20_000, "limit": 20}, order=[("tailnum", "desc")]
    ),
    "ties by key": Question("flights", {"sort": "carrier", "page": 40, "limit": 500}, order=[("carrier", "asc")]),
    "ties by key, descending": Question(
        "flights", {"sort": "origin:desc,month:desc", "offset": 12_345}, order=[("origin", "desc"), ("month", "desc")]
    ),
    "three criteria": Question(
        "flights",
        {"sort": "dest:asc,arr_delay:desc,tail_number:asc", "filter": "carrier:B6", "offset": 1000, "limit": 200},
        lambda row: row["carrier"] == "B6",
        [("dest", "asc"), ("arr_delay", "desc"), ("tail_number", "asc")],
    ),
    "a number with nulls in ties": Question(
        "flights", {"sort": "arr_delay:asc", "offset": 30_000, "limit": 1000}, order=[("arr_delay", "asc")]
    ),
    "newest first": Question(
        "flights", {"sort": "time_hour:desc", "limit": 300}, order=[("time_hour", "desc")]
    ),
    "backwards": Question("flights", {"sort": "id:desc", "limit": 30}, order=[("id", "desc")]),
    "a deep page": Question("flights", {"offset": 33_600, "limit": 77}),
    "a page that ends the list": Question(
        "flights", {"filter": "dest:ABQ", "limit": 5, "page": 4}, lambda row: row["dest"] == "ABQ"
    ),
    "past the end": Question("flights", {"offset": 400_000}),
    "not counted": Question("flights", {"count": "none", "offset": 500, "limit": 3}),
    "some fields": Question("flights", {"fields": "dest_code,id,dep_time,dest", "limit": 5}),
    "fields that are neither sorted nor filtered by": Question(
        "flights",
        {"fields": "flight", "sort": "distance:desc", "filter": "origin:LGA", "limit": 40},
        lambda row: row["origin"] == "LGA",
        [("distance", "desc")],
    ),
}  # fmt: skip

OTHERS: Mapping[str, Question] = {
    "all airlines": Question("airlines", {}),
    "airlines by name": Question("airlines", {"sort": "name:desc"}, order=[("name", "desc")]),
    "keys of text": Question(
        "airports", {"filter": "id:in:JFK,LGA,EWR,jfk"}, lambda row: row["id"] in {"JFK", "LGA", "EWR"}
    ),
    "keys of text in order": Question("airports", {"filter": "id:greaterThan:Z"}, lambda row: row["id"] > "Z"),
    "exact decimals": Question("airports", {"filter": "lat:40.639751"}, lambda row: row["lat"] == Decimal("40.639751")),
    "negative decimals": Question(
        "airports", {"filter": {"lon": {"lessThan": "-150.5"}}, "sort": "lon:desc", "limit": 300},
        lambda row: row["lon"] < Decimal("-150.5"), [("lon", "desc")],
    ),
    "a backslash is itself": Question(
        "airports", {"filter": {"name": {"contains": "\\'"}}}, lambda row: "\\'" in row["name"]
    ),
    "names that end": Question(
        "airports", {"filter": "name:endsWith:INTL", "limit": 1000}, lambda row: row["name"].lower().endswith("intl")
    ),
    "airports without time zone": Question("airports", {"filter": "tzone:isNull"}, lambda row: row["tzone"] is None),
    "a choice": Question("airports", {"filter": "dst:N"}, lambda row: row["dst"] == "N"),
    "choices in a list": Question(
        "airports", {"filter": "dst:in:N,U", "limit": 200}, lambda row: row["dst"] in {"N", "U"}
    ),
    "choices sort as they are listed": Question(
        "airports", {"sort": "dst,alt:desc", "offset": 1300, "limit": 150}, order=[("dst", "asc"), ("alt", "desc")]
    ),
    "choices that contain": Question(
        "planes", {"filter": "type:contains:SINGLE"}, lambda row: has(row["type"], "single")
    ),
    "not this choice": Question(
        "planes", {"filter": {"engine": {"notEquals": "Turbo-fan"}}, "limit": 600},
        lambda row: row["engine"] != "Turbo-fan",
    ),
    "engines": Question(
        "planes", {"sort": "engine:desc,year", "limit": 1000}, order=[("engine", "desc"), ("year", "asc")]
    ),
    "planes with a speed": Question("planes", {"filter": "speed:isNotNull"}, lambda row: row["speed"] is not None),
    "slow planes last": Question("planes", {"sort": "speed:desc", "limit": 60}, order=[("speed", "desc")]),
    "planes without a year": Question(
        "planes", {"filter": {"year": None}, "limit": 100}, lambda row: row["year"] is None
    ),
    "makers": Question(
        "planes", {"filter": "manufacturer:startsWith:airbus", "page": 3, "limit": 100},
        lambda row: row["manufacturer"].startswith("AIRBUS"),
    ),
    "text by code point": Question("planes", {"sort": "model", "offset": 3000, "limit": 322}, order=[("model", "asc")]),
    "rounded decimals": Question(
        "weather", {"filter": "wind_speed:10.35702", "limit": 100}, lambda row: row["wind_speed"] == Decimal("10.35702")
    ),
    "a decimal with an exponent in the file": Question(
        "weather", {"filter": "pressure:1000"}, lambda row: row["pressure"] == 1000
    ),
    "decimals between": Question(
        "weather", {"filter": {"temp": {"between": [-4, 11.5]}}},
        lambda row: row["temp"] is not None and -4 <= row["temp"] <= Decimal("11.5"),
    ),
    "no gust": Question("weather", {"filter": "wind_gust:isEmpty", "limit": 3}, lambda row: row["wind_gust"] is None),
    "the hottest hours": Question("weather", {"sort": "temp:desc", "limit": 100}, order=[("temp", "desc")]),
    "gusts last in ascending order": Question(
        "weather", {"sort": "wind_gust", "offset": 400, "limit": 300}, order=[("wind_gust", "asc")]
    ),
    "rain": Question(
        "weather", {"filter": {"precip": {"greaterThan": 0}, "visib": {"lessThan": 1}}, "sort": "precip:desc,humid"},
        lambda row: row["precip"] > 0 and row["visib"] < 1, [("precip", "desc"), ("humid", "asc")],
    ),
}  # fmt: skip

QUESTIONS: Mapping[str, Question] = {**FLIGHTS, **OTHERS}
