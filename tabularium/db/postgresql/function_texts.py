"""The functions that the product adds to PostgreSQL, as the statements that create them.

They answer as those of SQLite do (`tabularium.db.functions`): null for null, and null instead of a fault. None of them
depends on the locale, the zone or the date style of the connection, so all are immutable. Whatever fixed limits they
have are those of Python's side.
"""

from __future__ import annotations

from typing import Final

from tabularium.db.arithmetic import MAX_DIGITS, MAX_EXPONENT, QUOTIENT_PLACES, RESULT_DIGITS, RESULT_PLACES
from tabularium.db.fold import POSTGRESQL_FOLD_FUNCTION
from tabularium.db.letter_case import POSTGRESQL_CASE_FUNCTIONS
from tabularium.db.moments import MONTHS, SECONDS
from tabularium.db.texts import MAX_LENGTH, MAX_NUMBER_DIGITS

_UNIT: Final = f"0.{'0' * (QUOTIENT_PLACES - 1)}1"
_HALF_UNIT: Final = f"0.{'0' * QUOTIENT_PLACES}5"
_FIRST_SECOND: Final = -62_135_596_800
_END_OF_TIME: Final = 253_402_300_800
"""The seconds of the epoch at which the year 0001 begins and the year 9999 ends."""


def _function(signature: str, returns: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION _tabularium_{signature} RETURNS {returns}\n"
        f"LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$\n{body.strip()}\n$body$"
    )


def _factor(unit: str, factors: dict[str, int]) -> str:
    return f"CASE {unit} {' '.join(f'''WHEN '{name}' THEN {factor}''' for name, factor in factors.items())} END"


_NUMBERS: Final = (
    # The power of ten of the first digit.
    _function(
        "power_of_ten(value numeric)",
        "integer",
        "BEGIN RETURN length(ltrim(replace(abs(value)::text, '.', ''), '0')) - scale(value) - 1; END",
    ),
    _function(
        "divide(a numeric, b numeric)",
        "numeric",
        f"""
BEGIN
  IF b = 0 THEN
    RETURN NULL;
  END IF;
  RETURN sign(a) * sign(b) * div(abs(a) * 2{"0" * QUOTIENT_PLACES} + abs(b), abs(b) * 2) * {_UNIT};
END""",
    ),
    _function(
        "round(value numeric, places numeric)",
        "numeric",
        f"""
BEGIN
  IF places <> trunc(places) OR abs(places) > {MAX_DIGITS} THEN
    RETURN NULL;
  END IF;
  RETURN round(value, places::integer);
END""",
    ),
    _function(
        "held(value numeric)",
        "numeric",
        f"BEGIN RETURN round(value, least({MAX_DIGITS - 1} - _tabularium_power_of_ten(value), {2 * MAX_DIGITS})); END",
    ),
    _function(
        "power(base numeric, exponent numeric)",
        "numeric",
        f"""
DECLARE
  result numeric := 1;
  square numeric := base;
  remaining integer;
BEGIN
  IF exponent <> trunc(exponent) OR abs(exponent) > {MAX_EXPONENT} OR (base = 0 AND exponent < 0) THEN
    RETURN NULL;
  END IF;
  remaining := abs(exponent)::integer;
  LOOP
    IF remaining % 2 = 1 THEN
      result := _tabularium_held(result * square);
    END IF;
    remaining := remaining / 2;
    EXIT WHEN remaining = 0 OR abs(result) >= 1e{MAX_DIGITS} OR abs(square) >= 1e{MAX_DIGITS};
    square := _tabularium_held(square * square);
  END LOOP;
  IF remaining > 0 OR abs(result) >= 1e{MAX_DIGITS} THEN
    RETURN CASE WHEN exponent < 0 THEN 0 END;
  END IF;
  RETURN CASE WHEN exponent < 0 THEN _tabularium_divide(1, result) ELSE result END;
END""",
    ),
    # The root comes with more places than are kept; the loops settle what its last digit leaves open.
    _function(
        "sqrt(value numeric)",
        "numeric",
        f"""
DECLARE
  root numeric;
BEGIN
  IF value < 0 THEN
    RETURN NULL;
  END IF;
  root := round(sqrt(round(value, {4 * QUOTIENT_PLACES})), {QUOTIENT_PLACES});
  WHILE root > 0 AND (root - {_HALF_UNIT}) * (root - {_HALF_UNIT}) > value LOOP
    root := root - {_UNIT};
  END LOOP;
  WHILE (root + {_HALF_UNIT}) * (root + {_HALF_UNIT}) <= value LOOP
    root := root + {_UNIT};
  END LOOP;
  RETURN root;
END""",
    ),
    _function(
        "number_result(value numeric)",
        "numeric",
        f"""
DECLARE
  result numeric := round(value, least({RESULT_DIGITS - 1} - _tabularium_power_of_ten(value), {RESULT_PLACES}));
BEGIN
  RETURN CASE WHEN abs(result) < 1e{MAX_DIGITS} THEN trim_scale(result) END;
END""",
    ),
    _function(
        "decimal_result(value numeric)",
        "numeric",
        f"""
DECLARE
  result numeric := round(value, {QUOTIENT_PLACES});
BEGIN
  RETURN CASE WHEN abs(result) < 1e{MAX_DIGITS} THEN trim_scale(result) END;
END""",
    ),
    _function(
        "to_number(value text)",
        "numeric",
        f"""
BEGIN
  IF value COLLATE "C" !~ '^[+-]?[0-9]{{1,{MAX_NUMBER_DIGITS}}}([.][0-9]{{1,{MAX_NUMBER_DIGITS}}})?$' THEN
    RETURN NULL;
  END IF;
  RETURN value::numeric;
END""",
    ),
)

