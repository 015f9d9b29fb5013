"""A log of many entries, made by one statement: the same on both databases, and much as applications leave them.

400 days, 20 tables and 200 users of very unequal shares, four fifths of the entries about records, some actions rare.
The table `imports` is the unkind one: a tenth of its entries are creates, and all of them are older than its updates.
"""

from __future__ import annotations

from typing import Final

DAYS: Final = 400
TABLES: Final = 20
USERS: Final = 200
BUSY_USER: Final = "u_0"
RARE_TABLE: Final = "table_18"
BUSY_TABLE: Final = "table_0"
UNKIND_TABLE: Final = "imports"

_COLUMNS: Final = (
    "id, created_at, category, action, user_id, user_name, user_email, table_name, table_id, record_id, request_id, "
    "changes, details, ip, user_agent"
)
_FIRST: Final = 1_735_689_600
"""2025-01-01, in seconds."""
_SQLITE_NUMBERS: Final = (
    "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}), "
)
_POSTGRESQL_NUMBERS: Final = "WITH numbers (n) AS (SELECT generate_series(1, {count}::bigint)), "
_SQLITE: Final = {
    "time": "strftime('%Y-%m-%dT%H:%M:%S', ms / 1000, 'unixepoch') || printf('.%03dZ', ms % 1000)",
    "id": "printf('%08x-%04x-7000-8000-%012x', ms >> 16, ms & 65535, n)",
}
_POSTGRESQL: Final = {
    "time": "to_char(to_timestamp(ms / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
    "id": (
        "lpad(to_hex(ms >> 16), 8, '0') || '-' || lpad(to_hex(ms & 65535), 4, '0') || '-7000-8000-' || "
        "lpad(to_hex(n), 12, '0')"
    ),
}
_DRAWN: Final = """\
drawn AS (
  SELECT n, {first}000 + n * {span} / {count} AS ms,
    n * 1103515245 / 65536 % 1000 AS kind, n * 214013 / 65536 % 1000 AS place, n * 16807 / 128 % 1000 AS person,
    n * 69069 / 512 % 50000 AS record
  FROM numbers),
chosen AS (
  SELECT n, ms, kind, record,
    CASE WHEN kind < 800 THEN 'records' WHEN kind < 988 THEN 'auth' WHEN kind < 998 THEN 'admin' ELSE 'system' END
      AS category,
    CASE WHEN place >= 990 THEN 99 ELSE place * place * {tables} / 1000000 END AS place,
    person * person / 1000 * person * {users} / 1000000 AS person
  FROM drawn)
"""
_ACTION: Final = """\
CASE category
  WHEN 'records' THEN CASE
    WHEN n % 100000 = 7 THEN 'permanent_delete'
    WHEN place = 99 THEN CASE WHEN n < {count} / 10 THEN 'create' ELSE 'update' END
    WHEN kind < 240 THEN 'create' WHEN kind < 700 THEN 'update' WHEN kind < 780 THEN 'delete'
    WHEN kind < 795 THEN 'restore' ELSE 'revert' END
  WHEN 'auth' THEN CASE
    WHEN kind < 900 THEN 'user.signed_in' WHEN kind < 960 THEN 'user.signed_out'
    WHEN kind < 980 THEN 'user.sign_in_failed'
    ELSE 'user.created' END
  WHEN 'admin' THEN CASE WHEN n % 5000 = 3 THEN 'user.created' ELSE 'role.changed' END
  ELSE 'config.migrated' END"""
_VALUES: Final = """\
SELECT {id}, {time}, category, {action},
  CASE WHEN category <> 'system' THEN 'u_' || person END, CASE WHEN category <> 'system' THEN 'User ' || person END,
  CASE WHEN category <> 'system' THEN 'user' || person || '@example.com' END,
  CASE category WHEN 'records' THEN CASE place WHEN 99 THEN 'imports' ELSE 'table_' || place END
    WHEN 'system' THEN '_system' ELSE '_auth' END,
  CASE category WHEN 'records' THEN '' || (place + 1) END,
  CASE category WHEN 'records' THEN '' || record WHEN 'system' THEN NULL ELSE 'u_' || person END,
  {id},
  CASE category WHEN 'records' THEN
    '{{"amount":{{"from":' || record || ',"to":' || kind || '}},"name":{{"from":"Ada","to":"Bo"}}}}' END,
  CASE category WHEN 'auth' THEN '{{"method":"password"}}' END,
  CASE WHEN category IN ('auth', 'admin') THEN '203.0.113.7' END,
  CASE WHEN category IN ('auth', 'admin') THEN
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' END
FROM chosen"""


def insertion(count: int, dialect: str) -> str:
    """Write the statement that inserts so many entries, in the order of their times."""
    numbers, words = (_SQLITE_NUMBERS, _SQLITE) if dialect == "sqlite" else (_POSTGRESQL_NUMBERS, _POSTGRESQL)
    given = {"count": count, "first": _FIRST, "span": DAYS * 86_400_000, "tables": TABLES, "users": USERS}
    chosen = numbers.format(count=count) + _DRAWN.format(**given)
    values = _VALUES.format(**words, action=_ACTION.format(count=count))
    if dialect == "sqlite":
        return f"INSERT INTO _activity ({_COLUMNS}) {chosen} {values}"
    return f"{chosen} INSERT INTO _activity ({_COLUMNS}) {values}"
