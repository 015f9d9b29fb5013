"""Handlers of the tag `health`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.reply import Reply
from handlers.services import Services
from tabularium.clock import instant_text
from tabularium.errors import Unavailable

_MESSAGES = {
    "starting": "The server is starting.",
    "stopping": "The server is stopping.",
    "unavailable": "The database is not available.",
}


async def get_health(services: Services, request_id: str, check: str) -> Mapping[str, Any] | Reply:
    """Say whether the server can serve requests (`ready`), or only that it runs (`live`)."""
    state = services.lifecycle.state
    database: dict[str, Any] = {}
    if check == "ready":
        latency = await services.database_latency()
        database["database"] = {
            "status": "unavailable" if latency is None else "ok",
            "latencyMs": None if latency is None else round(latency, 3),
        }
        if latency is None and state == "ready":
            return _unavailable(services, "unavailable", database, request_id)
    if state != "ready":
        return _unavailable(services, state, database, request_id)
    return _health(services, "ok", database)


def _health(services: Services, status: str, database: Mapping[str, Any]) -> dict[str, Any]:
    schema = services.schema
    return {
        "status": status,
        "timestamp": instant_text(services.clock.now()),
        "app": {"name": schema.name} if schema.version is None else {"name": schema.name, "version": schema.version},
        "version": services.version,
        **database,
    }


def _unavailable(services: Services, status: str, database: Mapping[str, Any], request_id: str) -> Reply:
    """Build the 503: the keys of health and, so that any client can read it, those of the error object."""
    error = {
        "success": False,
        "message": _MESSAGES[status],
        "code": Unavailable.code,
        "requestId": request_id,
    }
    return Reply({**_health(services, status, database), **error}, status=503, headers={"Retry-After": "1"})