_TEXTS: Final = (
    _function(
        "middle(value text, start numeric, count numeric)",
        "text",
        """
BEGIN
  IF start <> trunc(start) OR count <> trunc(count) OR start < 1 OR count < 0 THEN
    RETURN NULL;
  END IF;
  IF start > length(value) THEN
    RETURN '';
  END IF;
  RETURN substr(value, start::integer, least(count, length(value))::integer);
END""",
    ),
    _function(
        "right(value text, count numeric)",
        "text",
        """
BEGIN
  IF count <> trunc(count) OR count < 0 THEN
    RETURN NULL;
  END IF;
  RETURN right(value, least(count, length(value))::integer);
END""",
    ),
    _function(
        "replace(value text, part text, other text)",
        "text",
        f"""
DECLARE
  times bigint;
BEGIN
  IF part = '' THEN
    RETURN value;
  END IF;
  times := (length(value) - length(replace(value, part, ''))) / length(part);
  IF length(value) + times * (length(other) - length(part)) > {MAX_LENGTH} THEN
    RETURN NULL;
  END IF;
  RETURN replace(value, part, other);
END""",
    ),
    _function(
        "repeat(value text, count numeric)",
        "text",
        f"""
BEGIN
  IF count <> trunc(count) OR count < 0 OR count * length(value) > {MAX_LENGTH} THEN
    RETURN NULL;
  END IF;
  RETURN CASE WHEN value = '' THEN '' ELSE repeat(value, count::integer) END;
END""",
    ),
    _function(
        "bounded(value text)",
        "text",
        f"BEGIN RETURN CASE WHEN length(value) <= {MAX_LENGTH} THEN value END; END",
    ),
)

