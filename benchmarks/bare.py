"""The yardstick: Starlette and orjson alone. The rows are in memory; nothing is validated, stored or counted.

`python -m benchmarks.bare PORT`
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.data import ROWS, TABLE, Fields, make_rows

_STAMP = "2026-01-01T00:00:00.000Z"


def _record(key: str, fields: Fields) -> dict[str, Any]:
    return {"id": key, "revision": 1, "fields": fields, "createdAt": _STAMP, "updatedAt": _STAMP}


def create_application(records: list[dict[str, Any]]) -> Starlette:
    """Return an application with the paths that are measured."""

    async def health(_: Request) -> Response:
        return _json({"status": "ok", "timestamp": _STAMP, "app": {"name": "bench"}, "version": "0"})

    async def get_record(request: Request) -> Response:
        return _json(records[int(request.path_params["record_id"]) - 1])

    async def list_records(request: Request) -> Response:
        limit = int(request.query_params["limit"])
        return _json({"records": records[:limit], "pagination": {"limit": limit, "offset": 0, "hasNextPage": True}})

    async def create_record(request: Request) -> Response:
        body = orjson.loads(await request.body())
        return _json(_record(str(len(records) + 1), body["fields"]), 201)

    path = f"/api/tables/{TABLE}/records"
    return Starlette(
        routes=[
            Route("/api/health", health),
            Route(path, list_records),
            Route(path, create_record, methods=["POST"]),
            Route(path + "/{record_id}", get_record),
        ]
    )


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


if __name__ == "__main__":
    rows = [_record(str(number), row) for number, row in enumerate(make_rows(ROWS), start=1)]
    uvicorn.run(
        create_application(rows),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
