"""What each caller gets from the operations that are done to no table: accounts, and all else."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.access.matrix.callers import House
from tests.access.matrix.requests import DESCRIBING, PREPARATIONS, Operation, account_request, operations
from tests.access.matrix.sheet import NO_TARGET, Row
from tests.support.asgi import Answer


def measure(house: House) -> list[Row]:
    """Send every request, and return what came of it."""
    return [_account_row(house, each) for each in operations() if not (each.is_of_tables or each.name in DESCRIBING)]


def _account_row(house: House, operation: Operation) -> Row:
    cells = {}
    for name, caller in house.callers.items():
        method, path, body, query = account_request(operation, house, caller)
        answer = caller(method, path, body, query)
        cells[name] = _status(answer)
        if operation.name in PREPARATIONS or (answer.status < 400 and method != "GET"):
            house.put_back()
    return Row(operation.name, NO_TARGET, cells)


def _status(answer: Answer) -> str:
    location = urlsplit(answer.headers.get("location", ""))
    failed = "error" in parse_qs(location.query) or location.path.endswith("/api/auth/error")
    return f"{answer.status} error" if failed else str(answer.status)