_MOMENTS: Final = (
    _function(
        "make_date(year numeric, month numeric, day numeric)",
        "date",
        """
BEGIN
  IF year <> trunc(year) OR month <> trunc(month) OR day <> trunc(day)
    OR year NOT BETWEEN 1 AND 9999 OR month NOT BETWEEN 1 AND 12 OR day NOT BETWEEN 1 AND 31
    OR day > extract(day FROM make_date(year::integer, month::integer, 1) + interval '1 month' - interval '1 day')
  THEN
    RETURN NULL;
  END IF;
  RETURN make_date(year::integer, month::integer, day::integer);
END""",
    ),
    _function(
        "date_add(moment timestamp, count numeric, unit text)",
        "timestamp",
        f"""
DECLARE
  months numeric := count * {_factor("unit", dict(MONTHS))};
  seconds numeric := count * {_factor("unit", dict(SECONDS))};
BEGIN
  IF count <> trunc(count) THEN
    RETURN NULL;
  END IF;
  IF months IS NOT NULL THEN
    IF extract(year FROM moment)::numeric * 12 + extract(month FROM moment)::numeric - 1 + months
      NOT BETWEEN 12 AND 119999
    THEN
      RETURN NULL;
    END IF;
    RETURN moment + make_interval(months => months::integer);
  END IF;
  IF extract(epoch FROM moment)::numeric + seconds < {_FIRST_SECOND}
    OR extract(epoch FROM moment)::numeric + seconds >= {_END_OF_TIME}
  THEN
    RETURN NULL;
  END IF;
  RETURN moment + make_interval(days => div(seconds, 86400)::integer, secs => mod(seconds, 86400)::double precision);
END""",
    ),
    _function(
        "date_diff(finish timestamp, start timestamp, unit text)",
        "numeric",
        f"""
DECLARE
  months integer;
  month_factor integer := {_factor("unit", dict(MONTHS))};
BEGIN
  IF month_factor IS NULL THEN
    RETURN div(round(extract(epoch FROM finish - start)::numeric * 1000), 1000 * {_factor("unit", dict(SECONDS))});
  END IF;
  months := (extract(year FROM finish) - extract(year FROM start)) * 12
    + extract(month FROM finish) - extract(month FROM start);
  IF months > 0 AND start + make_interval(months => months) > finish THEN
    months := months - 1;
  ELSIF months < 0 AND start + make_interval(months => months) < finish THEN
    months := months + 1;
  END IF;
  RETURN months / month_factor;
END""",
    ),
    _function(
        "to_date(value text)",
        "date",
        """
BEGIN
  IF value COLLATE "C" !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
    RETURN NULL;
  END IF;
  RETURN _tabularium_make_date(
    substr(value, 1, 4)::numeric, substr(value, 6, 2)::numeric, substr(value, 9, 2)::numeric
  );
END""",
    ),
    _function(
        "to_instant(value text)",
        "timestamptz",
        """
DECLARE
  parts text[] := regexp_match(
    value COLLATE "C",
    '^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])([.][0-9]+)?'
    '([Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$'
  );
  day date := _tabularium_to_date(parts[1]);
  moment timestamp;
  away interval := make_interval(hours => coalesce(parts[8], '0')::integer, mins => coalesce(parts[9], '0')::integer);
BEGIN
  IF day IS NULL OR rtrim(substr(parts[5], 5), '0') <> '' THEN
    RETURN NULL;
  END IF;
  moment := day + make_interval(
    hours => parts[2]::integer,
    mins => parts[3]::integer,
    secs => (parts[4] || coalesce(substr(parts[5], 1, 4), ''))::double precision
  );
  moment := CASE WHEN parts[7] = '-' THEN moment + away ELSE moment - away END;
  RETURN CASE WHEN extract(year FROM moment) BETWEEN 1 AND 9999 THEN moment AT TIME ZONE 'UTC' END;
END""",
    ),
)

POSTGRESQL_FUNCTIONS: Final = (
    POSTGRESQL_FOLD_FUNCTION,
    *POSTGRESQL_CASE_FUNCTIONS,
    *_NUMBERS,
    *_TEXTS,
    *_MOMENTS,
)
"""The statements that create or replace the functions, in the order in which they need one another."""
